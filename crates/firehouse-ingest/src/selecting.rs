//! How a worker takes over another selection: what it does not keep is forgotten, and what was begun by the one before is waited for.

use std::collections::HashSet;
use std::sync::Arc;

use firehouse_types::ActorId;
use tokio::sync::oneshot;

use crate::account::Busy;
use crate::keep::Selection;
use crate::work::{Item, Output, Promise, Verdict, WantedItem};
use crate::worker::Worker;

/// Repos that are being written, and who waits for them.
#[derive(Default)]
pub struct Selecting {
    writing: HashSet<ActorId>,
    waiting: Vec<(HashSet<ActorId>, oneshot::Sender<()>)>,
}

impl Selecting {
    /// A repo is admitted: it is written by the selection of now, or a later one.
    pub fn begin(&mut self, actor: ActorId) {
        self.writing.insert(actor);
    }

    /// It is written. Shape: who has waited for it last.
    pub fn end(&mut self, actor: ActorId) -> impl Iterator<Item = Promise> + use<> {
        self.writing.remove(&actor);
        for (writing, _) in &mut self.waiting {
            writing.remove(&actor);
        }
        let is_done = |(writing, _): &mut (HashSet<ActorId>, _)| writing.is_empty();
        let done: Vec<_> = self.waiting.extract_if(.., is_done).collect();
        done.into_iter().map(|(_, told)| Promise::Done(told))
    }

    /// Told when all that are being written now are. Shape: the same at once, when none is.
    fn wait(&mut self, told: oneshot::Sender<()>) -> Option<Promise> {
        if self.writing.is_empty() {
            return Some(Promise::Done(told));
        }
        self.waiting.push((self.writing.clone(), told));
        None
    }
}

impl Worker {
    /// From now on something else is kept.
    pub(crate) fn select(
        &mut self,
        selection: Arc<Selection>,
        told: oneshot::Sender<()>,
        output: &mut Output,
    ) {
        self.requests.of_some(!selection.rules.keeps_everybody());
        self.selection = selection;
        let mut left = Vec::new();
        for (&actor, account) in self.accounts.iter_mut() {
            let pds = account.known.as_ref().map_or("", |known| &*known.row.pds);
            let is_kept = self.selection.may_keep_account(actor, pds);
            account.doubtful = account.known.is_none();
            // Whose repo is being written goes when it is.
            if !is_kept && account.busy != Some(Busy::Writing) {
                left.push(actor);
            }
        }
        for actor in left {
            self.forget(actor, output);
        }
        output.promises.extend(self.selecting.wait(told));
    }

    /// Knows nothing of an account any more; what waited for it is left out.
    pub(crate) fn forget(&mut self, actor: ActorId, output: &mut Output) {
        let Some(account) = self.accounts.pop(&actor) else { return };
        self.metrics.waiting_events.sub(account.waiting.len() as i64);
        let held = self.held.take(actor);
        self.metrics.held_events.sub(held.len() as i64);
        for item in account.waiting.into_iter().chain(held.into_iter().map(Item::Event)) {
            self.leave_out(item, output);
        }
    }

    /// Something of an account that is not kept: it is neither verified nor applied.
    pub(crate) fn leave_out(&self, item: Item, output: &mut Output) {
        match item {
            Item::Event(event) => {
                self.metrics.unkept.with_label_values(&["event"]).inc();
                output.done.push(event.ticket);
            }
            // Whoever waits hears that it is over.
            Item::Told(_) | Item::Stands(_) | Item::Wanted(_) => {}
            Item::Fetched(fetched) => fetched.answer(Verdict::Needless),
        }
    }

    /// An account that is kept is to be fetched, whatever is here of it.
    pub(crate) fn want(&mut self, actor: ActorId, wanted: WantedItem, output: &mut Output) {
        let known = self.accounts.get_mut(&actor).and_then(|account| account.known.as_mut());
        let Some(known) = known else { return };
        if self.selection.keeps_account(actor, &known.row.pds) {
            output.repos.push(known.want());
            output.promises.push(Promise::Done(wanted.told));
            self.requests.repo(known);
        }
    }
}
