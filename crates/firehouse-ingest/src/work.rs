//! What travels between the tasks of the pipeline.

use std::sync::Arc;
use std::time::Instant;

use firehouse_identity::{Identity, IdentityError};
use firehouse_indexer::Rows;
use firehouse_repo::RepoHead;
use firehouse_schema::{ActorRow, ActorStatus, RepoRow};
use firehouse_store::{Account, HeldRecord, SourceKey};
use firehouse_types::{ActorId, Did, DropReason, Event, Handle, Rev};
use tokio::sync::{Notify, mpsc, oneshot};

use crate::keep::Selection;
use crate::ticket::Ticket;

/// To a worker.
pub enum Work {
    /// Events of its accounts, in the order of their upstream.
    Events(Vec<Ticketed>),
    /// What an event brought about elsewhere is durable as well.
    Settled(Ticket),
    /// What was found about one of its accounts.
    Found(Box<Found>),
    /// What the directory says of one of its accounts.
    Told(Told),
    /// How one of its accounts stands where it lives.
    Stands(Stands),
    /// One of its repos was fetched as a whole, and waits to be written.
    Fetched(Fetched),
    /// From now on something else is kept. Told when all that was done before is durable.
    Select { selection: Arc<Selection>, told: oneshot::Sender<()> },
    /// An account that is kept is to be fetched, whatever is here of it.
    Want(WantedItem),
    /// The repo admitted last is in the store, unless it could not be read to its end.
    Written {
        actor: ActorId,
        head: RepoHead,
        is_whole: bool,
        /// To be told when it is durable that the repo is in step; dropped when it is not.
        in_step: oneshot::Sender<Verdict>,
    },
}

/// Sends work to the worker of an account. A worker that is gone needs none.
pub async fn tell(workers: &[mpsc::WeakSender<Work>], actor: ActorId, work: Work) {
    let index = usize::try_from(actor.get() % workers.len().max(1) as u64).unwrap_or(0);
    if let Some(worker) = workers.get(index).and_then(mpsc::WeakSender::upgrade) {
        let _ = worker.send(work).await;
    }
}

/// An account is newly wanted.
pub struct WantedItem {
    pub did: Did,
    /// Told when it is durable that it is to be fetched; dropped when nobody knows who that is.
    pub told: oneshot::Sender<()>,
}

/// The directory has spoken of an account. Said only once, so what it changes must be durable before its place in the export is saved.
pub struct Told {
    pub did: Did,
    /// Who the account is now; `None` where the operations do not prove it, so that the directory must be asked.
    pub identity: Option<Arc<Identity>>,
    /// What was found out about its handle.
    pub handle: HandleCheck,
    /// The store holds something else of this account.
    pub is_news: bool,
    /// Told, or dropped, when nothing of it is left to do.
    pub done: oneshot::Sender<Verdict>,
}

/// How an account stands where it lives.
pub struct Stands {
    pub did: Did,
    /// What its PDS says; `None` when it says nothing.
    pub status: Option<ActorStatus>,
    /// The rev its repo has, as a list says.
    pub rev: Option<Rev>,
    /// What the account said since is newer.
    pub asked: Instant,
    /// Told, or dropped, when nothing of it is left to do.
    pub told: Option<oneshot::Sender<()>>,
}

/// A whole repo is here. Its events wait from the moment it is admitted until it is written: rows of both must not cross.
pub struct Fetched {
    pub did: Did,
    pub head: RepoHead,
    /// Its records were found to be others than those held here, whatever the commits said.
    pub differs: bool,
    pub verdict: oneshot::Sender<Verdict>,
}

impl Fetched {
    /// Says at once what is to be done.
    pub fn answer(self, verdict: Verdict) {
        // Nobody listens only when the pipeline is being torn down.
        let _ = self.verdict.send(verdict);
    }
}

/// Whether a fetched repo is to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Yes, and every row of it that was made before is now in the store; those up to this rev in every table.
    Write { vouched: Rev },
    /// No: it is older than what we hold, or another history. Fetch it again, at this rev or above.
    Again(Rev),
    /// No: nothing is missing here, or the account is gone.
    Needless,
    /// No: nobody can say whose it is.
    Refused(DropReason),
}

/// What an account's turn consists of.
pub enum Item {
    Event(Ticketed),
    Told(Told),
    Stands(Stands),
    Fetched(Fetched),
    Wanted(WantedItem),
}

/// One event on its way.
pub struct Ticketed {
    pub ticket: Ticket,
    pub event: Event,
    /// The identity was already refreshed because of this event: a signature that still fails is bad.
    pub refreshed: bool,
    /// It has waited for the commit before it: what is still missing will not come.
    pub held: bool,
    /// Host and port of the PDS it came from, which may speak for its own accounts only; `None` for a relay.
    pub pds: Option<Arc<str>>,
}

impl Item {
    /// Whose turn it is.
    pub fn did(&self) -> Option<&Did> {
        match self {
            Self::Event(event) => event.event.did(),
            Self::Told(told) => Some(&told.did),
            Self::Stands(stands) => Some(&stands.did),
            Self::Fetched(fetched) => Some(&fetched.did),
            Self::Wanted(wanted) => Some(&wanted.did),
        }
    }
}

/// From a worker: look up this account.
pub struct Lookup {
    pub actor: ActorId,
    pub did: Did,
    pub reason: LookupReason,
}

/// Why an account is looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookupReason {
    /// Its first event since the process started, or since it was forgotten. Its events wait.
    First,
    /// A signature failed, or the key is missing. Its events wait.
    Refresh,
    /// A PDS says that an account of it is otherwise now: it must still be its account. Its events wait, its handle does not matter.
    Authority,
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
    /// What the store has of it without proof; looked for together with `stored`.
    pub unproven: Vec<HeldRecord>,
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
    /// Accounts that were deleted and are no longer.
    pub returned: Vec<ActorRow>,
    /// In the order the commits were applied: of one actor the last counts.
    pub repos: Vec<RepoRow>,
    /// Records whose older versions must be buried at this rev.
    pub buried: Vec<(SourceKey, Rev)>,
    pub done: Vec<Ticket>,
    pub promises: Vec<Promise>,
}

/// Somebody to be told when everything up to here is in the store.
pub enum Promise {
    Verdict {
        to: oneshot::Sender<Verdict>,
        verdict: Verdict,
    },
    Done(oneshot::Sender<()>),
    /// Whom somebody follows may decide who is kept.
    Follows(Arc<Notify>),
}

impl Promise {
    pub fn keep(self) {
        match self {
            // Whoever no longer waits need not know.
            Self::Verdict { to, verdict } => drop(to.send(verdict)),
            Self::Done(told) => drop(told.send(())),
            Self::Follows(follows) => follows.notify_one(),
        }
    }
}

impl Output {
    /// How many rows it adds to a batch.
    pub fn len(&self) -> usize {
        let rows = &self.rows;
        rows.records.len()
            + rows.links.len()
            + rows.posts.len()
            + rows.feed_items.len()
            + self.actors.len()
            + self.returned.len()
            + self.repos.len()
    }

    /// Whether nothing would be lost if it were not sent.
    pub fn is_empty(&self) -> bool {
        self.done.is_empty()
            && self.promises.is_empty()
            && self.len() == 0
            && self.rows.notifications.is_empty()
            && self.rows.profiles.is_empty()
            && self.rows.lists.is_empty()
            && self.rows.offered_texts.is_empty()
            && self.rows.list_items.is_empty()
            && self.rows.thread_gates.is_empty()
            && self.rows.post_gates.is_empty()
    }
}
