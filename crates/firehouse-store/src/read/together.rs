//! [`Round`]: read queries that one request asks side by side travel as one statement.
//!
//! What a statement costs is mostly that it is one: parsed, planned, sent, answered. So a query that is awaited waits until whoever else
//! is polled beside it has asked too (one turn of the task, no time), and the first of them sends all: each query becomes a member of one
//! UNION ALL that gives its number and its rows as bytes. Call sites know nothing of it: `tokio::try_join!` over queries is one statement,
//! an await behind it the next. The texts are our own `.sql` files, joined as they are but for the names of their parameters: what several
//! queries are given, such as the accounts of a page, is sent once.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use clickhouse::Client;
use clickhouse::error::Error;
use tokio::sync::oneshot;

use super::query::{Query, Reach};
use crate::StoreError;

/// Queries in one statement; an answer's hydration asks some thirty.
const QUERIES_MAX: usize = 64;
/// Parameters travel in the URL, which may be 64 KiB long. Units: bytes, escaped.
const PARAMETERS_BYTES_MAX: usize = 60_000;

/// Queries of one request that wait to be sent together.
#[derive(Debug, Default)]
pub(crate) struct Round {
    waiting: Mutex<Vec<Waiting>>,
    statements: AtomicU64,
}

#[derive(Debug)]
struct Waiting {
    name: &'static str,
    query: Query,
    answer: oneshot::Sender<Result<Answered, StoreError>>,
}

/// What comes back for a query.
#[derive(Debug)]
pub(crate) enum Answered {
    /// The rows, each in RowBinary.
    Rows(Vec<Vec<u8>>),
    /// Nobody asked beside it: it is sent as it is.
    Alone(Query),
}

/// A row of several queries' answers.
#[derive(clickhouse::Row, serde::Deserialize)]
struct Member {
    query: u8,
    #[serde(with = "serde_bytes")]
    row: Vec<u8>,
}

impl Round {
    /// Statements sent so far, single ones included.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Counts a statement with these queries, and tells whoever looks at what a request asks for.
    pub fn count<'n>(&self, queries: impl Iterator<Item = &'n str>) {
        let statement = self.statements.fetch_add(1, Ordering::Relaxed) + 1;
        if tracing::enabled!(tracing::Level::TRACE) {
            tracing::trace!(statement, queries = queries.collect::<Vec<_>>().join(" "), "asked");
        }
    }

    /// Asks, together with whoever asks in the same turn.
    pub async fn ask(
        &self,
        client: &Client,
        name: &'static str,
        query: Query,
    ) -> Result<Answered, StoreError> {
        let (answer, answered) = oneshot::channel();
        let is_first = {
            let mut waiting = self.waiting();
            waiting.push(Waiting { name, query: query.clone(), answer });
            waiting.len() == 1
        };
        if is_first {
            let turn = Turn { round: self, is_over: false };
            // Everybody beside us is polled before we are again.
            tokio::task::yield_now().await;
            self.send(client, turn.take()).await;
        }
        // Whoever was to send it may have been given up meanwhile, for an error of another query or for a caller who left.
        answered.await.unwrap_or(Ok(Answered::Alone(query)))
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends them in as few statements as their parameters allow, and gives everybody his rows.
    async fn send(&self, client: &Client, waiting: Vec<Waiting>) {
        let mut group: Vec<Waiting> = Vec::new();
        let mut values = Values::default();
        for waiting in waiting {
            let bytes = values.bytes_with(&waiting.query);
            if group.len() >= QUERIES_MAX || bytes > PARAMETERS_BYTES_MAX {
                self.send_group(client, std::mem::take(&mut group)).await;
                values = Values::default();
            }
            values.add(&waiting.query);
            group.push(waiting);
        }
        self.send_group(client, group).await;
    }

    async fn send_group(&self, client: &Client, mut group: Vec<Waiting>) {
        if group.len() < 2 {
            if let Some(Waiting { query, answer, .. }) = group.pop() {
                // A receiver that is gone wants no answer.
                drop(answer.send(Ok(Answered::Alone(query))));
            }
            return;
        }
        self.count(group.iter().map(|waiting| waiting.name));
        match joined(client, &group).fetch_all::<Member>().await {
            Ok(members) => {
                let mut rows: Vec<Vec<Vec<u8>>> = group.iter().map(|_| Vec::new()).collect();
                for member in members {
                    if let Some(rows) = rows.get_mut(usize::from(member.query)) {
                        rows.push(member.row);
                    }
                }
                for (waiting, rows) in group.into_iter().zip(rows) {
                    drop(waiting.answer.send(Ok(Answered::Rows(rows))));
                }
            }
            Err(source) => fail(group, source),
        }
    }
}

