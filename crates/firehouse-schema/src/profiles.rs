//! One version of one profile, and a word of a name. Tables: `schema/tables/profiles.sql`, `schema/tables/name_words.sql`.

use firehouse_types::{ActorId, Datetime, Rev};

use crate::columns::datetime64_3;

/// Derived: what views show of an account. Empty texts stand for absent fields.
#[derive(Clone, Debug, PartialEq, Eq, clickhouse::Row, serde::Serialize, serde::Deserialize)]
pub struct ProfileRow {
    pub actor: ActorId,
    pub rev: Rev,
    pub deleted: u8,
    pub cid: [u8; 32],
    pub display_name: Box<str>,
    pub description: Box<str>,
    pub pronouns: Box<str>,
    pub website: Box<str>,
    pub avatar: Box<str>,
    pub banner: Box<str>,
    pub pinned_post: Box<str>,
    pub pinned_cid: Box<str>,
    pub joined_via: Box<str>,
    pub labels: Vec<Box<str>>,
    #[serde(with = "datetime64_3")]
    pub created_at: Datetime,
    #[serde(with = "datetime64_3")]
    pub sort_at: Datetime,
}

/// Derived: where an account is looked for by how a word of its name begins.
#[derive(Clone, Debug, PartialEq, Eq, clickhouse::Row, serde::Serialize, serde::Deserialize)]
pub struct NameWordRow {
    pub word: Box<str>,
    pub actor: ActorId,
}
