//! [`Assembly`]: the pieces of a CAR in, a verified repo out. No socket and no clock here.
//!
//! All or nothing: whatever is missing, cut off or altered makes the whole CAR useless, since what it lacks would look deleted.

use std::fs::File;
use std::io;

use bytes::BytesMut;
use firehouse_repo::mst::{TreeError, Visit, Walk};
use firehouse_repo::{CarReader, PublicKey, RepoHead, read_leaf, verify_repo_commit};
use firehouse_types::{Cid, Did, DropReason, Rev};

use crate::blocks::{BlockWriter, Blocks, WriteError};
use crate::error::FetchError;

/// What the answer must be a proof of.
#[derive(Clone)]
pub(crate) struct Claim {
    pub(crate) did: Did,
    pub(crate) key: PublicKey,
    /// An older rev is refused.
    pub(crate) not_before: Option<Rev>,
}

/// A repo in the making.
pub(crate) struct Assembly {
    reader: CarReader,
    blocks: BlockWriter,
    index_bytes_max: usize,
}

/// What was assembled and holds.
pub(crate) struct Verified {
    pub(crate) head: RepoHead,
    pub(crate) commit: Cid,
    pub(crate) records: u64,
    pub(crate) dropped: Dropped,
    pub(crate) blocks: Blocks,
}

/// How many leaves of a repo's tree are no records for us, by reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// The key is no `collection/rkey`.
    pub invalid_path: u64,
    /// The value is no CID of a record.
    pub record_malformed: u64,
}

impl Dropped {
    /// Each reason with its count.
    pub fn counts(&self) -> [(DropReason, u64); 2] {
        [
            (DropReason::InvalidPath, self.invalid_path),
            (DropReason::RecordMalformed, self.record_malformed),
        ]
    }

    /// All of them.
    pub fn total(&self) -> u64 {
        self.counts().iter().map(|(_, count)| count).sum()
    }
}

impl Assembly {
    pub(crate) fn new(index_bytes_max: usize) -> Self {
        let blocks = BlockWriter::new(index_bytes_max);
        Self { reader: CarReader::new(), blocks, index_bytes_max }
    }

    /// Takes the next bytes of the answer.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Result<(), FetchError> {
        let (blocks, index_bytes_max) = (&mut self.blocks, self.index_bytes_max);
        self.reader.push(piece, |cid, block| {
            blocks.insert(cid, block).map_err(|error| match error {
                WriteError::IndexFull => FetchError::TooManyBlocks { index_bytes_max },
                WriteError::Io(source) => FetchError::Spill(source),
            })
        })
    }

    /// Moves what is there, and what comes, to an empty file.
    pub(crate) fn spill(&mut self, file: File) -> io::Result<()> {
        self.blocks.spill(file)
    }

    /// The answer is complete: checks commit and tree. Units: `now_us` is microseconds since 1970.
    pub(crate) fn finish(self, claim: &Claim, now_us: u64) -> Result<Verified, FetchError> {
        let roots = self.reader.finish()?;
        let commit = *roots.first().ok_or(FetchError::Refused(DropReason::CarMalformed))?;
        let blocks = self.blocks.finish().map_err(FetchError::Spill)?;
        let block = blocks.get(blocks.find(&commit)?, &mut BytesMut::new())?;
        let head = verify_repo_commit(&block, &claim.did, &claim.key, now_us)
            .map_err(FetchError::Refused)?;
        if let Some(not_before) = claim.not_before.filter(|&not_before| head.rev < not_before) {
            return Err(FetchError::Stale { rev: head.rev, not_before });
        }
        let (records, dropped) = check_tree(&blocks, head.data)?;
        Ok(Verified { head, commit, records, dropped, blocks })
    }
}

/// Walks the whole tree: every node by every rule, and every record is there.
fn check_tree(blocks: &Blocks, root: Cid) -> Result<(u64, Dropped), FetchError> {
    let (mut records, mut dropped) = (0, Dropped::default());
    let mut walk = Walk::new(blocks, root);
    while let Some(visit) = walk.next()? {
        let Visit::Leaf { key, value } = visit else { continue };
        match read_leaf(key, value) {
            Ok(leaf) => {
                blocks.find(&leaf.cid)?;
                records += 1;
            }
            Err(DropReason::InvalidPath) => dropped.invalid_path += 1,
            Err(_) => dropped.record_malformed += 1,
        }
    }
    Ok((records, dropped))
}

impl From<TreeError> for FetchError {
    fn from(error: TreeError) -> Self {
        crate::blocks::ReadError::Tree(error).into()
    }
}

#[cfg(test)]
mod tests;
