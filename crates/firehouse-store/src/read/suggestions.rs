//! Whom an account might want to follow.

use firehouse_types::ActorId;

use super::names::{RankPosition, Ranked};
use super::{fetch, fetch_wide};
use crate::{Store, StoreError};

impl Store {
    /// Whom an account might want to follow: by those it follows, or by `seeds` when there are any. Shape: the best first, at most `limit`;
    /// neither the viewer nor whom he follows, nor any of the seeds. Errors: [`StoreError::Read`].
    pub async fn suggested_actors(
        &self,
        seeds: &[ActorId],
        viewer: Option<ActorId>,
        before: RankPosition,
        limit: usize,
    ) -> Result<Vec<Ranked>, StoreError> {
        let query = self
            .query(include_str!("suggested_actors.sql"))
            .param("seeds", seeds)
            .param("viewer", viewer.map_or(0, ActorId::get))
            .param("before_rank", before.rank)
            .param("before_actor", before.actor)
            .param("limit", limit);
        fetch_wide("suggested_actors", query).await
    }

    /// Some of those who follow an account, at most `limit`. Errors: [`StoreError::Read`].
    pub async fn followers_sample(
        &self,
        actor: ActorId,
        limit: usize,
    ) -> Result<Vec<ActorId>, StoreError> {
        let query = self.query(include_str!("followers_sample.sql"));
        let query = query.param("actor", actor).param("limit", limit);
        let rows: Vec<u64> = fetch("followers_sample", query).await?;
        Ok(rows.into_iter().map(ActorId::from).collect())
    }
}
