//! Verifies and indexes the events of its share of the accounts, in order, on a thread of its own.
//!
//! An account that is not known yet is looked up by others; meanwhile its events wait here and those of other accounts go on.

use std::sync::Arc;
use std::time::Instant;

use firehouse_identity::{IdentityError, Resolver};
use firehouse_indexer::{Indexer, Witness};
use firehouse_repo::{Chain, RepoHead, VerifiedCommit, verify_commit, verify_sync};
use firehouse_schema::{ActorRow, ActorStatus, Proof, RepoState};
use firehouse_types::{
    AccountEvent, AccountStatus, ActorId, CommitEvent, Did, DropReason, Event, Handle, SyncEvent,
    UnprovenOp,
};
use tokio::runtime;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::timeout_at;

use crate::account::{Account, Accounts, Busy, Known};
use crate::apply::apply_op;
use crate::authority::may_speak;
use crate::contests::Contest;
use crate::held::Held;
use crate::keep::Selection;
use crate::metrics::{Metrics, Outcome, now_ms, now_us};
use crate::requests::Requests;
use crate::selecting::Selecting;
use crate::status::Status;
use crate::unproven::{self, Unproven};
use crate::work::{
    Fetched, Found, HandleCheck, Item, Lookup, LookupReason, Output, Promise, Ticketed, Told,
    Verdict, Work,
};

/// Decides who lives in a neighbourhood.
const FOLLOW: &str = "app.bsky.graph.follow";

/// How long a verified handle is trusted, and how long one that failed is left alone. Units: milliseconds.
const HANDLE_RECHECK_MS: i64 = 24 * 3_600_000;
const INVALID_HANDLE_RECHECK_MS: i64 = 3_600_000;

