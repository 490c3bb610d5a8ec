//! What is, and was, talked about more than before: as the background job of firehouse-ingest found it.

use clickhouse::Row;
use firehouse_schema::TrendRow;
use firehouse_types::Datetime;

use super::names::RankPosition;
use super::{fetch, fetch_wide};
use crate::{Store, StoreError};

/// A trend of some time.
#[derive(Clone, Debug, Row, serde::Deserialize)]
#[expect(missing_docs, reason = "as in the table")]
pub struct PastTrend {
    pub id: u64,
    #[serde(rename = "last_name")]
    pub name: Box<str>,
    #[serde(rename = "last_query")]
    pub query: Box<str>,
    #[serde(rename = "last_term")]
    pub term: Box<str>,
    started_ms: i64,
    #[serde(rename = "last_peak_ms")]
    peak_ms: i64,
    #[serde(rename = "last_peak_accounts")]
    pub peak_accounts: u32,
    #[serde(rename = "last_all_posts")]
    pub all_posts: u64,
    /// Length of its intervals. Units: seconds.
    #[serde(rename = "last_span_s")]
    pub span_s: u32,
    intervals: Vec<(i64, u32, u32, f32)>,
}

/// An interval of a trend.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "as in the table")]
pub struct TrendInterval {
    pub at: Datetime,
    pub accounts: u32,
    pub posts: u32,
    pub score: f32,
}

impl PastTrend {
    /// Beginning of its first interval.
    pub fn started_at(&self) -> Datetime {
        Datetime::from_ms(self.started_ms)
    }

    /// Beginning of the interval with most accounts.
    pub fn peak_at(&self) -> Datetime {
        Datetime::from_ms(self.peak_ms)
    }

    /// Those in the time asked for, in their order.
    pub fn intervals(&self) -> impl Iterator<Item = TrendInterval> {
        self.intervals.iter().map(|&(at_ms, accounts, posts, score)| {
            let at = Datetime::from_ms(at_ms);
            TrendInterval { at, accounts, posts, score }
        })
    }

    /// For the next page.
    pub fn position(&self) -> RankPosition {
        RankPosition { rank: self.started_ms, actor: self.id }
    }
}

impl Store {
    /// Trends of the interval that was looked at last, of all languages, unless it began before `since`. Shape: the highest first, at most
    /// `limit`. Errors: [`StoreError::Read`].
    pub async fn trends(&self, since: Datetime, limit: usize) -> Result<Vec<TrendRow>, StoreError> {
        let query = self.query(include_str!("trends.sql"));
        fetch("trends", query.param("since_ms", since.ms()).param("limit", limit)).await
    }

    /// Trends of a language (empty: all together) that lasted at some time between `since`, inclusive, and `until`. Shape: those that
    /// started last first, behind `before`, at most `limit`. Errors: [`StoreError::Read`].
    pub async fn trend_history(
        &self,
        (since, until): (Datetime, Datetime),
        lang: &str,
        before: RankPosition,
        limit: usize,
    ) -> Result<Vec<PastTrend>, StoreError> {
        let query = self
            .query(include_str!("trend_history.sql"))
            .param("since_ms", since.ms())
            .param("until_ms", until.ms())
            .param("lang", lang)
            .param("before_ms", before.rank)
            .param("before_id", before.actor)
            .param("limit", limit);
        fetch_wide("trend_history", query).await
    }
}
