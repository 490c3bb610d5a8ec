//! What commits, `#sync` and ops without proof change of an account's repo.

use std::sync::Arc;

use firehouse_indexer::Witness;
use firehouse_repo::{Chain, RecordOp, RepoHead, VerifiedCommit, verify_commit, verify_sync};
use firehouse_schema::{ActorStatus, Proof, RepoState};
use firehouse_types::{CommitEvent, DropReason, SyncEvent, UnprovenOp};

use crate::apply::apply_op;
use crate::applying::{Applying, Next};
use crate::metrics::{Outcome, now_us};
use crate::unproven;
use crate::work::Promise;

/// Decides who lives in a neighbourhood.
const FOLLOW: &str = "app.bsky.graph.follow";

impl Applying<'_> {
    pub fn commit(&mut self, commit: &CommitEvent) -> Next {
        let mut verified = match self.verified(commit) {
            Ok(verified) => verified,
            Err(DropReason::TooBig) => {
                // Something changed, and we were not told what.
                self.output.repos.push(self.known.desynchronize(DropReason::TooBig));
                self.requests.repo(self.known);
                return self.dropped(DropReason::TooBig);
            }
            Err(reason) => return self.refused(reason),
        };
        if self.status.has_gap() {
            verified.chain = self.known.after_gap(verified.chain, verified.since_matches);
        }
        if self.may_wait(commit, &verified) {
            return Next::Hold;
        }
        if self.known.row.status != ActorStatus::Active {
            self.wonder();
        }
        if self.event.held {
            let follows = verified.chain == Chain::Linked;
            self.metrics.was_held(if follows { Outcome::Followed } else { Outcome::Broken });
        }
        if verified.ops.iter().any(|op| op.collection.as_str() == FOLLOW) {
            self.tell_of_follows();
        }
        for (_, reason) in &verified.dropped {
            self.metrics.ops_dropped.with_label_values(&[reason.as_str()]).inc();
        }
        let source = self.source();
        // What was claimed without proof was selected, too.
        let mut ops = Vec::with_capacity(verified.ops.len());
        for op in verified.ops {
            if let Some(op) = self.selected(op) {
                self.index(&op, Proof::Live, &source);
                ops.push(op);
            }
        }
        let is_contradicted = self.known.unproven.prove(verified.rev, &ops);
        let head = RepoHead { rev: verified.rev, data: verified.data };
        self.advance(head, verified.chain, is_contradicted);
        Next::Done
    }

    pub fn sync(&mut self, sync: &SyncEvent) -> Next {
        let head = match self.verified_sync(sync) {
            Ok(head) => head,
            Err(reason) => return self.refused(reason),
        };
        let chain = match &self.known.head {
            // Of the commits before this one nothing is told.
            Some(held) if held.data == head.data && !self.status.has_gap() => Chain::Linked,
            _ => Chain::Unlinked(DropReason::ChainBroken),
        };
        let is_contradicted = self.known.unproven.prove(head.rev, &[]);
        self.advance(head, chain, is_contradicted);
        Next::Done
    }

    /// Writes an op that nobody proves. The chain of the repo knows nothing of it.
    pub fn unproven(&mut self, op: &UnprovenOp) -> Next {
        if op.path.starts_with(FOLLOW) {
            self.tell_of_follows();
        }
        let next = match unproven::record_op(op, self.known, now_unsigned_us()) {
            Ok(op) => match self.selected(op) {
                Some(op) if self.known.unproven.note(&op) => {
                    self.index(&op, Proof::Unverified, &self.source());
                    Next::Done
                }
                Some(_) => self.dropped(DropReason::StaleRev),
                None => Next::Done,
            },
            Err(reason) => self.dropped(reason),
        };
        self.requests.proof(self.known);
        next
    }

    fn verified(&self, commit: &CommitEvent) -> Result<VerifiedCommit, DropReason> {
        if self.known.has(commit.rev) {
            return Err(DropReason::StaleRev);
        }
        let key = self.known.key.as_ref().ok_or(DropReason::MissingKey)?;
        verify_commit(commit, key, self.known.head, now_unsigned_us())
    }

    fn verified_sync(&self, sync: &SyncEvent) -> Result<RepoHead, DropReason> {
        if self.known.has(sync.rev) {
            return Err(DropReason::StaleRev);
        }
        let key = self.known.key.as_ref().ok_or(DropReason::MissingKey)?;
        verify_sync(sync, key, now_unsigned_us())
    }

    /// Whether a commit that does not continue what we hold may only have come too early: over another upstream than the one before it.
    fn may_wait(&self, commit: &CommitEvent, verified: &VerifiedCommit) -> bool {
        !self.event.held
            && verified.chain == Chain::Unlinked(DropReason::ChainBroken)
            && self.known.head.is_some()
            && self.known.state == RepoState::Synchronized
            && commit.prev_data.is_some()
            && self.status.live() > 1
    }

    fn selected(&self, op: RecordOp) -> Option<RecordOp> {
        let op = self.selection.op(op);
        if op.is_none() {
            self.metrics.unkept.with_label_values(&["record"]).inc();
        }
        op
    }

    /// The upstream that sent it, by its name.
    fn source(&self) -> Arc<str> {
        self.status.name(self.event.ticket.upstream)
    }

    fn index(&mut self, op: &RecordOp, proof: Proof, source: &str) {
        let witness = Witness { witnessed_at_us: now_us(), proof, source };
        apply_op(op, &witness, self.indexer, self.metrics, self.output);
    }

    /// Whom this account follows may have changed, and with it who is kept.
    fn tell_of_follows(&mut self) {
        if self.selection.inner.contains(&self.known.row.actor) {
            self.output.promises.push(Promise::Follows(Arc::clone(self.follows)));
        }
    }

    /// Takes over the state that a signed commit leads to; when the repo falls out of step by it, it is fetched.
    fn advance(&mut self, head: RepoHead, chain: Chain, is_contradicted: bool) {
        let was_in_step = self.known.state == RepoState::Synchronized;
        let (mut row, _) = self.known.advance(head, chain);
        if is_contradicted {
            row = self.known.distrust();
        }
        let is_lost = was_in_step && row.state == RepoState::Desynchronized;
        if is_lost {
            self.metrics.repos_desynchronized.with_label_values(&[&row.reason]).inc();
        }
        self.output.repos.push(row);
        if is_lost {
            self.requests.repo(self.known);
        }
    }
}

fn now_unsigned_us() -> u64 {
    u64::try_from(now_us()).unwrap_or(0)
}