fn fail(group: Vec<Waiting>, source: Error) {
    let queries: Vec<_> = group.iter().map(|waiting| waiting.name).collect();
    let (queries, source): (Arc<str>, _) = (queries.join(", ").into(), Arc::new(source));
    for waiting in group {
        let (queries, source) = (Arc::clone(&queries), Arc::clone(&source));
        drop(waiting.answer.send(Err(StoreError::ReadTogether { queries, source })));
    }
}

/// The values that the queries of one statement are given, each numbered once.
#[derive(Default)]
struct Values {
    numbers: HashMap<String, usize>,
    bytes: usize,
}

impl Values {
    /// How long they all are in a URL, at most, with those of one more query.
    fn bytes_with(&self, query: &Query) -> usize {
        let escaped = |b: u8| if b.is_ascii_alphanumeric() { 1 } else { 3 };
        let values = query.parameters.iter().map(|(_, value)| value);
        let new = values.filter(|value| !self.numbers.contains_key(*value));
        let bytes = new.map(|value| 16 + value.bytes().map(escaped).sum::<usize>());
        self.bytes + bytes.sum::<usize>()
    }

    /// Takes a query's in, and gives its text with the names they have now.
    fn add(&mut self, query: &Query) -> String {
        self.bytes = self.bytes_with(query);
        query.parameters.iter().fold(query.sql.clone().into_owned(), |sql, (name, value)| {
            let next = self.numbers.len();
            let number = *self.numbers.entry(value.clone()).or_insert(next);
            sql.replace(&format!("{{{name}:"), &format!("{{v{number}:"))
        })
    }
}

/// One statement of several queries.
fn joined(client: &Client, group: &[Waiting]) -> clickhouse::query::Query {
    let (mut sql, mut values) = (String::new(), Values::default());
    for (at, waiting) in group.iter().enumerate() {
        if at > 0 {
            sql.push_str("\nUNION ALL\n");
        }
        let (head, text) = ("SELECT toUInt8(", values.add(&waiting.query));
        sql.push_str(&format!(
            "{head}{at}) AS query, formatRow('RowBinary', *) AS row FROM\n(\n{text}\n)"
        ));
    }
    let reach = group.iter().map(|waiting| waiting.query.reach).max().unwrap_or(Reach::Keys);
    let mut statement = client
        .query(&sql)
        // The order of a query's rows is part of its answer, though the statement around it has none.
        .with_setting("query_plan_remove_redundant_sorting", "0")
        .with_setting("optimize_duplicate_order_by_and_distinct", "0");
    for (name, value) in reach.settings() {
        statement = statement.with_setting(*name, *value);
    }
    let values = values.numbers.into_iter();
    values.fold(statement, |statement, (value, number)| {
        statement.with_setting(format!("param_v{number}"), value)
    })
}

/// The duty to send what waits. Given up early, it leaves nobody behind.
struct Turn<'a> {
    round: &'a Round,
    is_over: bool,
}

impl Turn<'_> {
    /// Takes what waits. Whoever asks from now on has a turn of his own.
    fn take(mut self) -> Vec<Waiting> {
        self.is_over = true;
        std::mem::take(&mut *self.round.waiting())
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.round.waiting().clear();
        }
    }
}
