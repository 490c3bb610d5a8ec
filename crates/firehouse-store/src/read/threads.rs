//! Threads beside their replies: what the author himself continued, and who of those the viewer follows likes a post.

use clickhouse::Row;
use firehouse_types::{ActorId, Rev, RkeyId};

use super::query::fetch;
use super::{PAIRS_PER_QUERY, RecordKey, fetch_each};
use crate::{Store, StoreError};

/// A reply by the author of the thread, deleted or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpReply {
    key: RecordKey,
    parent: RecordKey,
    deleted_at: Option<Rev>,
}

impl OpReply {
    /// For tests: a reply that was deleted at a rev, or not.
    pub fn new(key: RecordKey, parent: RecordKey, deleted_at: Option<Rev>) -> Self {
        Self { key, parent, deleted_at }
    }

    /// The reply.
    pub fn key(&self) -> RecordKey {
        self.key
    }

    /// What it answers.
    pub fn parent(&self) -> RecordKey {
        self.parent
    }

    /// When it was made, as its key says; `None` when the key says nothing. Units: milliseconds since 1970.
    pub fn made_ms(&self) -> Option<u64> {
        self.key.1.tid().map(ms)
    }

    /// When it was deleted. Units: milliseconds since 1970.
    pub fn deleted_ms(&self) -> Option<u64> {
        self.deleted_at.map(ms)
    }
}

fn ms(tid: Rev) -> u64 {
    tid.timestamp_us() / 1_000
}

#[derive(Row, serde::Deserialize)]
struct OpReplyRow {
    actor: ActorId,
    rkey: RkeyId,
    of_actor: ActorId,
    of_rkey: RkeyId,
    deleted_at: u64,
}

/// Who of those a viewer follows likes a post.
#[derive(Clone, Debug, Row, serde::Deserialize)]
pub struct KnownLikersRead {
    target_actor: ActorId,
    target_rkey: RkeyId,
    /// How many of the latest likes are theirs.
    pub n: u64,
    /// The latest three of them.
    pub likers: Vec<ActorId>,
}

impl KnownLikersRead {
    /// The post.
    pub fn key(&self) -> RecordKey {
        (self.target_actor, self.target_rkey)
    }
}

impl Store {
    /// What the author of the thread that a post is in replied in it, and has deleted since. Shape: the oldest first, at most `limit`.
    /// Errors: [`StoreError::Read`].
    pub async fn op_replies(
        &self,
        post: RecordKey,
        limit: usize,
    ) -> Result<Vec<OpReply>, StoreError> {
        let query = self
            .query(include_str!("op_replies.sql"))
            .param("actor", post.0)
            .param("rkey", post.1)
            .param("limit", limit);
        let rows: Vec<OpReplyRow> = fetch("op_replies", query).await?;
        let reply = |row: OpReplyRow| OpReply {
            key: (row.actor, row.rkey),
            parent: (row.of_actor, row.of_rkey),
            deleted_at: (row.deleted_at != 0).then(|| row.deleted_at.into()),
        };
        Ok(rows.into_iter().map(reply).collect())
    }

    /// Who of those `viewer` follows likes some posts, among the latest 500 likes of each. Shape: any order; posts that none of them
    /// likes are missing. Errors: [`StoreError::Read`].
    pub async fn known_likers(
        &self,
        posts: &[RecordKey],
        viewer: ActorId,
    ) -> Result<Vec<KnownLikersRead>, StoreError> {
        let query = |chunk: &[RecordKey]| {
            let query = self.query(include_str!("known_likers.sql"));
            query.param("keys", chunk).param("viewer", viewer)
        };
        fetch_each("known_likers", posts, PAIRS_PER_QUERY, query).await
    }
}
