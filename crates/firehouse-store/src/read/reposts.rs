//! What reposts repost, by their keys.

use clickhouse::Row;
use firehouse_types::{ActorId, RkeyId};

use super::{PAIRS_PER_QUERY, RecordKey, fetch_each};
use crate::{Store, StoreError};

/// A repost and its post.
#[derive(Clone, Copy, Debug, Row, serde::Deserialize)]
pub struct RepostedPost {
    actor: ActorId,
    rkey: RkeyId,
    target_actor: ActorId,
    target_rkey: RkeyId,
}

impl RepostedPost {
    /// The repost.
    pub fn repost(&self) -> RecordKey {
        (self.actor, self.rkey)
    }

    /// What it reposts.
    pub fn post(&self) -> RecordKey {
        (self.target_actor, self.target_rkey)
    }
}

impl Store {
    /// The posts that some reposts repost. Shape: any order; reposts that are gone, or of no post, are missing.
    /// Errors: [`StoreError::Read`].
    pub async fn reposted_posts(
        &self,
        reposts: &[RecordKey],
    ) -> Result<Vec<RepostedPost>, StoreError> {
        let query = |chunk: &[RecordKey]| {
            let actors: Vec<ActorId> = chunk.iter().map(|repost| repost.0).collect();
            self.query(include_str!("reposted_posts.sql"))
                .param("actors", actors)
                .param("keys", chunk)
        };
        fetch_each("reposted_posts", reposts, PAIRS_PER_QUERY / 2, query).await
    }
}
