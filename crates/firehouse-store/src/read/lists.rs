//! Lists: how long they are, who is on them, who blocks by them.

use clickhouse::Row;
use firehouse_types::{ActorId, RkeyId};

use super::graph::{LinkAt, LinkPosition};
use super::{NUMBERS_PER_QUERY, PAIRS_PER_QUERY, RecordKey, fetch};
use crate::{Store, StoreError};

/// A number that belongs to a list: its length, or the key of a record about it.
#[derive(Clone, Copy, Debug, Row, serde::Deserialize)]
pub struct ListKey {
    list_actor: ActorId,
    list_rkey: RkeyId,
    /// The number.
    pub value: u64,
}

impl ListKey {
    /// The list.
    pub fn key(&self) -> RecordKey {
        (self.list_actor, self.list_rkey)
    }
}

/// An account subscribes to block everybody on a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Row, serde::Deserialize)]
pub struct ListSubscription {
    /// Who blocks.
    pub actor: ActorId,
    target_actor: ActorId,
    target_rkey: RkeyId,
}

impl ListSubscription {
    /// The list.
    pub fn list(&self) -> RecordKey {
        (self.target_actor, self.target_rkey)
    }
}

/// An account is on a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Row, serde::Deserialize)]
pub struct ListMember {
    /// Who.
    pub subject: ActorId,
    list_actor: ActorId,
    list_rkey: RkeyId,
}

impl ListMember {
    /// The list.
    pub fn list(&self) -> RecordKey {
        (self.list_actor, self.list_rkey)
    }
}

impl Store {
    /// How many accounts are on some lists. Shape: any order; empty lists are missing. Errors: [`StoreError::Read`].
    pub async fn list_sizes(&self, lists: &[RecordKey]) -> Result<Vec<ListKey>, StoreError> {
        let mut rows = Vec::new();
        for chunk in lists.chunks(PAIRS_PER_QUERY) {
            let query = self.client().query(include_str!("list_sizes.sql")).param("keys", chunk);
            rows.append(&mut fetch("list_sizes", query).await?);
        }
        Ok(rows)
    }

    /// By which of its listblock records an account blocks some lists. Errors: [`StoreError::Read`].
    pub async fn list_subscriptions(
        &self,
        actor: ActorId,
        lists: &[RecordKey],
    ) -> Result<Vec<ListKey>, StoreError> {
        let mut rows = Vec::new();
        for chunk in lists.chunks(PAIRS_PER_QUERY) {
            let query = self
                .client()
                .query(include_str!("list_subscriptions.sql"))
                .param("actor", actor)
                .param("keys", chunk);
            rows.append(&mut fetch("list_subscriptions", query).await?);
        }
        Ok(rows)
    }

    /// Which lists these accounts subscribe to block. Shape: sorted. Errors: [`StoreError::Read`].
    pub async fn list_blockers(
        &self,
        actors: &[ActorId],
    ) -> Result<Vec<ListSubscription>, StoreError> {
        let mut rows = Vec::new();
        for chunk in actors.chunks(NUMBERS_PER_QUERY) {
            let query =
                self.client().query(include_str!("list_blockers.sql")).param("actors", chunk);
            rows.append(&mut fetch("list_blockers", query).await?);
        }
        Ok(rows)
    }

    /// Who of these accounts is on which of these lists, of those that may block at all. Shape: sorted. Errors: [`StoreError::Read`].
    pub async fn list_blocked(
        &self,
        subjects: &[ActorId],
        lists: &[RecordKey],
    ) -> Result<Vec<ListMember>, StoreError> {
        let mut rows = Vec::new();
        for subjects in subjects.chunks(NUMBERS_PER_QUERY / 2) {
            for keys in lists.chunks(PAIRS_PER_QUERY / 2) {
                let query = self
                    .client()
                    .query(include_str!("list_blocked.sql"))
                    .param("subjects", subjects)
                    .param("keys", keys);
                rows.append(&mut fetch("list_blocked", query).await?);
            }
        }
        Ok(rows)
    }

    /// On which of these lists, of whatever purpose, an account is. Shape: sorted. Errors: [`StoreError::Read`].
    pub async fn list_memberships(
        &self,
        subject: ActorId,
        lists: &[RecordKey],
    ) -> Result<Vec<ListMember>, StoreError> {
        let mut rows = Vec::new();
        for chunk in lists.chunks(PAIRS_PER_QUERY) {
            let query = self
                .client()
                .query(include_str!("list_memberships.sql"))
                .param("subject", subject)
                .param("keys", chunk);
            rows.append(&mut fetch("list_memberships", query).await?);
        }
        Ok(rows)
    }

    /// The accounts on a list. Shape: latest first, each once, at most `limit`. Errors: [`StoreError::Read`].
    pub async fn list_members(
        &self,
        list: RecordKey,
        before: LinkPosition,
        limit: usize,
    ) -> Result<Vec<LinkAt>, StoreError> {
        let query = self
            .client()
            .query(include_str!("list_members.sql"))
            .param("actor", list.0)
            .param("rkey", list.1)
            .param("before_ms", before.at.ms())
            .param("before_actor", before.actor)
            .param("limit", limit);
        fetch("list_members", query).await
    }

    /// An account's lists. Shape: latest first, at most `limit`; `actor` is their creator. Errors: [`StoreError::Read`].
    pub async fn actor_lists(
        &self,
        actor: ActorId,
        before: LinkPosition,
        limit: usize,
    ) -> Result<Vec<LinkAt>, StoreError> {
        let query = self
            .client()
            .query(include_str!("actor_lists.sql"))
            .param("actor", actor)
            .param("before_ms", before.at.ms())
            .param("before_rkey", before.rkey)
            .param("limit", limit);
        fetch("actor_lists", query).await
    }
}
