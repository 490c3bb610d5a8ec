//! When a post came, among all others. Table: `schema/tables/post_arrivals.sql`.

use firehouse_types::{ActorId, Datetime, Rev, RkeyId};

use crate::columns::datetime64_3;

/// A version of a post that came, or a post that went.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, clickhouse::Row, serde::Serialize, serde::Deserialize,
)]
pub struct PostArrivalRow {
    pub number: u64,
    #[serde(with = "datetime64_3")]
    pub sort_at: Datetime,
    pub actor: ActorId,
    pub rkey: RkeyId,
    pub rev: Rev,
    pub deleted: u8,
}
