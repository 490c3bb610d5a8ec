//! From the event of a stranger to record ops one may believe.
//!
//! The order is that of cost and of authority: form, time and order first, then blocks, commit and signature, and only behind the
//! signature the tree. Nothing here changes state; the caller applies what comes back, and resolves the identity anew and calls again
//! when the answer is [`DropReason::InvalidSignature`].
//! Source: <https://atproto.com/specs/sync#commit-validation>

use std::collections::HashSet;

use bytes::Bytes;
use firehouse_types::{
    Cid, CidCodec, CommitEvent, Did, DropReason, Nsid, OpAction, RepoOp, Rev, Rkey, SyncEvent,
};

use crate::mst::{self, Change, PartialTree, TreeError};
use crate::{Car, Commit, PublicKey};

/// How far a rev may lie ahead of our clock. An accepted rev of next year would freeze the account until then. Units: microseconds.
pub const FUTURE_REV_US: u64 = 5 * 60 * 1_000_000;

const COMMIT_BLOCKS_BYTES_MAX: usize = 2_000_000;
const SYNC_BLOCKS_BYTES_MAX: usize = 10_000;
const OPS_MAX: usize = 200;
const RECORD_BYTES_MAX: usize = 1 << 20;

/// What was applied last of a repo.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RepoHead {
    /// Its rev.
    pub rev: Rev,
    /// Root of its tree.
    pub data: Cid,
}

/// How a commit stands to what we hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chain {
    /// It starts from the tree we hold, and its ops are all that changed.
    Linked,
    /// The first commit of a repo we hold nothing of: its ops are all the records there are.
    Genesis,
    /// What is in it is signed and in the signed tree, but it does not continue what we hold: the repo must be fetched.
    Unlinked(DropReason),
}

/// A commit whose signature holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedCommit {
    /// Whose repo.
    pub did: Did,
    /// The new rev.
    pub rev: Rev,
    /// The new root.
    pub data: Cid,
    /// What changed, in the event's order; each agrees with the signed tree.
    pub ops: Vec<RecordOp>,
    /// Whether all of it may become our new [`RepoHead`].
    pub chain: Chain,
    /// Whether the producer's idea of the rev before is ours. If not while the chain is linked, a commit without ops was missed.
    pub since_matches: bool,
    /// Ops left out, by path. Those that are in the tree, but are no records for us, do not break the chain.
    pub dropped: Vec<(Box<str>, DropReason)>,
}

impl VerifiedCommit {
    /// What to remember as applied once every op is.
    pub fn head(&self) -> RepoHead {
        RepoHead { rev: self.rev, data: self.data }
    }
}

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

/// The checks that need neither key nor state nor hashing: limits, form of the ops, rev not ahead of our clock.
pub fn precheck(event: &CommitEvent, now_us: u64) -> Result<(), DropReason> {
    check_rev(event.rev, now_us)?;
    if event.blocks.len() > COMMIT_BLOCKS_BYTES_MAX || event.ops.len() > OPS_MAX {
        return Err(DropReason::InvalidEnvelope);
    }
    if event.blocks.is_empty() {
        return Err(DropReason::TooBig);
    }
    let mut paths = HashSet::with_capacity(event.ops.len());
    let well_formed = |op: &RepoOp| match op.action {
        OpAction::Create => op.cid.is_some() && op.prev.is_none(),
        OpAction::Update => op.cid.is_some(),
        OpAction::Delete => op.cid.is_none(),
    };
    if event.ops.iter().all(|op| well_formed(op) && paths.insert(&*op.path)) {
        Ok(())
    } else {
        Err(DropReason::InvalidEnvelope)
    }
}

/// Verifies a commit against the key of its account and against what we hold of its repo.
///
/// Errors: the event is to be dropped as a whole and changes nothing. [`DropReason::StaleRev`] is a repeat; [`DropReason::TooBig`] means
/// that the blocks were left out, so that only a fetch can tell; [`DropReason::InvalidSignature`] may be our outdated key.
/// Units: `now_us` is microseconds since 1970.
pub fn verify_commit(
    event: &CommitEvent,
    key: &PublicKey,
    head: Option<RepoHead>,
    now_us: u64,
) -> Result<VerifiedCommit, DropReason> {
    precheck(event, now_us)?;
    if head.is_some_and(|head| event.rev <= head.rev) {
        return Err(DropReason::StaleRev);
    }
    let car = Car::parse(&event.blocks)?;
    if car.roots().first() != Some(&event.commit) {
        return Err(DropReason::CommitMismatch);
    }
    let commit = signed_commit(&car, &event.commit, &event.repo, event.rev, key)?;
    let (agreement, chain) = judge(event, &car, commit.data, head);
    Ok(collect_ops(event, &car, commit.data, chain, agreement, head))
}

