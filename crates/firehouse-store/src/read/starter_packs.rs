//! Starter packs: who joined by them, and who of their lists is worth showing.

use clickhouse::Row;
use firehouse_types::{ActorId, Datetime, RkeyId};

use super::{PAIRS_PER_QUERY, RecordKey, fetch_each};
use crate::{Store, StoreError};

/// How many joined by a starter pack.
#[derive(Clone, Copy, Debug, Row, serde::Deserialize)]
pub struct StarterPackJoins {
    pack_actor: ActorId,
    pack_rkey: RkeyId,
    /// Ever.
    pub all_time: u64,
    /// Since the moment asked for.
    pub lately: u64,
}

impl StarterPackJoins {
    /// The pack.
    pub fn key(&self) -> RecordKey {
        (self.pack_actor, self.pack_rkey)
    }
}

/// An account on a list.
#[derive(Clone, Copy, Debug, Row, serde::Deserialize)]
pub struct ListSample {
    list_actor: ActorId,
    list_rkey: RkeyId,
    /// Who.
    pub subject: ActorId,
    /// The list item, in the repo of the list's creator.
    #[serde(rename = "record")]
    pub item: RkeyId,
    is_out: u8,
}

impl ListSample {
    /// The list.
    pub fn list(&self) -> RecordKey {
        (self.list_actor, self.list_rkey)
    }

    /// Whether the account opted out of a reference list. Only its creator gets to know.
    pub fn opted_out(&self) -> bool {
        self.is_out != 0
    }
}

impl Store {
    /// How many profiles say that they joined by some starter packs, ever and since a moment. Shape: any order; packs that nobody joined
    /// by are missing. Errors: [`StoreError::Read`].
    pub async fn starter_pack_joins(
        &self,
        packs: &[RecordKey],
        since: Datetime,
    ) -> Result<Vec<StarterPackJoins>, StoreError> {
        let query = |chunk: &[RecordKey]| {
            self.query(include_str!("starter_pack_joins.sql"))
                .param("keys", chunk)
                .param("since_ms", since.ms())
                .param("this", RkeyId::of("self"))
        };
        fetch_each("starter_pack_joins", packs, PAIRS_PER_QUERY, query).await
    }

    /// Of the list of each starter pack the latest `limit` accounts, as the viewer may see it. Shape: list by list, the most followed first.
    /// Errors: [`StoreError::Read`].
    pub async fn list_samples(
        &self,
        packs: &[RecordKey],
        viewer: Option<ActorId>,
        limit: u32,
    ) -> Result<Vec<ListSample>, StoreError> {
        let query = |chunk: &[RecordKey]| {
            self.query(include_str!("list_samples.sql"))
                .param("keys", chunk)
                .param("viewer", viewer.map_or(0, ActorId::get))
                .param("limit", limit)
        };
        fetch_each("list_samples", packs, PAIRS_PER_QUERY, query).await
    }
}
