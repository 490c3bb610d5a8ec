//! What moderators' tools say of accounts and records for our own use. Table: `schema/tables/tags.sql`.

use firehouse_types::{ActorId, RkeyId};

/// Truth: the tags of one account or record.
#[derive(Clone, Debug, PartialEq, Eq, clickhouse::Row, serde::Serialize, serde::Deserialize)]
pub struct TagsRow {
    pub actor: ActorId,
    /// Empty for accounts.
    pub collection: Box<str>,
    /// 0 for accounts.
    pub rkey: RkeyId,
    pub subject: Box<str>,
    pub tags: Vec<Box<str>>,
    /// Units: microseconds since 1970, by our clock.
    pub version: u64,
}
