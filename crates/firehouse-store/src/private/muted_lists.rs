//! Who is muted by a list, and the lists that an account mutes or blocks, in pages.

use clickhouse::Row;
use firehouse_types::{ActorId, RkeyId};

use crate::read::{LinkAt, LinkPosition, NUMBERS_PER_QUERY, RecordKey, fetch, fetch_each};
use crate::{Store, StoreError};

/// An account is muted by a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Row, serde::Deserialize)]
pub struct ListMute {
    /// Who is on the list.
    pub subject: ActorId,
    list_actor: ActorId,
    list_rkey: RkeyId,
}

impl ListMute {
    /// The list; one of up to eight.
    pub fn list(&self) -> RecordKey {
        (self.list_actor, self.list_rkey)
    }
}

impl Store {
    /// Which of some accounts a viewer mutes by a list that may mute: it exists, is for moderation, its creator is active, and neither is
    /// taken down. Shape: any order, each account at most eight times; never the viewer. Errors: [`StoreError::Read`].
    pub async fn list_mutes(
        &self,
        viewer: ActorId,
        accounts: &[ActorId],
    ) -> Result<Vec<ListMute>, StoreError> {
        let query = |chunk: &[ActorId]| {
            let query = self.query(include_str!("list_mutes.sql"));
            query.param("viewer", viewer).param("subjects", chunk)
        };
        fetch_each("list_mutes", accounts, NUMBERS_PER_QUERY, query).await
    }

    /// The lists that exist and that an account mutes. Shape: the latest made first, at most `limit`; `actor` is their creator.
    /// Errors: [`StoreError::Read`].
    pub async fn lists_muted_by(
        &self,
        actor: ActorId,
        before: LinkPosition,
        limit: usize,
    ) -> Result<Vec<LinkAt>, StoreError> {
        let query = self.query(include_str!("lists_muted_by.sql"));
        fetch("lists_muted_by", before.page(query.param("actor", actor), limit)).await
    }

    /// The lists that exist and by which an account blocks. Shape: as [`Store::lists_muted_by`]. Errors: [`StoreError::Read`].
    pub async fn lists_blocked_by(
        &self,
        actor: ActorId,
        before: LinkPosition,
        limit: usize,
    ) -> Result<Vec<LinkAt>, StoreError> {
        let query = self.query(include_str!("lists_blocked_by.sql"));
        fetch("lists_blocked_by", before.page(query.param("actor", actor), limit)).await
    }
}
