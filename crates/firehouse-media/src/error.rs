//! [`MediaError`]: why nothing can be served. What a caller is told is a [`Failure`](crate::failure::Failure).

use std::path::PathBuf;

/// Blobs and images cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// A metric of this crate is already registered, or has a bad name.
    #[error("registering the metrics of blobs and images")]
    Metrics(#[from] prometheus::Error),
    /// The folder of images cannot be made.
    #[error("folder of images {}", folder.display())]
    Folder {
        /// Which.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}
