//! Numbers of parameters that the lexicon bounds and gives a default.

use atrium_api::types::LimitedNonZeroU8;

/// `limit` of the methods with pages of 50.
pub(crate) fn of<const MAX: u8>(limit: Option<LimitedNonZeroU8<MAX>>) -> usize {
    limit.map_or(50, |limit| usize::from(u8::from(limit)))
}
