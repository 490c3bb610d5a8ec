//! [`Seq`]: an upstream's number of one event.
//!
//! Source: <https://atproto.com/specs/event-stream#sequence-numbers>

use std::fmt;

/// A sequence number: positive, below 2^53, rising within one upstream, meaningless across upstreams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Seq(u64);

impl Seq {
    /// `None` for what no upstream may send: zero, negative, or 2^53 and above.
    pub fn new(value: i64) -> Option<Self> {
        u64::try_from(value).ok().filter(|v| (1..1 << 53).contains(v)).map(Self)
    }

    /// The value as a column holds it.
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
