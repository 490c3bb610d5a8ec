//! [`Nsid`]: the name of a lexicon, and so of a collection or a method.
//!
//! Source: <https://atproto.com/specs/nsid>

use std::fmt;
use std::sync::Arc;

use crate::{InvalidSyntax, syntax};

/// A namespaced identifier such as `app.bsky.feed.post`. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nsid(Arc<str>);

impl Nsid {
    /// Checks the syntax. The case is kept: the last segment is case-sensitive.
    pub fn parse(text: &str) -> Result<Self, InvalidSyntax> {
        if Self::is_valid(text) { Ok(Self(text.into())) } else { Err(InvalidSyntax::of("nsid")) }
    }

    /// The check of [`Nsid::parse`] without its allocation.
    pub fn is_valid(text: &str) -> bool {
        let mut labels = text.split('.').rev();
        let Some(name) = labels.next() else { return false };
        let name_fits = (1..=63).contains(&name.len())
            && name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.bytes().all(|b| b.is_ascii_alphanumeric());
        let is_label = |label: &str| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        text.len() <= 317
            && name_fits
            && labels.clone().count() >= 2
            && labels.all(is_label)
            && text.starts_with(|c: char| c.is_ascii_alphabetic())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl serde::Serialize for Nsid {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for Nsid {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        syntax::parsed(deserializer, Self::parse)
    }
}

impl fmt::Display for Nsid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Nsid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for Nsid {
    type Err = InvalidSyntax;

    fn from_str(text: &str) -> Result<Self, InvalidSyntax> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Nsid;

    #[test]
    fn the_case_of_an_nsid_is_kept() {
        let nsid = Nsid::parse("app.bsky.feed.getPostThread").unwrap();
        assert_eq!(nsid.as_str(), "app.bsky.feed.getPostThread");
        assert_ne!(nsid, Nsid::parse("app.bsky.feed.getpostthread").unwrap());
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in any::<String>()) {
            prop_assert_eq!(Nsid::parse(&text).is_ok(), Nsid::is_valid(&text));
        }
    }
}
