//! [`StreamError`]: our own faults. The upstream's and the weather's never end a subscription.

use crate::frames_file::FramesFileError;

/// A subscription, recording or replay cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The configured URL is not one of an upstream.
    #[error("{url} is not the address of a relay or PDS: give one like wss://relay.example")]
    InvalidUrl {
        /// As configured.
        url: String,
    },
    /// TLS cannot be set up.
    #[error("start of TLS")]
    Tls(#[source] rustls::Error),
    /// Compressed messages cannot be read.
    #[error("dictionary of Jetstream")]
    Dictionary(#[from] crate::jetstream::InvalidDictionary),
    /// A file of frames cannot be read or written.
    #[error("file of frames")]
    File(#[from] FramesFileError),
    /// The replay server cannot listen.
    #[error("listen on {address}")]
    Listen {
        /// As configured.
        address: std::net::SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// A blocking task of ours died.
    #[error("a task of the replay died")]
    Task(#[from] tokio::task::JoinError),
}
