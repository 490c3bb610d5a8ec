//! One version of one gate. Tables: `schema/tables/thread_gates.sql`, `schema/tables/post_gates.sql`.

use firehouse_types::{ActorId, Datetime, Rev, RkeyId};

use crate::columns::datetime64_3;

/// Bit of `rules`: whom the first post mentions.
pub const RULE_MENTIONED: u8 = 1;
/// Bit of `rules`: who follows the author.
pub const RULE_FOLLOWERS: u8 = 2;
/// Bit of `rules`: whom the author follows.
pub const RULE_FOLLOWED: u8 = 4;

/// Derived: who may reply to a thread, from `made_at` on.
#[derive(Clone, Debug, PartialEq, Eq, clickhouse::Row, serde::Serialize, serde::Deserialize)]
pub struct ThreadGateRow {
    pub actor: ActorId,
    pub rkey: RkeyId,
    pub rev: Rev,
    #[serde(with = "datetime64_3")]
    pub made_at: Datetime,
    pub is_closed: u8,
    /// Bits: `RULE_…`.
    pub rules: u8,
    pub lists: Vec<(ActorId, RkeyId)>,
}

/// Derived: whether a post may be quoted, from `made_at` on.
#[derive(Clone, Debug, PartialEq, Eq, clickhouse::Row, serde::Serialize, serde::Deserialize)]
pub struct PostGateRow {
    pub actor: ActorId,
    pub rkey: RkeyId,
    pub rev: Rev,
    #[serde(with = "datetime64_3")]
    pub made_at: Datetime,
    pub is_closed: u8,
}
