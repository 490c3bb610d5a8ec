//! The error every identifier shares, and the formats that need no type of their own.
//!
//! Source: <https://atproto.com/specs/lexicon#string-formats>

/// A text does not have the form its place asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {format}")]
pub struct InvalidSyntax {
    /// The lexicon's name of the format: `did`, `handle`, `nsid`, `record-key`, `at-uri`, …
    pub format: &'static str,
}

impl InvalidSyntax {
    pub(crate) const fn of(format: &'static str) -> Self {
        Self { format }
    }
}

/// Whether `text` is a URI of any scheme: a scheme, a colon, something visible after it, at most 8 KiB.
pub fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    text.len() <= 8192
        && scheme.starts_with(|c: char| c.is_ascii_lowercase())
        && scheme.len() <= 81
        && scheme.bytes().all(|b| b.is_ascii_lowercase() || matches!(b, b'+' | b'.' | b'-'))
        && !rest.is_empty()
        && rest.bytes().all(|b| b.is_ascii_graphic())
}

/// Whether `text` looks like a CID of any version but 0, in any base: what a lexicon's `cid` asks of a string. [`Cid`](crate::Cid) is narrower.
pub fn is_cid_syntax(text: &str) -> bool {
    (8..=256).contains(&text.len())
        && !text.starts_with("Qmb")
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'='))
}

/// Whether `text` is a well-formed BCP 47 language tag. No registry is consulted.
pub fn is_language(text: &str) -> bool {
    const GRANDFATHERED: [&str; 17] = [
        "i-ami",
        "i-bnn",
        "i-default",
        "i-enochian",
        "i-hak",
        "i-klingon",
        "i-lux",
        "i-mingo",
        "i-navajo",
        "i-pwn",
        "i-tao",
        "i-tay",
        "i-tsu",
        "en-GB-oed",
        "sgn-BE-FR",
        "sgn-BE-NL",
        "sgn-CH-DE",
    ];
    if GRANDFATHERED.iter().any(|tag| tag.eq_ignore_ascii_case(text)) {
        return true;
    }
    let parts: Vec<&str> = text.split('-').collect();
    let well_formed = text.len() <= 128
        && parts
            .iter()
            .all(|p| (1..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric()));
    let Some((first, rest)) = parts.split_first().filter(|_| well_formed) else { return false };
    if first.eq_ignore_ascii_case("x") {
        return !rest.is_empty();
    }
    // Longer ones are reserved by BCP 47 and used by nobody; other implementations refuse them.
    (2..=3).contains(&first.len())
        && first.bytes().all(|b| b.is_ascii_alphabetic())
        && subtags_are_ordered(rest)
}

/// After the language come, each optional and in this order: extended languages, script, region, variants, extensions, private use.
fn subtags_are_ordered(rest: &[&str]) -> bool {
    let alphabetic = |p: &str| p.bytes().all(|b| b.is_ascii_alphabetic());
    let digits = |p: &str| p.bytes().all(|b| b.is_ascii_digit());
    let mut rest = rest.iter().copied().peekable();
    for _ in 0..3 {
        if rest.next_if(|p| p.len() == 3 && alphabetic(p)).is_none() {
            break;
        }
    }
    rest.next_if(|p| p.len() == 4 && alphabetic(p));
    rest.next_if(|p| (p.len() == 2 && alphabetic(p)) || (p.len() == 3 && digits(p)));
    let is_variant =
        |p: &str| p.len() >= 5 || (p.len() == 4 && p.starts_with(|c: char| c.is_ascii_digit()));
    while rest.next_if(|p| is_variant(p)).is_some() {}
    while let Some(singleton) = rest.next() {
        if singleton.len() != 1 {
            return false;
        }
        let private = singleton.eq_ignore_ascii_case("x");
        let shortest = if private { 1 } else { 2 };
        let mut any = false;
        while rest.next_if(|p| p.len() >= shortest).is_some() {
            any = true;
        }
        if !any {
            return false;
        }
    }
    true
}

/// Reads a text and checks it, for the `Deserialize` of every identifier. Borrows where the format can lend.
pub(crate) fn parsed<'de, D: serde::Deserializer<'de>, T>(
    deserializer: D,
    parse: fn(&str) -> Result<T, InvalidSyntax>,
) -> Result<T, D::Error> {
    let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
    parse(&text).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{is_cid_syntax, is_language, is_uri};

    #[test]
    fn limits_of_length_hold_at_both_ends() {
        assert!(is_uri(&format!("https://a.b/{}", "x".repeat(8192 - 12))));
        assert!(!is_uri(&format!("https://a.b/{}", "x".repeat(8192 - 11))));
        assert!(is_cid_syntax(&"a".repeat(256)) && !is_cid_syntax(&"a".repeat(257)));
        assert!(is_cid_syntax(&"a".repeat(8)) && !is_cid_syntax(&"a".repeat(7)));
        assert!(!is_language(&["aa"; 60].join("-")));
    }

    #[test]
    fn private_use_alone_is_a_language_and_a_bare_x_is_not() {
        assert!(is_language("x-whatever"));
        assert!(!is_language("x"));
        assert!(!is_language("en-u"));
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in any::<String>()) {
            let _ = (is_uri(&text), is_language(&text), is_cid_syntax(&text));
        }
    }
}
