//! The write path as one pipeline: events in, durable rows and saved cursors out.
//!
//! Knows what a flush is and when a cursor may move; knows neither CBOR nor SQL. Read [`pipeline`] first; [`labels`] stands beside it.

pub mod pipeline;
mod config;
mod keep;
mod ticket;
mod intake;
mod work;
mod account;
mod authority;
mod held;
mod in_flight;
mod apply;
mod unproven;
mod worker;
mod identifying;
mod applying;
mod commits;
mod admitting;
mod selecting;
mod lookup;
mod contests;
mod requests;
mod asked;
mod fetch;
mod sweep;
mod directory;
mod recorded;
mod verify;
mod walk;
mod walked;
mod purge;
mod writing;
mod difference;
mod batch;
mod bury;
mod flush;
pub mod labels;
mod status;
mod metrics;
mod error;

pub use asked::{Asked, End, RepoEnd};
pub use config::{Config, Fetch};
pub use directory::{Directory, Exported};
pub use error::IngestError;
pub use fetch::{Backfill, Repairs};
pub use keep::{InvalidRules, Keep, KeepError, Keeper, Lists, Rules, Selection, Standing, Words};
pub use labels::{LabelConfig, Labeler, Labels};
pub use metrics::Metrics;
pub use pipeline::{Ingest, Upstream};
pub use recorded::RecordedIdentities;
pub use status::Status;
pub use verify::{Comparison, Findings, Paths, Verifier, VerifyError};
pub use walk::Walk;
pub use walked::{Walked, WalkedSoFar};
