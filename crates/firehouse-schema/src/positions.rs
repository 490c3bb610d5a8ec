//! Where a walk through a list of repos stands. Table: `schema/tables/positions.sql`.

/// Truth: the page one host's list is resumed at.
#[derive(Clone, Debug, PartialEq, Eq, clickhouse::Row, serde::Serialize, serde::Deserialize)]
pub struct PositionRow {
    /// Which repos are looked for, and where.
    pub walk: Box<str>,
    /// Whose list; empty in the row that begins a round.
    pub host: Box<str>,
    /// Rows of earlier rounds mean nothing.
    pub round: u64,
    pub cursor: Box<str>,
    pub done: u8,
    /// Units: microseconds since 1970, by our clock.
    pub version: u64,
}
