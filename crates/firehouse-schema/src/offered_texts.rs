//! What one version of a list, starter pack or feed generator is found by. Table: `schema/tables/offered_texts.sql`.

use firehouse_types::{ActorId, Datetime, Nsid, Rev, RkeyId};

use crate::columns::datetime64_3;

/// Derived: what search reads of something that an account offers to others.
#[derive(Clone, Debug, PartialEq, Eq, clickhouse::Row, serde::Serialize, serde::Deserialize)]
pub struct OfferedTextRow {
    pub collection: Nsid,
    pub actor: ActorId,
    pub rkey: RkeyId,
    pub rev: Rev,
    pub deleted: u8,
    #[serde(with = "datetime64_3")]
    pub sort_at: Datetime,
    pub purpose: Box<str>,
    pub name: Box<str>,
    pub words: Box<str>,
    pub runs: Box<str>,
}
