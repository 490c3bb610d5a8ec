//! [`Query`]: the text of a `.sql` file with its parameters, not yet sent; [`Store::query`] begins one, [`fetch`] sends it.

use std::borrow::Cow;

use clickhouse::{Client, Row, RowOwned, RowRead};
use serde::Serialize;

use super::param::{self, NoParameter};
use super::row;
use super::together::{Answered, Round};
use crate::{Store, StoreError};

/// Longest run of what nobody waits for. Units: seconds.
const LONG_S: &str = "600";

/// Text and parameters.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub sql: Cow<'static, str>,
    pub parameters: Vec<(Cow<'static, str>, String)>,
    pub reach: Reach,
}

/// How much a query may read, and so how it is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    /// A few granules: on one thread, as they are not worth the handing over, and other requests want the other cores.
    Keys,
    /// A million rows: on all threads.
    Wide,
    /// What somebody searches for: on all threads, and within limits.
    Search,
}

/// Answers are short: what threads would save that write them side by side is less than the handing over. What was read is kept unpacked
/// for those who look for the same posts. Where keys lie is looked for in steps of four instead of eight: less is compared.
const KEYS: [(&str, &str); 5] = [
    ("enable_materialized_cte", "1"),
    ("max_threads", "1"),
    ("merge_tree_coarse_index_granularity", "4"),
    ("output_format_parallel_formatting", "0"),
    ("use_uncompressed_cache", "1"),
];

/// What a search may take, and how text indexes are read: before rows are, and postings of common words are decoded once for many searches.
/// They are decoded as a whole: decoded as far as they are needed (`text_index_posting_list_apply_mode = 'lazy'`) and kept, they lack rows
/// in this version of the engine once a part has more than some million. A page has so few rows that reading some of their columns later
/// takes longer. What was read is kept unpacked, however much might have been read: a search stops early, and so all of them read the
/// newest granules. Which granules do not match is not kept: hardly two searches ask the same.
const SEARCH: [(&str, &str); 12] = [
    ("enable_materialized_cte", "1"),
    ("max_execution_time", "5"),
    ("max_memory_usage", "1000000000"),
    ("merge_tree_max_bytes_to_use_cache", "1000000000000000"),
    ("merge_tree_max_rows_to_use_cache", "1000000000000"),
    ("output_format_parallel_formatting", "0"),
    ("query_plan_optimize_lazy_materialization", "0"),
    ("text_index_posting_list_apply_mode", "materialize"),
    ("use_query_condition_cache", "0"),
    ("use_skip_indexes_on_data_read", "0"),
    ("use_text_index_postings_cache", "1"),
    ("use_uncompressed_cache", "1"),
];

impl Reach {
    /// Settings of a statement that reaches so far.
    pub fn settings(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Keys => &KEYS,
            Self::Wide => &[("enable_materialized_cte", "1")],
            Self::Search => &SEARCH,
        }
    }
}

impl Query {
    fn alone(self, client: &Client) -> clickhouse::query::Query {
        let mut query = client.query(&self.sql);
        for (name, value) in self.reach.settings() {
            query = query.with_setting(*name, *value);
        }
        self.parameters
            .into_iter()
            .fold(query, |query, (name, value)| query.with_setting(format!("param_{name}"), value))
    }
}

/// A query and where it goes.
#[must_use]
pub(crate) struct Asked<'a> {
    store: &'a Store,
    query: Query,
    /// Where its last part begins.
    part_at: usize,
    mistake: Option<NoParameter>,
}

impl Store {
    /// A query of one of our `.sql` files, to which parameters are added.
    pub(crate) fn query(&self, sql: &'static str) -> Asked<'_> {
        let query = Query { sql: sql.into(), parameters: Vec::new(), reach: Reach::Keys };
        Asked { store: self, query, part_at: 0, mistake: None }
    }

    /// The same store for one request: what it asks side by side goes as one statement, and [`Store::statements`] counts.
    pub fn for_request(&self) -> Self {
        self.with_round(Round::default())
    }

    /// How many statements of read queries were sent through this handle and its clones; 0 unless it is one [`Store::for_request`] made.
    pub fn statements(&self) -> u64 {
        self.round().map_or(0, Round::statements)
    }
}

impl Asked<'_> {
    /// Adds a parameter, as the file names it.
    pub fn param(mut self, name: &'static str, value: impl Serialize) -> Self {
        match param::text(value) {
            Ok(text) => self.query.parameters.push((name.into(), text)),
            Err(mistake) => self.mistake = Some(mistake),
        }
        self
    }

