//! Sends rows of one table and waits until ClickHouse has them on disk.

use firehouse_schema::Table;

use crate::{Store, StoreError};

/// ClickHouse has acknowledged one INSERT: its rows survive a crash and every later query sees them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Receipt {
    /// How many rows.
    pub rows: usize,
}

impl Store {
    /// Inserts one batch and returns once it is durable (`fsync_after_insert` of every table). Shape: rows of one table in any order;
    /// none is fine and sends nothing. Errors: [`StoreError::Insert`]; inserting again is safe, the highest rev wins.
    pub async fn insert<T: Table>(&self, rows: &[T]) -> Result<Receipt, StoreError> {
        if rows.is_empty() {
            return Ok(Receipt { rows: 0 });
        }
        let failed = |source| StoreError::Insert { table: T::TABLE, rows: rows.len(), source };
        let timeout = Some(self.insert_timeout());
        let mut insert = self
            .client()
            .insert::<T>(T::TABLE)
            .await
            .map_err(failed)?
            .with_timeouts(timeout, timeout);
        for row in rows {
            insert.write(row).await.map_err(failed)?;
        }
        insert.end().await.map_err(failed)?;
        Ok(Receipt { rows: rows.len() })
    }
}
