//! Lists, starter packs and feed generators by what they say of themselves.

use std::collections::HashMap;

use clickhouse::Row;
use firehouse_types::{ActorId, Datetime, Rev, RkeyId};

use super::super::{PAIRS_PER_QUERY, RecordKey, fetch, fetch_each, fetch_wide};
use super::expression::Tokens;
use super::{CONDITION, Condition};
use crate::{Store, StoreError};

/// Which of them are searched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedSearch {
    /// `app.bsky.graph.list`, `app.bsky.graph.starterpack` or `app.bsky.feed.generator`.
    pub collection: &'static str,
    /// Of lists; none for all.
    pub purposes: Vec<&'static str>,
    /// Of words and runs alone.
    pub condition: Condition,
    /// One word begins so, which has letters and digits only, or signs between digits.
    pub beginning: Option<String>,
    /// What the name has when it says by itself what is asked for: words that begin so, behind a space, and runs.
    pub in_name: Vec<String>,
}

/// One that matched at some version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Row, serde::Deserialize)]
pub struct FoundOffer {
    /// Whose.
    pub actor: ActorId,
    /// Its key.
    pub rkey: RkeyId,
    rev: Rev,
    is_in_name: u8,
}

impl FoundOffer {
    /// Whose, and its key.
    pub fn key(&self) -> RecordKey {
        (self.actor, self.rkey)
    }

    /// Whether its name alone says what was asked for.
    pub fn is_in_name(&self) -> bool {
        self.is_in_name != 0
    }
}

/// One that is read again.
#[derive(Clone, Debug, Row, serde::Deserialize)]
pub struct OfferToRead {
    /// Whose.
    pub actor: ActorId,
    /// Its key.
    pub rkey: RkeyId,
    /// The version.
    pub rev: Rev,
    sort_at: i64,
    /// DAG-CBOR.
    #[serde(with = "serde_bytes")]
    pub body: Vec<u8>,
}

impl OfferToRead {
    /// As in `records`.
    pub fn sort_at(&self) -> Datetime {
        Datetime::from_ms(self.sort_at)
    }
}

#[derive(Row, serde::Deserialize)]
struct LastRev {
    actor: ActorId,
    rkey: RkeyId,
    last_rev: Rev,
}

impl Store {
    /// Records behind a key, in the order of keys, as they are now: to be read again. Errors: [`StoreError::Read`].
    pub async fn offered_to_read(
        &self,
        collection: &str,
        after: RecordKey,
        limit: usize,
    ) -> Result<Vec<OfferToRead>, StoreError> {
        let asked = self
            .query(include_str!("../offered_to_read.sql"))
            .param("collection", collection)
            .param("after_actor", after.0)
            .param("after_rkey", after.1)
            .param("limit", limit);
        fetch("offered_to_read", asked).await
    }

    /// Those that match. Shape: those that say it in their names first, each latest first; at most `limit`. One may be there in two
    /// versions, of which none need be the last. Errors: [`StoreError::Read`].
    pub async fn search_offered(
        &self,
        search: &OfferedSearch,
        limit: usize,
    ) -> Result<Vec<FoundOffer>, StoreError> {
        let sql: &'static str = include_str!("offered.sql");
        let (before, behind) = sql.split_once(CONDITION).unwrap_or((sql, ""));
        let mut asked = search.condition.write(self.query(before), Tokens::OF_OFFERS);
        if let Some(beginning) = &search.beginning {
            asked.push(" AND ");
            let sql = include_str!("conditions/offered_beginning.sql");
            // What begins so at another version is not what is found.
            asked = asked
                .part(sql)
                .value("of", search.collection)
                .value("beginning", beginning)
                .value("spaced", format!(" {beginning}"));
        }
        asked.push(behind);
        let asked = asked
            .param("collection", search.collection)
            .param("purposes", &search.purposes)
            .param("in_name", &search.in_name)
            .param("limit", limit);
        fetch_wide("search_offered", asked).await
    }

    /// Those of these that still are the version that was found. Shape: in their order. Errors: [`StoreError::Read`].
    pub async fn still_offered(
        &self,
        collection: &str,
        found: &[FoundOffer],
    ) -> Result<Vec<FoundOffer>, StoreError> {
        let keys: Vec<RecordKey> = found.iter().map(FoundOffer::key).collect();
        let query = |keys: &[RecordKey]| {
            self.query(include_str!("offered_revs.sql"))
                .param("collection", collection)
                .param("keys", keys)
        };
        let rows: Vec<LastRev> = fetch_each("offered_revs", &keys, PAIRS_PER_QUERY, query).await?;
        let last: HashMap<RecordKey, Rev> =
            rows.into_iter().map(|row| ((row.actor, row.rkey), row.last_rev)).collect();
        let is_so = |row: &&FoundOffer| last.get(&row.key()) == Some(&row.rev);
        Ok(found.iter().filter(is_so).copied().collect())
    }
}
