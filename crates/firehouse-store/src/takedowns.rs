//! What moderators decide about accounts, records and blobs.

use firehouse_schema::TakedownRow;

use crate::{Store, StoreError};

impl Store {
    /// Keeps a decision, and returns once it is durable: the next answer of every process knows it. `row.version` is raised above that of
    /// the decision before, should the clock have been set back. Errors: [`StoreError::Read`], [`StoreError::Insert`]; calling again is
    /// safe.
    pub async fn save_takedown(&self, mut row: TakedownRow) -> Result<(), StoreError> {
        let before = self.takedown(&(&row).into()).await?;
        let after = before.map_or(0, |before| before.version.saturating_add(1));
        row.version = row.version.max(after);
        self.insert(&[row]).await.map(drop)
    }
}
