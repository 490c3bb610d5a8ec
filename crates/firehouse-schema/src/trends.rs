//! What was talked about more than before, interval by interval. Table: `schema/tables/trends.sql`.

use firehouse_types::{ActorId, Datetime, RkeyId};

use crate::columns::datetime64_3;

/// Derived: one trend in one interval.
#[derive(Clone, Debug, PartialEq, clickhouse::Row, serde::Serialize, serde::Deserialize)]
pub struct TrendRow {
    #[serde(with = "datetime64_3")]
    pub at: Datetime,
    pub lang: Box<str>,
    pub id: u64,
    pub span_s: u32,
    pub name: Box<str>,
    pub query: Box<str>,
    pub term: Box<str>,
    pub terms: Vec<Box<str>>,
    #[serde(with = "datetime64_3")]
    pub started_at: Datetime,
    #[serde(with = "datetime64_3")]
    pub peak_at: Datetime,
    pub peak_accounts: u32,
    pub accounts: u32,
    pub posts: u32,
    pub all_posts: u64,
    pub score: f32,
    pub is_hot: u8,
    pub actors: Vec<ActorId>,
    pub samples: Vec<(ActorId, RkeyId)>,
    pub version: u64,
    pub deleted: u8,
}

impl TrendRow {
    /// The row that says that an interval was looked at, whatever was found.
    pub fn heading(at: Datetime, span_s: u32, version: u64) -> Self {
        Self {
            at,
            lang: "".into(),
            id: 0,
            span_s,
            name: "".into(),
            query: "".into(),
            term: "".into(),
            terms: Vec::new(),
            started_at: at,
            peak_at: at,
            peak_accounts: 0,
            accounts: 0,
            posts: 0,
            all_posts: 0,
            score: 0.0,
            is_hot: 0,
            actors: Vec::new(),
            samples: Vec::new(),
            version,
            deleted: 0,
        }
    }
}
