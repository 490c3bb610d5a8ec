//! Pages for people, rendered here: how this firehouse is, and whether an account is complete.
//!
//! Knows how to show, not what is true: every page asks `firehouse-appview` and the health what the XRPC methods answer with, too. Pages
//! need no script, load nothing from elsewhere, and work on a phone, by keyboard, in light and in dark. Whatever comes from the network is
//! escaped by the templates.
//!
//! ```no_run
//! # fn example(sources: firehouse_console::Sources) -> Result<axum::Router, prometheus::Error> {
//! firehouse_console::router(sources)
//! # }
//! ```

// What comes from upstream must not be able to stop us.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

mod router;
mod page;
mod start;
mod account;
mod words;
mod metrics;

pub use router::{HealthNow, Sources, router};
