//! What trends are made of: counts of terms by interval, their past, and who said them.
//!
//! The background job of firehouse-ingest decides; here is what it asks. Which posts count is one file (`counted_posts.sql`), what their
//! terms are another (`terms.sql`); counts and the posts themselves are made of both, so they cannot differ.

use clickhouse::Row;
use firehouse_schema::TrendRow;
use firehouse_types::{ActorId, Datetime, RkeyId};
use xxhash_rust::xxh3::xxh3_64;

use crate::read::{Asked, fetch_long};
use crate::{Store, StoreError};

const POSTS: &str = include_str!("counted_posts.sql");
const TERMS: &str = include_str!("terms.sql");
const HOSTS: &str = include_str!("hosts.sql");
/// Terms whose posts are asked for at once: their hashes stand in the URL.
pub const TERMS_MAX: usize = 2_000;

/// Whose posts count, and how much.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counting {
    /// Whose labels count.
    pub labelers: Vec<ActorId>,
    /// Values of labels that leave out what they stand on.
    pub labels: Vec<Box<str>>,
    /// Tags of accounts and posts that do.
    pub tags: Vec<Box<str>>,
    /// Followers that an author must have; 0: none.
    pub followers_min: u32,
    /// For how long. Units: seconds.
    pub followed_for_s: u32,
    /// Accounts of one PDS that count at most, unless all live there; 0: all.
    pub host_accounts_max: u32,
    /// Posts alike that count at most.
    pub copies_max: u32,
    /// Terms of fewer accounts are not counted.
    pub accounts_min: u32,
}

/// A stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// When it begins.
    pub at: Datetime,
    /// How long it is. Units: seconds.
    pub span_s: u32,
}

impl Interval {
    /// When the next begins.
    pub fn end(self) -> Datetime {
        Datetime::from_ms(self.at.ms().saturating_add(i64::from(self.span_s) * 1_000))
    }
}

/// Which intervals of before are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Before {
    /// The same hours of earlier days.
    pub daily: Vec<i64>,
    /// Those of the same weekday among them.
    pub weekly: Vec<i64>,
    /// Where the day before begins.
    pub recent: i64,
}

/// A term now and before. Numbers are sums over the intervals asked for.
#[derive(Clone, Debug, PartialEq, Eq, Row, serde::Deserialize)]
#[expect(missing_docs, reason = "the query says what they are")]
pub struct TermPast {
    pub lang: Box<str>,
    /// Empty: whatever they said.
    pub term: Box<str>,
    pub now: u64,
    pub daily: u64,
    pub weekly: u64,
    pub recent: u64,
    pub daily_known: u64,
    pub recent_known: u64,
}

/// A post that counts and says some of the terms asked for.
#[derive(Clone, Debug, PartialEq, Eq, Row, serde::Deserialize)]
pub struct SaidPost {
    /// Whose.
    pub actor: ActorId,
    /// Its key.
    pub rkey: RkeyId,
    /// PDS of its author.
    pub host: Box<str>,
    /// Its languages.
    pub langs: Vec<Box<str>>,
    /// Which of the terms, by their place.
    pub hits: Vec<u32>,
    /// Its runs, a space behind each.
    pub runs: Box<str>,
    /// Not all authors of the interval live at one PDS.
    pub has_neighbours: u8,
}

impl Store {
    /// The first and the last moment from `from` on of which there are posts. Errors: [`StoreError::Read`].
    pub async fn posted_between(
        &self,
        from: Datetime,
    ) -> Result<Option<(Datetime, Datetime)>, StoreError> {
        let asked = self.query(include_str!("ends.sql")).param("from_ms", from.ms());
        let ends: Vec<i64> = fetch_long("ends", asked).await?;
        let ends = ends.iter().min().zip(ends.iter().max());
        Ok(ends.map(|(&first, &last)| (Datetime::from_ms(first), Datetime::from_ms(last))))
    }

    /// Counts the terms of an interval. Errors: [`StoreError::Read`]; counting again replaces what was counted.
    pub async fn count_terms(
        &self,
        interval: Interval,
        counting: &Counting,
    ) -> Result<(), StoreError> {
        let asked = self.counted(include_str!("count_terms.sql"), interval, counting);
        let asked = asked
            .param("span_s", interval.span_s)
            .param("host_accounts", counting.host_accounts_max)
            .param("accounts", counting.accounts_min);
        asked.execute("count_terms").await
    }

    /// Terms that `accounts_min` accounts say in an interval at least, with what was before, and of each language all that is said.
    /// Errors: [`StoreError::Read`].
    pub async fn term_pasts(
        &self,
        interval: Interval,
        before: &Before,
        accounts_min: u32,
    ) -> Result<Vec<TermPast>, StoreError> {
        let asked = self
            .query(include_str!("pasts.sql"))
            .param("span_s", interval.span_s)
            .param("at_ms", interval.at.ms())
            .param("daily_ms", &before.daily)
            .param("weekly_ms", &before.weekly)
            .param("recent_ms", before.recent)
            .param("accounts", accounts_min);
        fetch_long("pasts", asked).await
    }

    /// Posts of an interval that say one of some terms, of which the first [`TERMS_MAX`] are looked for. Shape: any order, at most
    /// `limit`. Errors: [`StoreError::Read`].
    pub async fn said(
        &self,
        interval: Interval,
        counting: &Counting,
        terms: &[Box<str>],
        limit: usize,
    ) -> Result<Vec<SaidPost>, StoreError> {
        let hashes = terms.iter().take(TERMS_MAX).map(|term| xxh3_64(term.as_bytes()));
        let asked = self.counted(include_str!("said.sql"), interval, counting);
        let asked = asked.param("hashes", hashes.collect::<Vec<_>>()).param("limit", limit);
        fetch_long("said", asked).await
    }

    /// Trends of the interval that begins then, by language, the highest first. Errors: [`StoreError::Read`].
    pub async fn trends_at(&self, at: Datetime) -> Result<Vec<TrendRow>, StoreError> {
        let asked = self.query(include_str!("live.sql")).param("at_ms", at.ms());
        fetch_long("live", asked).await
    }

    /// A file with the posts that count and their terms where they come.
    fn counted(&self, sql: &'static str, interval: Interval, counting: &Counting) -> Asked<'_> {
        let mut asked = self.query("");
        for part in sql.split_inclusive("*/") {
            let (text, slot) = part.rsplit_once("/*").unwrap_or((part, ""));
            asked.push(text);
            match slot.trim_end_matches("*/").trim() {
                "posts" => asked.push(POSTS),
                "terms" => asked.push(TERMS),
                "hosts" => asked.push(HOSTS),
                _ => {}
            }
        }
        asked
            .param("from_ms", interval.at.ms())
            .param("until_ms", interval.end().ms())
            .param("labelers", &counting.labelers)
            .param("labels", &counting.labels)
            .param("tags", &counting.tags)
            .param("followers", counting.followers_min)
            .param("followed_ms", i64::from(counting.followed_for_s) * 1_000)
            .param("copies", counting.copies_max.max(1))
    }
}
