//! [`Did`]: who an account is; [`ActorId`]: the same as the number every table is keyed by.
//!
//! Source: <https://atproto.com/specs/did>

use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use crate::InvalidSyntax;
use crate::syntax::identifier;

/// A decentralised identifier, any method, at most 2,048 characters. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Did(Arc<str>);

impl Did {
    /// Checks the syntax of any DID method. Whether an account can use it is [`Did::is_resolvable`]'s question.
    pub fn parse(text: &str) -> Result<Self, InvalidSyntax> {
        if Self::is_valid(text) { Ok(Self(text.into())) } else { Err(InvalidSyntax::of("did")) }
    }

    /// The check of [`Did::parse`] without its allocation.
    pub fn is_valid(text: &str) -> bool {
        let Some((method, id)) = text.strip_prefix("did:").and_then(|rest| rest.split_once(':'))
        else {
            return false;
        };
        text.len() <= 2048
            && !method.is_empty()
            && method.bytes().all(|b| b.is_ascii_lowercase())
            && !id.is_empty()
            && !id.ends_with([':', '%'])
            && id
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':' | b'%' | b'-'))
    }

    /// The text, `did:method:…`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number this account has in every table.
    pub fn actor(&self) -> ActorId {
        ActorId::of(&self.0)
    }

    /// Whether the method is one the network uses for accounts: `plc` or `web`.
    pub fn is_resolvable(&self) -> bool {
        self.0.starts_with("did:plc:") || self.0.starts_with("did:web:")
    }
}

identifier!(Did);

/// An account as a number: XXH3-64 of its DID, `xxh3(did)` in ClickHouse.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct ActorId(u64);

impl ActorId {
    /// The number of the account with this DID. The text is not checked.
    pub fn of(did: &str) -> Self {
        Self(xxh3_64(did.as_bytes()))
    }

    /// The value as a column holds it.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl From<u64> for ActorId {
    fn from(column: u64) -> Self {
        Self(column)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Did;

    #[test]
    fn accounts_use_two_methods() {
        assert!(Did::parse("did:plc:44ybard66vv44zksje25o7dz").unwrap().is_resolvable());
        assert!(Did::parse("did:web:example.com").unwrap().is_resolvable());
        assert!(
            !Did::parse("did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme")
                .unwrap()
                .is_resolvable()
        );
    }

    #[test]
    fn the_longest_did_has_2048_characters() {
        let did = |len: usize| format!("did:web:{}", "a".repeat(len - 8));
        assert!(Did::parse(&did(2048)).is_ok());
        assert!(Did::parse(&did(2049)).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_answered(text in any::<String>()) {
            prop_assert_eq!(Did::parse(&text).is_ok(), Did::is_valid(&text));
        }
    }
}