/// Least time between two questions at the PDS because of signatures that do not hold: a stranger can bring them about. Units: milliseconds.
const DOUBT_EVERY_MS: i64 = 60_000;

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
    fn hold(&mut self, actor: ActorId, event: Ticketed, output: &mut Output) {
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
                Item::Fetched(fetched) => self.admit(actor, fetched, output),
                Item::Wanted(wanted) => self.want(actor, wanted, output),
            }
        }
    }

    /// Takes over what the directory says of an account, before any signature fails because of it.
    fn hear(&mut self, actor: ActorId, told: Told, output: &mut Output) {
        let Some(known) = self.accounts.get_mut(&actor).and_then(|account| account.known.as_mut())
        else {
            return;
        };
        let Told { did, identity, handle, done, .. } = told;
        if let Some(identity) = &identity {
            let from = known.row.pds.clone();
            output.actors.extend(known.update(Some(identity), &handle));
            moved(known, &from, &self.selection, &self.requests, output);
        }
        let claimed = identity.as_ref().map(|i| i.handle.as_ref().map_or("", Handle::as_str));
        if handle == HandleCheck::Unknown && claimed != Some(&*known.row.handle) {
            // A handle counts when it leads back; and where nothing is proven, the directory is asked for everything.
            ask(&self.lookups, Lookup { actor, did, reason: LookupReason::Handle });
        }
        output.promises.push(Promise::Verdict { to: done, verdict: Verdict::Needless });
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

    /// Puts something in front of what waits and asks for its account.
    fn look_up_for(&mut self, actor: ActorId, item: Item, reason: LookupReason) {
        let Some(account) = self.accounts.get_mut(&actor) else { return };
        account.waiting.push_front(item);
        account.busy = Some(Busy::LookingUp);
        self.metrics.waiting_events.inc();
        ask(&self.lookups, Lookup { actor, did: account.did.clone(), reason });
    }

    /// Leaves something undone, for good.
    fn give_up(&self, item: Item, reason: DropReason, output: &mut Output) {
        match item {
            Item::Event(event) => {
                self.metrics.events_dropped.with_label_values(&[reason.as_str()]).inc();
                output.done.push(event.ticket);
            }
            // Whoever waits hears that it is over.
            Item::Told(_) => {}
            Item::Fetched(fetched) => fetched.answer(Verdict::Refused(reason)),
            // That nobody is told says it.
            Item::Wanted(_) => {}
        }
    }

    /// Decides on a fetched repo. From here until it is written, its events wait.
    fn admit(&mut self, actor: ActorId, fetched: Fetched, output: &mut Output) {
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
    fn written(
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

    /// The account is free: what waited has its turn, until one of it needs the account for itself again.
    fn go_on(&mut self, actor: ActorId, output: &mut Output) {
        let Some(account) = self.accounts.get_mut(&actor) else { return };
        account.busy = None;
        let waiting = std::mem::take(&mut account.waiting);
        self.metrics.waiting_events.sub(waiting.len() as i64);
        for item in waiting {
            self.take(item, output);
        }
        self.retry_held(actor, output);
    }

    fn found(&mut self, mut found: Found, output: &mut Output) {
        let actor = found.actor;
        let mut ticket = match found.reason {
            LookupReason::Identity(ticket) => Some(ticket),
            _ => None,
        };
        if self.selection.by_number(actor) == Some(false) {
            output.done.extend(ticket);
            return self.forget(actor, output);
        }
        let Some(account) = self.accounts.get_mut(&actor) else {
            return output.done.extend(ticket);
        };
        let did = account.did.clone();
        let identity = found.identity.as_ref().and_then(|identity| identity.as_deref().ok());
        if account.known.is_none() {
            account.known = match found.stored.take() {
                Some(stored) if stored.actor.did != did => {
                    output.done.extend(ticket);
                    return self.drop_waiting(actor, DropReason::ActorTaken, output);
                }
                Some(mut stored) => {
                    stored.repo = stored.repo.filter(|_| !account.doubtful);
                    let unproven = Unproven::from_stored(&found.unproven);
                    Some(Known { unproven, ..Known::from_stored(stored) })
                }
                None => identity.map(|_| Known::first_seen(did.clone())),
            };
        }
        let Some(known) = &mut account.known else {
            let definitive = matches!(&found.identity, Some(Err(error)) if error.disposition() == firehouse_identity::Disposition::Definitive);
            let reason =
                if definitive { DropReason::IdentityGone } else { DropReason::IdentityUnavailable };
            output.done.extend(ticket);
            return self.drop_waiting(actor, reason, output);
        };
        if matches!(found.identity, Some(Err(IdentityError::Tombstoned))) {
            output.actors.extend(known.set_status(ActorStatus::Deleted));
        }
        let from = known.row.pds.clone();
        if identity.is_some() || found.handle != HandleCheck::Unknown {
            let before = known.row.handle.clone();
            output.actors.extend(known.update(identity, &found.handle));
            if known.row.handle != before && !known.row.handle.is_empty() {
                let handle = known.row.handle.to_ascii_lowercase().into();
                let (to, durable) = oneshot::channel();
                let contest = Contest { did: did.clone(), handle, ticket: ticket.take(), durable };
                // As many fit as events may be in flight; where there are more, the daily check finds the loser.
                if let Err(TrySendError::Full(contest)) = self.contests.try_send(contest) {
                    ticket = contest.ticket;
                } else {
                    output.promises.push(Promise::Verdict { to, verdict: Verdict::Needless });
                }
            }
        }
        output.done.extend(ticket);
        moved(known, &from, &self.selection, &self.requests, output);
        let handle_age_ms = now_ms() - known.handle_checked_ms;
        let handle_is_old = handle_age_ms
            > if known.row.handle.is_empty() {
                INVALID_HANDLE_RECHECK_MS
            } else {
                HANDLE_RECHECK_MS
            };
        let may_be_old = match found.reason {
            LookupReason::First => handle_is_old,
            LookupReason::Authority => identity.is_some_and(|identity| {
                identity.handle.as_ref().map_or("", |handle| handle.as_str()) != &*known.row.handle
            }),
            LookupReason::Refresh | LookupReason::Identity(_) | LookupReason::Handle => false,
        };
        if may_be_old {
            ask(&self.lookups, Lookup { actor, did, reason: LookupReason::Handle });
        }
        if found.reason == LookupReason::First {
            self.requests.repo(known);
        }
        let waited_for = match found.reason {
            LookupReason::First | LookupReason::Refresh | LookupReason::Authority => true,
            LookupReason::Identity(_) | LookupReason::Handle => false,
        };
        if waited_for {
            if let Some(Item::Event(first)) = account.waiting.front_mut() {
                // An `#identity` event that brought the first look-up has what it asked for.
                let answered =
                    found.identity.is_some() && matches!(first.event, Event::Identity(_));
                first.refreshed |= answered || found.reason != LookupReason::First;
            }
            self.go_on(actor, output);
        }
    }

    /// Nobody can say whose events these are.
    fn drop_waiting(&mut self, actor: ActorId, reason: DropReason, output: &mut Output) {
        let Some(account) = self.accounts.pop(&actor) else { return };
        self.metrics.waiting_events.sub(account.waiting.len() as i64);
        let is_proven = |item: &Item| match item {
            Item::Event(event) => !matches!(event.event, Event::Unproven(_)),
            Item::Told(_) => false,
            Item::Fetched(_) | Item::Wanted(_) => true,
        };
        if reason == DropReason::IdentityUnavailable && account.waiting.iter().any(is_proven) {
            let mut unknown = Known::first_seen(account.did.clone());
            output.repos.push(unknown.desynchronize(reason));
            output.actors.push(ActorRow::mentioned(account.did.clone()));
            self.requests.repo(&unknown);
        }
        for item in account.waiting {
            self.give_up(item, reason, output);
        }
    }

    fn apply(&mut self, actor: ActorId, event: Ticketed, output: &mut Output) {
        let Some(known) = self.accounts.get_mut(&actor).and_then(|account| account.known.as_mut())
        else {
            return;
        };
        let is_of_repo =
            matches!(event.event, Event::Commit(_) | Event::Sync(_) | Event::Unproven(_));
        let is_kept = self.selection.keeps_account(actor, &known.row.pds);
        if is_of_repo && !is_kept {
            return self.leave_out(Item::Event(event), output);
        }
        let speaks = may_speak(&event, known);
        if !speaks && !event.refreshed {
            // It may have moved there.
            return self.look_up_for(actor, Item::Event(event), LookupReason::Refresh);
        }
        let applied = match &event.event {
            _ if !speaks => Err(DropReason::WrongHost),
            Event::Commit(commit) => match verified(known, commit) {
                Err(DropReason::InvalidSignature | DropReason::MissingKey) if !event.refreshed => {
                    return self.look_up_for(actor, Item::Event(event), LookupReason::Refresh);
                }
                Err(DropReason::TooBig) => {
                    // Something changed, and we were not told what.
                    output.repos.push(known.desynchronize(DropReason::TooBig));
                    self.requests.repo(known);
                    Err(DropReason::TooBig)
                }
                Err(reason) => Err(reason),
                Ok(verified) if may_wait(known, commit, &verified, &event, &self.status) => {
                    return self.hold(actor, event, output);
                }
                Ok(verified) => {
                    if event.held {
                        let follows = verified.chain == Chain::Linked;
                        self.metrics.was_held(if follows {
                            Outcome::Followed
                        } else {
                            Outcome::Broken
                        });
                    }
                    if self.selection.inner.contains(&actor) && is_about_follows(&verified) {
                        output.promises.push(Promise::Follows(Arc::clone(&self.follows)));
                    }
                    let source = &self.status.name(event.ticket.upstream);
                    let by = By { indexer: &self.indexer, selection: &self.selection };
                    let lost = apply_commit(known, verified, source, by, &self.metrics, output);
                    if lost {
                        self.requests.repo(known);
                    }
                    Ok(())
                }
            },
            Event::Unproven(op) => {
                if self.selection.inner.contains(&actor) && op.path.starts_with(FOLLOW) {
                    output.promises.push(Promise::Follows(Arc::clone(&self.follows)));
                }
                let source = &self.status.name(event.ticket.upstream);
                let by = By { indexer: &self.indexer, selection: &self.selection };
                let applied = apply_unproven(known, op, source, by, &self.metrics, output);
                self.requests.proof(known);
                applied
            }
            Event::Sync(sync) => match apply_sync(known, sync, &self.metrics, output) {
                Err(DropReason::InvalidSignature | DropReason::MissingKey) if !event.refreshed => {
                    return self.look_up_for(actor, Item::Event(event), LookupReason::Refresh);
                }
                Ok(lost) => {
                    if lost {
                        self.requests.repo(known);
                    }
                    Ok(())
                }
                Err(reason) => Err(reason),
            },
            Event::Identity(_) if event.refreshed => Ok(()),
            Event::Identity(identity) => {
                self.resolver.forget(&identity.did);
                // The ticket comes back with the answer, so that a crash in between asks again.
                let did: Did = identity.did.clone();
                return ask(
                    &self.lookups,
                    Lookup { actor, did, reason: LookupReason::Identity(event.ticket) },
                );
            }
            Event::Account(account) => {
                let (before, status) = (known.row.status, status_of(account));
                if status != before {
                    // A handle that led here may lead nowhere now.
                    self.resolver.forget(&account.did);
                    if event.pds.is_some() && !event.refreshed {
                        // A PDS deactivates an account that leaves it, which may be heard before the new PDS is, or alone.
                        let reason = LookupReason::Authority;
                        return self.look_up_for(actor, Item::Event(event), reason);
                    }
                }
                output.actors.extend(known.set_status(status));
                let is_back =
                    before != ActorStatus::Active && known.row.status == ActorStatus::Active;
                if !is_kept {
                    // Only who it is and how it stands is followed.
                } else if is_back && before == ActorStatus::Deleted {
                    output.repos.push(known.forget_repo());
                    self.requests.repo(known);
                } else if is_back {
                    // It may have been written to meanwhile, where nobody told us.
                    self.requests.if_newer(known);
                }
                Ok(())
            }
            Event::Info(_) => Ok(()),
        };
        if applied == Err(DropReason::InvalidSignature) {
            doubt(known, &self.requests, output);
        }
        if let Err(reason) = applied {
            if event.held {
                self.metrics.was_held(Outcome::Dropped);
            }
            self.metrics.events_dropped.with_label_values(&[reason.as_str()]).inc();
            tracing::debug!(did = %known.row.did, seq = ?event.event.seq(), reason = reason.as_str(), "event dropped");
        }
        output.done.push(event.ticket);
    }
}

/// A commit was dropped whose signature does not hold by the account's key. It may be forged, and it may be real and older than the key:
/// then its PDS has what we miss.
fn doubt(known: &mut Known, requests: &Requests, output: &mut Output) {
    let now_ms = now_ms();
    if now_ms - known.doubted_ms < DOUBT_EVERY_MS {
        return;
    }
    known.doubted_ms = now_ms;
    if known.head.is_some() {
        requests.if_newer(known);
    } else {
        output.repos.push(known.start_unknown());
        requests.repo(known);
    }
}

/// An account that may have come from another PDS is kept from now on, or no longer.
fn moved(
    known: &mut Known,
    from: &str,
    selection: &Selection,
    requests: &Requests,
    output: &mut Output,
) {
    let was_kept = selection.keeps_account(known.row.actor, from);
    let is_kept = selection.keeps_account(known.row.actor, &known.row.pds);
    if was_kept && !is_kept {
        output.repos.push(known.leave());
    } else if is_kept && !was_kept && !from.is_empty() {
        output.repos.push(known.want());
        requests.repo(known);
    }
}

fn ask(lookups: &mpsc::Sender<Lookup>, lookup: Lookup) {
    // The queue is as long as events may be in flight, and each asks at most once at a time; closed means that we are stopping.
    if let Err(TrySendError::Full(lookup)) = lookups.try_send(lookup) {
        debug_assert_eq!(
            lookup.reason,
            LookupReason::Handle,
            "a look-up that something waits for found no place"
        );
    }
}

/// Whether a commit that does not continue what we hold may only have come too early: over another upstream than the one before it.
fn may_wait(
    known: &Known,
    commit: &CommitEvent,
    verified: &VerifiedCommit,
    event: &Ticketed,
    status: &Status,
) -> bool {
    !event.held
        && verified.chain == Chain::Unlinked(DropReason::ChainBroken)
        && known.head.is_some()
        && known.state == RepoState::Synchronized
        && commit.prev_data.is_some()
        && status.live() > 1
}

fn verified(known: &Known, commit: &CommitEvent) -> Result<VerifiedCommit, DropReason> {
    if known.has(commit.rev) {
        return Err(DropReason::StaleRev);
    }
    let key = known.key.as_ref().ok_or(DropReason::MissingKey)?;
    verify_commit(commit, key, known.head, u64::try_from(now_us()).unwrap_or(0))
}

/// What decides on the rows of a commit.
struct By<'a> {
    indexer: &'a Indexer,
    selection: &'a Selection,
}

fn is_about_follows(commit: &VerifiedCommit) -> bool {
    commit.ops.iter().any(|op| op.collection.as_str() == FOLLOW)
}

fn apply_commit(
    known: &mut Known,
    commit: VerifiedCommit,
    source: &str,
    by: By<'_>,
    metrics: &Metrics,
    output: &mut Output,
) -> bool {
    let witness = Witness { witnessed_at_us: now_us(), proof: Proof::Live, source };
    for (_, reason) in &commit.dropped {
        metrics.ops_dropped.with_label_values(&[reason.as_str()]).inc();
    }
    // What was claimed without proof was selected, too.
    let mut ops = Vec::with_capacity(commit.ops.len());
    for op in commit.ops {
        match by.selection.op(op) {
            Some(op) => {
                apply_op(&op, &witness, by.indexer, metrics, output);
                ops.push(op);
            }
            None => metrics.unkept.with_label_values(&["record"]).inc(),
        }
    }
    let is_contradicted = known.unproven.prove(commit.rev, &ops);
    let head = RepoHead { rev: commit.rev, data: commit.data };
    advance(known, head, commit.chain, is_contradicted, metrics, output)
}

/// Takes over the state that a signed commit leads to. Shape: whether the repo fell out of step.
fn advance(
    known: &mut Known,
    head: RepoHead,
    chain: Chain,
    is_contradicted: bool,
    metrics: &Metrics,
    output: &mut Output,
) -> bool {
    let was_in_step = known.state == RepoState::Synchronized;
    let (mut row, _) = known.advance(head, chain);
    // Of a repo out of step nothing above the last vouched rev is believed anyway.
    if is_contradicted && known.state == RepoState::Synchronized {
        row = known.distrust();
    }
    let is_lost = was_in_step && row.state == RepoState::Desynchronized;
    if is_lost {
        metrics.repos_desynchronized.with_label_values(&[&row.reason]).inc();
    }
    output.repos.push(row);
    is_lost
}

/// Writes an op that nobody proves. The chain of the repo knows nothing of it.
fn apply_unproven(
    known: &mut Known,
    op: &UnprovenOp,
    source: &str,
    by: By<'_>,
    metrics: &Metrics,
    output: &mut Output,
) -> Result<(), DropReason> {
    let now_us = now_us();
    let op = unproven::record_op(op, known, u64::try_from(now_us).unwrap_or(0))?;
    let Some(op) = by.selection.op(op) else {
        metrics.unkept.with_label_values(&["record"]).inc();
        return Ok(());
    };
    if !known.unproven.note(&op) {
        return Err(DropReason::StaleRev);
    }
    let witness = Witness { witnessed_at_us: now_us, proof: Proof::Unverified, source };
    apply_op(&op, &witness, by.indexer, metrics, output);
    Ok(())
}

fn apply_sync(
    known: &mut Known,
    sync: &SyncEvent,
    metrics: &Metrics,
    output: &mut Output,
) -> Result<bool, DropReason> {
    if known.has(sync.rev) {
        return Err(DropReason::StaleRev);
    }
    let key = known.key.as_ref().ok_or(DropReason::MissingKey)?;
    let head = verify_sync(sync, key, u64::try_from(now_us()).unwrap_or(0))?;
    let chain = match &known.head {
        Some(held) if held.data == head.data => Chain::Linked,
        _ => Chain::Unlinked(DropReason::ChainBroken),
    };
    let is_contradicted = known.unproven.prove(head.rev, &[]);
    Ok(advance(known, head, chain, is_contradicted, metrics, output))
}

fn status_of(event: &AccountEvent) -> ActorStatus {
    match (event.active, event.status) {
        (true, _) => ActorStatus::Active,
        (false, Some(AccountStatus::Takendown)) => ActorStatus::Takendown,
        (false, Some(AccountStatus::Suspended)) => ActorStatus::Suspended,
        (false, Some(AccountStatus::Deleted)) => ActorStatus::Deleted,
        (false, Some(AccountStatus::Deactivated)) => ActorStatus::Deactivated,
        (
            false,
            Some(AccountStatus::Desynchronized | AccountStatus::Throttled | AccountStatus::Other)
            | None,
        ) => ActorStatus::Inactive,
    }
}
