//! Which replies and quotes the gates of their time refused.
//!
//! A verdict is not kept but found: from the versions of the gate, and from when to when somebody followed, was followed, was on a list.
//! So it does not matter in which order things arrived. Nearly nowhere is anything closed: ask that first.

use std::collections::{HashMap, HashSet};

use clickhouse::Row;
use firehouse_types::{ActorId, RkeyId};

use super::query::fetch;
use super::{PAIRS_PER_QUERY, RecordKey, fetch_each};
use crate::{Store, StoreError};

/// Two lists of keys in one query.
const KEYS_PER_QUERY: usize = PAIRS_PER_QUERY / 2;

/// Threads and posts that were ever closed to somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClosedGates {
    /// First posts of threads in which some could not reply.
    pub threads: Vec<RecordKey>,
    /// Posts that others could not quote.
    pub quoted: Vec<RecordKey>,
}

/// What gates refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refused {
    /// Replies that must not be shown where they would stand, of those asked for.
    pub replies: HashSet<RecordKey>,
    /// How many such replies each post has, direct ones. Posts without any are missing.
    pub counts: HashMap<RecordKey, u64>,
    /// Quotes that must not show what they quote, of those asked for.
    pub quotes: HashSet<RecordKey>,
}

#[derive(Row, serde::Deserialize)]
struct ClosedRow {
    actor: ActorId,
    rkey: RkeyId,
    of_quotes: u8,
}

#[derive(Row, serde::Deserialize)]
struct RefusedRow {
    parent_actor: ActorId,
    parent_rkey: RkeyId,
    n: u64,
    asked: Vec<RecordKey>,
}

impl ClosedGates {
    fn of(rows: Vec<ClosedRow>) -> Self {
        let mut gates = Self::default();
        for row in rows {
            let closed = if row.of_quotes == 0 { &mut gates.threads } else { &mut gates.quoted };
            closed.push((row.actor, row.rkey));
        }
        gates
    }

    /// Whether there is nothing to judge.
    pub fn is_empty(&self) -> bool {
        self.threads.is_empty() && self.quoted.is_empty()
    }
}

impl Refused {
    /// Takes over what was asked for later.
    pub fn extend(&mut self, later: Self) {
        self.replies.extend(later.replies);
        self.counts.extend(later.counts);
        self.quotes.extend(later.quotes);
    }
}

impl Store {
    /// Which of these threads, by their first posts, and of these quoted posts were ever closed. Errors: [`StoreError::Read`].
    pub async fn closed_gates(
        &self,
        roots: &[RecordKey],
        quoted: &[RecordKey],
    ) -> Result<ClosedGates, StoreError> {
        let mut rows = Vec::new();
        let of = |keys: &[RecordKey], at: usize| {
            keys.chunks(KEYS_PER_QUERY).nth(at).unwrap_or_default().to_vec()
        };
        for at in 0..roots.len().max(quoted.len()).div_ceil(KEYS_PER_QUERY) {
            let query = self.query(include_str!("closed_gates.sql"));
            let query = query.param("roots", of(roots, at)).param("quoted", of(quoted, at));
            rows.append(&mut fetch("closed_gates", query).await?);
        }
        Ok(ClosedGates::of(rows))
    }

    /// Of some posts, and of the direct replies to them, what the gates refused that were `closed`: those of the threads they are in, and
    /// of what they quote. Errors: [`StoreError::Read`].
    pub async fn refused(
        &self,
        keys: &[RecordKey],
        closed: &ClosedGates,
    ) -> Result<Refused, StoreError> {
        let (replies, quotes) = tokio::try_join!(
            self.refused_replies(keys, &closed.threads),
            self.refused_quotes(keys, &closed.quoted)
        )?;
        let mut refused = Refused { quotes, ..Refused::default() };
        for row in replies {
            refused.replies.extend(row.asked);
            // Of a parent that is not among the keys of a query, not all replies were looked at.
            let parent = (row.parent_actor, row.parent_rkey);
            let known = refused.counts.entry(parent).or_default();
            *known = row.n.max(*known);
        }
        Ok(refused)
    }

    async fn refused_replies(
        &self,
        keys: &[RecordKey],
        threads: &[RecordKey],
    ) -> Result<Vec<RefusedRow>, StoreError> {
        let mut rows = Vec::new();
        for threads in threads.chunks(KEYS_PER_QUERY) {
            let query = |chunk: &[RecordKey]| {
                let query = self.query(include_str!("refused_replies.sql"));
                query.param("keys", chunk).param("roots", threads)
            };
            rows.append(&mut fetch_each("refused_replies", keys, KEYS_PER_QUERY, query).await?);
        }
        Ok(rows)
    }

    async fn refused_quotes(
        &self,
        keys: &[RecordKey],
        quoted: &[RecordKey],
    ) -> Result<HashSet<RecordKey>, StoreError> {
        let mut refused = HashSet::new();
        for quoted in quoted.chunks(KEYS_PER_QUERY) {
            let query = |chunk: &[RecordKey]| {
                let query = self.query(include_str!("refused_quotes.sql"));
                query.param("keys", chunk).param("quoted", quoted)
            };
            let rows: Vec<(u64, u64)> =
                fetch_each("refused_quotes", keys, KEYS_PER_QUERY, query).await?;
            refused.extend(rows.into_iter().map(|(actor, rkey)| (actor.into(), rkey.into())));
        }
        Ok(refused)
    }

    /// As [`Store::refused`], for who knows of the posts nothing but their keys: are they replies, or quotes, that their gates refused?
    /// Errors: [`StoreError::Read`].
    pub async fn refused_among(&self, keys: &[RecordKey]) -> Result<Refused, StoreError> {
        let query =
            |chunk: &[RecordKey]| self.query(include_str!("closed_to.sql")).param("keys", chunk);
        let rows = fetch_each("closed_to", keys, KEYS_PER_QUERY, query).await?;
        self.refused(keys, &ClosedGates::of(rows)).await
    }
}
