//! [`RecordOp`]: one change of one record; and what the ops of a commit are worth.
//!
//! An event's ops are a stranger's words, its tree is signed. Either undoing all of them leads back to the tree before, or each is looked
//! up in the tree on its own.

use bytes::Bytes;
use firehouse_types::{
    Cid, CidCodec, CommitEvent, Did, DropReason, Nsid, OpAction, RepoOp, Rev, Rkey,
};

use crate::mst::{self, Change, PartialTree, TreeError};
use crate::{Car, Chain, RepoHead, VerifiedCommit};

/// One change of one record, from a commit or from a whole repo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordOp {
    /// Whose repo.
    pub did: Did,
    /// The collection.
    pub collection: Nsid,
    /// The record key.
    pub rkey: Rkey,
    /// What happened.
    pub action: OpAction,
    /// The record's block; `None` for a delete.
    pub cid: Option<Cid>,
    /// The rev it happened at: the version of the record.
    pub rev: Rev,
    /// The record's bytes, which hash to `cid` but may be no valid record; empty for a delete.
    pub record: Bytes,
}

/// What a leaf of a tree names: a record at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeafRecord<'k> {
    /// `collection/rkey`.
    pub path: &'k str,
    /// An NSID.
    pub collection: &'k str,
    /// A record key.
    pub rkey: &'k str,
    /// The record's block.
    pub cid: Cid,
}

/// Reads the key and value of a leaf. Errors: the leaf is part of the signed tree, but is no record for us.
pub fn read_leaf<'k>(key: &'k [u8], value: &[u8]) -> Result<LeafRecord<'k>, DropReason> {
    let path = std::str::from_utf8(key).map_err(|_| DropReason::InvalidPath)?;
    let (collection, rkey) = path
        .split_once('/')
        .filter(|(nsid, rkey)| Nsid::is_valid(nsid) && Rkey::is_valid(rkey))
        .ok_or(DropReason::InvalidPath)?;
    match Cid::from_bytes(value) {
        Ok(cid) if cid.codec == CidCodec::DagCbor => Ok(LeafRecord { path, collection, rkey, cid }),
        _ => Err(DropReason::RecordMalformed),
    }
}

/// What is known about the ops of a commit and its signed tree.
#[derive(Clone, Copy)]
pub(crate) enum Agreement {
    /// Undoing them worked: each says what the tree says.
    Proven,
    /// It did not: each must be looked up.
    Open,
}

/// Undoes the ops and compares where that leads with where the commit should have started.
pub(crate) fn judge(
    event: &CommitEvent,
    car: &Car,
    data: Cid,
    head: Option<RepoHead>,
) -> (Chain, Agreement) {
    let (start, link) = match (head, event.prev_data) {
        (Some(head), Some(prev)) if prev == head.data => (Some(prev), Chain::Linked),
        // Of a repo nobody has seen before, the first commit holds everything.
        (None, prev) if event.since.is_none() && prev.is_none_or(|prev| prev == mst::EMPTY) => {
            (Some(mst::EMPTY), Chain::Genesis)
        }
        (_, prev) => (prev, Chain::Unlinked(DropReason::ChainBroken)),
    };
    // A producer older than Sync 1.1 does not say what was there before, so its ops cannot be undone.
    let Some(start) = start else { return (link, Agreement::Open) };
    let (agreement, fault) = match undo(event, car, data) {
        Ok(root) if root == start => return (link, Agreement::Proven),
        Ok(_) => (Agreement::Proven, DropReason::InversionMismatch),
        Err(error) => (Agreement::Open, DropReason::from(error)),
    };
    match link {
        Chain::Unlinked(_) => (link, agreement),
        Chain::Linked | Chain::Genesis => (Chain::Unlinked(fault), agreement),
    }
}

fn undo(event: &CommitEvent, car: &Car, data: Cid) -> Result<Cid, TreeError> {
    let changes = event.ops.iter().map(change).collect::<Result<Vec<_>, _>>()?;
    mst::invert(car, data, &changes)
}

fn change(op: &RepoOp) -> Result<Change<'_>, TreeError> {
    match op.action {
        OpAction::Update | OpAction::Delete if op.prev.is_none() => Err(TreeError::Contradiction),
        OpAction::Create | OpAction::Update | OpAction::Delete => {
            Ok(Change::new(op.path.as_bytes(), op.prev, op.cid))
        }
    }
}

/// Puts every op that holds into the commit, and says of every other why it does not.
pub(crate) fn collect_ops(
    event: &CommitEvent,
    car: &Car,
    agreement: Agreement,
    commit: &mut VerifiedCommit,
) {
    let mut tree = match agreement {
        Agreement::Proven => None,
        Agreement::Open => Some(PartialTree::new(car, commit.data)),
    };
    for op in &event.ops {
        let looked_up = tree.as_mut().map_or(Ok(()), |tree| look_up(tree, op));
        match looked_up.and_then(|()| record_op(event, op, car)) {
            Ok(op) => commit.ops.push(op),
            Err(reason) => {
                // A record that is in the tree, but not here, is a hole in what we hold.
                if reason == DropReason::MissingBlock && !matches!(commit.chain, Chain::Unlinked(_))
                {
                    commit.chain = Chain::Unlinked(reason);
                }
                commit.dropped.push((op.path.clone(), reason));
            }
        }
    }
}

/// Whether the signed tree says what the unsigned op says.
fn look_up(tree: &mut PartialTree<'_>, op: &RepoOp) -> Result<(), DropReason> {
    let found = tree.get(op.path.as_bytes())?;
    if found == op.cid.map(Cid::to_bytes).as_ref().map(|cid| &cid[..]) {
        Ok(())
    } else {
        Err(DropReason::InversionMismatch)
    }
}

fn record_op(event: &CommitEvent, op: &RepoOp, car: &Car) -> Result<RecordOp, DropReason> {
    let (collection, rkey) = op.path.split_once('/').ok_or(DropReason::InvalidPath)?;
    let collection = Nsid::parse(collection).map_err(|_| DropReason::InvalidPath)?;
    let rkey = Rkey::parse(rkey).map_err(|_| DropReason::InvalidPath)?;
    let record = match op.cid {
        None => Bytes::new(),
        Some(cid) if cid.codec == CidCodec::DagCbor => {
            car.get(&cid).ok_or(DropReason::MissingBlock)?
        }
        Some(_) => return Err(DropReason::RecordMalformed),
    };
    Ok(RecordOp {
        did: event.repo.clone(),
        collection,
        rkey,
        action: op.action,
        cid: op.cid,
        rev: event.rev,
        record,
    })
}
