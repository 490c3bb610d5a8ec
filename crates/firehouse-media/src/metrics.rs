//! What is counted of blobs and images. Labels are ours, never from the network.

use prometheus::{
    Histogram, HistogramOpts, HistogramTimer, IntCounter, IntCounterVec, IntGauge, Opts, Registry,
    exponential_buckets,
};

/// What was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Blob,
    Image,
}

/// The metrics of this crate.
#[derive(Clone)]
pub(crate) struct Metrics {
    requests: IntCounterVec,
    making: Histogram,
    pub(crate) cache_bytes: IntGauge,
    pub(crate) cache_failures: IntCounter,
}

impl Metrics {
    /// Registers everything. Errors: a name is taken.
    pub(crate) fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let requests = IntCounterVec::new(
            Opts::new(
                "firehouse_media_requests_total",
                "Blobs and images asked for, by kind and what came of it.",
            ),
            &["kind", "outcome"],
        )?;
        let making = Histogram::with_opts(
            HistogramOpts::new(
                "firehouse_media_image_seconds",
                "Time to decode, scale and encode one image.",
            )
            // From 4 ms, a small one, to 16 s.
            .buckets(exponential_buckets(0.004, 2.0, 13)?),
        )?;
        let cache_bytes =
            IntGauge::new("firehouse_media_cache_bytes", "Size of the images kept on disk.")?;
        let cache_failures = IntCounter::new(
            "firehouse_media_cache_failures_total",
            "Images that could not be written to disk, or read from it.",
        )?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(making.clone()))?;
        registry.register(Box::new(cache_bytes.clone()))?;
        registry.register(Box::new(cache_failures.clone()))?;
        Ok(Self { requests, making, cache_bytes, cache_failures })
    }

    pub(crate) fn answered(&self, kind: Kind, outcome: &'static str) {
        let kind = match kind {
            Kind::Blob => "blob",
            Kind::Image => "image",
        };
        self.requests.with_label_values(&[kind, outcome]).inc();
    }

    pub(crate) fn making(&self) -> HistogramTimer {
        self.making.start_timer()
    }
}
