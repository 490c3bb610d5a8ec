//! [`GuardedClient`]: the one HTTP client for URLs that strangers name.
//!
//! The address is checked where the connection is made, after DNS: a name that resolves differently a second time gains nothing.
//! Every redirect is a new request with the same checks. Sizes count what was received and decompressed, never what was announced.

mod client;
mod error;
mod resolve;

pub use client::{Fetched, GuardedClient, GuardedConfig, Request};
pub use error::FetchError;
