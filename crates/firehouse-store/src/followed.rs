//! Accounts whose repos are followed here, for those who look whether all of it is true.

use clickhouse::Row;
use firehouse_types::{ActorId, Did};

use crate::{Store, StoreError};

const FOLLOWED: &str = include_str!("followed.sql");
const FOLLOWED_SAMPLE: &str = include_str!("followed_sample.sql");

#[derive(Row, serde::Deserialize)]
struct Followed {
    did: Did,
}

impl Store {
    /// The next active accounts behind `after`, in the order of their numbers. Shape: fewer than `limit` are the last.
    /// Errors: [`StoreError::Read`].
    pub async fn followed(&self, after: ActorId, limit: u32) -> Result<Vec<Did>, StoreError> {
        let query = self.client().query(FOLLOWED).param("after", after).param("limit", limit);
        let rows = query.fetch_all::<Followed>().await;
        let rows = rows.map_err(|source| StoreError::Read { query: "followed", source })?;
        Ok(rows.into_iter().map(|row| row.did).collect())
    }

    /// As many active accounts, drawn by chance. Reads every account. Errors: [`StoreError::Read`].
    pub async fn followed_sample(&self, limit: u32) -> Result<Vec<Did>, StoreError> {
        let rows = self.client().query(FOLLOWED_SAMPLE).param("limit", limit);
        let rows = rows.fetch_all::<Followed>().await;
        let rows = rows.map_err(|source| StoreError::Read { query: "followed_sample", source })?;
        Ok(rows.into_iter().map(|row| row.did).collect())
    }
}
