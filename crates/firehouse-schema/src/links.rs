//! One reference from a record to an account, a record or a URL. Table: `schema/tables/links.sql`.

use std::borrow::Cow;

use firehouse_types::{ActorId, Datetime, Nsid, Rev, RkeyId};

use crate::columns::datetime64_3;

/// `target_collection` of a link to an account.
pub const TARGET_ACCOUNT: &str = "";
/// `target_collection` of a link to a URL. Not an NSID, so no record can have it.
pub const TARGET_URL: &str = "url";

/// Derived: who refers to what, and where in the record.
#[derive(Clone, Debug, PartialEq, Eq, clickhouse::Row, serde::Serialize, serde::Deserialize)]
pub struct LinkRow {
    pub target_actor: ActorId,
    pub target_rkey: RkeyId,
    pub target_collection: Cow<'static, str>,
    pub collection: Nsid,
    pub path: Cow<'static, str>,
    pub actor: ActorId,
    pub rkey: RkeyId,
    pub rev: Rev,
    pub deleted: u8,
    /// Zeros without a strong reference.
    pub target_cid: [u8; 32],
    /// Empty unless the target is a URL.
    pub target_url: Box<str>,
    #[serde(with = "datetime64_3")]
    pub sort_at: Datetime,
}
