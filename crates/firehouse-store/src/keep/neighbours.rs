//! Whom accounts follow, many at once.

use firehouse_types::ActorId;

use crate::{Store, StoreError};

/// Parameters travel in the URL, which may be 64 KiB long.
const ACTORS_PER_QUERY: usize = 2_000;

impl Store {
    /// Whom these accounts follow, as far as the store has it. Shape: sorted, each once; of each 2,000 who follow at most `limit`, so
    /// that more than `limit` in all are some of them. Errors: [`StoreError::Read`].
    pub async fn followed_by(
        &self,
        actors: &[ActorId],
        limit: usize,
    ) -> Result<Vec<ActorId>, StoreError> {
        let mut followed = Vec::new();
        for chunk in actors.chunks(ACTORS_PER_QUERY) {
            let query = self.client().query(include_str!("followed_by.sql"));
            let query = query.param("actors", chunk).param("limit", limit as u64);
            let rows = query.fetch_all::<u64>().await;
            let rows = rows.map_err(|source| StoreError::Read { query: "followed_by", source })?;
            followed.extend(rows.into_iter().map(ActorId::from));
            followed.sort_unstable();
            followed.dedup();
            // What is cut off comes first by number, whatever the chunks were.
            followed.truncate(limit);
        }
        Ok(followed)
    }
}
