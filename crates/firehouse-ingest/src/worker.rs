//! Verifies and indexes the events of its share of the accounts, in order, on a thread of its own.
//!
//! An account that is not known yet is looked up by others; meanwhile its events wait here and those of other accounts go on.

use std::sync::Arc;
use std::time::Instant;

use firehouse_identity::Resolver;
use firehouse_indexer::Indexer;
use firehouse_types::{ActorId, DropReason, Event};
use tokio::runtime;
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout_at;

use crate::account::{Account, Accounts, Busy};
use crate::contests::Contest;
use crate::held::Held;
use crate::keep::Selection;
use crate::metrics::Metrics;
use crate::requests::Requests;
use crate::selecting::Selecting;
use crate::status::Status;
use crate::work::{Item, Lookup, LookupReason, Output, Ticketed, Verdict, Work};

/// Events that wait while their fetched repo is written. One more is dropped with all that follow, and the repo is fetched again.
const WAITING_MAX: usize = 2_048;

/// One share of the accounts.
pub struct Worker {
    pub accounts: Accounts,
    pub held: Held,
    pub indexer: Arc<Indexer>,
    /// Only told what to forget; look-ups are not made here.
    pub resolver: Resolver,
    pub status: Status,
    pub inbox: mpsc::Receiver<Work>,
    /// As long as events may be in flight, so that asking never waits.
    pub lookups: mpsc::Sender<Lookup>,
    /// Where whoever had a handle before is looked for.
    pub contests: mpsc::Sender<Contest>,
    /// Where whole repos are asked for.
    pub requests: Requests,
    pub output: mpsc::Sender<Output>,
    /// What is kept.
    pub selection: Arc<Selection>,
    /// Told when whom somebody follows may have changed that.
    pub follows: Arc<Notify>,
    pub selecting: Selecting,
    pub metrics: Metrics,
}

/// What a worker does next.
enum Turn {
    Work(Work),
    /// Some held commits have waited long enough.
    PatienceEnded,
}

impl Worker {
    /// Runs until its inbox is closed. Blocks: give it a thread of the runtime for such.
    pub fn run(mut self) {
        while let Some(turn) = self.next_turn() {
            let mut output = Output::default();
            match turn {
                Turn::PatienceEnded => self.end_patience(&mut output),
                Turn::Work(Work::Events(events)) => {
                    events.into_iter().for_each(|event| self.take(Item::Event(event), &mut output))
                }
                Turn::Work(Work::Told(told)) => {
                    // Of an account that is neither here nor known otherwise there is nothing to correct.
                    if told.is_news || self.accounts.contains(&told.did.actor()) {
                        self.take(Item::Told(told), &mut output);
                    }
                }
                Turn::Work(Work::Settled(ticket)) => output.done.push(ticket),
                Turn::Work(Work::Found(found)) => self.found(*found, &mut output),
                Turn::Work(Work::Stands(stands)) => self.take(Item::Stands(stands), &mut output),
                Turn::Work(Work::Fetched(fetched)) => {
                    self.take(Item::Fetched(fetched), &mut output)
                }
                Turn::Work(Work::Select { selection, told }) => {
                    self.select(selection, told, &mut output)
                }
                Turn::Work(Work::Want(wanted)) => self.take(Item::Wanted(wanted), &mut output),
                Turn::Work(Work::Written { actor, head, is_whole, in_step }) => {
                    self.written(actor, head, is_whole, in_step, &mut output);
                    output.promises.extend(self.selecting.end(actor));
                }
            }
            // The writer is gone only when the pipeline is being torn down.
            if !output.is_empty() && self.output.blocking_send(output).is_err() {
                return;
            }
        }
    }

    /// Waits for work, or for the end of a patience. `None` when there will be no more work.
    fn next_turn(&mut self) -> Option<Turn> {
        let Some(end) = self.held.next_end() else {
            return self.inbox.blocking_recv().map(Turn::Work);
        };
        let inbox = &mut self.inbox;
        let work = async { timeout_at(end.into(), inbox.recv()).await };
        match runtime::Handle::current().block_on(work) {
            Ok(work) => work.map(Turn::Work),
            Err(_) => Some(Turn::PatienceEnded),
        }
    }

    /// Takes commits as they are that have waited long enough for the one before them.
    fn end_patience(&mut self, output: &mut Output) {
        let now = Instant::now();
        while let Some(actor) = self.held.ended(now) {
            self.release(actor, output);
        }
    }

