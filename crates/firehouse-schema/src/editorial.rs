//! Lists that people keep by hand. Table: `schema/tables/editorial.sql`.

use crate::columns::enum8;

enum8! {
    /// One of the lists.
    EditorialList {
        /// Accounts that are suggested to everybody.
        Accounts = 0 "accounts",
        /// Feeds that are suggested to everybody.
        Feeds = 1 "feeds",
        /// Starter packs that are suggested to everybody.
        StarterPacks = 2 "starter_packs",
        /// Accounts and feeds by a tag.
        Tagged = 3 "tagged",
        /// Accounts whose verifications count.
        Verifiers = 4 "verifiers",
    }
}

/// Truth: one entry of one list.
#[derive(Clone, Debug, PartialEq, Eq, clickhouse::Row, serde::Serialize, serde::Deserialize)]
pub struct EditorialRow {
    pub list: EditorialList,
    /// Empty but in the list of suggestions by tag.
    pub tag: Box<str>,
    /// A DID or an AT-URI.
    pub subject: Box<str>,
    pub position: i64,
    /// 0 = taken off.
    pub listed: u8,
    /// Units: microseconds since 1970, by our clock.
    pub version: u64,
}
