//! What answered posts are found by, and which were answered just now. Tables: `schema/tables/engaged_texts.sql`, `engagements.sql`.

use firehouse_types::{ActorId, Datetime, Rev, RkeyId};

use crate::columns::datetime64_3;

/// Derived: what search reads of a post that was answered often.
#[derive(Clone, Debug, PartialEq, Eq, clickhouse::Row, serde::Serialize, serde::Deserialize)]
pub struct EngagedTextRow {
    #[serde(with = "datetime64_3")]
    pub sort_at: Datetime,
    pub actor: ActorId,
    pub rkey: RkeyId,
    pub rev: Rev,
    pub version: u64,
    pub deleted: u8,
    pub words: Box<str>,
    pub runs: Box<str>,
    pub marks: Vec<String>,
    pub answers: u32,
    pub standing: u16,
}

/// A post that was answered.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, clickhouse::Row, serde::Serialize, serde::Deserialize,
)]
pub struct EngagementRow {
    pub number: u64,
    pub target_actor: ActorId,
    pub target_rkey: RkeyId,
}
