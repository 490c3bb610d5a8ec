//! [`Rank`]: what lets a post stand before another one, as time: each part says how much later a post without it would have to be written.

use firehouse_types::Datetime;
use serde_json::{Value, json};

use super::relevance::Relevance;

/// What twice the engagement is worth: a post this much younger stands level. Units: milliseconds.
const DOUBLING_MS: f64 = 12.0 * 3_600_000.0;
/// What being most about what was asked is worth, beside nothing of it: so many times the engagement.
const RELEVANT: f64 = 4.0;
/// What it is worth that an author stands ten times as well with those who follow: little, so that it tells apart what is alike else. From
/// whom nobody follows to whom a million do it is about two and a half times the engagement. Units: milliseconds.
const STANDING_MS: f64 = DOUBLING_MS / 4.0;

/// Where a post stands among the top ones, and the numbers that went into it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rank {
    /// When it would have to be written to stand there without any answer.
    pub at: Datetime,
    relevance: Relevance,
    /// How much it was answered, weighted.
    answers: u32,
    /// How its author stands: a level of [`Standing`](firehouse_store::read::Standing).
    standing: u16,
}

impl Rank {
    /// Of a post that was written at a time.
    pub(super) fn of(
        written_at: Datetime,
        relevance: Relevance,
        answers: u32,
        standing: u16,
    ) -> Self {
        let rank = Self { at: written_at, relevance, answers, standing };
        Self { at: Datetime::from_ms(written_at.ms().saturating_add(rank.bonus_ms())), ..rank }
    }

    /// How much later a post stands for its answers.
    fn engagement_ms(&self) -> f64 {
        (1.0 + f64::from(self.answers)).log2() * DOUBLING_MS
    }

    /// For being about what was asked: at most as for RELEVANT times the answers.
    fn relevance_ms(&self) -> f64 {
        f64::from(self.relevance.share) * RELEVANT.log2() * DOUBLING_MS
    }

    /// For how its author stands. Levels are logarithms: a thousand are a tenfold.
    fn standing_ms(&self) -> f64 {
        f64::from(self.standing) / 1_000.0 * STANDING_MS
    }

    fn bonus_ms(&self) -> i64 {
        whole(self.engagement_ms() + self.relevance_ms() + self.standing_ms())
    }

    /// What it is made of, for those who look after the order. Units: milliseconds by which each part lets a post stand later; times as text.
    pub fn explained(&self) -> Value {
        let Self { at, relevance, answers, standing } = self;
        let written_at = Datetime::from_ms(at.ms().saturating_sub(self.bonus_ms()));
        let (bm25, share) = (relevance.bm25, relevance.share);
        // Numbers with a fraction have no place in answers.
        json!({
            "at": at.to_string(),
            "age": { "writtenAt": written_at.to_string() },
            "engagement": { "answers": answers, "ms": whole(self.engagement_ms()) },
            "relevance": {
                "bm25": format!("{bm25:.3}"),
                "share": format!("{share:.3}"),
                "ms": whole(self.relevance_ms()),
            },
            "standing": { "level": standing, "ms": whole(self.standing_ms()) },
        })
    }
}

#[expect(clippy::cast_possible_truncation, reason = "64 doublings of 12 hours fit")]
fn whole(ms: f64) -> i64 {
    ms as i64
}
