//! What an operator may set of the write path.

/// Bounds of the pipeline. Each is a promise about memory or freshness.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Tasks that verify and index; one per core is enough.
    pub workers: usize,
    /// Events read from all sockets and not yet acknowledged; at this bound reading stops.
    pub in_flight_events_max: usize,
    /// Bytes of their frames, which each of them holds; at this bound reading stops too. Units: bytes.
    pub in_flight_bytes_max: usize,
    /// Accounts whose key and last commit are kept in memory. Units: accounts, about 400 bytes each.
    pub accounts_max: usize,
    /// Longest time a row waits for others to share its INSERT. Units: milliseconds.
    pub flush_wait_ms: u64,
    /// Rows that make a batch full; while one is being flushed and the next is full, workers wait.
    pub batch_rows_max: usize,
    /// Identity look-ups under way at once.
    pub lookups_max: usize,
    /// How long an event waits for an identity that cannot be had before it is dropped and its repo marked desynchronized.
    /// Units: seconds.
    pub identity_patience_s: u64,
    /// How long the first event of an account waits for its handle to be verified. Units: milliseconds.
    pub handle_patience_ms: u64,
    /// How long what deleted accounts wrote is kept, and how often it is looked for: an account that is back sooner has lost nothing.
    /// Units: seconds.
    pub deleted_kept_s: u64,
    /// How old the standings of accounts get, which are worked out from all follows and order what searches find. While that takes no more
    /// than a fiftieth of the time they are made anew sooner, hourly at most. Units: seconds.
    pub standings_kept_s: u64,
    /// Rows of fetched repos that make a batch full. Their writer is another than the stream's: a row of theirs may wait longer.
    pub repo_batch_rows_max: usize,
}

/// Which of the repos that are not in step are fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fetch {
    /// Only those that somebody asks for by name.
    Asked,
    /// Those whose chain of commits broke while we listened.
    Broken,
    /// Every repo that is seen, also for what it held before we began to listen.
    Seen,
}
