//! One upstream's saved cursor. Table: `schema/tables/cursors.sql`.

/// Truth: the seq up to which every event of an upstream is durable.
#[derive(Clone, Debug, PartialEq, Eq, clickhouse::Row, serde::Serialize, serde::Deserialize)]
pub struct CursorRow {
    /// Scheme, host and port.
    pub upstream: Box<str>,
    pub seq: u64,
    /// Units: microseconds since 1970, by our clock.
    pub version: u64,
}
