//! Verifies and indexes the events of its share of the accounts, in order, on a thread of its own.
//!
//! An account that is not known yet is looked up by others; meanwhile its events wait here and those of other accounts go on.

use std::sync::Arc;

use firehouse_identity::Resolver;
use firehouse_indexer::{Indexer, Witness};
use firehouse_repo::{RepoHead, VerifiedCommit, verify_commit, verify_sync};
use firehouse_schema::{ActorStatus, Proof, RepoState};
use firehouse_types::{
    AccountEvent, AccountStatus, ActorId, CommitEvent, Did, DropReason, Event, OpAction, SyncEvent,
};
use tokio::sync::mpsc;

use crate::account::{Account, Accounts, Known};
use crate::metrics::{Metrics, now_ms, now_us};
use crate::work::{Applied, Found, HandleCheck, Lookup, LookupReason, Output, Ticketed, Work};

/// How long a verified handle is trusted, and how long one that failed is left alone. Units: milliseconds.
const HANDLE_RECHECK_MS: i64 = 24 * 3_600_000;
const INVALID_HANDLE_RECHECK_MS: i64 = 3_600_000;

/// One share of the accounts.
pub struct Worker {
    pub accounts: Accounts,
    pub indexer: Arc<Indexer>,
    /// Only told what to forget; look-ups are not made here.
    pub resolver: Resolver,
    pub sources: Arc<[Box<str>]>,
    pub inbox: mpsc::Receiver<Work>,
    /// As long as events may be in flight, so that asking never waits.
    pub lookups: mpsc::Sender<Lookup>,
    pub output: mpsc::Sender<Output>,
    pub metrics: Metrics,
}

impl Worker {
    /// Runs until its inbox is closed. Blocks: give it a thread.
    pub fn run(mut self) {
        while let Some(work) = self.inbox.blocking_recv() {
            let mut output = Output::default();
            match work {
                Work::Events(events) => {
                    events.into_iter().for_each(|event| self.take(event, &mut output))
                }
                Work::Found(found) => self.found(*found, &mut output),
            }
            // The writer is gone only when the pipeline is being torn down.
            if !output.is_empty() && self.output.blocking_send(output).is_err() {
                return;
            }
        }
    }

    fn take(&mut self, event: Ticketed, output: &mut Output) {
        let Some(did) = event.event.did() else { return };
        let actor = did.actor();
        let account = self.accounts.get_or_insert_mut(actor, || Account::new(did.clone()));
        if account.did != *did {
            self.metrics.events_dropped.with_label_values(&[DropReason::ActorTaken.as_str()]).inc();
            tracing::warn!(%did, taken_by = %account.did, "two DIDs have the same number; the later is not indexed");
            return output.done.push(event.ticket);
        }
        if account.looking_up {
            account.waiting.push_back(event);
            self.metrics.waiting_events.inc();
        } else if account.known.is_none() {
            if let Event::Identity(identity) = &event.event {
                self.resolver.forget(&identity.did);
            }
            self.wait(actor, event, LookupReason::First);
        } else {
            self.apply(actor, event, output);
        }
    }

    /// Puts an event in front of the waiting ones and asks for its account.
    fn wait(&mut self, actor: ActorId, event: Ticketed, reason: LookupReason) {
        let Some(account) = self.accounts.get_mut(&actor) else { return };
        account.waiting.push_front(event);
        account.looking_up = true;
        self.metrics.waiting_events.inc();
        ask(&self.lookups, Lookup { actor, did: account.did.clone(), reason });
    }

    fn found(&mut self, mut found: Found, output: &mut Output) {
        let actor = found.actor;
        if let LookupReason::Identity(ticket) = found.reason {
            output.done.push(ticket);
        }
        let Some(account) = self.accounts.get_mut(&actor) else { return };
        let did = account.did.clone();
        let identity = found.identity.as_ref().and_then(|identity| identity.as_deref().ok());
        if account.known.is_none() {
            account.known = match found.stored.take() {
                Some(stored) if stored.actor.did != did => {
                    return self.drop_waiting(actor, DropReason::ActorTaken, output);
                }
                Some(stored) => Some(Known::from_stored(stored)),
                None => identity.map(|_| Known::first_seen(did.clone())),
            };
        }
        let Some(known) = &mut account.known else {
            let definitive = matches!(&found.identity, Some(Err(error)) if error.disposition() == firehouse_identity::Disposition::Definitive);
            let reason =
                if definitive { DropReason::IdentityGone } else { DropReason::IdentityUnavailable };
            return self.drop_waiting(actor, reason, output);
        };
        if identity.is_some() || found.handle != HandleCheck::Unknown {
            output.actors.extend(known.update(identity, &found.handle));
        }
        let handle_age_ms = now_ms() - known.handle_checked_ms;
        let handle_is_old = handle_age_ms
            > if known.row.handle.is_empty() {
                INVALID_HANDLE_RECHECK_MS
            } else {
                HANDLE_RECHECK_MS
            };
        if handle_is_old && found.reason == LookupReason::First {
            ask(&self.lookups, Lookup { actor, did, reason: LookupReason::Handle });
        }
        if matches!(found.reason, LookupReason::First | LookupReason::Refresh) {
            self.resume(actor, &found, output);
        }
    }

    /// Applies what waited, until one of them needs another look-up.
    fn resume(&mut self, actor: ActorId, found: &Found, output: &mut Output) {
        let Some(account) = self.accounts.get_mut(&actor) else { return };
        account.looking_up = false;
        let mut waiting = std::mem::take(&mut account.waiting);
        self.metrics.waiting_events.sub(waiting.len() as i64);
        if let Some(first) = waiting.front_mut() {
            // An `#identity` event that brought the first look-up has what it asked for.
            let answered = found.identity.is_some() && matches!(first.event, Event::Identity(_));
            first.refreshed |= answered || found.reason == LookupReason::Refresh;
        }
        for event in waiting {
            self.take(event, output);
        }
    }

