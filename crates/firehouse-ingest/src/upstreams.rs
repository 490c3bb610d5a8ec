//! [`Upstream`]: where events come from, any number at once, each read by an intake of its own.

use std::sync::Arc;

use firehouse_store::Store;
use firehouse_stream::{Notice, Received, Told};
use firehouse_types::{Seq, UpstreamKind, UpstreamState};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::error::IngestError;
use crate::flush::retried;
use crate::in_flight::InFlight;
use crate::intake::Intake;
use crate::metrics::Metrics;
use crate::status::Status;
use crate::work::Work;

/// One source of events.
pub struct Upstream {
    /// Name of its cursor: scheme, host and port, since seqs mean nothing elsewhere.
    pub name: Arc<str>,
    /// As configured, for people.
    pub url: String,
    /// What it is: a single PDS may speak for its own accounts only.
    pub kind: UpstreamKind,
    /// The saved cursor it is resumed from.
    pub cursor: Option<Seq>,
    /// Its events, in the order of their seqs.
    pub events: mpsc::Receiver<Received>,
    /// What its connection goes through.
    pub notices: mpsc::Receiver<Told>,
    /// Cancelled when it is no longer to be followed, nor shown.
    pub removed: CancellationToken,
}

/// Reads whatever upstreams there are.
pub struct Intakes {
    pub store: Store,
    pub workers: Vec<mpsc::Sender<Work>>,
    pub in_flight: Arc<InFlight>,
    pub status: Status,
    pub metrics: Metrics,
}

impl Intakes {
    /// Runs until there will be no more upstreams, or `stop` is cancelled, and each has ended. Errors: those that trying again cannot heal.
    pub async fn run(
        self,
        mut upstreams: mpsc::Receiver<Upstream>,
        stop: CancellationToken,
    ) -> Result<(), IngestError> {
        let mut intakes = JoinSet::new();
        while let Some(upstream) = tokio::select! {
            upstream = upstreams.recv() => upstream,
            () = stop.cancelled() => None,
        } {
            if upstream.kind == UpstreamKind::Jetstream {
                // After a crash it is known from the first look-up on that there may be such rows.
                retried(&self.metrics, || self.store.expect_unverified()).await?;
            }
            intakes.spawn(self.intake(upstream).run());
            while intakes.try_join_next().is_some() {}
        }
        while intakes.join_next().await.is_some() {}
        Ok(())
    }

    /// Shows an upstream, from now on until it is removed.
    fn intake(&self, upstream: Upstream) -> Intake {
        let (kind, name, status) = (upstream.kind, upstream.name, self.status.clone());
        let pds = (kind == UpstreamKind::Pds).then(|| Arc::clone(&name));
        let index = status.add(Arc::clone(&name), upstream.url, kind, upstream.cursor);
        let watching = watch(index, name, upstream.notices, status.clone());
        tokio::spawn(async move {
            watching.await;
            if upstream.removed.is_cancelled() {
                status.remove(index);
            }
        });
        Intake {
            upstream: index,
            pds,
            input: upstream.events,
            workers: self.workers.clone(),
            in_flight: Arc::clone(&self.in_flight),
            status: self.status.clone(),
            metrics: self.metrics.clone(),
        }
    }
}

/// Logs what a connection goes through and shows it in the status.
pub(crate) async fn watch(
    index: usize,
    upstream: Arc<str>,
    mut notices: mpsc::Receiver<Told>,
    status: Status,
) {
    while let Some(Told { notice, hold }) = notices.recv().await {
        match &notice {
            Notice::Connected { .. } => {
                tracing::info!(%upstream, "connected");
                status.connection(index, UpstreamState::Connected, None);
            }
            Notice::Disconnected { reason, retry_in } => {
                tracing::warn!(%upstream, reason, ?retry_in, "not connected; serving what there is, trying again");
                status.connection(index, UpstreamState::Connecting, Some(reason.clone()));
            }
            Notice::Gap { after, first } => {
                tracing::warn!(%upstream, %after, %first, "events may be missing: the first seq after the connection is far above the cursor");
                status.gap(index, hold);
            }
            Notice::OutdatedCursor { .. } => {
                tracing::warn!(%upstream, "the saved cursor is older than what the upstream keeps: events are missing");
                status.gap(index, hold);
            }
            Notice::FutureCursor { message } => {
                tracing::error!(%upstream, message, "the saved cursor lies above what the upstream has: is it another one than it was");
            }
            Notice::ConsumerTooSlow => {
                tracing::warn!(%upstream, "the upstream found us too slow; resuming from the cursor")
            }
            Notice::Quarantined { reason, after, stepped_over, .. } => {
                tracing::warn!(%upstream, reason = reason.as_str(), ?after, stepped_over, "a frame broke the framing");
                if *stepped_over {
                    status.gap(index, hold);
                }
            }
            // Counted where it happens; a line for each would let an upstream fill the log.
            Notice::Dropped { seq, reason } => {
                tracing::debug!(%upstream, ?seq, reason = reason.as_str(), "event dropped")
            }
        }
    }
    status.connection(index, UpstreamState::Finished, None);
}
