//! How a worker takes over repos that were fetched: decided before they are written, in step when they are.

use std::sync::Arc;

use firehouse_repo::RepoHead;
use firehouse_schema::{ActorStatus, RepoState};
use firehouse_types::{ActorId, DropReason};
use tokio::sync::oneshot;

use crate::account::Busy;
use crate::work::{Fetched, Output, Promise, Verdict};
use crate::worker::Worker;

impl Worker {
    /// Decides on a fetched repo. From here until it is written, its events wait.
    pub(crate) fn admit(&mut self, actor: ActorId, fetched: Fetched, output: &mut Output) {
        let Some(account) = self.accounts.get_mut(&actor) else { return };
        let Some(known) = &mut account.known else { return };
        if known.row.status == ActorStatus::Deleted
            || !self.selection.keeps_account(actor, &known.row.pds)
        {
            return fetched.answer(Verdict::Needless);
        }
        if fetched.differs {
            known.desynchronize(DropReason::ReceiptDiffers);
        }
        if known.state == RepoState::Synchronized {
            if known.head.is_some_and(|head| fetched.head.rev <= head.rev) {
                return fetched.answer(Verdict::Needless);
            }
            // Nothing broke here, and still there is something newer: commits have passed us by.
            known.desynchronize(DropReason::CommitsMissed);
        }
        if !known.continues(fetched.head) {
            return fetched.answer(Verdict::Again(known.unbroken_since));
        }
        // Marked before it is written, so that it is fetched again after a crash.
        known.take_over(fetched.head);
        output.repos.push(known.repo_row());
        let verdict = Verdict::Write { vouched: known.vouched };
        output.promises.push(Promise::Verdict { to: fetched.verdict, verdict });
        account.busy = Some(Busy::Writing);
        self.selecting.begin(actor);
    }

    /// A fetched repo is in the store. If all of it is, so is the account's repo as a whole.
    pub(crate) fn written(
        &mut self,
        actor: ActorId,
        head: RepoHead,
        is_whole: bool,
        in_step: oneshot::Sender<Verdict>,
        output: &mut Output,
    ) {
        let Some(account) = self.accounts.get_mut(&actor) else { return };
        let Some(known) = &mut account.known else { return };
        if !self.selection.keeps_account(actor, &known.row.pds) {
            // What was written of it is removed, too.
            output.repos.push(known.leave());
        } else if is_whole && known.continues(head) {
            output.repos.push(known.synchronize());
            let verdict = Verdict::Write { vouched: known.vouched };
            output.promises.push(Promise::Verdict { to: in_step, verdict });
        } else {
            self.requests.repo(known);
        }
        if self.selection.inner.contains(&actor) {
            output.promises.push(Promise::Follows(Arc::clone(&self.follows)));
        }
        self.go_on(actor, output);
        if self.selection.by_number(actor) == Some(false) {
            self.forget(actor, output);
        }
    }
}
