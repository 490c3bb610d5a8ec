//! Metrics of backfill. Labels come from closed lists; hosts are told by [`Hosts::report`](crate::Hosts::report), never by a label.

use firehouse_types::DropReason;
use prometheus::{IntCounter, IntCounterVec, IntGauge, Opts, Registry};

use crate::assembly::Dropped;
use crate::error::FetchError;
use crate::method::Method;

/// Series of this crate.
#[derive(Clone)]
pub struct Metrics {
    requests: IntCounterVec,
    jobs: IntCounterVec,
    records_dropped: IntCounterVec,
    pub(crate) retries: IntCounter,
    pub(crate) car_bytes: IntCounter,
    pub(crate) records: IntCounter,
    pub(crate) spilled: IntCounter,
    pub(crate) listed: IntCounter,
    pub(crate) list_items_dropped: IntCounter,
    pub(crate) fetches: IntGauge,
    pub(crate) queue_jobs: IntGauge,
    hosts: IntGauge,
    hosts_parked: IntGauge,
}

/// How a job ended.
#[derive(Clone, Copy)]
pub(crate) enum JobEnd {
    Fetched,
    Gone,
    GaveUp,
}

impl Metrics {
    /// Registers every series at zero.
    pub fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let vector = |name: &str, help: &str, labels: &[&str]| {
            let counter = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(counter.clone()))?;
            Ok::<_, prometheus::Error>(counter)
        };
        let counter = |name: &str, help: &str| {
            let counter = IntCounter::new(name, help)?;
            registry.register(Box::new(counter.clone()))?;
            Ok::<_, prometheus::Error>(counter)
        };
        let gauge = |name: &str, help: &str| {
            let gauge = IntGauge::new(name, help)?;
            registry.register(Box::new(gauge.clone()))?;
            Ok::<_, prometheus::Error>(gauge)
        };
        let metrics = Self {
            requests: vector(
                "firehouse_backfill_requests_total",
                "Requests to hosts, by method and outcome.",
                &["method", "outcome"],
            )?,
            jobs: vector(
                "firehouse_backfill_jobs_total",
                "Repos that were asked for and dealt with, by outcome.",
                &["outcome"],
            )?,
            records_dropped: vector(
                "firehouse_backfill_records_dropped_total",
                "Leaves of fetched trees that are no records for us, by reason.",
                &["reason"],
            )?,
            retries: counter(
                "firehouse_backfill_retries_total",
                "Fetches that failed and will be tried again.",
            )?,
            car_bytes: counter(
                "firehouse_backfill_car_bytes_total",
                "Bytes of repos received, decompressed.",
            )?,
            records: counter("firehouse_backfill_records_total", "Records of verified repos.")?,
            spilled: counter(
                "firehouse_backfill_repos_spilled_total",
                "Repos that did not fit into memory.",
            )?,
            listed: counter("firehouse_backfill_repos_listed_total", "Repos that hosts listed.")?,
            list_items_dropped: counter(
                "firehouse_backfill_list_items_dropped_total",
                "Items of lists that are malformed.",
            )?,
            fetches: gauge("firehouse_backfill_fetches", "Repos being fetched.")?,
            queue_jobs: gauge(
                "firehouse_backfill_queue_jobs",
                "Repos that wait to be fetched, again or for the first time.",
            )?,
            hosts: gauge("firehouse_backfill_hosts", "Hosts that are remembered.")?,
            hosts_parked: gauge(
                "firehouse_backfill_hosts_parked",
                "Hosts that are not asked at the moment.",
            )?,
        };
        for method in Method::ALL {
            metrics.requests.with_label_values(&[method.as_str(), "ok"]);
            for label in FetchError::LABELS {
                metrics.requests.with_label_values(&[method.as_str(), label]);
            }
        }
        for end in [JobEnd::Fetched, JobEnd::Gone, JobEnd::GaveUp] {
            metrics.jobs.with_label_values(&[end.as_str()]);
        }
        metrics.dropped(&Dropped::default());
        Ok(metrics)
    }

    pub(crate) fn request<T>(&self, method: Method, result: &Result<T, FetchError>) {
        let outcome = result.as_ref().map_or_else(FetchError::as_str, |_| "ok");
        self.requests.with_label_values(&[method.as_str(), outcome]).inc();
    }

    pub(crate) fn job(&self, end: JobEnd) {
        self.jobs.with_label_values(&[end.as_str()]).inc();
    }

    pub(crate) fn dropped(&self, dropped: &Dropped) {
        for (reason, count) in dropped.counts() {
            self.records_dropped.with_label_values(&[DropReason::as_str(reason)]).inc_by(count);
        }
    }

    pub(crate) fn hosts(&self, hosts: usize, parked: usize) {
        self.hosts.set(i64::try_from(hosts).unwrap_or(i64::MAX));
        self.hosts_parked.set(i64::try_from(parked).unwrap_or(i64::MAX));
    }
}

impl JobEnd {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Fetched => "fetched",
            Self::Gone => "gone",
            Self::GaveUp => "gave_up",
        }
    }
}
