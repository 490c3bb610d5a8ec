//! What is in force, and the accounts it keeps by their numbers.

use firehouse_schema::{KeptRow, SelectionRow};

use crate::{Store, StoreError};

/// Rows per INSERT.
const ROWS_PER_INSERT: usize = 100_000;

impl Store {
    /// The selection in force; `None` when there never was any. Errors: [`StoreError::Read`].
    pub async fn selection(&self) -> Result<Option<SelectionRow>, StoreError> {
        let row = self.client().query(include_str!("selections.sql"));
        let row = row.fetch_optional::<SelectionRow>().await;
        row.map_err(|source| StoreError::Read { query: "selections", source })
    }

    /// Keeps a selection, or how far it has come, and returns once that is durable. Errors: [`StoreError::Insert`]; calling again is safe.
    pub async fn save_selection(&self, row: &SelectionRow) -> Result<(), StoreError> {
        self.insert(std::slice::from_ref(row)).await.map(drop)
    }

    /// Accounts that are kept by their numbers, or were until lately. Shape: any order. Errors: [`StoreError::Read`].
    pub async fn kept(&self) -> Result<Vec<KeptRow>, StoreError> {
        let rows = self.client().query(include_str!("kept.sql")).fetch_all::<KeptRow>().await;
        rows.map_err(|source| StoreError::Read { query: "kept", source })
    }

    /// Takes over who is kept. Errors: [`StoreError::Insert`]; calling again is safe.
    pub async fn save_kept(&self, rows: &[KeptRow]) -> Result<(), StoreError> {
        for chunk in rows.chunks(ROWS_PER_INSERT) {
            self.insert(chunk).await.map(drop)?;
        }
        Ok(())
    }
}
