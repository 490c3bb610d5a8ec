//! What `GET /xrpc/_health` and `firehouse status` say.
//!
//! Stands here because ingest knows it and xrpc tells it, and those two never import each other.

use crate::Seq;

/// The state of one process.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Health {
    /// Version of firehouse.
    pub version: &'static str,
    /// Every upstream this process follows; empty in `firehouse serve`.
    pub upstreams: Vec<UpstreamHealth>,
}

/// How far behind one upstream is.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct UpstreamHealth {
    /// As configured.
    pub url: String,
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
