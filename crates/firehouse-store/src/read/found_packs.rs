//! Starter packs of everybody: by what they say of themselves, and for somebody who might want to look at some.

use firehouse_types::ActorId;

use super::{LinkAt, RecordRead, fetch_wide};
use crate::{Store, StoreError};

impl Store {
    /// Starter packs whose records have each of these words somewhere, in whatever case. Shape: latest first, at most `limit`; what the
    /// words were found in is the caller's to look at. Errors: [`StoreError::Read`].
    pub async fn starter_packs_with(
        &self,
        words: &[&str],
        limit: usize,
    ) -> Result<Vec<RecordRead>, StoreError> {
        let query = self
            .query(include_str!("starter_packs_with.sql"))
            .param("words", words)
            .param("limit", limit);
        fetch_wide("starter_packs_with", query).await
    }

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
