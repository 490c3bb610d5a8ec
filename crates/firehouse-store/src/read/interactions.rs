//! Counts of posts, and the viewer's own likes and reposts: one query for a whole page.

use clickhouse::Row;
use firehouse_types::{ActorId, RkeyId};

use super::{PAIRS_PER_QUERY, RecordKey, fetch_each};
use crate::{Store, StoreError};

/// How one post was answered. Keys are 0 where there is no such record.
#[derive(Clone, Copy, Debug, Default, Row, serde::Deserialize)]
pub struct Interactions {
    target_actor: u64,
    target_rkey: u64,
    /// Accounts that like it.
    pub likes: u64,
    /// Accounts that reposted it.
    pub reposts: u64,
    /// Direct replies.
    pub replies: u64,
    /// Posts that quote it.
    pub quotes: u64,
    viewer_like: u64,
    viewer_repost: u64,
    op_like: u64,
}

impl Interactions {
    /// The post.
    pub fn key(&self) -> RecordKey {
        (self.target_actor.into(), self.target_rkey.into())
    }

    /// The viewer's like.
    pub fn viewer_like(&self) -> Option<RkeyId> {
        (self.viewer_like != 0).then(|| self.viewer_like.into())
    }

    /// The viewer's repost.
    pub fn viewer_repost(&self) -> Option<RkeyId> {
        (self.viewer_repost != 0).then(|| self.viewer_repost.into())
    }

    /// The like by the author of the thread.
    pub fn op_like(&self) -> Option<RkeyId> {
        (self.op_like != 0).then(|| self.op_like.into())
    }
}

impl Store {
    /// How some posts were answered, by all, by the viewer and by `op`, the author of the thread. Shape: any order; posts that
    /// nothing refers to are missing. Errors: [`StoreError::Read`].
    pub async fn interactions(
        &self,
        keys: &[RecordKey],
        viewer: Option<ActorId>,
        op: Option<ActorId>,
    ) -> Result<Vec<Interactions>, StoreError> {
        let query = |chunk: &[RecordKey]| {
            self.query(include_str!("interactions.sql"))
                .param("keys", chunk)
                .param("viewer", viewer.map_or(0, ActorId::get))
                .param("op", op.map_or(0, ActorId::get))
        };
        fetch_each("interactions", keys, PAIRS_PER_QUERY, query).await
    }
}
