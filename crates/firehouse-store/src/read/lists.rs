//! Lists: how long they are, who is on them, who blocks by them.

use clickhouse::Row;
use firehouse_types::{ActorId, Datetime, RkeyId};

use super::graph::{LinkAt, LinkPosition};
use super::{NUMBERS_PER_QUERY, PAIRS_PER_QUERY, RecordKey, fetch, fetch_each};
use crate::{Store, StoreError};

/// Two sets of accounts in one query.
const ACTORS_PER_QUERY: usize = NUMBERS_PER_QUERY / 2;

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

/// One account's record about a list.
#[derive(Clone, Debug, Row, serde::Deserialize)]
pub struct ListSubscription {
    list_actor: ActorId,
    list_rkey: RkeyId,
    /// `app.bsky.graph.listblock` or `app.bsky.graph.referencelistoptout`.
    pub collection: Box<str>,
    /// The record.
    #[serde(rename = "record")]
    pub rkey: RkeyId,
}

impl ListSubscription {
    /// The list.
    pub fn key(&self) -> RecordKey {
        (self.list_actor, self.list_rkey)
    }
}

/// An account on a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Row, serde::Deserialize)]
pub struct ListMember {
    /// Who.
    pub subject: ActorId,
    /// The list item, in the repo of the list's creator.
    #[serde(rename = "record")]
    pub item: RkeyId,
    at: i64,
    is_out: u8,
}

impl ListMember {
    /// Whether the account opted out of a reference list. Only its creator gets to know.
    pub fn opted_out(&self) -> bool {
        self.is_out != 0
    }

    /// Where the page after this row begins.
    pub fn position(&self) -> LinkPosition {
        let at = Datetime::from_ms(self.at);
        LinkPosition { at, actor: self.subject.get(), rkey: self.item.get() }
    }
}

/// An account blocks another by a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Row, serde::Deserialize)]
pub struct ListBlock {
    /// Who blocks.
    pub actor: ActorId,
    /// Who is on the list.
    pub subject: ActorId,
    list_actor: ActorId,
    list_rkey: RkeyId,
}

impl ListBlock {
    /// The list; one of up to eight.
    pub fn list(&self) -> RecordKey {
        (self.list_actor, self.list_rkey)
    }
}

impl Store {
    /// How many accounts are on some lists. Shape: any order; empty lists are missing. Errors: [`StoreError::Read`].
    pub async fn list_sizes(&self, lists: &[RecordKey]) -> Result<Vec<ListKey>, StoreError> {
        let query =
            |chunk: &[RecordKey]| self.query(include_str!("list_sizes.sql")).param("keys", chunk);
        fetch_each("list_sizes", lists, PAIRS_PER_QUERY, query).await
    }

    /// By which of its records an account blocks some lists, or opts out of them. Errors: [`StoreError::Read`].
    pub async fn list_subscriptions(
        &self,
        actor: ActorId,
        lists: &[RecordKey],
    ) -> Result<Vec<ListSubscription>, StoreError> {
        let query = |chunk: &[RecordKey]| {
            self.query(include_str!("list_subscriptions.sql"))
                .param("actor", actor)
                .param("keys", chunk)
        };
        fetch_each("list_subscriptions", lists, PAIRS_PER_QUERY, query).await
    }

    /// Who of `actors` blocks whom of `subjects` by a list that may block. Shape: any order, each pair at most eight times; nobody
    /// blocks himself. Errors: [`StoreError::Read`].
    pub async fn list_blocks(
        &self,
        actors: &[ActorId],
        subjects: &[ActorId],
    ) -> Result<Vec<ListBlock>, StoreError> {
        let mut rows = Vec::new();
        for actors in actors.chunks(ACTORS_PER_QUERY) {
            let ask = |sql, chunk: &[ActorId]| {
                self.query(sql).param("actors", actors).param("subjects", chunk)
            };
            // The whole question has seven tables in it, and planning it takes longer than most answers; hardly anybody is on such a list.
            let listed = |chunk: &[ActorId]| ask(include_str!("listed_by_subscribers.sql"), chunk);
            let listed: Vec<u64> =
                fetch_each("listed_by_subscribers", subjects, ACTORS_PER_QUERY, listed).await?;
            let listed: Vec<ActorId> = listed.into_iter().map(ActorId::from).collect();
            let blocks = |chunk: &[ActorId]| ask(include_str!("list_blocks.sql"), chunk);
            rows.append(&mut fetch_each("list_blocks", &listed, ACTORS_PER_QUERY, blocks).await?);
        }
        Ok(rows)
    }

    /// On which of these lists, of whatever purpose, an account is, with the key of its item. Errors: [`StoreError::Read`].
    pub async fn list_memberships(
        &self,
        subject: ActorId,
        lists: &[RecordKey],
    ) -> Result<Vec<ListKey>, StoreError> {
        let query = |chunk: &[RecordKey]| {
            self.query(include_str!("list_memberships.sql"))
                .param("subject", subject)
                .param("keys", chunk)
        };
        fetch_each("list_memberships", lists, PAIRS_PER_QUERY, query).await
    }

    /// The accounts on a list, as the viewer may see it. Shape: latest first, each once, at most `limit`.
    /// Errors: [`StoreError::Read`].
    pub async fn list_members(
        &self,
        list: RecordKey,
        viewer: Option<ActorId>,
        before: LinkPosition,
        limit: usize,
    ) -> Result<Vec<ListMember>, StoreError> {
        let query = self
            .query(include_str!("list_members.sql"))
            .param("actor", list.0)
            .param("rkey", list.1)
            .param("viewer", viewer.map_or(0, ActorId::get));
        fetch("list_members", before.page(query, limit)).await
    }

    /// An account's lists. Shape: latest first, at most `limit`; `actor` is their creator. Errors: [`StoreError::Read`].
    pub async fn actor_lists(
        &self,
        actor: ActorId,
        before: LinkPosition,
        limit: usize,
    ) -> Result<Vec<LinkAt>, StoreError> {
        let query = self.query(include_str!("actor_lists.sql")).param("actor", actor);
        fetch("actor_lists", before.page(query, limit)).await
    }
}
