//! One state of one account. Table: `schema/tables/actors.sql`.

use firehouse_types::{ActorId, Datetime, Did};

use crate::columns::{datetime64_3, enum8};

/// Truth: who an account is and whether it may be shown.
#[derive(Clone, Debug, PartialEq, Eq, clickhouse::Row, serde::Serialize, serde::Deserialize)]
pub struct ActorRow {
    pub actor: ActorId,
    pub did: Did,
    /// Verified both ways; empty when it was not.
    pub handle: Box<str>,
    /// Origin of the PDS; empty when unknown.
    pub pds: Box<str>,
    /// Signing key as did:key; empty when unknown.
    pub key: Box<str>,
    pub status: ActorStatus,
    #[serde(with = "datetime64_3")]
    pub first_seen: Datetime,
    /// Units: microseconds since 1970, by our clock; 0 when the account was only mentioned.
    pub version: u64,
}

impl ActorRow {
    /// The row that gives a number back its DID, for an account of which we know nothing else. Any other row of it wins.
    pub fn mentioned(did: Did) -> Self {
        Self {
            actor: did.actor(),
            did,
            handle: "".into(),
            pds: "".into(),
            key: "".into(),
            status: ActorStatus::Mentioned,
            first_seen: Datetime::EPOCH,
            version: 0,
        }
    }
}

enum8! {
    /// Whether an account's content may be shown: only [`ActorStatus::Active`] may.
    ActorStatus {
        /// Seen only as the target of a reference.
        Mentioned = 0 "mentioned",
        /// Shown.
        Active = 1 "active",
        /// Paused by its owner.
        Deactivated = 2 "deactivated",
        /// Suspended by its host.
        Suspended = 3 "suspended",
        /// Taken down by its host.
        Takendown = 4 "takendown",
        /// Deleted.
        Deleted = 5 "deleted",
        /// Inactive for a reason this build does not know.
        Inactive = 6 "inactive",
    }
}