    /// Nobody can say whose events these are.
    fn drop_waiting(&mut self, actor: ActorId, reason: DropReason, output: &mut Output) {
        let Some(account) = self.accounts.pop(&actor) else { return };
        self.metrics.waiting_events.sub(account.waiting.len() as i64);
        self.metrics
            .events_dropped
            .with_label_values(&[reason.as_str()])
            .inc_by(account.waiting.len() as u64);
        if reason == DropReason::IdentityUnavailable {
            let mut unknown = Known::first_seen(account.did.clone());
            (unknown.state, unknown.reason) = (RepoState::Desynchronized, reason.as_str().into());
            output.repos.push(unknown.repo_row());
        }
        output.done.extend(account.waiting.iter().map(|event| event.ticket));
    }

    fn apply(&mut self, actor: ActorId, event: Ticketed, output: &mut Output) {
        let Some(known) = self.accounts.get_mut(&actor).and_then(|account| account.known.as_mut())
        else {
            return;
        };
        let applied = match &event.event {
            Event::Commit(commit) => match verified(known, commit) {
                Err(DropReason::InvalidSignature | DropReason::MissingKey) if !event.refreshed => {
                    return self.wait(actor, event, LookupReason::Refresh);
                }
                Err(DropReason::TooBig) => {
                    // Something changed, and we were not told what.
                    output.repos.push(known.desynchronize(DropReason::TooBig));
                    Err(DropReason::TooBig)
                }
                Err(reason) => Err(reason),
                Ok(verified) => {
                    let source =
                        self.sources.get(event.ticket.upstream).map_or("", |source| source);
                    apply_commit(known, verified, source, &self.indexer, &self.metrics, output);
                    Ok(())
                }
            },
            Event::Sync(sync) => match apply_sync(known, sync, &self.metrics, output) {
                Err(DropReason::InvalidSignature | DropReason::MissingKey) if !event.refreshed => {
                    return self.wait(actor, event, LookupReason::Refresh);
                }
                applied => applied,
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
                output.actors.extend(known.set_status(status_of(account)));
                Ok(())
            }
            Event::Info(_) => Ok(()),
        };
        if let Err(reason) = applied {
            self.metrics.events_dropped.with_label_values(&[reason.as_str()]).inc();
            tracing::debug!(did = %known.row.did, seq = ?event.event.seq(), reason = reason.as_str(), "event dropped");
        }
        output.done.push(event.ticket);
    }
}

fn ask(lookups: &mpsc::Sender<Lookup>, lookup: Lookup) {
    // The queue is as long as events may be in flight, and each asks at most once at a time; closed means that we are stopping.
    if let Err(mpsc::error::TrySendError::Full(lookup)) = lookups.try_send(lookup) {
        debug_assert_eq!(
            lookup.reason,
            LookupReason::Handle,
            "a look-up that something waits for found no place"
        );
    }
}

fn verified(known: &Known, commit: &CommitEvent) -> Result<VerifiedCommit, DropReason> {
    if known.head.as_ref().is_some_and(|head| commit.rev <= head.rev) {
        return Err(DropReason::StaleRev);
    }
    let key = known.key.as_ref().ok_or(DropReason::MissingKey)?;
    verify_commit(commit, key, known.head, u64::try_from(now_us()).unwrap_or(0))
}

fn apply_commit(
    known: &mut Known,
    commit: VerifiedCommit,
    source: &str,
    indexer: &Indexer,
    metrics: &Metrics,
    output: &mut Output,
) {
    let witness = Witness { witnessed_at_us: now_us(), proof: Proof::Live, source };
    for (_, reason) in &commit.dropped {
        metrics.ops_dropped.with_label_values(&[reason.as_str()]).inc();
    }
    for op in &commit.ops {
        let action = match op.action {
            OpAction::Create => "create",
            OpAction::Update => "update",
            OpAction::Delete => "delete",
        };
        metrics.ops.with_label_values(&[action]).inc();
        if let Err(reason) = indexer.index(op, &witness, &mut output.rows) {
            metrics.ops_dropped.with_label_values(&[reason.as_str()]).inc();
        }
        if op.action != OpAction::Create {
            output.buried.push(((known.row.actor, op.collection.clone(), op.rkey.id()), op.rev));
        }
    }
    let (row, lost) = known.advance(RepoHead { rev: commit.rev, data: commit.data }, commit.chain);
    if lost.is_some() {
        metrics.repos_desynchronized.with_label_values(&[&row.reason]).inc();
    }
    output.repos.push(row);
}

fn apply_sync(
    known: &mut Known,
    sync: &SyncEvent,
    metrics: &Metrics,
    output: &mut Output,
) -> Applied {
    if known.head.as_ref().is_some_and(|head| sync.rev <= head.rev) {
        return Err(DropReason::StaleRev);
    }
    let key = known.key.as_ref().ok_or(DropReason::MissingKey)?;
    let head = verify_sync(sync, key, u64::try_from(now_us()).unwrap_or(0))?;
    let chain = match &known.head {
        Some(held) if held.data == head.data => firehouse_repo::Chain::Linked,
        _ => firehouse_repo::Chain::Unlinked(DropReason::ChainBroken),
    };
    let (row, lost) = known.advance(head, chain);
    if lost.is_some() {
        metrics.repos_desynchronized.with_label_values(&[&row.reason]).inc();
    }
    output.repos.push(row);
    Ok(())
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
