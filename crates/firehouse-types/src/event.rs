//! What one frame of an upstream says, owned and parsed.
//!
//! Byte fields are slices of the frame they came in ([`Bytes`] shares it), so an event moves between tasks without copying blocks.
//! Sources: lexicon `com.atproto.sync.subscribeRepos`; for [`UnprovenOp`] <https://github.com/bluesky-social/jetstream>.

use bytes::Bytes;

use crate::{Cid, Did, Rev, Seq};

/// One decoded frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A repo changed.
    Commit(Box<CommitEvent>),
    /// A repo changed, says somebody who gives no proof of it.
    Unproven(Box<UnprovenOp>),
    /// A repo is now in this state, whatever we held before.
    Sync(SyncEvent),
    /// Whatever was cached about a DID may be stale.
    Identity(IdentityEvent),
    /// An account's hosting status, as the upstream sees it.
    Account(AccountEvent),
    /// The upstream speaks about the stream itself. Has no seq.
    Info(InfoEvent),
}

/// `#commit`. Nothing of it is verified yet but its form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitEvent {
    /// The upstream's number.
    pub seq: Seq,
    /// Whose repo.
    pub repo: Did,
    /// The new revision.
    pub rev: Rev,
    /// The revision before, as the producer claims.
    pub since: Option<Rev>,
    /// The commit block.
    pub commit: Cid,
    /// A CAR v1 slice: commit, changed MST nodes, records, covering proofs.
    pub blocks: Bytes,
    /// What changed, unverified.
    pub ops: Vec<RepoOp>,
    /// Root of the tree before, absent from producers older than Sync 1.1.
    pub prev_data: Option<Cid>,
    /// Deprecated: the blocks were left out.
    pub too_big: bool,
    /// Informal time of the emitter, as sent.
    pub time: Box<str>,
}

/// One change of a `#commit`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepoOp {
    /// What happened to the path.
    pub action: OpAction,
    /// `collection/rkey` as sent. A path that is neither NSID nor record key is still a tree key.
    pub path: Box<str>,
    /// The record's block; `None` for a delete.
    pub cid: Option<Cid>,
    /// The record's block before, for update and delete.
    pub prev: Option<Cid>,
}

/// One op of a commit as Jetstream tells it: without signature and without tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnprovenOp {
    /// When the upstream says it saw it, never less than that of the event before. Units: microseconds since 1970.
    pub seq: Seq,
    /// Whose repo.
    pub did: Did,
    /// The revision of the commit, as it is claimed.
    pub rev: Rev,
    /// What happened to the path.
    pub action: OpAction,
    /// `collection/rkey` as sent.
    pub path: Box<str>,
    /// The record's block, as it is claimed; `None` for a delete.
    pub cid: Option<Cid>,
    /// The record in the JSON form of the data model; empty for a delete.
    pub record: Bytes,
}

/// What an op does to its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OpAction {
    /// The path is new.
    Create,
    /// The path has another record.
    Update,
    /// The path is gone.
    Delete,
}

/// `#sync`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyncEvent {
    /// The upstream's number.
    pub seq: Seq,
    /// Whose repo.
    pub did: Did,
    /// The current revision.
    pub rev: Rev,
    /// A CAR v1 slice with the commit block alone.
    pub blocks: Bytes,
    /// Informal time of the emitter, as sent.
    pub time: Box<str>,
}

/// `#identity`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityEvent {
    /// The upstream's number.
    pub seq: Seq,
    /// Whose document or handle may have changed.
    pub did: Did,
    /// A hint, never to be trusted.
    pub handle: Option<Box<str>>,
    /// Informal time of the emitter, as sent.
    pub time: Box<str>,
}

/// `#account`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountEvent {
    /// The upstream's number.
    pub seq: Seq,
    /// Whose account.
    pub did: Did,
    /// Whether the account's content may be shown.
    pub active: bool,
    /// Why not, or which trouble.
    pub status: Option<AccountStatus>,
    /// Informal time of the emitter, as sent.
    pub time: Box<str>,
}

/// The lexicon's known account statuses; its list is open, so others are [`AccountStatus::Other`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccountStatus {
    /// Taken down by the host.
    Takendown,
    /// Suspended by the host for a time.
    Suspended,
    /// Deleted by the user or the host.
    Deleted,
    /// Paused by the user.
    Deactivated,
    /// The emitter lost track of the repo.
    Desynchronized,
    /// The emitter limits the account.
    Throttled,
    /// A status this build does not know.
    Other,
}

/// `#info`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InfoEvent {
    /// `OutdatedCursor` is the only known one.
    pub name: Box<str>,
    /// For people.
    pub message: Option<Box<str>>,
}

impl Event {
    /// The upstream's number; `None` for [`Event::Info`].
    pub fn seq(&self) -> Option<Seq> {
        match self {
            Self::Commit(e) => Some(e.seq),
            Self::Unproven(e) => Some(e.seq),
            Self::Sync(e) => Some(e.seq),
            Self::Identity(e) => Some(e.seq),
            Self::Account(e) => Some(e.seq),
            Self::Info(_) => None,
        }
    }

    /// The account it is about; `None` for [`Event::Info`].
    pub fn did(&self) -> Option<&Did> {
        match self {
            Self::Commit(e) => Some(&e.repo),
            Self::Unproven(e) => Some(&e.did),
            Self::Sync(e) => Some(&e.did),
            Self::Identity(e) => Some(&e.did),
            Self::Account(e) => Some(&e.did),
            Self::Info(_) => None,
        }
    }
}
