//! How a worker gets to know who an account is: it asks, and takes over what the store, the directory and the network answer.

use firehouse_identity::{Disposition, Identity, IdentityError};
use firehouse_schema::{ActorRow, ActorStatus};
use firehouse_types::{ActorId, DropReason, Event, Handle};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use crate::account::{Account, Busy, Known};
use crate::contests::Contest;
use crate::keep::Selection;
use crate::metrics::now_ms;
use crate::requests::Requests;
use crate::ticket::Ticket;
use crate::unproven::Unproven;
use crate::work::{Found, HandleCheck, Item, Lookup, LookupReason, Output, Promise, Told, Verdict};
use crate::worker::Worker;

/// How long a verified handle is trusted, and how long one that failed is left alone. Units: milliseconds.
const HANDLE_RECHECK_MS: i64 = 24 * 3_600_000;
const INVALID_HANDLE_RECHECK_MS: i64 = 3_600_000;

impl Worker {
    /// Puts something in front of what waits and asks for its account.
    pub(crate) fn look_up_for(&mut self, actor: ActorId, item: Item, reason: LookupReason) {
        let Some(account) = self.accounts.get_mut(&actor) else { return };
        account.waiting.push_front(item);
        account.busy = Some(Busy::LookingUp);
        self.metrics.waiting_events.inc();
        ask(&self.lookups, Lookup { actor, did: account.did.clone(), reason });
    }

    /// Takes over what the directory says of an account, before any signature fails because of it.
    pub(crate) fn hear(&mut self, actor: ActorId, told: Told, output: &mut Output) {
        let Some(known) = self.accounts.get_mut(&actor).and_then(|account| account.known.as_mut())
        else {
            return;
        };
        let Told { did, identity, handle, done, .. } = told;
        if let Some(identity) = &identity {
            let (from, before) = (known.row.pds.clone(), known.row.handle.clone());
            output.actors.extend(known.update(Some(identity), &handle));
            contest(&self.contests, known, &before, None, output);
            moved(known, &from, &self.selection, &self.requests, output);
        }
        let claimed = identity.as_ref().map(|i| i.handle.as_ref().map_or("", Handle::as_str));
        if handle == HandleCheck::Unknown && claimed != Some(&*known.row.handle) {
            // A handle counts when it leads back; and where nothing is proven, the directory is asked for everything.
            ask(&self.lookups, Lookup { actor, did, reason: LookupReason::Handle });
        }
        output.promises.push(Promise::Verdict { to: done, verdict: Verdict::Needless });
    }

    /// Takes over what a look-up found, and lets go on what waited for it.
    pub(crate) fn found(&mut self, mut found: Found, output: &mut Output) {
        let actor = found.actor;
        let ticket = match found.reason {
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
        if let Err(reason) = meet(account, &mut found) {
            output.done.extend(ticket);
            return self.drop_waiting(actor, reason, output);
        }
        let Some(known) = &mut account.known else { return output.done.extend(ticket) };
        if matches!(found.identity, Some(Err(IdentityError::Tombstoned))) {
            output.actors.extend(known.set_status(ActorStatus::Deleted));
            if self.selection.keeps_account(actor, &known.row.pds) {
                output.repos.push(known.to_be_purged());
            }
        }
        let (from, before) = (known.row.pds.clone(), known.row.handle.clone());
        let identity = found.identity.as_ref().and_then(|identity| identity.as_deref().ok());
        if identity.is_some() || found.handle != HandleCheck::Unknown {
            output.actors.extend(known.update(identity, &found.handle));
        }
        let ticket = contest(&self.contests, known, &before, ticket, output);
        output.done.extend(ticket);
        moved(known, &from, &self.selection, &self.requests, output);
        if handle_may_be_old(known, &found.reason, identity) {
            let (did, reason) = (account.did.clone(), LookupReason::Handle);
            ask(&self.lookups, Lookup { actor, did, reason });
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
                first.refreshed |= found.reason != LookupReason::First;
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
            Item::Told(_) | Item::Stands(_) => false,
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
}

/// Lets an account be known, by what the store has of it or else by its identity. Errors: why nobody can say who it is.
fn meet(account: &mut Account, found: &mut Found) -> Result<(), DropReason> {
    if account.known.is_some() {
        return Ok(());
    }
    let did = account.did.clone();
    let known = match (found.stored.take(), &found.identity) {
        (Some(stored), _) if stored.actor.did != did => return Err(DropReason::ActorTaken),
        (Some(mut stored), _) => {
            stored.repo = stored.repo.filter(|_| !account.doubtful);
            let unproven = Unproven::from_stored(&found.unproven);
            Known { unproven, ..Known::from_stored(stored) }
        }
        (None, Some(Ok(_))) => Known::first_seen(did),
        (None, Some(Err(error))) if error.disposition() == Disposition::Definitive => {
            return Err(DropReason::IdentityGone);
        }
        (None, _) => return Err(DropReason::IdentityUnavailable),
    };
    account.known = Some(known);
    Ok(())
}

/// Has whoever had an account's handle before looked for, where the account did not have it, and wherever an event says who it is: that one
/// may be told again because a crash came before the loser's turn. Shape: the ticket, unless it comes back when the store knows of the
/// loser, too.
fn contest(
    contests: &mpsc::Sender<Contest>,
    known: &Known,
    before: &str,
    ticket: Option<Ticket>,
    output: &mut Output,
) -> Option<Ticket> {
    let may_be_new = *known.row.handle != *before || ticket.is_some();
    if known.row.handle.is_empty() || !may_be_new {
        return ticket;
    }
    let handle = known.row.handle.to_ascii_lowercase().into();
    let (to, durable) = oneshot::channel();
    let contest = Contest { did: known.row.did.clone(), handle, ticket, durable };
    match contests.try_send(contest) {
        Ok(()) => {
            output.promises.push(Promise::Verdict { to, verdict: Verdict::Needless });
            None
        }
        // As many fit as events may be in flight; where there are more, the daily check finds the loser.
        Err(TrySendError::Full(contest) | TrySendError::Closed(contest)) => contest.ticket,
    }
}

/// Whether a handle is asked after that this look-up did not check.
fn handle_may_be_old(known: &Known, reason: &LookupReason, identity: Option<&Identity>) -> bool {
    match reason {
        LookupReason::First => {
            let trusted_ms = match known.row.handle.is_empty() {
                true => INVALID_HANDLE_RECHECK_MS,
                false => HANDLE_RECHECK_MS,
            };
            now_ms() - known.handle_checked_ms > trusted_ms
        }
        LookupReason::Authority => identity.is_some_and(|identity| {
            identity.handle.as_ref().map_or("", Handle::as_str) != &*known.row.handle
        }),
        LookupReason::Refresh | LookupReason::Identity(_) | LookupReason::Handle => false,
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

/// Asks for a look-up; never waits.
pub fn ask(lookups: &mpsc::Sender<Lookup>, lookup: Lookup) {
    // The queue is as long as events may be in flight, and each asks at most once at a time; closed means that we are stopping.
    if let Err(TrySendError::Full(lookup)) = lookups.try_send(lookup) {
        debug_assert_eq!(
            lookup.reason,
            LookupReason::Handle,
            "a look-up that something waits for found no place"
        );
    }
}
