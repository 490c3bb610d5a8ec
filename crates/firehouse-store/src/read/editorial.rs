//! Lists that people keep by hand.

use firehouse_schema::{EditorialList, EditorialRow};

use super::fetch;
use crate::{Store, StoreError};

/// Entries of one list that are read.
const ENTRIES_MAX: u32 = 20_000;

impl Store {
    /// The entries of a list. Shape: by position, then tag and subject; without those that were taken off. Errors: [`StoreError::Read`].
    pub async fn editorial(&self, list: EditorialList) -> Result<Vec<EditorialRow>, StoreError> {
        let mut rows = self.editorial_history(list).await?;
        rows.retain(|row| row.listed == 1);
        Ok(rows)
    }

    /// As [`Store::editorial`], with what was taken off. Errors: [`StoreError::Read`].
    pub async fn editorial_history(
        &self,
        list: EditorialList,
    ) -> Result<Vec<EditorialRow>, StoreError> {
        let query = self
            .query(include_str!("editorial.sql"))
            .param("list", list.as_str())
            .param("limit", ENTRIES_MAX);
        fetch("editorial", query).await
    }
}
