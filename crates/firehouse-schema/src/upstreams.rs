//! One upstream that was added, removed, paused or resumed at run time. Table: `schema/tables/upstreams.sql`.

/// Truth: what the administrator said of an upstream.
#[derive(Clone, Debug, PartialEq, Eq, clickhouse::Row, serde::Serialize, serde::Deserialize)]
pub struct UpstreamRow {
    /// Host and port.
    pub upstream: Box<str>,
    pub url: Box<str>,
    /// 0 = removed.
    pub followed: u8,
    /// Units: microseconds since 1970, by our clock.
    pub version: u64,
    /// 1 = followed, but not now.
    pub paused: u8,
}
