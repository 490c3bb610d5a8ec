//! Metrics of the console.

use axum::http::StatusCode;
use prometheus::{IntCounterVec, Opts, Registry};

/// Series of this crate.
pub(crate) struct Metrics {
    pages: IntCounterVec,
}

impl Metrics {
    /// Registers every series at zero.
    pub(crate) fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let pages = Opts::new(
            "firehouse_console_pages_total",
            "Pages shown to people, by what became of them.",
        );
        let pages = IntCounterVec::new(pages, &["outcome"])?;
        registry.register(Box::new(pages.clone()))?;
        for outcome in ["shown", "refused", "failed"] {
            pages.with_label_values(&[outcome]);
        }
        Ok(Self { pages })
    }

    /// A page is on its way.
    pub(crate) fn shown(&self, status: StatusCode) {
        let outcome = if status.is_server_error() {
            "failed"
        } else if status.is_client_error() {
            "refused"
        } else {
            "shown"
        };
        self.pages.with_label_values(&[outcome]).inc();
    }
}