    /// Adds text of ours to the query.
    pub(crate) fn push(&mut self, sql: &'static str) {
        self.query.sql.to_mut().push_str(sql);
    }

    /// Runs a statement that writes what it reads: in the background, so on all threads, and as long as it takes. `name` is that of its
    /// file, for errors.
    pub async fn execute(self, name: &'static str) -> Result<(), StoreError> {
        let Self { store, mut query, mistake, .. } = self;
        let failed = |source| StoreError::Read { query: name, source };
        if let Some(mistake) = mistake {
            return Err(failed(clickhouse::error::Error::InvalidParams(mistake.into())));
        }
        query.reach = Reach::Wide;
        let long = query.alone(store.client()).with_setting("max_execution_time", LONG_S);
        long.execute().await.map_err(failed)
    }

    /// Adds text of ours with parameters, whose values follow by [`Asked::value`].
    pub(super) fn part(mut self, sql: &'static str) -> Self {
        self.part_at = self.query.sql.len();
        self.query.sql.to_mut().push_str(sql.trim_end());
        self
    }

    /// Adds a parameter of the last part. Its name there is that of its part alone: other parts may have the same.
    pub(super) fn value(mut self, name: &str, value: impl Serialize) -> Self {
        let own = format!("{name}{}", self.query.parameters.len());
        let sql = self.query.sql.to_mut();
        let part = sql.split_off(self.part_at.min(sql.len()));
        sql.push_str(&part.replace(&format!("{{{name}:"), &format!("{{{own}:")));
        match param::text(value) {
            Ok(text) => self.query.parameters.push((own.into(), text)),
            Err(mistake) => self.mistake = Some(mistake),
        }
        self
    }
}

/// Runs a look-up by key. `name` is that of its file, for errors.
pub(crate) async fn fetch<R>(name: &'static str, asked: Asked<'_>) -> Result<Vec<R>, StoreError>
where
    R: Row + RowOwned + RowRead,
{
    let Asked { store, query, mistake, .. } = asked;
    if let Some(mistake) = mistake {
        let source = clickhouse::error::Error::InvalidParams(mistake.into());
        return Err(StoreError::Read { query: name, source });
    }
    let client = store.client();
    let failed = |source| StoreError::Read { query: name, source };
    let query = match store.round() {
        None => query,
        Some(round) => match round.ask(client, name, query).await? {
            Answered::Rows(rows) => {
                return rows
                    .iter()
                    .map(|row| row::read::<R::Value<'_>>(row).map_err(failed))
                    .collect();
            }
            Answered::Alone(query) => {
                round.count(std::iter::once(name));
                query
            }
        },
    };
    query.alone(client).fetch_all::<R>().await.map_err(failed)
}

/// As [`fetch`], for what may read a million rows.
pub(super) async fn fetch_wide<R>(
    name: &'static str,
    mut asked: Asked<'_>,
) -> Result<Vec<R>, StoreError>
where
    R: Row + RowOwned + RowRead,
{
    asked.query.reach = Reach::Wide;
    fetch(name, asked).await
}

/// As [`fetch`], for what somebody searches for. Errors: those for which [`StoreError::is_too_costly`] holds are its own fault.
pub(super) async fn fetch_search<R>(
    name: &'static str,
    mut asked: Asked<'_>,
) -> Result<Vec<R>, StoreError>
where
    R: Row + RowOwned + RowRead,
{
    asked.query.reach = Reach::Search;
    fetch(name, asked).await
}

/// As [`fetch_wide`], for what runs in the background: as long as it takes.
pub(crate) async fn fetch_long<R>(
    name: &'static str,
    asked: Asked<'_>,
) -> Result<Vec<R>, StoreError>
where
    R: Row + RowOwned + RowRead,
{
    let Asked { store, mut query, mistake, .. } = asked;
    let failed = |source| StoreError::Read { query: name, source };
    if let Some(mistake) = mistake {
        return Err(failed(clickhouse::error::Error::InvalidParams(mistake.into())));
    }
    query.reach = Reach::Wide;
    let long = query.alone(store.client()).with_setting("max_execution_time", LONG_S);
    long.fetch_all::<R>().await.map_err(failed)
}
