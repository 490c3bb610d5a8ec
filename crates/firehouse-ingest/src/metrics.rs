//! What the write path counts.

use std::time::{SystemTime, UNIX_EPOCH};

use firehouse_types::DropReason;
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
    pub(crate) flushes: IntCounter,
    pub(crate) flush_retries: IntCounter,
    pub(crate) flush_seconds: Histogram,
    pub(crate) lookups: IntCounterVec,
    pub(crate) fetches: IntCounterVec,
    pub(crate) purged_accounts: IntCounter,
    pub(crate) in_flight_events: IntGauge,
    pub(crate) waiting_events: IntGauge,
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
            flushes: counter("flushes_total", "Flushes acknowledged by the store.")?,
            flush_retries: counter(
                "flush_retries_total",
                "Statements of a flush that were sent again.",
            )?,
            flush_seconds,
            lookups: counters("lookups_total", "Accounts looked up.", "outcome")?,
            purged_accounts: counter(
                "purged_accounts_total",
                "Deleted accounts whose rows were removed.",
            )?,
            fetches: counters("fetches_total", "Repos asked for as a whole.", "outcome")?,
            in_flight_events: gauge("in_flight_events", "Events read and not yet acknowledged.")?,
            waiting_events: gauge(
                "waiting_events",
                "Events that wait for the identity of their account.",
            )?,
            queue_depth,
        };
        for reason in DropReason::ALL {
            metrics.events_dropped.with_label_values(&[reason.as_str()]);
            metrics.ops_dropped.with_label_values(&[reason.as_str()]);
            metrics.labels_dropped.with_label_values(&[reason.as_str()]);
        }
        Ok(metrics)
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
