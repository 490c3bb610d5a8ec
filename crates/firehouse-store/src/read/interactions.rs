//! Counts of posts, and the viewer's own likes and reposts: one query for a whole page. Of other records likes alone.

use clickhouse::Row;
use firehouse_types::{ActorId, RkeyId};

use super::{PAIRS_PER_QUERY, RecordKey, TRIPLES_PER_QUERY, fetch_each};
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

    /// How much it was answered, as far as orders go by it: what others are told of counts twice.
    pub fn weighted(&self) -> u64 {
        self.likes + self.replies + 2 * (self.reposts + self.quotes)
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

/// Likes of a record that is no post.
#[derive(Clone, Debug, Row, serde::Deserialize)]
pub struct Likes {
    /// The record's collection.
    pub target_collection: Box<str>,
    target_actor: ActorId,
    target_rkey: RkeyId,
    /// Accounts that like it.
    pub likes: u64,
    viewer_like: u64,
}

impl Likes {
    /// The record.
    pub fn key(&self) -> RecordKey {
        (self.target_actor, self.target_rkey)
    }

    /// The viewer's like.
    pub fn viewer_like(&self) -> Option<RkeyId> {
        (self.viewer_like != 0).then(|| self.viewer_like.into())
    }
}

impl Store {
    /// Who likes some records, by account, collection and key: how many, and whether the viewer does. Shape: any order; what nobody
    /// likes is missing. Errors: [`StoreError::Read`].
    pub async fn likes(
        &self,
        keys: &[(ActorId, &str, RkeyId)],
        viewer: Option<ActorId>,
    ) -> Result<Vec<Likes>, StoreError> {
        let query = |chunk: &[(ActorId, &str, RkeyId)]| {
            self.query(include_str!("likes.sql"))
                .param("keys", chunk)
                .param("viewer", viewer.map_or(0, ActorId::get))
        };
        fetch_each("likes", keys, TRIPLES_PER_QUERY, query).await
    }

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
