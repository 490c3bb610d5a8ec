//! Cursors that are the key of the last row seen, a TID: those of what accounts keep here for themselves.
//!
//! The reference compares keys as text and takes any record key for a cursor; so do we.

use firehouse_types::{Rev, Rkey};

use crate::ViewError;

/// The digits of a TID, in their order.
const DIGITS: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";
/// How many it has. The first one has 4 bits, the others 5.
const LEN: usize = 13;

/// Keys on the page lie below this. Errors: [`ViewError::MalformedCursor`].
pub(crate) fn before(cursor: Option<&str>) -> Result<Rev, ViewError> {
    match cursor.filter(|text| !text.is_empty()) {
        None => Ok(Rev::from(u64::MAX)),
        Some(text) if !text.contains("__") && Rkey::is_valid(text) => Ok(lowest_from(text)),
        Some(_) => Err(ViewError::MalformedCursor),
    }
}

/// The lowest TID whose text does not stand before this one.
fn lowest_from(text: &str) -> Rev {
    let mut value: u128 = 0;
    let mut bytes = text.bytes();
    let mut is_above = false;
    for _ in 0..LEN {
        let digit = match bytes.next().filter(|_| !is_above) {
            None => 0,
            Some(byte) => match DIGITS.iter().position(|digit| *digit >= byte) {
                Some(place) => {
                    is_above = DIGITS.get(place) != Some(&byte);
                    place
                }
                // No digit reaches it: one more in the place before, and nothing behind.
                None => {
                    is_above = true;
                    DIGITS.len()
                }
            },
        };
        value = (value << 5) + digit as u128;
    }
    // A longer text stands behind the TID that it begins with.
    value += u128::from(!is_above && bytes.next().is_some());
    Rev::from(u64::try_from(value).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_could_be_no_key_is_malformed() {
        for text in ["a__b", "a/b", "é", ".."] {
            assert!(matches!(before(Some(text)), Err(ViewError::MalformedCursor)), "{text}");
        }
        assert_eq!(before(Some("")).ok(), Some(Rev::from(u64::MAX)));
        assert_eq!(before(None).ok(), Some(Rev::from(u64::MAX)));
        assert_eq!(before(Some("3jwdwj2ctlk26")).ok(), "3jwdwj2ctlk26".parse().ok());
        assert_eq!(before(Some("1::2")).ok(), Some(Rev::from(0)));
    }

    proptest! {
        #[test]
        fn any_key_divides_tids_as_their_texts_do(text in "[0-9a-z~:.A-Z]{1,15}", tid in 0..u64::MAX) {
            let Ok(bound) = before(Some(&text)) else { return Ok(()) };
            prop_assert_eq!(Rev::from(tid) < bound, Rev::from(tid).to_string() < text);
        }

        #[test]
        fn keys_near_each_other_are_told_apart(tid in 0..u64::MAX, cut in 1..14_usize, end in "[0-9a-z~]{0,2}") {
            let text = format!("{}{end}", &Rev::from(tid).to_string()[..cut.min(13)]);
            let Ok(bound) = before(Some(&text)) else { return Ok(()) };
            prop_assert_eq!(Rev::from(tid) < bound, Rev::from(tid).to_string() < text);
        }
    }
}
