//! What people keep by hand: editorial lists, and tags of accounts and records.

use firehouse_schema::{EditorialRow, TagsRow};

use crate::{Store, StoreError};

impl Store {
    /// Keeps what was said of entries of editorial lists, and returns once that is durable.
    /// Errors: [`StoreError::Insert`]; calling again is safe.
    pub async fn save_editorial(&self, rows: &[EditorialRow]) -> Result<(), StoreError> {
        self.insert(rows).await.map(drop)
    }

    /// Keeps all the tags that one subject has now, and returns once that is durable. Errors: [`StoreError::Insert`]; calling again is safe.
    pub async fn save_tags(&self, row: TagsRow) -> Result<(), StoreError> {
        self.insert(&[row]).await.map(drop)
    }
}
