//! From the event of a stranger to record ops one may believe.
//!
//! The order is that of cost and of authority: form, time and order first, then blocks, commit and signature, and only behind the
//! signature the tree. Nothing here changes state; the caller applies what comes back, and resolves the identity anew and calls again
//! when the answer is [`DropReason::InvalidSignature`].
//! Source: <https://atproto.com/specs/sync#commit-validation>

use firehouse_types::{Cid, CommitEvent, Did, DropReason, OpAction, RepoOp, Rev, SyncEvent};

use crate::op::{collect_ops, judge};
use crate::{Car, Commit, PublicKey, RecordOp};

/// How far a rev may lie ahead of our clock. An accepted rev of next year would freeze the account until then. Units: microseconds.
pub const FUTURE_REV_US: u64 = 5 * 60 * 1_000_000;

/// The lexicon's limit of a `#commit`'s blocks.
pub const COMMIT_BLOCKS_BYTES_MAX: usize = 2_000_000;
/// The lexicon's limit of a `#sync`'s blocks.
pub const SYNC_BLOCKS_BYTES_MAX: usize = 10_000;
/// The lexicon's limit of a `#commit`'s ops.
pub const OPS_MAX: usize = 200;

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

/// The checks that need neither key nor state nor hashing: limits, form of the ops, rev not ahead of our clock.
fn precheck(event: &CommitEvent, now_us: u64) -> Result<(), DropReason> {
    check_rev(event.rev, now_us)?;
    if event.blocks.len() > COMMIT_BLOCKS_BYTES_MAX || event.ops.len() > OPS_MAX {
        return Err(DropReason::InvalidEnvelope);
    }
    if event.blocks.is_empty() {
        return Err(DropReason::TooBig);
    }
    let well_formed = |op: &RepoOp| match op.action {
        OpAction::Create => op.cid.is_some() && op.prev.is_none(),
        OpAction::Update => op.cid.is_some(),
        OpAction::Delete => op.cid.is_none(),
    };
    if event.ops.iter().all(well_formed) && !names_a_path_twice(&event.ops) {
        Ok(())
    } else {
        Err(DropReason::InvalidEnvelope)
    }
}

fn names_a_path_twice(ops: &[RepoOp]) -> bool {
    let mut paths: Vec<&str> = ops.iter().map(|op| &*op.path).collect();
    paths.sort_unstable();
    paths.windows(2).any(|pair| matches!(pair, [one, other] if one == other))
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
    let (chain, agreement) = judge(event, &car, commit.data, head);
    let mut verified = VerifiedCommit {
        did: event.repo.clone(),
        rev: event.rev,
        data: commit.data,
        ops: Vec::with_capacity(event.ops.len()),
        chain,
        since_matches: event.since == head.map(|head| head.rev),
        dropped: Vec::new(),
    };
    collect_ops(event, &car, agreement, &mut verified);
    Ok(verified)
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
