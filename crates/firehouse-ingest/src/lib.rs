//! The write path as one pipeline: events in, durable rows and saved cursors out.
//!
//! Knows what a flush is and when a cursor may move; knows neither CBOR nor SQL. Read [`pipeline`] first.

pub mod pipeline;
mod config;
mod ticket;
mod intake;
mod work;
mod account;
mod worker;
mod lookup;
mod batch;
mod bury;
mod flush;
mod status;
mod metrics;
mod error;

pub use config::Config;
pub use error::IngestError;
pub use metrics::Metrics;
pub use pipeline::{Ingest, Upstream};
pub use status::Status;
