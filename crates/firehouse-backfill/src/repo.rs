//! [`FetchedRepo`]: every record of a repo that was fetched and verified, in path order and bounded memory.

use bytes::{Bytes, BytesMut};
use firehouse_repo::mst::{Visit, Walk};
use firehouse_repo::{RecordOp, RepoHead, read_leaf};
use firehouse_types::{Cid, Did, Nsid, OpAction, Rkey};

use crate::assembly::{Dropped, Verified};
use crate::blocks::{Blocks, ReadError};
use crate::budget::Held;

/// A whole repo at one rev: signed by its account's key, its tree complete and valid, each block the one its CID names.
///
/// Holds memory, or a file, that other fetches wait for: drop it when its records are read. Slices of its records keep the memory, so
/// hold them no longer than the repo.
pub struct FetchedRepo {
    did: Did,
    verified: Verified,
    car_bytes: u64,
    _held: Held,
}

/// The records of a repo, one after another.
pub struct Records<'r> {
    blocks: &'r Blocks,
    walk: Walk<'r, Blocks>,
    /// Of the record before: paths of one collection stand together, so its name is parsed once.
    collection: Option<Nsid>,
    rkey: String,
    /// Where bytes of a spilled repo are read to.
    arena: BytesMut,
}

/// One record. Its bytes hash to its CID; whether they decode is the reader's question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchedRecord<'w> {
    /// The collection.
    pub collection: &'w Nsid,
    /// The record key; its syntax was checked.
    pub rkey: &'w str,
    /// The record's block.
    pub cid: Cid,
    /// The record's bytes.
    pub record: Bytes,
}

impl FetchedRepo {
    pub(crate) fn new(did: Did, verified: Verified, car_bytes: u64, held: Held) -> Self {
        Self { did, verified, car_bytes, _held: held }
    }

    /// Whose repo.
    pub fn did(&self) -> &Did {
        &self.did
    }

    /// What to remember as applied once every record is.
    pub fn head(&self) -> RepoHead {
        self.verified.head
    }

    /// Its commit block.
    pub fn commit(&self) -> Cid {
        self.verified.commit
    }

    /// How many records [`FetchedRepo::records`] gives.
    pub fn record_count(&self) -> u64 {
        self.verified.records
    }

    /// Leaves of the tree that it leaves out.
    pub fn dropped(&self) -> Dropped {
        self.verified.dropped
    }

    /// What came over the wire, decompressed.
    pub fn car_bytes(&self) -> u64 {
        self.car_bytes
    }

    /// Whether it lies in a file: then reading its records blocks the thread for short times.
    pub fn is_spilled(&self) -> bool {
        self.verified.blocks.is_spilled()
    }

    /// Every record, in path order. May be called again.
    pub fn records(&self) -> Records<'_> {
        let blocks = &self.verified.blocks;
        let walk = Walk::new(blocks, self.verified.head.data);
        Records { blocks, walk, collection: None, rkey: String::new(), arena: BytesMut::new() }
    }

    /// A record as the creation it amounts to for someone who holds nothing of the repo.
    pub fn op(&self, record: &FetchedRecord<'_>) -> Option<RecordOp> {
        Some(RecordOp {
            did: self.did.clone(),
            collection: record.collection.clone(),
            // Cannot fail: a record's key was checked when it was read.
            rkey: Rkey::parse(record.rkey).ok()?,
            action: OpAction::Create,
            cid: Some(record.cid),
            rev: self.verified.head.rev,
            record: record.record.clone(),
        })
    }
}

impl std::fmt::Debug for FetchedRepo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FetchedRepo")
            .field("did", &self.did)
            .field("head", &self.verified.head)
            .field("records", &self.verified.records)
            .field("car_bytes", &self.car_bytes)
            .finish_non_exhaustive()
    }
}

impl Records<'_> {
    /// The next record; `None` at the end. Errors: the file of a spilled repo cannot be read.
    #[expect(clippy::should_implement_trait, reason = "what it returns borrows from the walk")]
    pub fn next(&mut self) -> Result<Option<FetchedRecord<'_>>, ReadError> {
        let Self { blocks, walk, collection, rkey, arena } = self;
        let (cid, record) = loop {
            let Some(visit) = walk.next()? else { return Ok(None) };
            let Visit::Leaf { key, value } = visit else { continue };
            // The same leaves were left out, and counted, when the repo was verified.
            let Ok(leaf) = read_leaf(key, value) else { continue };
            let extent = blocks.find(&leaf.cid)?;
            if collection.as_ref().is_none_or(|nsid| nsid.as_str() != leaf.collection) {
                *collection = Nsid::parse(leaf.collection).ok();
            }
            rkey.clear();
            rkey.push_str(leaf.rkey);
            break (leaf.cid, blocks.get(extent, arena)?);
        };
        let Some(collection) = collection else { return Ok(None) };
        Ok(Some(FetchedRecord { collection, rkey, cid, record }))
    }
}
