//! What the write path counts.

use std::time::{SystemTime, UNIX_EPOCH};

use firehouse_identity::PlcFault;
use firehouse_types::{DropReason, IngestHealth};
use prometheus::{
    Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
};

/// Counters and gauges of one pipeline.
#[derive(Clone)]
pub struct Metrics {
    pub(crate) events: IntCounterVec,
    pub(crate) events_dropped: IntCounterVec,
    pub(crate) ops: IntCounterVec,
    pub(crate) ops_dropped: IntCounterVec,
    pub(crate) repos_desynchronized: IntCounterVec,
    pub(crate) labels: IntCounter,
    pub(crate) labels_dropped: IntCounterVec,
    pub(crate) rows: IntCounterVec,
    pub(crate) unkept: IntCounterVec,
    pub(crate) kept_accounts: IntGauge,
    pub(crate) wanted_accounts: IntCounter,
    pub(crate) selection_phase: IntGauge,
    pub(crate) removals: IntCounter,
    flushes: IntCounter,
    pub(crate) flush_retries: IntCounter,
    pub(crate) flush_seconds: Histogram,
    pub(crate) lookups: IntCounterVec,
    pub(crate) fetches: IntCounterVec,
    pub(crate) plc_operations: IntCounterVec,
    pub(crate) plc_seq: IntGauge,
    pub(crate) purged_accounts: IntCounter,
    pub(crate) trends_until: IntGauge,
    pub(crate) engaged_copied: IntCounter,
    pub(crate) engaged_until: IntGauge,
    pub(crate) engaged_sweep: IntGauge,
    pub(crate) in_flight_events: IntGauge,
    pub(crate) waiting_events: IntGauge,
    pub(crate) held_events: IntGauge,
    held: IntCounterVec,
    last_flush: IntGauge,
    pub(crate) queue_depth: IntGaugeVec,
}

impl Metrics {
    /// Registers everything under `firehouse_ingest_`. Errors: a name is registered twice.
    pub fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let counters = |name: &str, help: &str, label: &str| {
            let counters =
                IntCounterVec::new(Opts::new(format!("firehouse_ingest_{name}"), help), &[label])?;
            registry.register(Box::new(counters.clone()))?;
            Ok::<_, prometheus::Error>(counters)
        };
        let counter = |name: &str, help: &str| {
            let counter = IntCounter::new(format!("firehouse_ingest_{name}"), help)?;
            registry.register(Box::new(counter.clone()))?;
            Ok::<_, prometheus::Error>(counter)
        };
        let gauge = |name: &str, help: &str| {
            let gauge = IntGauge::new(format!("firehouse_ingest_{name}"), help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok::<_, prometheus::Error>(gauge)
        };
        let flush_seconds = Histogram::with_opts(
            HistogramOpts::new(
                "firehouse_ingest_flush_seconds",
                "Time from the start of a flush until its cursor is saved.",
            )
            .buckets(vec![0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 5.0, 30.0]),
        )?;
        registry.register(Box::new(flush_seconds.clone()))?;
        let queue_depth = IntGaugeVec::new(
            Opts::new(
                "firehouse_ingest_queue_depth",
                "Messages waiting in a queue of the pipeline.",
            ),
            &["queue"],
        )?;
        registry.register(Box::new(queue_depth.clone()))?;
        let metrics = Self {
            events: counters("events_total", "Events taken from upstreams.", "kind")?,
            events_dropped: counters("events_dropped_total", "Events left unapplied.", "reason")?,
            ops: counters("ops_total", "Record ops indexed.", "action")?,
            ops_dropped: counters(
                "ops_dropped_total",
                "Record ops left unindexed while their siblings were.",
                "reason",
            )?,
            repos_desynchronized: counters(
                "repos_desynchronized_total",
                "Times a repo was marked desynchronized.",
                "reason",
            )?,
            labels: counter("labels_total", "Labels whose signature held.")?,
            labels_dropped: counters(
                "labels_dropped_total",
                "Labels left out while their siblings were taken.",
                "reason",
            )?,
            rows: counters("rows_total", "Rows acknowledged by the store.", "table")?,
            unkept: counters(
                "unkept_total",
                "Events and records left out because they are not kept.",
                "what",
            )?,
            kept_accounts: gauge(
                "kept_accounts",
                "Accounts that are kept by name or neighbourhood; -1 when all are.",
            )?,
            wanted_accounts: counter(
                "wanted_accounts_total",
                "Accounts marked to be fetched because they, or more of their records, are newly kept.",
            )?,
            selection_phase: gauge(
                "selection_phase",
                "How far the store holds just what is kept: 0 begun, 1 parted, 2 marked, 3 removed, 4 applied.",
            )?,
            removals: counter(
                "removals_total",
                "Times that everything which is not kept was removed.",
            )?,
            flushes: counter("flushes_total", "Flushes acknowledged by the store.")?,
            flush_retries: counter(
                "flush_retries_total",
                "Statements of a flush that were sent again.",
            )?,
            flush_seconds,
            lookups: counters("lookups_total", "Accounts looked up.", "outcome")?,
            plc_operations: counters(
                "plc_operations_total",
                "Operations of the PLC directory, by what they were found to be.",
                "outcome",
            )?,
            plc_seq: gauge("plc_seq", "The directory's number of the last operation taken.")?,
            purged_accounts: counter(
                "purged_accounts_total",
                "Deleted accounts whose rows were removed.",
            )?,
            fetches: counters("fetches_total", "Repos asked for as a whole.", "outcome")?,
            trends_until: gauge(
                "trends_until_timestamp_seconds",
                "Up to when it was looked for trends, in seconds since 1970.",
            )?,
            engaged_copied: counter(
                "engaged_copied_total",
                "Times the text of a post was copied to those that were answered often.",
            )?,
            engaged_until: gauge(
                "engaged_until_timestamp_seconds",
                "Up to when it was looked which posts were answered, in seconds since 1970.",
            )?,
            engaged_sweep: gauge(
                "engaged_sweep_percent",
                "How far the sweep over all answers for often answered posts has come; 100 between two sweeps.",
            )?,
            in_flight_events: gauge("in_flight_events", "Events read and not yet acknowledged.")?,
            waiting_events: gauge(
                "waiting_events",
                "Events that wait for the identity of their account.",
            )?,
            held_events: gauge(
                "held_events",
                "Commits that wait for the one before them to come from another upstream.",
            )?,
            held: counters(
                "held_total",
                "Commits that waited for the one before them, by what became of them.",
                "outcome",
            )?,
            last_flush: gauge(
                "last_flush_timestamp_seconds",
                "When the store acknowledged a flush last, in seconds since 1970.",
            )?,
            queue_depth,
        };
        for what in ["event", "record"] {
            metrics.unkept.with_label_values(&[what]);
        }
        for outcome in [Outcome::Followed, Outcome::Broken, Outcome::Dropped] {
            metrics.held.with_label_values(&[outcome.as_str()]);
        }
        let faults = PlcFault::ALL.map(PlcFault::as_str);
        for outcome in faults.into_iter().chain([PLC_BELIEVED, PLC_KNOWN]) {
            metrics.plc_operations.with_label_values(&[outcome]);
        }
        for reason in DropReason::ALL {
            metrics.events_dropped.with_label_values(&[reason.as_str()]);
            metrics.ops_dropped.with_label_values(&[reason.as_str()]);
            metrics.labels_dropped.with_label_values(&[reason.as_str()]);
        }
        Ok(metrics)
    }

