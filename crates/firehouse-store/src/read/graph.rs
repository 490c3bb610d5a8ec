//! References between accounts and records: who follows, blocks, likes, reposts or quotes, in pages or by pairs.

use clickhouse::Row;
use firehouse_types::{ActorId, Cid, Datetime, RkeyId};

use super::{Asked, END_OF_TIME, PAIRS_PER_QUERY, RecordKey, fetch, fetch_each, fetch_wide};
use crate::{Store, StoreError};

/// One reference in a page of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Row, serde::Deserialize)]
pub struct LinkAt {
    /// Who refers; in [`Store::links_from`], who is referred to.
    #[serde(rename = "who")]
    pub actor: ActorId,
    /// Key of the record that refers.
    #[serde(rename = "record")]
    pub rkey: RkeyId,
    at: i64,
}

impl LinkAt {
    /// When, as answers sort.
    pub fn at(&self) -> Datetime {
        Datetime::from_ms(self.at)
    }

    /// Where the page after this row begins.
    pub fn position(&self) -> LinkPosition {
        LinkPosition { at: self.at(), actor: self.actor.get(), rkey: self.rkey.get() }
    }
}

/// The last row of a page. The next one holds what comes after it: earlier, or at the same time with lower numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkPosition {
    /// Its time.
    pub at: Datetime,
    /// Its account.
    pub actor: u64,
    /// Its record.
    pub rkey: u64,
}

impl LinkPosition {
    /// In front of the latest row.
    pub const START: Self = Self { at: END_OF_TIME, actor: u64::MAX, rkey: u64::MAX };

    /// The parameters of the page behind this row. A query names those of them that tell its rows apart.
    pub(crate) fn page(self, query: Asked<'_>, limit: usize) -> Asked<'_> {
        query
            .param("before_ms", self.at.ms())
            .param("before_actor", self.actor)
            .param("before_rkey", self.rkey)
            .param("limit", limit)
    }
}

/// A post that an account likes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Row, serde::Deserialize)]
pub struct LikedPost {
    target_actor: ActorId,
    target_rkey: RkeyId,
    at: i64,
}

impl LikedPost {
    /// The post.
    pub fn post(&self) -> RecordKey {
        (self.target_actor, self.target_rkey)
    }

    /// Where the page after this row begins; its numbers are those of the post.
    pub fn position(&self) -> LinkPosition {
        let (actor, rkey) = (self.target_actor.get(), self.target_rkey.get());
        LinkPosition { at: Datetime::from_ms(self.at), actor, rkey }
    }
}

/// Where references stand.
#[derive(Clone, Copy, Debug)]
pub struct LinkSource<'a> {
    /// NSID of the records that refer.
    pub collection: &'a str,
    /// Where in them.
    pub path: &'a str,
}

/// What a record refers to.
#[derive(Clone, Debug, Row, serde::Deserialize)]
pub struct LinkTarget {
    /// Where in the record, as in `.subject.uri`.
    pub stands_at: Box<str>,
    /// Whose account or record.
    pub target_actor: ActorId,
    /// The record's key; 0 for an account.
    pub target_rkey: RkeyId,
    /// The record's collection; empty for an account.
    pub target_in: Box<str>,
    pub(super) target_cid: [u8; 32],
}

impl LinkTarget {
    /// CID of a strong reference to a record.
    pub fn target_cid(&self) -> Option<Cid> {
        (self.target_cid != [0; 32]).then(|| Cid::dag_cbor(self.target_cid))
    }
}

/// One account follows or blocks another.
#[derive(Clone, Debug, Row, serde::Deserialize)]
pub struct Relation {
    /// Who follows or blocks.
    pub actor: ActorId,
    /// Whom.
    pub target_actor: ActorId,
    /// `app.bsky.graph.follow` or `app.bsky.graph.block`.
    pub collection: Box<str>,
    /// The record.
    pub first_rkey: RkeyId,
}

impl Store {
    /// Who refers to a record of `target_collection`, or, where that is empty, to an account. Shape: latest first, each account once,
    /// at most `limit`. Errors: [`StoreError::Read`].
    pub async fn links_to(
        &self,
        target: RecordKey,
        target_collection: &str,
        source: LinkSource<'_>,
        before: LinkPosition,
        limit: usize,
    ) -> Result<Vec<LinkAt>, StoreError> {
        let query = self
            .query(include_str!("links_to.sql"))
            .param("target_actor", target.0)
            .param("target_rkey", target.1)
            .param("target_collection", target_collection)
            .param("collection", source.collection)
            .param("path", source.path);
        fetch_wide("links_to", before.page(query, limit)).await
    }

    /// The accounts that an account refers to. Shape: latest first, each once, at most `limit`; `actor` is the one referred to.
    /// Errors: [`StoreError::Read`].
    pub async fn links_from(
        &self,
        actor: ActorId,
        source: LinkSource<'_>,
        before: LinkPosition,
        limit: usize,
    ) -> Result<Vec<LinkAt>, StoreError> {
        let query = self
            .query(include_str!("links_from.sql"))
            .param("actor", actor)
            .param("collection", source.collection)
            .param("path", source.path);
        fetch("links_from", before.page(query, limit)).await
    }

    /// Who of those the viewer follows follows an account. Shape: latest first, each once, at most `limit`. Errors: [`StoreError::Read`].
    pub async fn known_followers_of(
        &self,
        actor: ActorId,
        viewer: ActorId,
        before: LinkPosition,
        limit: usize,
    ) -> Result<Vec<LinkAt>, StoreError> {
        let query = self
            .query(include_str!("known_followers_of.sql"))
            .param("actor", actor)
            .param("viewer", viewer);
        fetch_wide("known_followers_of", before.page(query, limit)).await
    }

    /// The posts that quote a post. Shape: latest first, at most `limit`. Errors: [`StoreError::Read`].
    pub async fn quotes_of(
        &self,
        target: RecordKey,
        before: LinkPosition,
        limit: usize,
    ) -> Result<Vec<LinkAt>, StoreError> {
        let query = self
            .query(include_str!("quotes.sql"))
            .param("target_actor", target.0)
            .param("target_rkey", target.1);
        fetch("quotes", before.page(query, limit)).await
    }

    /// The posts that an account likes. Shape: latest like first, each post once, at most `limit`. Errors: [`StoreError::Read`].
    pub async fn liked_posts(
        &self,
        actor: ActorId,
        before: LinkPosition,
        limit: usize,
    ) -> Result<Vec<LikedPost>, StoreError> {
        let query = self.query(include_str!("liked_posts.sql")).param("actor", actor);
        fetch("liked_posts", before.page(query, limit)).await
    }

    /// Follows and blocks between pairs of accounts: (followed or blocked, by whom). Errors: [`StoreError::Read`].
    pub async fn relations(
        &self,
        pairs: &[(ActorId, ActorId)],
    ) -> Result<Vec<Relation>, StoreError> {
        let query = |chunk: &[(ActorId, ActorId)]| {
            self.query(include_str!("relations.sql")).param("pairs", chunk)
        };
        fetch_each("relations", pairs, PAIRS_PER_QUERY, query).await
    }

    /// What one record refers to. Shape: every reference of it. Errors: [`StoreError::Read`].
    pub async fn link_target(
        &self,
        actor: ActorId,
        collection: &str,
        rkey: RkeyId,
    ) -> Result<Vec<LinkTarget>, StoreError> {
        let query = self
            .query(include_str!("link_target.sql"))
            .param("actor", actor)
            .param("collection", collection)
            .param("rkey", rkey);
        fetch("link_target", query).await
    }
}
