//! What identifiers share, and the formats that need no type of their own.
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
    let is_subtag = |part: &str| {
        (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
    };
    text.len() <= 128
        && text.split('-').all(is_subtag)
        && (subtags_are_ordered(text) || GRANDFATHERED.iter().any(|t| t.eq_ignore_ascii_case(text)))
}

/// After the language come, each optional and in this order: extended languages, script, region, variants, extensions, private use.
fn subtags_are_ordered(tag: &str) -> bool {
    let alphabetic = |p: &str| p.bytes().all(|b| b.is_ascii_alphabetic());
    let digits = |p: &str| p.bytes().all(|b| b.is_ascii_digit());
    let mut rest = tag.split('-').peekable();
    // Languages of more letters are reserved by BCP 47 and used by nobody; other implementations refuse them.
    if rest.next_if(|p| (2..=3).contains(&p.len()) && alphabetic(p)).is_some() {
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
    } else if !tag.starts_with(['x', 'X']) {
        return false;
    }
    while let Some(singleton) = rest.next() {
        if singleton.len() != 1 {
            return false;
        }
        let shortest = if singleton.eq_ignore_ascii_case("x") { 1 } else { 2 };
        if rest.next_if(|p| p.len() >= shortest).is_none() {
            return false;
        }
        while rest.next_if(|p| p.len() >= shortest).is_some() {}
    }
    true
}

/// Whether `text` is labels between dots, as in domain names: each 1 to 63 letters, digits and hyphens, no hyphen at either end.
pub(crate) fn is_domain(text: &str) -> bool {
    let (mut label_bytes, mut previous) = (0, b'.');
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => label_bytes += 1,
            b'-' if label_bytes > 0 => label_bytes += 1,
            b'.' if (1..=63).contains(&label_bytes) && previous != b'-' => label_bytes = 0,
            _ => return false,
        }
        previous = byte;
    }
    (1..=63).contains(&label_bytes) && previous != b'-'
}

/// What every identifier does with its text: show it, come from it, and cross serde as it.
macro_rules! identifier {
    ($name:ident) => {
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidSyntax;

            fn from_str(text: &str) -> Result<Self, InvalidSyntax> {
                Self::parse(text)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str($crate::syntax::Parsed(Self::parse))
            }
        }
    };
}
pub(crate) use identifier;

/// Checks a text where the deserializer has it, without copying it first.
pub(crate) struct Parsed<T>(pub fn(&str) -> Result<T, InvalidSyntax>);

impl<T> serde::de::Visitor<'_> for Parsed<T> {
    type Value = T;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        (self.0)(text).map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{is_domain, is_language, is_uri};

    #[test]
    fn limits_of_length_hold_at_both_ends() {
        assert!(is_uri(&format!("https://a.b/{}", "x".repeat(8192 - 12))));
        assert!(!is_uri(&format!("https://a.b/{}", "x".repeat(8192 - 11))));
        let label = "a".repeat(63);
        assert!(is_domain(&label) && !is_domain(&format!("{label}a")));
        assert!(is_domain(&format!("{label}.{label}")) && !is_domain(&format!("{label}a.{label}")));
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
            let _ = (is_uri(&text), is_language(&text), is_domain(&text));
        }
    }
}
