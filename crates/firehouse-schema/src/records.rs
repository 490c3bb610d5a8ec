//! One version of one record. Table: `schema/tables/records.sql`.

use bytes::Bytes;
use firehouse_types::{ActorId, Datetime, Nsid, Rev, RkeyId};

use crate::columns::{datetime64_3, enum8};

/// Truth: what an author wrote, or that it is gone.
#[derive(Clone, Debug, PartialEq, Eq, clickhouse::Row, serde::Serialize, serde::Deserialize)]
pub struct RecordRow {
    pub collection: Nsid,
    pub actor: ActorId,
    pub rkey: RkeyId,
    pub rev: Rev,
    pub deleted: u8,
    pub cid: [u8; 32],
    /// Empty when the key is a TID.
    pub rkey_text: Box<str>,
    /// The record block; empty for a tombstone, and when links hold all of it.
    #[serde(with = "body_bytes")]
    pub body: Bytes,
    #[serde(with = "datetime64_3")]
    pub created_at: Datetime,
    #[serde(with = "datetime64_3")]
    pub sort_at: Datetime,
    /// Units: microseconds since 1970, by our clock.
    pub witnessed_at: i64,
    pub proof: Proof,
    pub valid: u8,
    pub source: Box<str>,
}

enum8! {
    /// How a version was proven.
    Proof {
        /// Not at all: taken from a source that signs nothing.
        Unverified = 0 "unverified",
        /// By a signed commit of the stream.
        Live = 1 "live",
        /// By a whole signed repo.
        Repo = 2 "repo",
    }
}

/// A `String` column that shares the frame's bytes instead of copying them.
mod body_bytes {
    use bytes::Bytes;
    use serde::{Deserializer, Serializer};

    pub fn serialize<S: Serializer>(value: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(value)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        serde_bytes::deserialize::<Vec<u8>, D>(deserializer).map(Bytes::from)
    }
}
