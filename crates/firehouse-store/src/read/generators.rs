//! Feed generators of everybody, by how many like them.

use clickhouse::Row;
use firehouse_types::{ActorId, Datetime, RkeyId};

use super::{RecordKey, fetch_wide};
use crate::{Store, StoreError};

/// How many accounts like a generator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Row, serde::Deserialize)]
pub struct LikedGenerator {
    target_actor: ActorId,
    target_rkey: RkeyId,
    /// Of the likes counted, those given lately.
    pub recent: u64,
    /// Accounts that like it.
    pub likers: u64,
}

impl LikedGenerator {
    /// The generator.
    pub fn key(&self) -> RecordKey {
        (self.target_actor, self.target_rkey)
    }
}

impl Store {
    /// The generators that somebody likes. Shape: those with most likes since `recent` first, then by all likes; at most `limit`.
    /// Reads every like of a generator: keep the answer for a while. Errors: [`StoreError::Read`].
    pub async fn liked_generators(
        &self,
        recent: Datetime,
        limit: usize,
    ) -> Result<Vec<LikedGenerator>, StoreError> {
        let query = self
            .query(include_str!("liked_generators.sql"))
            .param("recent_ms", recent.ms())
            .param("limit", limit);
        fetch_wide("liked_generators", query).await
    }
}
