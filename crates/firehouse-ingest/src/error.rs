//! [`IngestError`]: why the write path stopped. Bad upstream data is never among the reasons.

use firehouse_store::StoreError;

/// The pipeline cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// ClickHouse refused something that trying again cannot heal.
    #[error("the store refuses to take rows")]
    Store(#[from] StoreError),
    /// A task of the pipeline ended that should not have: a bug of ours.
    #[error("the {task} task ended early")]
    TaskEnded {
        /// Which one.
        task: &'static str,
    },
}
