//! The last commit applied to one repo. Table: `schema/tables/repos.sql`.

use std::borrow::Cow;

use firehouse_types::{ActorId, Rev};

use crate::columns::enum8;

/// Truth: how far one repo is followed.
#[derive(Clone, Debug, PartialEq, Eq, clickhouse::Row, serde::Serialize, serde::Deserialize)]
pub struct RepoRow {
    pub actor: ActorId,
    pub rev: Rev,
    /// SHA-256 digest of the root of its tree.
    pub data: [u8; 32],
    pub state: RepoState,
    /// Why it is desynchronized; else empty.
    pub reason: Cow<'static, str>,
    /// Rows up to this rev are all there, in every table; above it a crash may have left some out.
    pub vouched: Rev,
}

enum8! {
    /// Whether every record of the repo is here.
    RepoState {
        /// Something is missing or unproven: the repo must be fetched.
        Desynchronized = 0 "desynchronized",
        /// Proven commit by commit since its first.
        Synchronized = 1 "synchronized",
    }
}
