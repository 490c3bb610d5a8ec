//! What accounts tell nobody but us. Tables: `schema/tables/private_mutes.sql` and the other `private_*` beside it.

use firehouse_types::{ActorId, Datetime, Rev, RkeyId};

use crate::columns::{datetime64_3, enum8};

/// Truth: one mute, as it was said at one time.
#[derive(Clone, Debug, PartialEq, Eq, clickhouse::Row, serde::Serialize, serde::Deserialize)]
pub struct MuteRow {
    pub actor: ActorId,
    pub kind: MuteKind,
    pub subject: ActorId,
    /// 0 for an account.
    pub rkey: RkeyId,
    pub uri: Box<str>,
    pub only_reposts: u8,
    pub only_quotes: u8,
    #[serde(with = "datetime64_3")]
    pub created_at: Datetime,
    /// Units: microseconds since 1970, by our clock.
    pub version: u64,
    pub deleted: u8,
}

enum8! {
    /// What is muted.
    MuteKind {
        /// An account.
        Account = 0 "account",
        /// The members of a list.
        List = 1 "list",
        /// A thread, by its root.
        Thread = 2 "thread",
    }
}

/// Truth: one bookmark, as it was said at one time.
#[derive(Clone, Debug, PartialEq, Eq, clickhouse::Row, serde::Serialize, serde::Deserialize)]
pub struct BookmarkRow {
    pub actor: ActorId,
    pub subject_actor: ActorId,
    pub subject_rkey: RkeyId,
    /// When it was made.
    pub key: Rev,
    pub uri: Box<str>,
    pub cid: Box<str>,
    /// Units: microseconds since 1970, by our clock.
    pub version: u64,
    pub deleted: u8,
}

/// Truth: one draft, as it was saved at one time.
#[derive(Clone, Debug, PartialEq, Eq, clickhouse::Row, serde::Serialize, serde::Deserialize)]
pub struct DraftRow {
    pub actor: ActorId,
    pub id: Rev,
    /// JSON.
    pub draft: Box<str>,
    /// Units: microseconds since 1970, by our clock.
    pub created_at: u64,
    /// Units: microseconds since 1970, by our clock.
    pub version: u64,
    pub deleted: u8,
}

/// Truth: one setting, as it was said at one time.
#[derive(Clone, Debug, PartialEq, Eq, clickhouse::Row, serde::Serialize, serde::Deserialize)]
pub struct SettingRow {
    pub actor: ActorId,
    pub name: SettingName,
    pub value: Box<str>,
    /// Units: microseconds since 1970, by our clock.
    pub version: u64,
    pub deleted: u8,
}

enum8! {
    /// Which setting.
    SettingName {
        /// Up to when notifications were seen. Units: milliseconds since 1970.
        NotificationsSeen = 0 "notifications_seen",
        /// Whether only notifications from followed accounts are shown: 0 or 1.
        NotificationPriority = 1 "notification_priority",
        /// JSON.
        NotificationPreferences = 2 "notification_preferences",
    }
}

/// Truth: one activity subscription, as it was said at one time.
#[derive(Clone, Debug, PartialEq, Eq, clickhouse::Row, serde::Serialize, serde::Deserialize)]
pub struct ActivitySubscriptionRow {
    pub actor: ActorId,
    pub subject: ActorId,
    /// When it was made.
    pub key: Rev,
    pub did: Box<str>,
    pub post: u8,
    pub reply: u8,
    /// Units: microseconds since 1970, by our clock.
    pub version: u64,
    pub deleted: u8,
}
