//! [`Nsid`]: the name of a lexicon, and so of a collection or a method.
//!
//! Source: <https://atproto.com/specs/nsid>

use std::sync::Arc;

use crate::InvalidSyntax;
use crate::syntax::{identifier, is_domain};

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
        let Some((authority, name)) = text.rsplit_once('.') else { return false };
        text.len() <= 317
            && authority.contains('.')
            && authority.starts_with(|c: char| c.is_ascii_alphabetic())
            && is_domain(authority)
            && name.len() <= 63
            && name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.bytes().all(|b| b.is_ascii_alphanumeric())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

identifier!(Nsid);

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
