//! [`XrpcError`]: why the server itself could not start. What a caller is told is a [`Failure`](crate::failure::Failure).

/// The server cannot run.
#[derive(Debug, thiserror::Error)]
pub enum XrpcError {
    /// A metric of this crate is already registered, or has a bad name.
    #[error("registering the metrics of XRPC")]
    Metrics(#[from] prometheus::Error),
    /// A method of ours has no lexicon to check what it is asked against.
    #[error("no lexicon for the method {nsid}")]
    NoLexicon {
        /// The method.
        nsid: &'static str,
    },
}
