//! One post or repost in time order. Table: `schema/tables/feed_items.sql`.

use firehouse_types::{ActorId, Datetime, Rev, RkeyId};

use crate::columns::{datetime64_3, enum8};

/// Derived: what timelines and author feeds are cut from.
#[derive(Clone, Debug, PartialEq, Eq, clickhouse::Row, serde::Serialize, serde::Deserialize)]
pub struct FeedItemRow {
    #[serde(with = "datetime64_3")]
    pub sort_at: Datetime,
    pub actor: ActorId,
    pub kind: FeedItemKind,
    pub rkey: RkeyId,
    pub post_actor: ActorId,
    pub post_rkey: RkeyId,
    /// 0 for reposts, and for posts that are not replies.
    pub root_actor: u64,
    /// As in posts; 0 for reposts.
    pub embeds: u8,
    pub rev: Rev,
    pub deleted: u8,
}

enum8! {
    /// Which collection an item's key belongs to.
    FeedItemKind {
        /// `app.bsky.feed.post`.
        Post = 1 "post",
        /// `app.bsky.feed.repost`.
        Repost = 2 "repost",
    }
}
