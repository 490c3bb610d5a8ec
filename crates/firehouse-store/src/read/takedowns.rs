//! What moderators took down: of some accounts everything at once, or what was decided about one subject.

use clickhouse::Row;
use firehouse_schema::TakedownRow;
use firehouse_types::{ActorId, RkeyId};

use super::{NUMBERS_PER_QUERY, RecordKey, fetch, fetch_each};
use crate::{Store, StoreError};

/// An account or a record that is taken down.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Row, serde::Deserialize)]
pub struct TakenDown {
    /// The account, or whose record it is.
    pub actor: ActorId,
    /// Empty: the account itself.
    pub collection: Box<str>,
    /// The record's key.
    pub rkey: RkeyId,
}

/// What a decision is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakedownSubject<'a> {
    /// The account, or whose record or blob it is.
    pub actor: ActorId,
    /// Collection of the record; empty for accounts and blobs.
    pub collection: &'a str,
    /// Key of the record; 0 for accounts and blobs.
    pub rkey: RkeyId,
    /// CID of the blob as text; empty for accounts and records.
    pub blob: &'a str,
}

impl<'a> TakedownSubject<'a> {
    /// An account.
    pub fn account(actor: ActorId) -> Self {
        Self { actor, collection: "", rkey: RkeyId::from(0), blob: "" }
    }

    /// A record, in all its versions.
    pub fn record((actor, rkey): RecordKey, collection: &'a str) -> Self {
        Self { actor, collection, rkey, blob: "" }
    }

    /// A blob of an account.
    pub fn blob(actor: ActorId, cid: &'a str) -> Self {
        Self { blob: cid, ..Self::account(actor) }
    }
}

impl<'a> From<&'a TakedownRow> for TakedownSubject<'a> {
    fn from(row: &'a TakedownRow) -> Self {
        let TakedownRow { actor, collection, rkey, blob, .. } = row;
        Self { actor: *actor, collection, rkey: *rkey, blob }
    }
}

impl Store {
    /// Which of these accounts are taken down, and which records of theirs. Shape: any order. Errors: [`StoreError::Read`].
    pub async fn taken_down(&self, actors: &[ActorId]) -> Result<Vec<TakenDown>, StoreError> {
        let query =
            |chunk: &[ActorId]| self.query(include_str!("taken_down.sql")).param("actors", chunk);
        fetch_each("taken_down", actors, NUMBERS_PER_QUERY, query).await
    }

    /// What was decided last about one subject, also when it was given back; `None` when nothing ever was. Errors: [`StoreError::Read`].
    pub async fn takedown(
        &self,
        subject: &TakedownSubject<'_>,
    ) -> Result<Option<TakedownRow>, StoreError> {
        let query = self
            .query(include_str!("takedown.sql"))
            .param("actor", subject.actor)
            .param("collection", subject.collection)
            .param("rkey", subject.rkey)
            .param("blob", subject.blob);
        Ok(fetch("takedown", query).await?.pop())
    }

    /// Whether a moderator took down this blob of an account, or the whole account. Errors: [`StoreError::Read`].
    pub async fn is_taken_down_blob(&self, actor: ActorId, cid: &str) -> Result<bool, StoreError> {
        let query = self
            .query(include_str!("taken_down_blob.sql"))
            .param("actor", actor)
            .param("blob", cid);
        let found: Vec<u8> = fetch("taken_down_blob", query).await?;
        Ok(!found.is_empty())
    }
}
