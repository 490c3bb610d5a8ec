//! One state of one label. Table: `schema/tables/labels.sql`.

use firehouse_types::{ActorId, Datetime, RkeyId};

use crate::columns::datetime64_3;

/// Truth: what a labeler says, or that it no longer says it. Empty texts stand for absent fields.
#[derive(Clone, Debug, PartialEq, Eq, clickhouse::Row, serde::Serialize, serde::Deserialize)]
pub struct LabelRow {
    pub actor: ActorId,
    pub collection: Box<str>,
    pub rkey: RkeyId,
    pub src: ActorId,
    pub id: u64,
    pub version: u128,
    pub labeler: Box<str>,
    pub uri: Box<str>,
    pub cid: Box<str>,
    pub val: Box<str>,
    pub neg: u8,
    pub cts: Box<str>,
    pub exp: Box<str>,
    #[serde(with = "datetime64_3")]
    pub expires_at: Datetime,
    pub ver: u8,
    pub neg_stated: u8,
    #[serde(with = "serde_bytes")]
    pub sig: Box<[u8]>,
    pub key: Box<str>,
    pub seq: u64,
}
