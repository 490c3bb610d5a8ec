//! [`Rkey`]: the key of a record in its collection; [`RkeyId`]: the same as the number in every table.
//!
//! Source: <https://atproto.com/specs/record-key>

use xxhash_rust::xxh3::xxh3_64;

use crate::syntax::identifier;
use crate::{InvalidSyntax, Rev};

/// A record key: 1 to 512 characters, case-sensitive.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rkey(Box<str>);

impl Rkey {
    /// Checks the syntax.
    pub fn parse(text: &str) -> Result<Self, InvalidSyntax> {
        if Self::is_valid(text) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidSyntax::of("record-key"))
        }
    }

    /// The check of [`Rkey::parse`] without its allocation.
    pub fn is_valid(text: &str) -> bool {
        (1..=512).contains(&text.len())
            && text != "."
            && text != ".."
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b'~'))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number this key has in every table.
    pub fn id(&self) -> RkeyId {
        RkeyId::of(&self.0)
    }
}

identifier!(Rkey);

/// A record key as a number: the TID as an integer (top bit 0), or XXH3-64 of any other text with the top bit set.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct RkeyId(u64);

impl RkeyId {
    const HASHED: u64 = 1 << 63;

    /// The number of a record key. The text is not checked.
    pub fn of(rkey: &str) -> Self {
        match rkey.parse::<Rev>() {
            Ok(tid) if tid.get() & Self::HASHED == 0 => Self(tid.get()),
            _ => Self(xxh3_64(rkey.as_bytes()) | Self::HASHED),
        }
    }

    /// The value as a column holds it.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The text of a TID key; `None` when the number is a hash, whose text only the record's own row has.
    pub fn tid(self) -> Option<Rev> {
        (self.0 & Self::HASHED == 0).then(|| Rev::from(self.0))
    }
}

impl From<u64> for RkeyId {
    fn from(column: u64) -> Self {
        Self(column)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Rkey, RkeyId};
    use crate::Rev;

    #[test]
    fn a_tid_is_its_own_number_and_any_other_key_a_marked_hash() {
        let tid = RkeyId::of("3jwdwj2ctlk26");
        assert_eq!(tid.tid().map(|rev| rev.to_string()).as_deref(), Some("3jwdwj2ctlk26"));
        let named = RkeyId::of("self");
        assert_eq!((named.tid(), named.get() >> 63), (None, 1));
        // Its value would need the bit that marks hashes.
        assert_eq!(RkeyId::of("jzzzzzzzzzzzz").tid(), None);
        assert_eq!(Rkey::parse("self").unwrap().id(), named);
    }

    proptest! {
        #[test]
        fn numbers_of_tids_are_reversible(value in 0..1u64 << 63) {
            let text = Rev::from(value).to_string();
            prop_assert_eq!(RkeyId::of(&text).get(), value);
            prop_assert_eq!(RkeyId::from(value).tid(), Some(Rev::from(value)));
        }

        #[test]
        fn any_text_is_answered(text in any::<String>()) {
            prop_assert_eq!(Rkey::parse(&text).is_ok(), Rkey::is_valid(&text));
        }
    }
}
