//! [`TrendConfig`]: what an operator may set of trends, and [`Trends`], all that they follow from.

use std::collections::HashSet;

use firehouse_store::trends::Counting;
use firehouse_text::{Piece, fold, pieces};
use firehouse_types::ActorId;

/// A day. Units: seconds.
const DAY_S: u32 = 86_400;
/// Counts are kept for 30 days.
const HISTORY_DAYS_MAX: u16 = 28;

/// When something is a trend.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrendConfig {
    /// Length of the intervals that are compared, part of a day; 0: nothing is looked for. Units: seconds.
    pub interval_s: u32,
    /// Earlier days that an interval is compared with, and that are counted at the first start.
    pub history_days: u16,
    /// How long posts may take to arrive. Units: seconds.
    pub delay_s: u32,
    /// Accounts that a trend needs in one interval. Terms of a third of them are counted.
    pub accounts_min: u32,
    /// How far above its past a term must be. Units: standard deviations.
    pub burst_min: u32,
    /// After which time a trend that nobody talks about any more counts half. Units: seconds.
    pub half_life_s: u32,
    /// Accounts of one PDS that count at most, unless all live there; 0: all.
    pub host_accounts_max: u32,
    /// Posts alike that count at most.
    pub copies_max: u32,
    /// Followers that an author must have; 0: none.
    pub followers_min: u32,
    /// For how long. Units: seconds.
    pub followed_for_s: u32,
    /// Labels that leave out the posts and accounts they stand on.
    pub labels: Vec<Box<str>>,
    /// Words, phrases and tags that are no trends.
    pub deny: Vec<Box<str>>,
}

/// What is no configuration of trends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTrends {
    /// Days would have other intervals each.
    #[error("trends.interval_s must be part of a day, such as 900")]
    Interval,
    /// Too long ago.
    #[error("trends.history_days is 1 to {HISTORY_DAYS_MAX}")]
    History,
}

/// All that decides what trends.
#[derive(Clone, Debug)]
pub struct Trends {
    pub(super) config: TrendConfig,
    pub(super) counting: Counting,
    denied: HashSet<Box<str>>,
}

impl Trends {
    /// `labelers`: whose labels count; `tags`: those with which accounts and posts are left out of searches. Errors: [`InvalidTrends`].
    pub fn new(
        config: TrendConfig,
        labelers: Vec<ActorId>,
        tags: Vec<Box<str>>,
    ) -> Result<Self, InvalidTrends> {
        if config.interval_s > 0 && !DAY_S.is_multiple_of(config.interval_s) {
            return Err(InvalidTrends::Interval);
        }
        if !(1..=HISTORY_DAYS_MAX).contains(&config.history_days) {
            return Err(InvalidTrends::History);
        }
        let counting = Counting {
            labelers,
            labels: config.labels.clone(),
            tags: tags.into_iter().filter(|tag| !tag.is_empty()).collect(),
            followers_min: config.followers_min,
            followed_for_s: config.followed_for_s,
            host_accounts_max: config.host_accounts_max,
            copies_max: config.copies_max,
            accounts_min: (config.accounts_min / 3).max(2),
        };
        let plain = |text: &str| fold(text.trim_start_matches(['#', '＃']));
        let denied = config.deny.iter().map(|text| plain(text)).filter(|word| !word.is_empty());
        Ok(Self { denied: denied.map(Into::into).collect(), counting, config })
    }

    /// Whether a term, or a name, is or has what the operator does not want to see.
    pub(super) fn denies(&self, text: &str) -> bool {
        if self.denied.is_empty() {
            return false;
        }
        let is_denied = |part: &str| self.denied.contains(part);
        is_denied(text.trim_start_matches(['#', '$']))
            || pieces(text).iter().any(|piece| match piece {
                Piece::Run(run) => self.denied.iter().any(|denied| run.contains(&**denied)),
                Piece::Words(words) => {
                    let mut pairs = words.windows(2).map(|pair| pair.join(" "));
                    words.iter().any(|word| is_denied(word)) || pairs.any(|pair| is_denied(&pair))
                }
            })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Hours, compared with two weeks.
    pub fn config() -> TrendConfig {
        TrendConfig {
            interval_s: 3_600,
            history_days: 14,
            delay_s: 0,
            accounts_min: 15,
            burst_min: 5,
            half_life_s: 3_600,
            host_accounts_max: 10,
            copies_max: 3,
            followers_min: 1,
            followed_for_s: 86_400,
            labels: ["!hide", "spam", "!no-unauthenticated"].map(Into::into).into(),
            deny: vec!["Brânza".into(), "bad phrase".into(), "悪い".into()],
        }
    }

    #[test]
    fn what_is_denied_is_neither_a_word_nor_a_tag_nor_part_of_a_name() {
        let trends = Trends::new(config(), Vec::new(), Vec::new()).unwrap();
        for denied in
            ["branza", "#branza", "fresh branza", "bad phrase", "A bad phrase!", "もっと悪い"]
        {
            assert!(trends.denies(denied), "{denied}");
        }
        for allowed in ["phrase", "bad", "brand", "悪", "bad old phrase"] {
            assert!(!trends.denies(allowed), "{allowed}");
        }
    }

    #[test]
    fn intervals_are_parts_of_a_day() {
        let with = |interval_s, history_days| {
            let config = TrendConfig { interval_s, history_days, ..config() };
            Trends::new(config, Vec::new(), Vec::new()).map(drop)
        };
        assert_eq!(with(900, 14), Ok(()));
        assert_eq!(with(0, 14), Ok(()));
        assert_eq!(with(7_000, 14), Err(InvalidTrends::Interval));
        assert_eq!(with(900, 29), Err(InvalidTrends::History));
    }
}
