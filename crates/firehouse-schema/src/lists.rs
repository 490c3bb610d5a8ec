//! One version of one list, and of one membership. Tables: `schema/tables/lists.sql`, `schema/tables/list_items.sql`.

use firehouse_types::{ActorId, Datetime, Rev, RkeyId};

use crate::columns::datetime64_3;

/// Derived: a list and its purpose. Empty texts stand for absent fields.
#[derive(Clone, Debug, PartialEq, Eq, clickhouse::Row, serde::Serialize, serde::Deserialize)]
pub struct ListRow {
    pub actor: ActorId,
    pub rkey: RkeyId,
    pub rev: Rev,
    pub deleted: u8,
    pub cid: [u8; 32],
    pub name: Box<str>,
    pub purpose: Box<str>,
    pub description: Box<str>,
    pub avatar: Box<str>,
    #[serde(with = "datetime64_3")]
    pub created_at: Datetime,
    #[serde(with = "datetime64_3")]
    pub sort_at: Datetime,
}

/// Derived: someone is on a list.
#[derive(Clone, Debug, PartialEq, Eq, clickhouse::Row, serde::Serialize, serde::Deserialize)]
pub struct ListItemRow {
    pub list_actor: ActorId,
    pub list_rkey: RkeyId,
    pub subject: ActorId,
    pub rkey: RkeyId,
    pub rev: Rev,
    pub deleted: u8,
    #[serde(with = "datetime64_3")]
    pub sort_at: Datetime,
}
