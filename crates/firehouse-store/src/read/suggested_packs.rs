//! Starter packs for somebody who might want to look at some.

use firehouse_types::ActorId;

use super::{LinkAt, fetch_wide};
use crate::{Store, StoreError};

impl Store {
    /// Starter packs of others. Shape: those of whom the viewer follows first, each latest first; at most `limit`.
    /// Errors: [`StoreError::Read`].
    pub async fn suggested_starter_packs(
        &self,
        viewer: Option<ActorId>,
        limit: usize,
    ) -> Result<Vec<LinkAt>, StoreError> {
        let query = self
            .query(include_str!("suggested_starter_packs.sql"))
            .param("viewer", viewer.map_or(0, ActorId::get))
            .param("limit", limit);
        fetch_wide("suggested_starter_packs", query).await
    }
}
