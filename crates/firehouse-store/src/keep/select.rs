//! Accounts that are to be fetched because of what is kept now.

use clickhouse::Row;
use firehouse_types::{ActorId, Did};

use crate::keep::Accounts;
use crate::{Store, StoreError};

/// An account that is to be fetched.
#[derive(Clone, Debug, Row, serde::Deserialize)]
pub struct Candidate {
    /// Its number.
    pub actor: ActorId,
    /// Its DID.
    pub did: Did,
}

impl Store {
    /// The next accounts behind `after` that are kept, and of which nothing is held yet. Shape: fewer than `limit` are the last.
    /// Errors: [`StoreError::Read`].
    pub async fn wanted(
        &self,
        kept: &Accounts,
        after: ActorId,
        limit: u32,
    ) -> Result<Vec<Candidate>, StoreError> {
        let query = kept.bind(self.client().query(include_str!("wanted.sql")));
        let rows = query.param("after", after).param("limit", limit).fetch_all::<Candidate>();
        rows.await.map_err(|source| StoreError::Read { query: "wanted", source })
    }

    /// The next accounts behind `after` whose repos are in step. Shape: fewer than `limit` are the last. Errors: [`StoreError::Read`].
    pub async fn in_step(&self, after: ActorId, limit: u32) -> Result<Vec<Candidate>, StoreError> {
        let query = self.client().query(include_str!("in_step.sql"));
        let rows = query.param("after", after).param("limit", limit).fetch_all::<Candidate>();
        rows.await.map_err(|source| StoreError::Read { query: "in_step", source })
    }
}