/// Verifies a `#sync`. Shape: what the repo is now. Whether that is news is the caller's question.
///
/// Errors: as [`verify_commit`].
pub fn verify_sync(
    event: &SyncEvent,
    key: &PublicKey,
    now_us: u64,
) -> Result<RepoHead, DropReason> {
    check_rev(event.rev, now_us)?;
    if event.blocks.len() > SYNC_BLOCKS_BYTES_MAX {
        return Err(DropReason::InvalidEnvelope);
    }
    let car = Car::parse(&event.blocks)?;
    let root = *car.roots().first().ok_or(DropReason::CarMalformed)?;
    let commit = signed_commit(&car, &root, &event.did, event.rev, key)?;
    Ok(RepoHead { rev: event.rev, data: commit.data })
}

pub(crate) fn check_rev(rev: Rev, now_us: u64) -> Result<(), DropReason> {
    if rev.timestamp_us() > now_us.saturating_add(FUTURE_REV_US) {
        return Err(DropReason::FutureRev);
    }
    Ok(())
}

/// `collection/rkey`, when it is that.
pub(crate) fn split_path(path: &str) -> Option<(&str, &str)> {
    path.split_once('/').filter(|(nsid, rkey)| Nsid::is_valid(nsid) && Rkey::is_valid(rkey))
}

fn signed_commit<'a>(
    car: &'a Car,
    cid: &Cid,
    did: &Did,
    rev: Rev,
    key: &PublicKey,
) -> Result<Commit<'a>, DropReason> {
    let block = car.block(cid).ok_or(DropReason::CommitMalformed)?;
    let commit = Commit::decode(block)?;
    if commit.did != did.as_str() || commit.current_rev()? != rev {
        return Err(DropReason::CommitMismatch);
    }
    commit.verify_signature(key).map_err(|_| DropReason::InvalidSignature)?;
    Ok(commit)
}

/// What is known about the ops of a commit and its signed tree.
#[derive(Clone, Copy, PartialEq)]
enum Agreement {
    /// Undoing them worked: each says what the tree says.
    Proven,
    /// It did not: each must be looked up.
    Open,
}

/// Undoes the ops and compares where that leads with where the commit should have started.
fn judge(event: &CommitEvent, car: &Car, data: Cid, head: Option<RepoHead>) -> (Agreement, Chain) {
    let (start, link) = match (head, event.prev_data) {
        (Some(head), Some(prev)) if prev == head.data => (Some(prev), Chain::Linked),
        // Of a repo nobody has seen before, the first commit holds everything.
        (None, prev) if event.since.is_none() && prev.is_none_or(|prev| prev == mst::EMPTY) => {
            (Some(mst::EMPTY), Chain::Genesis)
        }
        (_, prev) => (prev, Chain::Unlinked(DropReason::ChainBroken)),
    };
    // A producer older than Sync 1.1 does not say what was there before, so its ops cannot be undone.
    let Some(start) = start else { return (Agreement::Open, link) };
    let (agreement, fault) = match undo(event, car, data) {
        Ok(root) if root == start => return (Agreement::Proven, link),
        Ok(_) => (Agreement::Proven, DropReason::InversionMismatch),
        Err(error) => (Agreement::Open, DropReason::from(error)),
    };
    match link {
        Chain::Unlinked(_) => (agreement, link),
        Chain::Linked | Chain::Genesis => (agreement, Chain::Unlinked(fault)),
    }
}

fn undo(event: &CommitEvent, car: &Car, data: Cid) -> Result<Cid, TreeError> {
    let change = |op: &'_ RepoOp| match op.action {
        OpAction::Update | OpAction::Delete if op.prev.is_none() => Err(TreeError::Contradiction),
        _ => Ok((op.prev, op.cid)),
    };
    let changes = event
        .ops
        .iter()
        .map(|op| change(op).map(|(before, after)| Change::new(op.path.as_bytes(), before, after)))
        .collect::<Result<Vec<_>, _>>()?;
    mst::invert(car, data, &changes)
}

fn collect_ops(
    event: &CommitEvent,
    car: &Car,
    data: Cid,
    chain: Chain,
    agreement: Agreement,
    head: Option<RepoHead>,
) -> VerifiedCommit {
    let mut commit = VerifiedCommit {
        did: event.repo.clone(),
        rev: event.rev,
        data,
        ops: Vec::with_capacity(event.ops.len()),
        chain,
        since_matches: event.since == head.map(|head| head.rev),
        dropped: Vec::new(),
    };
    let mut tree = PartialTree::new(car, data);
    for op in &event.ops {
        let looked_up = match agreement {
            Agreement::Proven => Ok(()),
            Agreement::Open => look_up(&mut tree, op),
        };
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
    commit
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
    if record.len() > RECORD_BYTES_MAX {
        return Err(DropReason::RecordTooLarge);
    }
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
