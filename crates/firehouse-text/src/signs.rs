//! `#tags`, `$tickers` and `@handles` as they stand in a text.

use firehouse_types::Handle;

use crate::chars::{is_invisible, is_punctuation, is_run};
use crate::mark;
use crate::words::cut;

/// What of a text is looked at. Units: bytes.
const TEXT_BYTES_MAX: usize = 32 << 10;
/// More are spam.
const MARKS_MAX: usize = 256;
/// Longer ones are no tags for the network's app either. Units: characters.
const TAG_CHARS_MAX: usize = 64;
const TICKER_LETTERS_MAX: usize = 6;

/// What a sign in a text names, without the sign and as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign<'a> {
    Tag(&'a str),
    Cashtag(&'a str),
    Handle(&'a str),
}

impl<'a> Sign<'a> {
    /// What the text begins with.
    pub(crate) fn first_of(text: &'a str) -> Option<Self> {
        let mut chars = text.chars();
        let sign = chars.next()?;
        let named = chars.as_str();
        match sign {
            '#' | '＃' => tag(named).map(Self::Tag),
            '$' => ticker(named).map(Self::Cashtag),
            '@' => handle(named).map(Self::Handle),
            _ => None,
        }
    }

    fn named(self) -> &'a str {
        match self {
            Self::Tag(named) | Self::Cashtag(named) | Self::Handle(named) => named,
        }
    }
}

/// Marks for the tags, tickers and handles that stand in a text, in order. Software that writes no facets has only these.
pub fn marks_of(text: &str) -> Vec<String> {
    let mut marks = Vec::new();
    let mut before = None;
    let mut chars = cut(text, TEXT_BYTES_MAX).chars();
    loop {
        let rest = chars.as_str();
        let Some(c) = chars.next() else { return marks };
        // Inside of words, links and entities signs mean something else. Han and kana have no spaces around tags.
        let is_free = before.is_none_or(|before: char| {
            is_run(before)
                || !(before.is_alphanumeric() || matches!(before, '/' | '&' | '=' | '_' | '$'))
        });
        before = Some(c);
        let Some(sign) = Sign::first_of(rest).filter(|_| is_free) else { continue };
        let mark = match sign {
            Sign::Tag(tag) => mark::tag(tag),
            Sign::Cashtag(ticker) => mark::cashtag(ticker),
            Sign::Handle(handle) => mark::handle(handle),
        };
        if !marks.contains(&mark) {
            marks.push(mark);
        }
        if marks.len() == MARKS_MAX {
            return marks;
        }
        // A tag may follow at once.
        let behind = rest.get(c.len_utf8() + sign.named().len()..).unwrap_or_default();
        (chars, before) = (behind.chars(), None);
    }
}

/// Up to white space or the next sign, without punctuation at the end; not of digits and punctuation alone.
fn tag(text: &str) -> Option<&str> {
    let ends = |c: char| {
        c.is_whitespace()
            || is_invisible(c)
            || matches!(
                c,
                '#' | '＃'
                    | '、'
                    | '。'
                    | '，'
                    | '！'
                    | '？'
                    | '「'
                    | '」'
                    | '（'
                    | '）'
                    | '\u{20e3}'
            )
    };
    let end = text.find(ends).unwrap_or(text.len());
    let tag = text.get(..end)?.trim_end_matches(is_punctuation);
    let is_named = tag.chars().any(|c| !(c.is_numeric() || is_punctuation(c)));
    (is_named && tag.chars().nth(TAG_CHARS_MAX).is_none()).then_some(tag)
}

fn ticker(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (ticker, behind) = text.split_at(end);
    let goes_on = behind.starts_with(|c: char| c == '_' || c.is_alphanumeric() && !is_run(c));
    ((1..=TICKER_LETTERS_MAX).contains(&end) && !goes_on).then_some(ticker)
}

fn handle(text: &str) -> Option<&str> {
    let ends = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
    let end = text.find(ends).unwrap_or(text.len());
    let handle = text.get(..end)?.trim_end_matches(['.', '-']);
    Handle::is_valid(handle).then_some(handle)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::marks_of;

    fn check(text: &str, expected: &[&str]) {
        assert_eq!(marks_of(text), expected, "{text}");
    }

    #[test]
    fn tags_are_what_the_app_takes_for_tags() {
        check(
            "#Gardening, (#Café) ＃東京 #node.js! #c++",
            &["#gardening", "#cafe", "#東京", "#node.js", "#c++"],
        );
        check("昨日#ラーメン#餃子。美味しい #🔥", &["#ラーメン", "#餃子", "#🔥"]);
        check("#1 #2026 # #- #️⃣ a#b https://example.com/#top &#39;", &[]);
        check("#2026goals #a #A", &["#2026goals", "#a"]);
        check(&format!("#{}", "a".repeat(65)), &[]);
    }

    #[test]
    fn tickers_are_a_few_letters() {
        check("$TSLA, ($brk) $A. $toolong7 $abcdefg $100 US$M $$X $x_y", &["$tsla", "$brk", "$a"]);
    }

    #[test]
    fn handles_have_a_dot() {
        check("cc @Alice.Example.com. @bob-x.test's", &["@alice.example.com", "@bob-x.test"]);
        check("@alice me@example.com https://example.com/@a.test @user@host.example @a..b", &[]);
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text: String, close in "[#＃$@a-zA-Z.0-9 東]{0,30}") {
            for text in [text, close] {
                prop_assert!(marks_of(&text).iter().all(|mark| mark.chars().nth(1).is_some()));
            }
        }
    }
}
