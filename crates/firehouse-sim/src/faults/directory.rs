//! [`DirectoryFault`]: what goes wrong with the directory's export, when a test says so.

/// One fault of the export or its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirectoryFault {
    /// A line that is no JSON, each time.
    Malformed,
    /// A line longer than any operation, each time.
    Oversized,
    /// An operation for somebody's account that names another key, with a signature of a key that never was theirs, each time.
    Forged,
    /// The newest line once more.
    Repeated,
    /// The next line is left out of the stream, not of the export.
    LeftOut,
    /// The next request for the stream is told that its cursor is too old.
    OutdatedCursor,
    /// The stream ends before the next line, since the consumer is too slow.
    TooSlow,
}
