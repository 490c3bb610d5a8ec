//! Upstreams that were added, removed, paused or resumed at run time.

use firehouse_schema::UpstreamRow;

use crate::{Store, StoreError};

const UPSTREAMS: &str = include_str!("upstreams.sql");

impl Store {
    /// Keeps what was decided about an upstream, and returns once that is durable.
    /// Errors: [`StoreError::Insert`]; calling again is safe.
    pub async fn save_upstream(&self, row: UpstreamRow) -> Result<(), StoreError> {
        self.insert(&[row]).await.map(drop)
    }

    /// What was decided last about each upstream, in the order of their names. Errors: [`StoreError::Read`].
    pub async fn upstreams(&self) -> Result<Vec<UpstreamRow>, StoreError> {
        let rows = self.client().query(UPSTREAMS).fetch_all::<UpstreamRow>().await;
        rows.map_err(|source| StoreError::Read { query: "upstreams", source })
    }
}
