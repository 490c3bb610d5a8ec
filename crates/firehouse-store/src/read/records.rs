//! Records by key: whole, or without their bodies.

use clickhouse::Row;
use firehouse_types::{ActorId, Cid, Datetime, Rkey, RkeyId};

use super::graph::{LinkAt, LinkPosition};
use super::{PAIRS_PER_QUERY, RecordKey, fetch, fetch_each};
use crate::{Store, StoreError};

/// Accounts whose verifications are asked for at once, and issuers of whom: both are in the same URL.
const VERIFIED_PER_QUERY: usize = 1_000;

/// A record as it stands.
#[derive(Clone, Debug, Row, serde::Deserialize)]
pub struct RecordRead {
    /// NSID.
    pub collection: Box<str>,
    /// Whose it is.
    pub actor: ActorId,
    /// Its key.
    pub rkey: RkeyId,
    /// SHA-256 digest of its block.
    pub cid: [u8; 32],
    /// Empty when the key is a TID.
    pub rkey_text: Box<str>,
    /// DAG-CBOR; empty when [`Store::link_target`] has all of it.
    #[serde(with = "serde_bytes")]
    pub body: Vec<u8>,
    /// Claimed by the author. Units: milliseconds since 1970.
    pub created_at: i64,
    /// What answers sort by. Units: milliseconds since 1970.
    pub sort_at: i64,
}

/// A record without its body.
#[derive(Clone, Debug, Row, serde::Deserialize)]
pub struct RecordHead {
    /// NSID.
    pub collection: Box<str>,
    /// Whose it is.
    pub actor: ActorId,
    /// Its key.
    pub rkey: RkeyId,
    /// SHA-256 digest of its block.
    pub cid: [u8; 32],
    /// Empty when the key is a TID.
    pub rkey_text: Box<str>,
    /// Claimed by the author. Units: milliseconds since 1970.
    pub created_at: i64,
    /// What answers sort by. Units: milliseconds since 1970.
    pub sort_at: i64,
}

impl RecordRead {
    /// The same without its body.
    pub fn head(&self) -> RecordHead {
        RecordHead {
            collection: self.collection.clone(),
            actor: self.actor,
            rkey: self.rkey,
            cid: self.cid,
            rkey_text: self.rkey_text.clone(),
            created_at: self.created_at,
            sort_at: self.sort_at,
        }
    }
}

impl RecordHead {
    /// Its CID.
    pub fn cid(&self) -> Cid {
        Cid::dag_cbor(self.cid)
    }

    /// Its key as text. `None` for a hashed key without its text, which no row of ours has.
    pub fn rkey(&self) -> Option<Rkey> {
        let text = match self.rkey.tid() {
            Some(tid) => tid.to_string(),
            None => self.rkey_text.to_string(),
        };
        Rkey::parse(&text).ok()
    }

    /// What answers sort by.
    pub fn sort_at(&self) -> Datetime {
        Datetime::from_ms(self.sort_at)
    }
}

impl Store {
    /// Records of some collections, each key looked for in each of them. Shape: any order; invalid and deleted ones are missing.
    /// Errors: [`StoreError::Read`].
    pub async fn records(
        &self,
        collections: &[&str],
        keys: &[RecordKey],
    ) -> Result<Vec<RecordRead>, StoreError> {
        let query = |chunk: &[RecordKey]| {
            self.query(include_str!("records.sql"))
                .param("epoch_ms", self.index_time_after().ms())
                .param("collections", collections)
                .param("keys", chunk)
        };
        fetch_each("records", keys, PAIRS_PER_QUERY, query).await
    }

    /// As [`Store::records`], without the bodies. Errors: [`StoreError::Read`].
    pub async fn record_heads(
        &self,
        collections: &[&str],
        keys: &[RecordKey],
    ) -> Result<Vec<RecordHead>, StoreError> {
        let query = |chunk: &[RecordKey]| {
            self.query(include_str!("record_heads.sql"))
                .param("collections", collections)
                .param("keys", chunk)
        };
        fetch_each("record_heads", keys, PAIRS_PER_QUERY, query).await
    }

    /// What some issuers say of who some accounts are. Shape: the oldest first; one for each issuer and account.
    /// Errors: [`StoreError::Read`].
    pub async fn verifications(
        &self,
        actors: &[ActorId],
        issuers: &[ActorId],
    ) -> Result<Vec<RecordRead>, StoreError> {
        let mut found: Vec<RecordRead> = Vec::new();
        for issuers in issuers.chunks(VERIFIED_PER_QUERY) {
            let query = |chunk: &[ActorId]| {
                self.query(include_str!("verifications.sql"))
                    .param("actors", chunk)
                    .param("issuers", issuers)
            };
            found.extend(fetch_each("verifications", actors, VERIFIED_PER_QUERY, query).await?);
        }
        found.sort_by_key(|record| (record.sort_at, record.actor, record.rkey));
        Ok(found)
    }

    /// An account's records of one collection. Shape: latest first, by the time their author claims when `claimed`, at most `limit`; `actor`
    /// is their author. Errors: [`StoreError::Read`].
    pub async fn actor_records(
        &self,
        actor: ActorId,
        collection: &str,
        claimed: bool,
        before: LinkPosition,
        limit: usize,
    ) -> Result<Vec<LinkAt>, StoreError> {
        let query = self
            .query(include_str!("actor_records.sql"))
            .param("actor", actor)
            .param("collection", collection)
            .param("claimed", u8::from(claimed));
        fetch("actor_records", before.page(query, limit)).await
    }

    /// Posts, and with them the roots and parents they answer and the posts they quote. Shape: any order. Errors: [`StoreError::Read`].
    pub async fn posts_and_references(
        &self,
        keys: &[RecordKey],
    ) -> Result<Vec<RecordRead>, StoreError> {
        let query = |chunk: &[RecordKey]| {
            self.query(include_str!("posts.sql"))
                .param("epoch_ms", self.index_time_after().ms())
                .param("keys", chunk)
        };
        fetch_each("posts", keys, PAIRS_PER_QUERY, query).await
    }
}
