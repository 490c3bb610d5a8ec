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

#[cfg(test)]
mod tests {
    use super::Seq;

    #[test]
    fn a_seq_is_positive_and_below_two_to_the_53() {
        assert_eq!(Seq::new(0), None);
        assert_eq!(Seq::new(-1), None);
        assert_eq!(Seq::new(1 << 53), None);
        assert_eq!(Seq::new((1 << 53) - 1).map(Seq::get), Some((1 << 53) - 1));
        assert_eq!(Seq::new(1).map(|seq| seq.to_string()).as_deref(), Some("1"));
    }
}
