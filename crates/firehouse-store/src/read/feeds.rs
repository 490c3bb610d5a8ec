//! Skeletons of one account's feed and of a thread: what the account posted, and the replies.

use clickhouse::Row;
use firehouse_schema::FeedItemKind;
use firehouse_types::{ActorId, Datetime, RkeyId};

use super::{END_OF_TIME, RecordKey, fetch};
use crate::{Store, StoreError};

/// A post, or a repost of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedItem {
    /// When, as answers sort.
    pub sort_at: Datetime,
    /// Who posted or reposted.
    pub actor: ActorId,
    /// Which of both.
    pub kind: FeedItemKind,
    /// Key of the post or of the repost.
    pub rkey: RkeyId,
    /// The post shown.
    pub post: RecordKey,
}

impl FeedItem {
    /// The repost record, for a repost.
    pub fn repost(&self) -> Option<RecordKey> {
        match self.kind {
            FeedItemKind::Post => None,
            FeedItemKind::Repost => Some((self.actor, self.rkey)),
        }
    }

    /// Where the page after this item begins.
    pub fn position(&self) -> FeedPosition {
        FeedPosition {
            at: self.sort_at,
            actor: self.actor.get(),
            kind: self.kind as i8,
            rkey: self.rkey.get(),
        }
    }
}

/// The last item of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedPosition {
    /// Its time.
    pub at: Datetime,
    /// Who posted or reposted.
    pub actor: u64,
    /// Its kind as a number.
    pub kind: i8,
    /// Its key.
    pub rkey: u64,
}

impl FeedPosition {
    /// In front of the newest item.
    pub const START: Self =
        Self { at: END_OF_TIME, actor: u64::MAX, kind: i8::MAX, rkey: u64::MAX };
}

/// Which items an author feed has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthorFeed {
    /// Reposts too.
    pub reposts: bool,
    /// Bits of `embeds`; a post needs one of them unless this is 0.
    pub media: u8,
    /// 0: no replies; 1: replies in the author's own threads; 2: all.
    pub replies: u8,
}

/// A reply and what it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Row, serde::Deserialize)]
pub struct ThreadReply {
    actor: ActorId,
    rkey: RkeyId,
    parent_actor: ActorId,
    parent_rkey: RkeyId,
}

impl ThreadReply {
    /// The reply.
    pub fn key(&self) -> RecordKey {
        (self.actor, self.rkey)
    }

    /// What it answers.
    pub fn parent(&self) -> RecordKey {
        (self.parent_actor, self.parent_rkey)
    }
}

#[derive(Row, serde::Deserialize)]
pub(super) struct ItemRow {
    pub(super) sort_at: i64,
    pub(super) actor: ActorId,
    pub(super) kind: FeedItemKind,
    pub(super) rkey: RkeyId,
    pub(super) post_actor: ActorId,
    pub(super) post_rkey: RkeyId,
}

impl From<ItemRow> for FeedItem {
    fn from(row: ItemRow) -> Self {
        Self {
            sort_at: Datetime::from_ms(row.sort_at),
            actor: row.actor,
            kind: row.kind,
            rkey: row.rkey,
            post: (row.post_actor, row.post_rkey),
        }
    }
}

impl Store {
    /// What an account posted and reposted. Shape: newest first, at most `limit`. Errors: [`StoreError::Read`].
    pub async fn author_items(
        &self,
        actor: ActorId,
        feed: AuthorFeed,
        before: FeedPosition,
        limit: usize,
    ) -> Result<Vec<FeedItem>, StoreError> {
        let query = self
            .query(include_str!("author_items.sql"))
            .param("actor", actor)
            .param("reposts", u8::from(feed.reposts))
            .param("media", feed.media)
            .param("replies", feed.replies)
            .param("before_ms", before.at.ms())
            .param("before_kind", before.kind)
            .param("before_rkey", before.rkey)
            .param("limit", limit);
        let rows: Vec<ItemRow> = fetch("author_items", query).await?;
        Ok(rows.into_iter().map(FeedItem::from).collect())
    }

    /// The first post of the thread a post belongs to: itself when it is no reply, `None` when it does not exist.
    /// Errors: [`StoreError::Read`].
    pub async fn thread_root(&self, post: RecordKey) -> Result<Option<RecordKey>, StoreError> {
        let query = self
            .query(include_str!("thread_root.sql"))
            .param("actor", post.0)
            .param("rkey", post.1);
        let rows: Vec<(u64, u64)> = fetch("thread_root", query).await?;
        Ok(rows.first().map(|&root| match root {
            (0, _) => post,
            (actor, rkey) => (actor.into(), rkey.into()),
        }))
    }

    /// The replies that are now in the thread that a post is in. None when the post does not exist. Shape: latest first, at most `limit`.
    /// Errors: [`StoreError::Read`].
    pub async fn thread_replies(
        &self,
        post: RecordKey,
        limit: usize,
    ) -> Result<Vec<ThreadReply>, StoreError> {
        let query = self
            .query(include_str!("thread.sql"))
            .param("actor", post.0)
            .param("rkey", post.1)
            .param("limit", limit);
        fetch("thread", query).await
    }
}
