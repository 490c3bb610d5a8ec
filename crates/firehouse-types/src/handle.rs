//! [`Handle`]: the name an account goes by today. A hint until both directions were checked.
//!
//! Source: <https://atproto.com/specs/handle>

use std::sync::Arc;

use crate::InvalidSyntax;
use crate::syntax::{identifier, is_domain};

/// A domain name used as a handle, in lower case. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(Arc<str>);

impl Handle {
    /// What is shown for an account whose handle does not resolve back to it.
    pub const INVALID: &'static str = "handle.invalid";

    /// Checks the syntax and folds to lower case. `handle.invalid` parses like any other.
    pub fn parse(text: &str) -> Result<Self, InvalidSyntax> {
        if Self::is_valid(text) {
            Ok(Self(text.to_ascii_lowercase().into()))
        } else {
            Err(InvalidSyntax::of("handle"))
        }
    }

    /// The check of [`Handle::parse`] without its allocation.
    pub fn is_valid(text: &str) -> bool {
        let Some((_, top)) = text.rsplit_once('.') else { return false };
        text.len() <= 253 && top.starts_with(|c: char| c.is_ascii_alphabetic()) && is_domain(text)
    }

    /// The text, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

identifier!(Handle);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Handle;

    #[test]
    fn handles_are_folded_to_lower_case() {
        assert_eq!(Handle::parse("JoHn.TeSt").unwrap(), Handle::parse("john.test").unwrap());
        assert_eq!(Handle::parse(Handle::INVALID).unwrap().as_str(), Handle::INVALID);
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in any::<String>()) {
            prop_assert_eq!(Handle::parse(&text).is_ok(), Handle::is_valid(&text));
        }
    }
}
