//! What `GET /xrpc/_health` and `firehouse status` say.
//!
//! Stands here because ingest knows it and xrpc tells it, and those two never import each other.

use std::collections::BTreeMap;

use crate::Seq;

/// The state of one process. What it does not do is left out.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Health {
    /// Version of firehouse.
    pub version: &'static str,
    /// Every upstream this process follows; empty in `firehouse serve`.
    pub upstreams: Vec<UpstreamHealth>,
    /// The write path.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ingest: Option<IngestHealth>,
    /// Which part of the network is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep: Option<KeepHealth>,
    /// Repos that are not in step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repos: Option<ReposHealth>,
    /// Hosts that repos are fetched from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hosts: Option<HostsHealth>,
}

/// What is on its way into the store.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct IngestHealth {
    /// Events read and not yet acknowledged by the store.
    pub events_in_flight: u64,
    /// Of these, events that wait for the identity of their account, or for its fetched repo to be written.
    pub events_waiting: u64,
    /// Of these, commits that wait for the one before them to come from another upstream.
    pub events_held: u64,
    /// Messages that wait in each queue of the pipeline.
    pub queues: BTreeMap<&'static str, u64>,
    /// Since the last flush was acknowledged; nothing is flushed while nothing happens. `None` before the first. Units: seconds.
    pub flush_age_seconds: Option<u64>,
}

/// Which part of the network is kept.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct KeepHealth {
    /// In one line.
    pub selection: String,
    /// How far the store has come to hold just that.
    pub phase: &'static str,
    /// Accounts that are kept by name or neighbourhood; `None` when all are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accounts: Option<u64>,
    /// Whether neighbourhoods have more accounts than are kept.
    pub cut: bool,
}

/// Repos that are not in step.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ReposHealth {
    /// How many, by the reason they fell out of step for. `None` while the store does not say.
    pub desynchronized: Option<BTreeMap<String, u64>>,
    /// How long ago they were counted. Units: seconds.
    pub counted_seconds_ago: Option<u64>,
    /// Repos that wait to be fetched. `None` where none is fetched, and so for the next.
    pub queued: Option<u64>,
    /// Repos being fetched.
    pub fetching: Option<u64>,
}

/// Hosts that repos are fetched from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct HostsHealth {
    /// Hosts that are remembered.
    pub known: u64,
    /// Hosts that are not asked at the moment, since they failed or asked for a pause.
    pub parked: u64,
}

/// How far behind one upstream is.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct UpstreamHealth {
    /// As configured.
    pub url: String,
    /// What may be believed of it.
    pub kind: UpstreamKind,
    /// What its connection does now.
    pub state: UpstreamState,
    /// Last failure of the connection, until it works again.
    pub last_error: Option<String>,
    /// The newest event read from the socket.
    pub seq_received: Option<Seq>,
    /// Every event up to this one is visible to every query.
    pub seq_readable: Option<Seq>,
    /// Age of the newest readable event by the upstream's clock. Units: seconds.
    pub lag_seconds: Option<u64>,
    /// Intervals of seqs that may have been lost.
    pub gaps: u64,
    /// Events read and not yet readable.
    pub queued: u64,
}

/// What an upstream is, and so what may be believed of what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UpstreamKind {
    /// Signed commits of everybody, and statuses as it sees them.
    Relay,
    /// Signed commits and statuses of its own accounts.
    Pds,
    /// Records of everybody, without any proof.
    Jetstream,
    /// Its own signed labels.
    Labeler,
}

impl UpstreamKind {
    /// As answers and the command line say it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Relay => "relay",
            Self::Pds => "pds",
            Self::Jetstream => "jetstream",
            Self::Labeler => "labeler",
        }
    }
}

/// What the connection to an upstream does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UpstreamState {
    /// Dialling, or waiting to dial again.
    Connecting,
    /// Frames arrive.
    Connected,
    /// Stopped for good: by a signal, or because a file ended.
    Finished,
}
