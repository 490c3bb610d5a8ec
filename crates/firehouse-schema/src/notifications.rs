//! One reason to tell an account of a record. Table: `schema/tables/notifications.sql`.

use firehouse_types::{ActorId, Datetime, Nsid, Rev, RkeyId};

use crate::columns::enum8;

/// Derived: who is told of what.
#[derive(Clone, Debug, PartialEq, Eq, clickhouse::Row, serde::Serialize, serde::Deserialize)]
pub struct NotificationRow {
    pub recipient: ActorId,
    pub newest_first: i64,
    pub actor: ActorId,
    pub rkey: RkeyId,
    pub reason: Reason,
    pub collection: Nsid,
    pub rev: Rev,
    pub deleted: u8,
    /// Units: milliseconds.
    pub lag_ms: i64,
    pub subject_collection: std::borrow::Cow<'static, str>,
    pub subject_rkey: RkeyId,
    pub root_actor: u64,
    pub root_rkey: u64,
    pub between: Vec<(u64, u64)>,
}

/// `newest_first` of something that happened then.
pub const fn newest_first(at: Datetime) -> i64 {
    at.ms().saturating_neg()
}

enum8! {
    /// Why somebody is told of a record. Of several for one post the first counts.
    Reason {
        /// A post names the account.
        Mention = 0 "mention",
        /// A post quotes one of the account's.
        Quote = 1 "quote",
        /// A post answers one of the account's, or an answer to it, down to the fourth.
        Reply = 2 "reply",
        /// A like of a record of the account's.
        Like = 3 "like",
        /// A like of what the account reposted, found there.
        LikeViaRepost = 4 "like-via-repost",
        /// A repost of a post of the account's.
        Repost = 5 "repost",
        /// A repost of what the account reposted, found there.
        RepostViaRepost = 6 "repost-via-repost",
        /// A follow of the account.
        Follow = 7 "follow",
        /// A profile of somebody who came by a starter pack of the account's.
        StarterpackJoined = 8 "starterpack-joined",
        /// A verification of the account.
        Verified = 9 "verified",
        /// A verification of the account that was taken back.
        Unverified = 10 "unverified",
    }
}
