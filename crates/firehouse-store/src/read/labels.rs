//! Labels: those of a page's subjects by the labelers that apply, those that somebody asks for by subject, and who declares himself a labeler.

use clickhouse::Row;
use firehouse_types::{ActorId, Datetime, Did, RkeyId};

use super::{fetch, fetch_wide};
use crate::{Store, StoreError};

/// As many accounts and as many records fit a URL of 64 KiB: a record is two numbers and the NSID of a collection.
const SUBJECTS_PER_QUERY: usize = 500;

/// A record that may be labelled.
pub type LabelledRecord<'a> = (ActorId, &'a str, RkeyId);

/// A label that holds.
#[derive(Clone, Debug, PartialEq, Eq, Row, serde::Deserialize)]
pub struct LabelRead {
    /// The account, or the record's owner.
    pub actor: ActorId,
    /// The record's collection; empty for an account.
    pub collection: Box<str>,
    /// The record's key; 0 for an account.
    pub rkey: RkeyId,
    /// The labeler.
    pub src: ActorId,
    /// The labeler's DID.
    pub labeler: Box<str>,
    /// The subject as the label names it.
    pub uri: Box<str>,
    /// The version of the record it is about; empty when it is about all of them.
    pub cid: Box<str>,
    /// What is said.
    pub val: Box<str>,
    /// When it was made, as the labeler wrote it.
    pub cts: Box<str>,
    /// When it ceases to apply, as the labeler wrote it; empty for never.
    pub exp: Box<str>,
    /// Version of the form; 0 when the label names none.
    pub ver: u8,
}

/// Which labels somebody asks for. All of it is one query, whose URL may be 64 KiB long: texts, escaped, take up to three times their room.
#[derive(Clone, Debug, Default)]
pub struct LabelQuery {
    /// The subjects.
    pub uris: Vec<Box<str>>,
    /// The accounts in these.
    pub actors: Vec<ActorId>,
    /// By whom.
    pub sources: Vec<ActorId>,
    /// Behind this one.
    pub after: LabelPosition,
    /// At most so many.
    pub limit: u32,
}

/// A place in the order of all labels: the table's key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelPosition {
    /// The labelled account, or the record's owner.
    pub actor: u64,
    /// The record's collection.
    pub collection: Box<str>,
    /// The record's key.
    pub rkey: u64,
    /// The labeler.
    pub src: u64,
    /// Tells the labels of one labeler on one subject apart.
    pub id: u64,
}

#[derive(Row, serde::Deserialize)]
struct LabelerService {
    did: Did,
}

#[derive(Row, serde::Deserialize)]
struct QueriedLabel {
    actor: ActorId,
    collection: Box<str>,
    rkey: RkeyId,
    src: ActorId,
    id: u64,
    labeler: Box<str>,
    uri: Box<str>,
    cid: Box<str>,
    val: Box<str>,
    cts: Box<str>,
    exp: Box<str>,
    ver: u8,
}

impl Store {
    /// What these labelers say at `now` about these accounts, their profiles and statuses, and about these records. One query for 500 of
    /// each. Errors: [`StoreError::Read`].
    pub async fn labels(
        &self,
        actors: &[ActorId],
        records: &[LabelledRecord<'_>],
        sources: &[ActorId],
        now: Datetime,
    ) -> Result<Vec<LabelRead>, StoreError> {
        let mut rows = Vec::new();
        if sources.is_empty() {
            return Ok(rows);
        }
        let (mut actors, mut records) =
            (actors.chunks(SUBJECTS_PER_QUERY), records.chunks(SUBJECTS_PER_QUERY));
        loop {
            let (actors, records) = (actors.next(), records.next());
            if actors.is_none() && records.is_none() {
                return Ok(rows);
            }
            let query = self
                .query(include_str!("labels.sql"))
                .param("actors", actors.unwrap_or_default())
                .param("records", records.unwrap_or_default())
                .param("this", RkeyId::of("self"))
                .param("sources", sources)
                .param("now_ms", now.ms());
            rows.append(&mut fetch("labels", query).await?);
        }
    }

    /// One page of the labels that hold at `now`. Shape: in the order of [`LabelPosition`], each with its own.
    /// Errors: [`StoreError::Read`].
    pub async fn query_labels(
        &self,
        wanted: &LabelQuery,
        now: Datetime,
    ) -> Result<Vec<(LabelPosition, LabelRead)>, StoreError> {
        let after = &wanted.after;
        let query = self
            .query(include_str!("query_labels.sql"))
            .param("uris", &wanted.uris)
            .param("actors", &wanted.actors)
            .param("sources", &wanted.sources)
            .param("now_ms", now.ms())
            .param("after_actor", after.actor)
            .param("after_collection", &*after.collection)
            .param("after_rkey", after.rkey)
            .param("after_src", after.src)
            .param("after_id", after.id)
            .param("limit", wanted.limit);
        let rows: Vec<QueriedLabel> = fetch_wide("query_labels", query).await?;
        Ok(rows.into_iter().map(QueriedLabel::placed).collect())
    }

    /// Accounts that declare themselves labelers, the longest known first. Errors: [`StoreError::Read`].
    pub async fn labeler_services(&self, limit: u32) -> Result<Vec<Did>, StoreError> {
        let query = self
            .query(include_str!("labeler_services.sql"))
            .param("rkey", RkeyId::of("self"))
            .param("limit", limit);
        let rows: Vec<LabelerService> = fetch("labeler_services", query).await?;
        Ok(rows.into_iter().map(|row| row.did).collect())
    }
}

impl QueriedLabel {
    fn placed(self) -> (LabelPosition, LabelRead) {
        let position = LabelPosition {
            actor: self.actor.get(),
            collection: self.collection.clone(),
            rkey: self.rkey.get(),
            src: self.src.get(),
            id: self.id,
        };
        let label = LabelRead {
            actor: self.actor,
            collection: self.collection,
            rkey: self.rkey,
            src: self.src,
            labeler: self.labeler,
            uri: self.uri,
            cid: self.cid,
            val: self.val,
            cts: self.cts,
            exp: self.exp,
            ver: self.ver,
        };
        (position, label)
    }
}
