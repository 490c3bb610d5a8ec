//! [`XrpcError`]: why the server itself could not start or go on. What a caller is told is a [`Failure`](crate::failure::Failure).

use std::net::SocketAddr;

/// The server cannot run.
#[derive(Debug, thiserror::Error)]
pub enum XrpcError {
    /// A metric of this crate is already registered, or has a bad name.
    #[error("registering the metrics of XRPC")]
    Metrics(#[from] prometheus::Error),
    /// A method of ours has no lexicon to check its parameters against.
    #[error("no lexicon for the query {nsid}")]
    NoLexicon {
        /// The method.
        nsid: &'static str,
    },
    /// The listener failed.
    #[error("serving XRPC on {address:?}")]
    Serve {
        /// Where it listened, when that is known.
        address: Option<SocketAddr>,
        /// What the system said.
        source: std::io::Error,
    },
}
