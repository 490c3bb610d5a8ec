//! `listHosts`, `listRepos` and `getRepo` to verified repos and their records, for repos that are not in step.
//!
//! Knows hosts, pacing and repos, and neither rows nor the queues of the pipeline. Whatever a host sends is hashed, its commit's
//! signature and its whole tree are checked before anybody sees a record; a repo that does not fit into memory goes through a file.
//! Sources: the lexicons of com.atproto.sync.*, <https://atproto.com/specs/sync>
//!
//! [`SyncClient`] asks one host one thing; [`Scheduler`] fetches many repos from many hosts; [`Enumeration`] finds out which there are.
//!
//! ```
//! use firehouse_backfill::Host;
//!
//! let host = Host::of_url(&"wss://relay.example.com/xrpc/com.atproto.sync.subscribeRepos".parse()?)?;
//! assert_eq!(host.as_str(), "https://relay.example.com");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

// What comes from upstream must not be able to stop us.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

mod config;
mod host;
mod error;
mod disposition;
mod method;
mod answer;
mod limits;
mod health;
mod hosts;
mod pages;
mod client;
mod rate;
mod budget;
mod fetch;
mod index;
mod blocks;
mod assembly;
mod repo;
mod job;
mod queue;
mod attempt;
mod scheduler;
mod listing;
mod enumeration;
mod metrics;
#[cfg(test)]
mod testing;

pub use assembly::Dropped;
pub use blocks::ReadError;
pub use client::SyncClient;
pub use config::Config;
pub use disposition::{Disposition, Gone};
pub use enumeration::Enumeration;
pub use error::FetchError;
pub use host::{Host, InvalidHost};
pub use hosts::{HostHealth, Hosts};
pub use job::{GaveUp, Job, Outcome, Priority, Reason, Reasons};
pub use listing::{HostFilter, Listing, Plan, Position, Progress, Source};
pub use metrics::Metrics;
pub use pages::{HostStatus, LatestCommit, ListedHost, ListedRepo, Page, RepoStatus};
pub use repo::{FetchedRecord, FetchedRepo, Records};
pub use scheduler::{Outcomes, Scheduler, SubmitError};
