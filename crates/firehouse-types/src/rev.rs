//! [`Rev`]: the logical clock of one repo.
//!
//! Kept as an integer because ClickHouse compares versions as `UInt64`; text and integer sort alike.
//! Source: <https://atproto.com/specs/tid>

use std::fmt;
use std::str::FromStr;

use crate::Datetime;

const DIGITS: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";

/// The revision of one commit. Rises with every commit of a repo, means nothing across repos.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Rev(u64);

/// The text is not a TID. Carries nothing: the caller has the text, the metric needs the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a TID")]
pub struct InvalidRev;

impl Rev {
    /// The value as a column holds it.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// When the PDS says it made the commit. Units: microseconds since 1970.
    pub const fn timestamp_us(self) -> u64 {
        self.0 >> 10
    }

    /// As [`Rev::timestamp_us`], to the millisecond.
    pub fn time(self) -> Datetime {
        Datetime::from_ms(i64::try_from(self.timestamp_us() / 1_000).unwrap_or(i64::MAX))
    }
}

impl From<u64> for Rev {
    fn from(column: u64) -> Self {
        Self(column)
    }
}

impl FromStr for Rev {
    type Err = InvalidRev;

    fn from_str(text: &str) -> Result<Self, InvalidRev> {
        // The first digit carries 4 bits, the other twelve carry 5: 64 in all.
        if text.len() != 13 || !text.starts_with(|c| matches!(c, '2'..='7' | 'a'..='j')) {
            return Err(InvalidRev);
        }
        text.bytes().try_fold(0, |value, byte| Ok(value << 5 | sortable_digit(byte)?)).map(Rev)
    }
}

impl fmt::Display for Rev {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text: [u8; 13] =
            std::array::from_fn(|place| DIGITS[(self.0 >> (60 - place * 5) & 31) as usize]);
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Rev {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn sortable_digit(byte: u8) -> Result<u64, InvalidRev> {
    match byte {
        b'2'..=b'7' => Ok(u64::from(byte - b'2')),
        b'a'..=b'z' => Ok(u64::from(byte - b'a') + 6),
        _ => Err(InvalidRev),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{InvalidRev, Rev};

    #[test]
    fn the_timestamp_is_in_the_upper_bits() {
        let rev: Rev = "3jzfcijpj2z2a".parse().unwrap();
        assert_eq!(rev.timestamp_us(), rev.get() >> 10);
        assert_eq!("2222222222222".parse(), Ok(Rev::from(0)));
        assert_eq!("jzzzzzzzzzzzz".parse(), Ok(Rev::from(u64::MAX)));
    }

    #[test]
    fn other_alphabets_and_lengths_are_refused() {
        for text in
            ["", "222222222222", "22222222222222", "kzzzzzzzzzzzz", "222222222222A", "22222222222é"]
        {
            assert_eq!(text.parse::<Rev>(), Err(InvalidRev), "{text}");
        }
    }

    proptest! {
        #[test]
        fn reading_undoes_writing(value in any::<u64>()) {
            prop_assert_eq!(Rev::from(value).to_string().parse(), Ok(Rev::from(value)));
        }

        #[test]
        fn text_and_integer_sort_alike(a in any::<u64>(), b in any::<u64>()) {
            let texts = Rev::from(a).to_string().cmp(&Rev::from(b).to_string());
            prop_assert_eq!(texts, a.cmp(&b));
        }

        #[test]
        fn any_text_is_answered(text in any::<String>()) {
            let _ = text.parse::<Rev>();
        }
    }
}
