//! What a query is written with: words, phrases, values, and the signs between them.

use crate::chars::is_punctuation;
use crate::operator;
use crate::signs::Sign;

/// Quotes that open and close each other. Phones and editors make them curly, and other languages have others.
const QUOTES: [&str; 4] = ["\"“”„‟＂", "«»", "「」", "『』"];

/// One sign or word of a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    Open,
    Close,
    /// `OR`, or a bar with space beside it.
    Or,
    /// A bar between two words, without space.
    Bar,
    And,
    /// `NOT`, or a minus in front of something.
    Not,
    Word(&'a str),
    Phrase(&'a str),
    /// What stands behind the name of an operator and its colon, quoted or not.
    Value {
        name: &'a str,
        value: &'a str,
    },
}

/// Tokens of a query, each with the byte it begins at.
pub(crate) fn tokens(query: &str) -> Vec<(usize, Token<'_>)> {
    let mut tokens = Vec::new();
    let mut rest = query.trim_start();
    while let Some(first) = rest.chars().next() {
        let at = query.len() - rest.len();
        let (before, signs) = (query.get(..at).unwrap_or_default(), rest.trim_start_matches(first));
        let signs_end = rest.len() - signs.len();
        let (token, end) = match first {
            '(' => (Some(Token::Open), 1),
            ')' => (Some(Token::Close), 1),
            '|' => {
                let is_loose = before.is_empty()
                    || before.ends_with(|c: char| c.is_whitespace() || c == '(')
                    || is_over(signs, ")");
                (Some(if is_loose { Token::Or } else { Token::Bar }), signs_end)
            }
            // Several are a line and no minus.
            '-' => ((signs_end == 1 && !is_over(signs, ")|")).then_some(Token::Not), signs_end),
            _ => word_or_phrase(rest),
        };
        tokens.extend(token.map(|token| (at, token)));
        rest = rest.get(end..).unwrap_or_default().trim_start();
    }
    tokens
}

/// Whether nothing follows, or only what begins with one of these.
fn is_over(rest: &str, ends: &str) -> bool {
    rest.chars().next().is_none_or(|c| c.is_whitespace() || ends.contains(c))
}

/// The first one, and where it ends.
fn word_or_phrase(rest: &str) -> (Option<Token<'_>>, usize) {
    if let Some((phrase, end)) = quoted(rest) {
        return (Some(Token::Phrase(phrase)), end);
    }
    let end = word_end(rest);
    let (word, behind) = rest.split_at(end);
    let token = match word {
        "OR" => Token::Or,
        "AND" => Token::And,
        "NOT" => Token::Not,
        _ => match word.split_once(':').filter(|(name, _)| operator::needs(name).is_some()) {
            Some((name, "")) => match quoted(behind) {
                Some((value, more)) => return (Some(Token::Value { name, value }), end + more),
                None => Token::Value { name, value: "" },
            },
            Some((name, value)) => Token::Value { name, value },
            None => Token::Word(word),
        },
    };
    (Some(token), end)
}

/// What the quotes hold that a text begins with, and where it goes on. Quotes that are left open hold the rest.
fn quoted(text: &str) -> Option<(&str, usize)> {
    let open = text.chars().next()?;
    let quotes = QUOTES.into_iter().find(|quotes| quotes.contains(open))?;
    let inside = text.get(open.len_utf8()..)?;
    let is_close = |c: char| quotes.contains(c);
    match inside.split_once(is_close) {
        Some((phrase, behind)) => Some((phrase.trim(), text.len() - behind.len())),
        None => Some((inside.trim(), text.len())),
    }
}

/// Quotes that a phrase can stand in.
pub(crate) fn quotes_for(phrase: &str) -> (char, char) {
    let fit = QUOTES.into_iter().find(|quotes| !phrase.contains(|c| quotes.contains(c)));
    let mut quotes = fit.unwrap_or("\"").chars();
    let open = quotes.next().unwrap_or('"');
    // Curly ones are not needed: straight ones close themselves.
    (open, quotes.next().filter(|_| open != '"').unwrap_or(open))
}

/// Words end at white space, quotes, bars and parentheses. Links have parentheses inside, and a tag ends where the next begins.
fn word_end(text: &str) -> usize {
    let (mut is_link, mut depth) = (false, 0_usize);
    let mut is_end = |(at, c): (usize, char)| match c {
        '(' if is_link => {
            depth += 1;
            false
        }
        ')' if depth > 0 => {
            depth -= 1;
            false
        }
        '(' | ')' | '|' => true,
        '#' | '＃' => at > 0 && text.starts_with(['#', '＃']),
        '/' => {
            is_link |= text.get(..at).is_some_and(|before| before.ends_with(":/"));
            false
        }
        c => c.is_whitespace() || QUOTES.iter().any(|quotes| quotes.contains(c)),
    };
    let end = text.char_indices().find(|&found| is_end(found)).map_or(text.len(), |(at, _)| at);
    match text.get(..end).and_then(Sign::first_of) {
        Some(Sign::Tag(tag)) => {
            let tag_end = text.find(tag).unwrap_or_default() + tag.len();
            let behind = text.get(tag_end..end).unwrap_or_default();
            if behind.chars().all(is_punctuation) { end } else { tag_end }
        }
        _ => end,
    }
}

#[cfg(test)]
mod tests {
    use super::{Token, tokens};

    fn check(query: &str, expected: &str) {
        let shown: Vec<_> = tokens(query)
            .into_iter()
            .map(|(_, token)| match token {
                Token::Open => "(".to_owned(),
                Token::Close => ")".to_owned(),
                Token::Or => "OR".to_owned(),
                Token::Bar => "|".to_owned(),
                Token::And => "AND".to_owned(),
                Token::Not => "NOT".to_owned(),
                Token::Word(word) => word.to_owned(),
                Token::Phrase(phrase) => format!("<{phrase}>"),
                Token::Value { name, value } => format!("{name}={value}"),
            })
            .collect();
        assert_eq!(shown.join(" "), expected, "{query}");
    }

    #[test]
    fn quotes_of_all_kinds_hold_phrases() {
        check(
            "“a b” „c d“ «e f» »g« 「東京 駅」 『h』 ＂i＂",
            "<a b> <c d> <e f> <g> <東京 駅> <h> <i>",
        );
        check("「a \"b\" c」 \"open ( | ", "<a \"b\" c> <open ( |>");
        check("x\"y z\"w", "x <y z> w");
    }

    #[test]
    fn a_bar_binds_where_no_space_is() {
        check("a|b c | d |e f| (|g) h||i |", "a | b c OR d OR e f OR ( OR g ) h | i OR");
    }

    #[test]
    fn a_minus_stands_in_front_of_something() {
        check("-a -(b) -\"c\" a-b - --d (-) e -", "NOT a NOT ( b ) NOT <c> a-b d ( ) e");
    }

    #[test]
    fn values_may_be_quoted_where_an_operator_is_known() {
        check("From:\"a b\" note:\"a b\" from: x:y", "From=a b note: <a b> from= x:y");
        check("since:2026-06-01T10:30 (from:me)", "since=2026-06-01T10:30 ( from=me )");
    }

    #[test]
    fn links_and_tags_end_where_people_see_them_end() {
        check("(https://a.test/b_(c)) x(y)", "( https://a.test/b_(c) ) x ( y )");
        check("url:https://a.test/(b)|c", "url=https://a.test/(b) | c");
        check("#a#b, #東京、大阪 a#b", "#a #b, #東京 、大阪 a#b");
    }
}
