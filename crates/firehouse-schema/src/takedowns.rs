//! What moderators took down. Table: `schema/tables/takedowns.sql`.

use firehouse_types::{ActorId, RkeyId};

/// Truth: one decision about an account, a record or a blob.
#[derive(Clone, Debug, PartialEq, Eq, clickhouse::Row, serde::Serialize, serde::Deserialize)]
pub struct TakedownRow {
    pub actor: ActorId,
    /// Empty for accounts and blobs.
    pub collection: Box<str>,
    /// 0 for accounts and blobs.
    pub rkey: RkeyId,
    /// Empty for accounts and records.
    pub blob: Box<str>,
    pub subject: Box<str>,
    pub cid: Box<str>,
    /// 0 = given back.
    pub applied: u8,
    /// The table's column `ref`.
    #[serde(rename = "ref")]
    pub reference: Box<str>,
    /// Units: microseconds since 1970, by our clock.
    pub version: u64,
}
