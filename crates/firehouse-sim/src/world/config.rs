//! What a world is made of.

use crate::faults::plan::FaultPlan;

/// A world. The same values give the same events, the same truth and the same faults.
#[derive(Clone, Debug)]
pub struct WorldConfig {
    /// Of all randomness.
    pub seed: u64,
    /// People, at least one; labelers come on top.
    pub accounts: usize,
    /// Hosts of repos, at least one.
    pub pdses: usize,
    /// Streams of everything.
    pub relays: usize,
    /// Jetstreams of everything.
    pub jetstreams: usize,
    /// Accounts that label.
    pub labelers: usize,
    /// Share of accounts that sign with P-256. Units: percent.
    pub p256_percent: u8,
    /// The world's time at the start, to be left behind by every real clock. Units: milliseconds since 1970.
    pub start_ms: i64,
    /// What people and hosts do beside what they always do.
    pub mix: Mix,
    /// What goes wrong.
    pub faults: FaultPlan,
}

/// Rarities. Each is off in a world whose consumer cannot cope with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mix {
    /// Accounts change their signing key.
    pub key_rotations: bool,
    /// Accounts move to another PDS.
    pub migrations: bool,
    /// Accounts change their handle, lose it, or claim one that is not theirs.
    pub handles: bool,
    /// Handles pass from one account to another.
    pub contests: bool,
    /// Accounts are deactivated, suspended, taken down and deleted, and come back.
    pub statuses: bool,
    /// Deleted accounts come back with an empty repo.
    pub rebirths: bool,
    /// PDSes say `#sync` after changes nobody was told of.
    pub syncs: bool,
    /// Commits of producers older than Sync 1.1.
    pub legacy: bool,
    /// Records of unknown collections, records that break their lexicon, keys that are no TIDs, paths that are no records.
    pub odd_records: bool,
}

impl Mix {
    /// Everything.
    pub const ALL: Self = Self {
        key_rotations: true,
        migrations: true,
        handles: true,
        contests: true,
        statuses: true,
        rebirths: true,
        syncs: true,
        legacy: true,
        odd_records: true,
    };
}

impl WorldConfig {
    /// A small world without faults, in July 2026: one relay, two PDSes, one labeler.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            accounts: 16,
            pdses: 2,
            relays: 1,
            jetstreams: 0,
            labelers: 1,
            p256_percent: 20,
            start_ms: 1_782_864_000_000,
            mix: Mix::ALL,
            faults: FaultPlan::default(),
        }
    }
}

impl WorldConfig {
    /// Where Jetstreams begin among the upstreams: behind relays and PDSes.
    pub const fn first_jetstream(&self) -> usize {
        self.relays + self.pdses
    }
}

/// Where everything is.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Urls {
    /// The PLC directory; it resolves handles, too.
    pub plc: String,
    /// Every relay.
    pub relays: Vec<String>,
    /// Every PDS.
    pub pdses: Vec<String>,
    /// Every Jetstream.
    pub jetstreams: Vec<String>,
    /// Every labeler: its DID and its origin.
    pub labelers: Vec<(String, String)>,
}
