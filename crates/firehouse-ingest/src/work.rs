//! What travels between the tasks of the pipeline.

use std::sync::Arc;

use firehouse_identity::{Identity, IdentityError};
use firehouse_indexer::Rows;
use firehouse_schema::{ActorRow, RepoRow};
use firehouse_store::{Account, SourceKey};
use firehouse_types::{ActorId, DropReason, Event, Handle, Rev};

use crate::ticket::Ticket;

/// To a worker.
pub enum Work {
    /// Events of its accounts, in the order of their upstream.
    Events(Vec<Ticketed>),
    /// What was found about one of its accounts.
    Found(Box<Found>),
}

/// One event on its way.
pub struct Ticketed {
    pub ticket: Ticket,
    pub event: Event,
    /// The identity was already refreshed because of this event: a signature that still fails is bad.
    pub refreshed: bool,
}

/// From a worker: look up this account.
pub struct Lookup {
    pub actor: ActorId,
    pub did: firehouse_types::Did,
    pub reason: LookupReason,
}

/// Why an account is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookupReason {
    /// Its first event since the process started, or since it was forgotten. Its events wait.
    First,
    /// A signature failed, or the key is missing. Its events wait.
    Refresh,
    /// An `#identity` event. Nothing waits but the event's own ticket.
    Identity(Ticket),
    /// The handle could not be verified at first, or long ago. Nothing waits.
    Handle,
}

/// To a worker: the answer to a [`Lookup`].
pub struct Found {
    pub actor: ActorId,
    pub reason: LookupReason,
    /// What the store has; only looked for when the reason is [`LookupReason::First`].
    pub stored: Option<Account>,
    /// The identity, when the store's was not enough.
    pub identity: Option<Result<Arc<Identity>, IdentityError>>,
    /// What became of the handle.
    pub handle: HandleCheck,
}

/// The outcome of verifying a handle in both directions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandleCheck {
    /// Both directions agree.
    Verified(Handle),
    /// They do not, definitively.
    Invalid,
    /// Nobody knows yet; what was known stays.
    Unknown,
}

/// From a worker: rows to flush, and the tickets that are done when they are durable.
#[derive(Default)]
pub struct Output {
    pub rows: Rows,
    pub actors: Vec<ActorRow>,
    /// In the order the commits were applied: of one actor the last counts.
    pub repos: Vec<RepoRow>,
    /// Records whose older versions must be buried at this rev.
    pub buried: Vec<(SourceKey, Rev)>,
    pub done: Vec<Ticket>,
}

/// Why an event was not applied, for the counter.
pub type Applied = Result<(), DropReason>;

impl Output {
    /// How many rows it adds to a batch.
    pub fn len(&self) -> usize {
        let rows = &self.rows;
        rows.records.len()
            + rows.links.len()
            + rows.posts.len()
            + rows.feed_items.len()
            + self.actors.len()
            + self.repos.len()
    }

    /// Whether nothing would be lost if it were not sent.
    pub fn is_empty(&self) -> bool {
        self.done.is_empty()
            && self.len() == 0
            && self.rows.profiles.is_empty()
            && self.rows.lists.is_empty()
            && self.rows.list_items.is_empty()
    }
}
