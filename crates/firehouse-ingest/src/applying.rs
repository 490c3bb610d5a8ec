//! How a worker applies one event: what it changes of its account, and what must happen before it can.

use std::sync::Arc;
use std::time::Instant;

use firehouse_identity::Resolver;
use firehouse_indexer::Indexer;
use firehouse_schema::ActorStatus;
use firehouse_types::{AccountEvent, ActorId, DropReason, Event};
use tokio::sync::Notify;

use crate::account::Known;
use crate::authority::may_speak;
use crate::identifying::ask;
use crate::keep::Selection;
use crate::metrics::{Metrics, Outcome, now_ms};
use crate::requests::Requests;
use crate::standing::{status_of, take_status};
use crate::status::Status;
use crate::work::{Item, Lookup, LookupReason, Output, Ticketed};
use crate::worker::Worker;

/// Least time between two questions at the PDS because of signatures that do not hold, or of accounts that write and should not: a
/// stranger can bring them about. Units: milliseconds.
const DOUBT_EVERY_MS: i64 = 60_000;

/// What becomes of an event.
pub enum Next {
    /// It is over, one way or the other.
    Done,
    /// It is tried again when its account was looked up.
    LookUp(LookupReason),
    /// It waits for the commit before it.
    Hold,
    /// Its account is looked up, and that is all it was for.
    Identify,
}

/// An event of a known account, and all that it may change.
pub struct Applying<'a> {
    pub known: &'a mut Known,
    pub event: &'a Ticketed,
    /// Whether the account is kept.
    pub is_kept: bool,
    pub selection: &'a Selection,
    /// Told when whom somebody follows may have changed who is kept.
    pub follows: &'a Arc<Notify>,
    pub indexer: &'a Indexer,
    pub resolver: &'a Resolver,
    pub requests: &'a Requests,
    pub status: &'a Status,
    pub metrics: &'a Metrics,
    pub output: &'a mut Output,
}

impl Worker {
    /// Applies an event to an account that is known, and free.
    pub(crate) fn apply(&mut self, actor: ActorId, event: Ticketed, output: &mut Output) {
        let Some(account) = self.accounts.get_mut(&actor) else { return };
        let Some(known) = &mut account.known else { return };
        let is_kept = self.selection.keeps_account(actor, &known.row.pds);
        if is_of_repo(&event.event) && !is_kept {
            return self.leave_out(Item::Event(event), output);
        }
        let mut applying = Applying {
            known,
            event: &event,
            is_kept,
            selection: &self.selection,
            follows: &self.follows,
            indexer: &self.indexer,
            resolver: &self.resolver,
            requests: &self.requests,
            status: &self.status,
            metrics: &self.metrics,
            output,
        };
        match applying.apply() {
            Next::Done => output.done.push(event.ticket),
            Next::LookUp(reason) => self.look_up_for(actor, Item::Event(event), reason),
            Next::Hold => self.hold(actor, event, output),
            Next::Identify => {
                // The ticket comes back with the answer, so that a crash in between asks again.
                let (did, reason) = (account.did.clone(), LookupReason::Identity(event.ticket));
                ask(&self.lookups, Lookup { actor, did, reason });
            }
        }
    }
}

impl Applying<'_> {
    fn apply(&mut self) -> Next {
        if !may_speak(self.event, self.known) {
            return match self.event.refreshed {
                // It may have moved there.
                false => Next::LookUp(LookupReason::Refresh),
                true => self.dropped(DropReason::WrongHost),
            };
        }
        let is_of_repo =
            matches!(self.event.event, Event::Commit(_) | Event::Sync(_) | Event::Unproven(_));
        if is_of_repo && self.known.row.status == ActorStatus::Deleted {
            // What it wrote is being removed, and nothing may come after that.
            self.wonder();
            return self.dropped(DropReason::AccountDeleted);
        }
        match &self.event.event {
            Event::Commit(commit) => self.commit(commit),
            Event::Sync(sync) => self.sync(sync),
            Event::Unproven(op) => self.unproven(op),
            Event::Identity(_) if self.event.refreshed => Next::Done,
            Event::Identity(identity) => {
                self.resolver.forget(&identity.did);
                Next::Identify
            }
            Event::Account(account) => self.account(account),
            Event::Info(_) => Next::Done,
        }
    }

    fn account(&mut self, event: &AccountEvent) -> Next {
        let status = status_of(event.active, event.status);
        if status != self.known.row.status {
            // A handle that led here may lead nowhere now.
            self.resolver.forget(&event.did);
            if self.event.pds.is_some() && !self.event.refreshed {
                // A PDS deactivates an account that leaves it, which may be heard before the new PDS is, or alone.
                return Next::LookUp(LookupReason::Authority);
            }
        }
        self.known.status_heard = Some(Instant::now());
        take_status(self.known, status, self.is_kept, self.requests, self.output);
        Next::Done
    }

    /// An event does not hold. By the key of before it may: then its account is looked up, once.
    pub fn refused(&mut self, reason: DropReason) -> Next {
        match reason {
            DropReason::InvalidSignature | DropReason::MissingKey if !self.event.refreshed => {
                Next::LookUp(LookupReason::Refresh)
            }
            DropReason::InvalidSignature => {
                self.doubt();
                self.dropped(reason)
            }
            _ => self.dropped(reason),
        }
    }

    /// An event changes nothing, for good.
    pub fn dropped(&self, reason: DropReason) -> Next {
        if self.event.held {
            self.metrics.was_held(Outcome::Dropped);
        }
        self.metrics.events_dropped.with_label_values(&[reason.as_str()]).inc();
        tracing::debug!(did = %self.known.row.did, seq = ?self.event.event.seq(), reason = reason.as_str(), "event dropped");
        Next::Done
    }

    /// An account that is not active writes: how it stands may have been lost on the way.
    pub fn wonder(&mut self) {
        let now_ms = now_ms();
        if now_ms - self.known.status_asked_ms >= DOUBT_EVERY_MS {
            self.known.status_asked_ms = now_ms;
            self.requests.status(self.known);
        }
    }

    /// A commit is dropped whose signature does not hold by the account's key. It may be forged, and it may be real and older than the key:
    /// then its PDS has what we miss.
    fn doubt(&mut self) {
        let now_ms = now_ms();
        if now_ms - self.known.doubted_ms < DOUBT_EVERY_MS {
            return;
        }
        self.known.doubted_ms = now_ms;
        if self.known.head.is_some() {
            self.requests.if_newer(self.known);
        } else {
            self.output.repos.push(self.known.start_unknown());
            self.requests.repo(self.known);
        }
    }
}

fn is_of_repo(event: &Event) -> bool {
    matches!(event, Event::Commit(_) | Event::Sync(_) | Event::Unproven(_))
}
