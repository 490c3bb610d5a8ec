//! What the PLC directory says of one DID. Table: `schema/tables/identities.sql`.

use firehouse_types::{ActorId, Did};

use crate::columns::enum8;

/// Truth, a copy: one operation of a DID, and what it made of it.
#[derive(Clone, Debug, PartialEq, Eq, clickhouse::Row, serde::Serialize, serde::Deserialize)]
pub struct IdentityRow {
    pub actor: ActorId,
    pub did: Did,
    /// The directory's number of the operation.
    pub seq: u64,
    pub state: IdentityState,
    /// Zeros unless the DID is open.
    pub cid: [u8; 32],
    /// As did:key.
    pub rotation_keys: Vec<Box<str>>,
    /// Claimed, not verified; empty without one.
    pub handle: Box<str>,
    /// Origin; empty without one.
    pub pds: Box<str>,
    /// As did:key; empty without one.
    pub key: Box<str>,
    /// The DID document where the columns are not all of it.
    pub document: Box<str>,
}

enum8! {
    /// Whether what the operations say of a DID may be believed.
    IdentityState {
        /// An operation does not follow those before it.
        Doubtful = 0 "doubtful",
        /// Each follows the one before.
        Open = 1 "open",
        /// Closed for ever.
        Tombstoned = 2 "tombstoned",
    }
}