    /// What `GET /xrpc/_health` says of the pipeline.
    pub fn health(&self) -> IngestHealth {
        let level = |gauge: &IntGauge| u64::try_from(gauge.get()).unwrap_or(0);
        let depth = |queue| (queue, level(&self.queue_depth.with_label_values(&[queue])));
        let flushed_s = Some(self.last_flush.get()).filter(|&flushed_s| flushed_s > 0);
        let age_s = flushed_s.map(|flushed_s| (now_ms() / 1_000 - flushed_s).max(0));
        IngestHealth {
            events_in_flight: level(&self.in_flight_events),
            events_waiting: level(&self.waiting_events),
            events_held: level(&self.held_events),
            queues: QUEUES.into_iter().map(depth).collect(),
            flush_age_seconds: age_s.and_then(|age_s| u64::try_from(age_s).ok()),
        }
    }

    pub(crate) fn was_held(&self, outcome: Outcome) {
        self.held.with_label_values(&[outcome.as_str()]).inc();
    }

    pub(crate) fn flushed(&self) {
        self.flushes.inc();
        self.last_flush.set(now_ms() / 1_000);
    }
}

/// An operation that follows the one before it.
pub(crate) const PLC_BELIEVED: &str = "believed";
/// An operation that was taken before.
pub(crate) const PLC_KNOWN: &str = "known";

/// The queues whose depth is shown.
const QUEUES: [&str; 3] = ["intake", "lookups", "writer"];

/// What became of a commit that waited for the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// That came, and the chain holds.
    Followed,
    /// It did not come, or did not help.
    Broken,
    /// It was a repeat, or not valid.
    Dropped,
}

impl Outcome {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Followed => "followed",
            Self::Broken => "broken",
            Self::Dropped => "dropped",
        }
    }
}

/// Units: milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    now_us() / 1_000
}

/// Units: microseconds since 1970.
pub(crate) fn now_us() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| i64::try_from(elapsed.as_micros()).unwrap_or(i64::MAX))
}
