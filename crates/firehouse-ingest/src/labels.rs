//! The write path of labels on one page: which tasks there are, and which bounded queues join them.
//!
//! ```text
//! roster ──► per labeler: subscription ──► follower ──────────────► writer ──► store
//!   who, and where         stream           tickets, key, signature   batches    labels, then cursors
//! ```
//!
//! It stands beside the [`pipeline`](crate::pipeline) of commits and shares nothing with it but the store: a labeler that replays years of
//! history fills its own queues, uses one core at most, and delays no commit. As there, an event holds a ticket until its rows are
//! acknowledged, and the cursor is the newest seq with no open ticket before it.

mod endpoint;
mod roster;
mod follower;
mod judge;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use firehouse_identity::{AddressPolicy, Resolver};
use firehouse_store::Store;
use firehouse_types::Did;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::error::IngestError;
use crate::metrics::Metrics;
use crate::status::Status;
use roster::Roster;
use writer::Writer;

/// Messages between followers and the writer; each carries the rows of a few hundred labels.
const QUEUE_MESSAGES: usize = 16;

/// What an operator may set of it.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelConfig {
    /// Also follow every account in the store that declares itself a labeler.
    pub discover: bool,
    /// Labelers whose labels are taken without looking at their signatures, such as one of a private network that signs nothing.
    pub unsigned: Vec<Did>,
    /// Labelers followed at once; those configured come first, then the longest known.
    pub labelers_max: usize,
    /// How often is looked for new labelers, and for those that moved. Units: seconds.
    pub check_interval_s: u64,
    /// Longest time a label waits for others to share its INSERT. Units: milliseconds.
    pub flush_wait_ms: u64,
    /// Labels that make a batch full; while one is being flushed and the next is full, followers wait.
    pub batch_rows_max: usize,
}

/// A labeler to follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labeler {
    /// Who labels. Labels of anybody else on its stream are dropped.
    pub did: Did,
    /// Where its stream is; without one its DID document says so.
    pub url: Option<Url>,
}

/// What follows labelers.
pub struct Labels {
    /// Bounds.
    pub config: LabelConfig,
    /// Always followed.
    pub labelers: Vec<Labeler>,
    /// How their streams are followed. The URL in it is not used.
    pub stream: firehouse_stream::Config,
    /// Where a DID document may make us connect to.
    pub policy: AddressPolicy,
    /// Where rows go.
    pub store: Store,
    /// Where keys and endpoints come from.
    pub resolver: Resolver,
    /// Told to the world while running; grows and shrinks with the labelers.
    pub status: Status,
    /// Counted while running.
    pub metrics: Metrics,
    /// Counted by the connections.
    pub stream_metrics: firehouse_stream::Metrics,
}

impl Labels {
    /// Runs until `stop`, then writes what was read. Labels that still wait for their labeler's key are left for the next run.
    /// Errors: [`IngestError`]; running again resumes where the cursors are.
    pub async fn run(self, stop: CancellationToken) -> Result<(), IngestError> {
        let (output, input) = mpsc::channel(QUEUE_MESSAGES);
        let writer = Writer {
            store: self.store.clone(),
            status: self.status.clone(),
            metrics: self.metrics.clone(),
            input,
            flush_wait: Duration::from_millis(self.config.flush_wait_ms),
            batch_rows_max: self.config.batch_rows_max.max(1),
        };
        // One at a time, whoever it is for: the other cores are for commits.
        let judging = Arc::new(Semaphore::new(1));
        tokio::try_join!(Roster::new(self, output, judging).run(stop), writer.run()).map(drop)
    }
}
