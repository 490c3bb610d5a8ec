//! What one version of one post is found by. Table: `schema/tables/post_texts.sql`.

use firehouse_types::{ActorId, Datetime, Rev, RkeyId};

use crate::columns::datetime64_3;

/// Derived: what search reads of a post.
#[derive(Clone, Debug, PartialEq, Eq, clickhouse::Row, serde::Serialize, serde::Deserialize)]
pub struct PostTextRow {
    #[serde(with = "datetime64_3")]
    pub sort_at: Datetime,
    pub actor: ActorId,
    pub rkey: RkeyId,
    pub rev: Rev,
    pub deleted: u8,
    pub words: Box<str>,
    pub runs: Box<str>,
    pub marks: Vec<String>,
}
