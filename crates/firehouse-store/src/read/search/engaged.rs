//! [`Engaged`]: how far a post has come, in tiers, each of which is a mark in `engaged_texts`.
//!
//! Whoever was liked 150 times has the marks `likes:10` and `likes:100`. So the newest posts with likes enough are found by an index, however
//! far back they lie, and how many likes they really have is counted of these alone.

use super::super::Interactions;

/// What is a tier: so many, at least.
pub const TIERS: [u64; 4] = [10, 100, 1_000, 10_000];

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engaged {
    /// Answers of all kinds, weighted as [`Interactions::weighted`] does.
    Answers,
    /// Likes.
    Likes,
    /// Reposts.
    Reposts,
}

impl Engaged {
    const ALL: [Self; 3] = [Self::Answers, Self::Likes, Self::Reposts];

    /// The mark of those that have so many, at least. Shape: `tier` is one of [`TIERS`].
    pub fn mark(self, tier: u64) -> String {
        let name = match self {
            Self::Answers => "engaged",
            Self::Likes => "likes",
            Self::Reposts => "reposts",
        };
        format!("{name}:{tier}")
    }

    /// The mark of the highest tier that nobody with so many misses; `None` below the first.
    pub fn mark_below(self, number: u64) -> Option<String> {
        TIERS.iter().rev().find(|&&tier| tier <= number).map(|&tier| self.mark(tier))
    }

    fn of(self, counts: &Interactions) -> u64 {
        match self {
            Self::Answers => counts.weighted(),
            Self::Likes => counts.likes,
            Self::Reposts => counts.reposts,
        }
    }
}

/// The marks of every tier that was reached.
pub(crate) fn tiers_reached(counts: &Interactions) -> Vec<String> {
    let marks = |engaged: Engaged| {
        let number = engaged.of(counts);
        TIERS.iter().filter(move |&&tier| tier <= number).map(move |&tier| engaged.mark(tier))
    };
    Engaged::ALL.into_iter().flat_map(marks).collect()
}

/// Every mark that there may be.
pub(super) fn tier_marks() -> Vec<String> {
    Engaged::ALL.iter().flat_map(|kind| TIERS.map(|tier| kind.mark(tier))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tier_is_reached_with_its_number_and_a_number_asks_for_the_tier_below() {
        let counts = |likes, reposts| {
            let mut counts = Interactions::default();
            (counts.likes, counts.reposts) = (likes, reposts);
            tiers_reached(&counts)
        };
        assert_eq!(counts(100, 9), ["engaged:10", "engaged:100", "likes:10", "likes:100"]);
        assert_eq!(counts(9, 0), Vec::<String>::new());
        assert_eq!(Engaged::Likes.mark_below(9), None);
        assert_eq!(Engaged::Likes.mark_below(10).as_deref(), Some("likes:10"));
        assert_eq!(Engaged::Reposts.mark_below(999).as_deref(), Some("reposts:100"));
        assert_eq!(Engaged::Likes.mark_below(1 << 40).as_deref(), Some("likes:10000"));
    }
}
