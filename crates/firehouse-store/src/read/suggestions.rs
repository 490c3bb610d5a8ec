//! Whom an account might want to follow, and what many talk about.

use clickhouse::Row;
use firehouse_types::{ActorId, Datetime};

use super::names::{RankPosition, Ranked};
use super::{fetch, fetch_wide};
use crate::{Store, StoreError};

/// A hashtag that is used more than before.
#[derive(Clone, Debug, Row, serde::Deserialize)]
pub struct TrendRead {
    /// Without its sign, folded.
    pub tag: Box<str>,
    /// Accounts that used it of late.
    pub late_accounts: u64,
    /// Accounts that used it in the span before.
    pub earlier_accounts: u64,
    /// Posts of late.
    pub posts: u64,
    started_ms: i64,
    /// Some of the accounts.
    pub actors: Vec<ActorId>,
}

impl TrendRead {
    /// When the first of its late posts was written.
    pub fn started_at(&self) -> Datetime {
        Datetime::from_ms(self.started_ms)
    }
}

impl Store {
    /// Whom an account might want to follow: by those it follows, or by `seeds` when there are any. Shape: the best first, at most `limit`;
    /// neither the viewer nor whom he follows, nor any of the seeds. Errors: [`StoreError::Read`].
    pub async fn suggested_actors(
        &self,
        seeds: &[ActorId],
        viewer: Option<ActorId>,
        before: RankPosition,
        limit: usize,
    ) -> Result<Vec<Ranked>, StoreError> {
        let query = self
            .query(include_str!("suggested_actors.sql"))
            .param("seeds", seeds)
            .param("viewer", viewer.map_or(0, ActorId::get))
            .param("before_rank", before.rank)
            .param("before_actor", before.actor)
            .param("limit", limit);
        fetch_wide("suggested_actors", query).await
    }

    /// Some of those who follow an account, at most `limit`. Errors: [`StoreError::Read`].
    pub async fn followers_sample(
        &self,
        actor: ActorId,
        limit: usize,
    ) -> Result<Vec<ActorId>, StoreError> {
        let query = self.query(include_str!("followers_sample.sql"));
        let query = query.param("actor", actor).param("limit", limit);
        let rows: Vec<u64> = fetch("followers_sample", query).await?;
        Ok(rows.into_iter().map(ActorId::from).collect())
    }

    /// Hashtags that more accounts use in the last `late_s` seconds than in `earlier_s` before, `accounts` at least. Shape: the most used
    /// first, at most `limit`. Errors: [`StoreError::Read`].
    pub async fn trends(
        &self,
        late_s: u32,
        earlier_s: u32,
        accounts: u32,
        limit: usize,
    ) -> Result<Vec<TrendRead>, StoreError> {
        let query = self
            .query(include_str!("trends.sql"))
            .param("late_s", late_s)
            .param("earlier_s", earlier_s)
            .param("accounts", accounts)
            .param("limit", limit);
        fetch_wide("trends", query).await
    }
}
