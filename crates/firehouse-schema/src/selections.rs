//! Which part of the network is kept. Tables: `schema/tables/selections.sql`, `schema/tables/kept.sql`,
//! `schema/tables/unwanted.sql`.

use firehouse_types::{ActorId, Rev, RkeyId};

use crate::columns::enum8;

/// Truth: one selection, and how far the store has come to hold just that.
#[derive(Clone, Debug, PartialEq, Eq, clickhouse::Row, serde::Serialize, serde::Deserialize)]
pub struct SelectionRow {
    /// Rises by one with every change.
    pub number: u64,
    /// JSON.
    pub rules: Box<str>,
    pub said: u8,
    pub refetch: u8,
    pub walk: u8,
    pub phase: SelectionPhase,
    pub marked: ActorId,
    /// Units: microseconds since 1970, by our clock.
    pub version: u64,
}

enum8! {
    /// How far a selection has become true.
    SelectionPhase {
        /// It is in force; nothing else is done.
        Begun = 0 "begun",
        /// `repos` holds only accounts that are kept.
        Parted = 1 "parted",
        /// What is newly wanted is out of step, so that it is fetched.
        Marked = 2 "marked",
        /// What is not wanted is gone.
        Removed = 3 "removed",
        /// The lists that name accounts nobody knew are walked.
        Applied = 4 "applied",
    }
}

/// Truth: an account that is kept by its number, or was until lately.
#[derive(Clone, Debug, PartialEq, Eq, clickhouse::Row, serde::Serialize, serde::Deserialize)]
pub struct KeptRow {
    pub actor: ActorId,
    /// 0 while it is kept. Units: microseconds since 1970.
    pub left_at: u64,
    /// Units: microseconds since 1970, by our clock.
    pub version: u64,
}

/// Scratch: a post that is being removed.
#[derive(Clone, Debug, PartialEq, Eq, clickhouse::Row, serde::Serialize, serde::Deserialize)]
pub struct UnwantedRow {
    pub actor: ActorId,
    pub rkey: RkeyId,
    /// A newer version stays.
    pub rev: Rev,
}
