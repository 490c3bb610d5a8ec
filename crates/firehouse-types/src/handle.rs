//! [`Handle`]: the name an account goes by today. A hint until both directions were checked.
//!
//! Source: <https://atproto.com/specs/handle>

use std::fmt;
use std::sync::Arc;

use crate::{InvalidSyntax, syntax};

/// A domain name used as a handle, in lower case. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(Arc<str>);

impl Handle {
    /// What is shown for an account whose handle does not resolve back to it.
    pub const INVALID: &'static str = "handle.invalid";

    /// Checks the syntax and folds to lower case. `handle.invalid` parses like any other.
    pub fn parse(text: &str) -> Result<Self, InvalidSyntax> {
        if !is_handle(text) {
            return Err(InvalidSyntax::of("handle"));
        }
        Ok(Self(text.to_ascii_lowercase().into()))
    }

    /// The text, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl serde::Serialize for Handle {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for Handle {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        syntax::parsed(deserializer, Self::parse)
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for Handle {
    type Err = InvalidSyntax;

    fn from_str(text: &str) -> Result<Self, InvalidSyntax> {
        Self::parse(text)
    }
}

fn is_handle(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let last = text.rsplit('.').next().unwrap_or_default();
    text.len() <= 253
        && text.contains('.')
        && text.split('.').all(is_label)
        && last.starts_with(|c: char| c.is_ascii_alphabetic())
}

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
            let _ = Handle::parse(&text);
        }
    }
}
