//! What the read path counts. Methods are those we serve, and `other`: a label never holds a text from the network.

use std::time::Instant;

use axum::http::StatusCode;
use firehouse_store::Disposition;
use prometheus::{
    HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry,
    exponential_buckets,
};

/// The metrics of this crate.
#[derive(Clone)]
pub struct Metrics {
    requests: IntCounterVec,
    seconds: HistogramVec,
    statements: IntCounterVec,
    in_flight: IntGauge,
    store_failures: IntCounterVec,
    /// Who listens to live searches.
    pub(crate) live: IntGauge,
    /// What they were told.
    pub(crate) live_told: IntCounter,
    /// Those whose stream we ended.
    pub(crate) live_ended: IntCounterVec,
    /// Open connections.
    pub(crate) connections: IntGauge,
}

impl Metrics {
    /// Registers everything. Errors: a name is taken.
    pub fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let requests = IntCounterVec::new(
            Opts::new(
                "firehouse_xrpc_requests_total",
                "XRPC requests answered, by method and class of status.",
            ),
            &["method", "status"],
        )?;
        let seconds = HistogramVec::new(
            HistogramOpts::new(
                "firehouse_xrpc_request_seconds",
                "Time from the request's head to the answer's, by method.",
            )
            // From 0.25 ms, a warm answer, to 8 s, close to any time limit.
            .buckets(exponential_buckets(0.000_25, 2.0, 16)?),
            &["method"],
        )?;
        let statements = IntCounterVec::new(
            Opts::new(
                "firehouse_xrpc_statements_total",
                "Statements that XRPC methods sent to the store, by method.",
            ),
            &["method"],
        )?;
        let in_flight = IntGauge::new(
            "firehouse_xrpc_requests_in_flight",
            "XRPC requests being answered now.",
        )?;
        let store_failures = IntCounterVec::new(
            Opts::new(
                "firehouse_xrpc_store_failures_total",
                "Requests that failed because the store did not answer, or refused a query.",
            ),
            &["fault"],
        )?;
        let connections = IntGauge::new("firehouse_xrpc_connections", "Open HTTP connections.")?;
        let live = IntGauge::new("firehouse_xrpc_live_listeners", "Who listens to live searches.")?;
        let live_told = IntCounter::new(
            "firehouse_xrpc_live_messages_total",
            "Posts, and ends of posts, that listeners to live searches were told.",
        )?;
        let live_ended = IntCounterVec::new(
            Opts::new(
                "firehouse_xrpc_live_ended_total",
                "Listeners to live searches that were given up, by the reason.",
            ),
            &["reason"],
        )?;
        registry.register(Box::new(live.clone()))?;
        registry.register(Box::new(live_told.clone()))?;
        registry.register(Box::new(live_ended.clone()))?;
        for reason in ["too_slow", "not_read", "store"] {
            live_ended.with_label_values(&[reason]);
        }
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(seconds.clone()))?;
        registry.register(Box::new(statements.clone()))?;
        registry.register(Box::new(in_flight.clone()))?;
        registry.register(Box::new(store_failures.clone()))?;
        registry.register(Box::new(connections.clone()))?;
        for disposition in [Disposition::Retry, Disposition::Stop] {
            store_failures.with_label_values(&[fault(disposition)]);
        }
        Ok(Self {
            requests,
            seconds,
            statements,
            in_flight,
            store_failures,
            live,
            live_told,
            live_ended,
            connections,
        })
    }

    pub(crate) fn store_failed(&self, disposition: Disposition) {
        self.store_failures.with_label_values(&[fault(disposition)]).inc();
    }

    /// A method has sent so many statements to the store.
    pub(crate) fn asked(&self, method: &'static str, statements: u64) {
        self.statements.with_label_values(&[method]).inc_by(statements);
    }

    /// Begins one request of a method; ends it when dropped, also when the caller went away.
    pub(crate) fn begin(&self, method: &'static str) -> InFlight {
        self.in_flight.inc();
        InFlight { metrics: self.clone(), method, since: Instant::now(), outcome: "abandoned" }
    }
}

fn fault(disposition: Disposition) -> &'static str {
    match disposition {
        Disposition::Retry => "no_answer",
        Disposition::Stop => "refusal",
    }
}

/// One request on its way.
pub(crate) struct InFlight {
    metrics: Metrics,
    method: &'static str,
    since: Instant,
    outcome: &'static str,
}

impl InFlight {
    pub(crate) fn answered(&mut self, status: StatusCode) {
        self.outcome = match status.as_u16() {
            200..=299 => "2xx",
            300..=399 => "3xx",
            400..=499 => "4xx",
            _ => "5xx",
        };
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.metrics.in_flight.dec();
        self.metrics.requests.with_label_values(&[self.method, self.outcome]).inc();
        self.metrics
            .seconds
            .with_label_values(&[self.method])
            .observe(self.since.elapsed().as_secs_f64());
    }
}
