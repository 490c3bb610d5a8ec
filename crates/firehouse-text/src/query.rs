//! The grammar of search queries: words, "phrases", -not, and the operators that people know from other searches.
//!
//! `from:` (`author:`), `to:` (`mentions:`), a bare `did:`, `@handle`, `#tag`, `lang:`, `since:`, `until:`, `domain:` and a bare link. What
//! is none of these is text, whatever it looks like: a query is never wrong.

/// One part of a query. All must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// Must not hold.
    pub is_negated: bool,
    /// What is asked for.
    pub what: What,
}

/// What one part of a query asks for. Texts are as they were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// These words.
    Text(String),
    /// These words, in this order.
    Phrase(String),
    /// Written by: a handle, a DID, or `me`.
    From(String),
    /// Mentions: likewise.
    Mentions(String),
    /// Has this hashtag.
    Tag(String),
    /// Declared to be in this language.
    Lang(String),
    /// Not before this time.
    Since(String),
    /// Before this time.
    Until(String),
    /// Links to this host.
    Domain(String),
    /// Links to this page.
    Url(String),
}

/// The parts of a query.
pub fn parse(query: &str) -> Vec<Clause> {
    let mut clauses = Vec::new();
    let mut rest = query.trim_start();
    while !rest.is_empty() {
        let (is_negated, behind) = match rest.strip_prefix('-') {
            Some(behind) if behind.starts_with(|c: char| !c.is_whitespace() && c != '-') => {
                (true, behind)
            }
            _ => (false, rest),
        };
        let (what, left) = part(behind);
        clauses.extend(what.map(|what| Clause { is_negated, what }));
        rest = left.trim_start();
    }
    clauses
}

/// The first part, and what is left.
fn part(text: &str) -> (Option<What>, &str) {
    if let Some(inside) = text.strip_prefix(is_quote) {
        let (phrase, left) = inside.split_once(is_quote).unwrap_or((inside, ""));
        return ((!phrase.trim().is_empty()).then(|| What::Phrase(phrase.to_owned())), left);
    }
    // A quote inside of a word begins a phrase behind it, as in from:alice"two words"; an apostrophe does not.
    let end = text.find(|c: char| c.is_whitespace() || is_quote(c)).unwrap_or(text.len());
    let (word, left) = text.split_at(end);
    // The value of an operator may be quoted.
    if let (Some((name, "")), Some(inside)) = (word.split_once(':'), left.strip_prefix(is_quote)) {
        let (value, behind) = inside.split_once(is_quote).unwrap_or((inside, ""));
        if let Some(what) = operator(name, value) {
            return (Some(what), behind);
        }
    }
    (Some(meaning(word)), left)
}

fn meaning(word: &str) -> What {
    let text = || What::Text(word.to_owned());
    if word.starts_with("did:") && word.len() > 8 {
        return What::From(word.to_owned());
    }
    if word.starts_with("https://") || word.starts_with("http://") {
        return What::Url(word.to_owned());
    }
    if let Some(tag) = word.strip_prefix(['#', '＃']).filter(|tag| !tag.is_empty()) {
        return What::Tag(tag.to_owned());
    }
    if let Some(handle) = word.strip_prefix('@').filter(|handle| handle.contains('.')) {
        return What::Mentions(handle.to_owned());
    }
    word.split_once(':').and_then(|(name, value)| operator(name, value)).unwrap_or_else(text)
}

fn operator(name: &str, value: &str) -> Option<What> {
    let account = || value.strip_prefix('@').unwrap_or(value).to_owned();
    let is_date = || value.len() >= 8 && value.starts_with(|c: char| c.is_ascii_digit());
    if value.trim().is_empty() {
        return None;
    }
    Some(match name.to_ascii_lowercase().as_str() {
        "from" | "author" => What::From(account()),
        "to" | "mentions" => What::Mentions(account()),
        "lang" => What::Lang(value.to_owned()),
        "since" if is_date() => What::Since(value.to_owned()),
        "until" if is_date() => What::Until(value.to_owned()),
        "domain" => What::Domain(value.to_owned()),
        _ => return None,
    })
}

/// Phones and editors make them curly, and other languages have others.
fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '«' | '»' | '「' | '」' | '『' | '』' | '＂')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(query: &str, expected: &[What]) {
        let found: Vec<_> = parse(query).into_iter().map(|clause| clause.what).collect();
        assert_eq!(found, expected, "{query}");
    }

    #[test]
    fn words_phrases_and_operators() {
        use What::*;
        let s = str::to_owned;
        check("wide  reply", &[Text(s("wide")), Text(s("reply"))]);
        check("\"wide reply\" x", &[Phrase(s("wide reply")), Text(s("x"))]);
        check(
            "“wide reply” „a b“ 「東京 駅」",
            &[Phrase(s("wide reply")), Phrase(s("a b")), Phrase(s("東京 駅"))],
        );
        check("\"open", &[Phrase(s("open"))]);
        check(
            "from:alice.test author:@bob.test did:plc:abcdef",
            &[From(s("alice.test")), From(s("bob.test")), From(s("did:plc:abcdef"))],
        );
        check(
            "to:me mentions:did:plc:x @carol.test",
            &[Mentions(s("me")), Mentions(s("did:plc:x")), Mentions(s("carol.test"))],
        );
        check(
            "#Tag lang:ja domain:example.com",
            &[Tag(s("Tag")), Lang(s("ja")), Domain(s("example.com"))],
        );
        check(
            "since:2026-06-01 until:2026-06-01T13:30:00Z",
            &[Since(s("2026-06-01")), Until(s("2026-06-01T13:30:00Z"))],
        );
        check("https://example.com/a?b", &[Url(s("https://example.com/a?b"))]);
    }

    #[test]
    fn what_only_looks_like_an_operator_is_text() {
        use What::*;
        let s = str::to_owned;
        check(
            "note: x:y from: # @ - since:garbage",
            &["note:", "x:y", "from:", "#", "@", "-", "since:garbage"].map(|w| Text(s(w))),
        );
        check("\"\" “”", &[]);
    }

    #[test]
    fn a_minus_in_front_negates() {
        let negated: Vec<_> =
            parse("a -b -\"c d\" -from:e.test --f").into_iter().map(|c| c.is_negated).collect();
        assert_eq!(negated, [false, true, true, true, false]);
    }

    proptest! {
        #[test]
        fn any_text_is_a_query(text: String) {
            let _ = parse(&text);
        }
    }
}