    /// The held commits of an account wait no longer.
    fn release(&mut self, actor: ActorId, output: &mut Output) {
        let events = self.held.take(actor);
        self.metrics.held_events.sub(events.len() as i64);
        for event in events {
            self.take(Item::Event(event), output);
        }
    }

    /// Lets a commit wait for the one before it, or where too many wait already takes all of the account as they are.
    pub(crate) fn hold(&mut self, actor: ActorId, event: Ticketed, output: &mut Output) {
        match self.held.hold(actor, event, Instant::now()) {
            None => self.metrics.held_events.inc(),
            Some(mut event) => {
                self.release(actor, output);
                event.held = true;
                self.take(Item::Event(event), output);
            }
        }
    }

    /// Takes the held commits of an account whose turn has come.
    fn retry_held(&mut self, actor: ActorId, output: &mut Output) {
        while self.held.has(actor)
            && let Some(account) = self.accounts.get(&actor)
            && account.busy.is_none()
            && let Some(head) = account.known.as_ref().and_then(|known| known.head)
            && let Some(event) = self.held.take_next(actor, head)
        {
            self.metrics.held_events.dec();
            self.apply(actor, event, output);
        }
    }

    fn take(&mut self, item: Item, output: &mut Output) {
        let Some(did) = item.did() else { return };
        let actor = did.actor();
        if self.selection.by_number(actor) == Some(false) {
            return self.leave_out(item, output);
        }
        let account = self.accounts.get_or_insert_mut(actor, || Account::new(did.clone()));
        if account.did != *did {
            tracing::warn!(%did, taken_by = %account.did, "two DIDs have the same number; the later is not indexed");
            return self.give_up(item, DropReason::ActorTaken, output);
        }
        if account.busy.is_some() {
            self.wait_behind(actor, item, output);
        } else if account.known.is_none() {
            if let Item::Event(Ticketed { event: Event::Identity(identity), .. }) = &item {
                self.resolver.forget(&identity.did);
            }
            self.look_up_for(actor, item, LookupReason::First);
        } else {
            match item {
                Item::Event(event) => {
                    if matches!(event.event, Event::Sync(_)) && self.held.has(actor) {
                        // What the repo is now must not stand before what led there.
                        self.release(actor, output);
                        return self.take(Item::Event(event), output);
                    }
                    self.apply(actor, event, output);
                    self.retry_held(actor, output);
                }
                Item::Told(told) => self.hear(actor, told, output),
                Item::Stands(stands) => self.stand(actor, stands, output),
                Item::Fetched(fetched) => self.admit(actor, fetched, output),
                Item::Wanted(wanted) => self.want(actor, wanted, output),
            }
        }
    }

    fn wait_behind(&mut self, actor: ActorId, item: Item, output: &mut Output) {
        let Some(account) = self.accounts.get_mut(&actor) else { return };
        let is_full = account.busy == Some(Busy::Writing) && account.waiting.len() >= WAITING_MAX;
        let is_commit =
            matches!(&item, Item::Event(Ticketed { event: Event::Commit(_) | Event::Sync(_), .. }));
        if is_full && is_commit {
            // The next commit that is applied breaks the chain, and the repo is fetched again.
            return self.give_up(item, DropReason::WaitedTooLong, output);
        }
        account.waiting.push_back(item);
        self.metrics.waiting_events.inc();
    }

    /// Leaves something undone, for good.
    pub(crate) fn give_up(&self, item: Item, reason: DropReason, output: &mut Output) {
        match item {
            Item::Event(event) => {
                self.metrics.events_dropped.with_label_values(&[reason.as_str()]).inc();
                output.done.push(event.ticket);
            }
            // Whoever waits hears that it is over.
            Item::Told(_) | Item::Stands(_) => {}
            Item::Fetched(fetched) => fetched.answer(Verdict::Refused(reason)),
            // That nobody is told says it.
            Item::Wanted(_) => {}
        }
    }

    /// The account is free: what waited has its turn, until one of it needs the account for itself again.
    pub(crate) fn go_on(&mut self, actor: ActorId, output: &mut Output) {
        let Some(account) = self.accounts.get_mut(&actor) else { return };
        account.busy = None;
        let waiting = std::mem::take(&mut account.waiting);
        self.metrics.waiting_events.sub(waiting.len() as i64);
        for item in waiting {
            self.take(item, output);
        }
        self.retry_held(actor, output);
    }
}
