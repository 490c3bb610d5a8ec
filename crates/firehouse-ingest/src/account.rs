//! [`Accounts`]: what one worker knows of its accounts, bounded.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::time::Instant;

use firehouse_identity::Identity;
use firehouse_repo::{Chain, PublicKey, RepoHead};
use firehouse_schema::{ActorRow, ActorStatus, RepoRow, RepoState};
use firehouse_store::Account as Stored;
use firehouse_types::{ActorId, Cid, Datetime, Did, DropReason, Rev};
use lru::LruCache;

use crate::metrics::{now_ms, now_us};
use crate::unproven::Unproven;
use crate::work::{HandleCheck, Item};

/// Commits of a desynchronized repo whose heads are remembered: a fetched repo is in step when it is one of them.
const RECENT_HEADS_MAX: usize = 256;

/// The reason of a repo that had commits before we began to listen: nothing broke.
pub const UNKNOWN_START: &str = "unknown_start";

/// The reason of a repo whose account was deleted and is back.
const REACTIVATED: &str = "reactivated";

/// The reason of a repo that is to be fetched because it, or more of it, is newly kept.
const NEWLY_WANTED: &str = "newly_wanted";

/// The reason of a repo that is no longer kept, and whose records are about to be removed.
const NOT_KEPT: &str = "not_kept";

/// Accounts by their number, the least recently used forgotten first.
///
/// A forgotten account is loaded from the store again, so nothing of it may still be on its way there: the bound must be above the
/// number of events in flight, since only those many accounts can have been touched by them.
pub type Accounts = LruCache<ActorId, Account>;

/// Makes an empty map for `entries` accounts; at least one.
pub fn accounts(entries: usize) -> Accounts {
    LruCache::new(NonZeroUsize::new(entries).unwrap_or(NonZeroUsize::MIN))
}

/// One account.
pub struct Account {
    pub did: Did,
    /// `None` until it is looked up.
    pub known: Option<Known>,
    /// What waits for the account to be free again, oldest first. Empty while it is.
    pub waiting: VecDeque<Item>,
    pub busy: Option<Busy>,
    /// What is kept has changed since it was asked for: what the store said of its repo may no longer be so.
    pub doubtful: bool,
}

/// Why the events of an account wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Busy {
    /// Its identity is looked up.
    LookingUp,
    /// Its fetched repo is being written.
    Writing,
}

/// What is needed to apply an event.
pub struct Known {
    pub row: ActorRow,
    /// Whether the store knew of it before.
    pub stored: bool,
    pub key: Option<PublicKey>,
    pub head: Option<RepoHead>,
    pub state: RepoState,
    pub reason: std::borrow::Cow<'static, str>,
    /// From this rev on the commits we applied follow each other without a hole.
    pub unbroken_since: Rev,
    /// Rows up to this rev are known to be in every table. Those above it, while the repo is desynchronized, may be a crash's leftovers.
    pub vouched: Rev,
    /// When its PDS was asked last because of a signature that does not hold. Units: milliseconds since 1970.
    pub doubted_ms: i64,
    /// When it was asked last how the account stands, because it is not active and writes. Units: milliseconds since 1970.
    pub status_asked_ms: i64,
    /// When an event said last how the account stands.
    pub status_heard: Option<Instant>,
    /// Heads of those commits, oldest first, while the repo is desynchronized.
    pub recent: VecDeque<RepoHead>,
    /// What was written without proof.
    pub unproven: Unproven,
    /// Whether the repo was asked for because all there was of it is unproven.
    pub proof_wanted: bool,
    /// Units: milliseconds since 1970.
    pub handle_checked_ms: i64,
}

impl Account {
    pub fn new(did: Did) -> Self {
        Self { did, known: None, waiting: VecDeque::new(), busy: None, doubtful: false }
    }
}

impl Known {
    /// As the store has it.
    pub fn from_stored(stored: Stored) -> Self {
        let key = PublicKey::from_did_key(&stored.actor.key).ok();
        // A row without a handle may be from before it was looked for: a crash in between must not leave it so.
        let handle_checked_ms = match &*stored.actor.handle {
            "" => 0,
            _ => i64::try_from(stored.actor.version / 1_000).unwrap_or(i64::MAX),
        };
        // A row without a rev only says why there is none.
        let vouched = stored.repo.as_ref().map_or(Rev::from(0), |repo| repo.vouched);
        let (head, state, reason) = match stored.repo {
            Some(repo) if repo.rev.get() != 0 => (
                Some(RepoHead { rev: repo.rev, data: Cid::dag_cbor(repo.data) }),
                repo.state,
                repo.reason,
            ),
            Some(repo) => (None, repo.state, repo.reason),
            None => (None, RepoState::Synchronized, "".into()),
        };
        let unbroken_since = head.map_or(Rev::from(0), |head| head.rev);
        let recent = head.into_iter().collect();
        Self {
            row: stored.actor,
            stored: true,
            key,
            head,
            state,
            reason,
            unbroken_since,
            vouched,
            doubted_ms: 0,
            status_asked_ms: 0,
            status_heard: None,
            recent,
            unproven: Unproven::default(),
            proof_wanted: false,
            handle_checked_ms,
        }
    }

    /// An account seen for the first time.
    pub fn first_seen(did: Did) -> Self {
        let row = ActorRow {
            status: ActorStatus::Active,
            first_seen: Datetime::from_ms(now_ms()),
            ..ActorRow::mentioned(did)
        };
        Self {
            row,
            stored: false,
            key: None,
            head: None,
            state: RepoState::Synchronized,
            reason: "".into(),
            unbroken_since: Rev::from(0),
            vouched: Rev::from(0),
            doubted_ms: 0,
            status_asked_ms: 0,
            status_heard: None,
            recent: VecDeque::new(),
            unproven: Unproven::default(),
            proof_wanted: false,
            handle_checked_ms: 0,
        }
    }

    /// Takes over an identity and what became of its handle. Returns the row to write when anything changed.
    pub fn update(
        &mut self,
        identity: Option<&Identity>,
        handle: &HandleCheck,
    ) -> Option<ActorRow> {
        let before = self.row.clone();
        if let Some(identity) = identity {
            self.key = identity.key.clone();
            self.row.key =
                identity.key.as_ref().map_or_else(Box::default, |key| key.to_did_key().into());
            self.row.pds = identity
                .pds
                .as_ref()
                .map_or_else(Box::default, |pds| pds.as_str().trim_end_matches('/').into());
        }
        match handle {
            HandleCheck::Verified(handle) => self.row.handle = handle.as_str().into(),
            HandleCheck::Invalid => self.row.handle = Box::default(),
            HandleCheck::Unknown => {}
        }
        if *handle != HandleCheck::Unknown {
            self.handle_checked_ms = now_ms();
        }
        (self.row != before || before.version == 0).then(|| self.next_row())
    }

    /// Takes over a status. Returns the row to write when it is another one.
    pub fn set_status(&mut self, status: ActorStatus) -> Option<ActorRow> {
        if self.row.status == status {
            return None;
        }
        self.row.status = status;
        Some(self.next_row())
    }

    /// There are commits of the repo, and none that we could apply. Returns the row to write.
    pub fn start_unknown(&mut self) -> RepoRow {
        (self.state, self.reason) = (RepoState::Desynchronized, UNKNOWN_START.into());
        self.repo_row()
    }

    /// The account is deleted. Returns the row to write: by it the purge finds what the account wrote, also where nothing of that was proven,
    /// or a crash came before the row that proves it.
    pub fn to_be_purged(&self) -> RepoRow {
        self.repo_row()
    }

    /// The account is back after it was deleted: what it had may have been removed here. Returns the row to write.
    pub fn forget_repo(&mut self) -> RepoRow {
        (self.state, self.reason) = (RepoState::Desynchronized, REACTIVATED.into());
        self.vouched = Rev::from(0);
        let row = self.repo_row();
        (self.head, self.unbroken_since) = (None, Rev::from(0));
        self.recent.clear();
        row
    }

    /// All of it is to be fetched, whatever is here. Returns the row to write.
    pub fn want(&mut self) -> RepoRow {
        if self.state == RepoState::Synchronized {
            self.recent.extend(self.head);
        }
        (self.state, self.reason) = (RepoState::Desynchronized, NEWLY_WANTED.into());
        self.repo_row()
    }

    /// The account is no longer kept: what comes is not followed, and what is here will be removed. Returns the row that says so.
    pub fn leave(&mut self) -> RepoRow {
        (self.state, self.reason) = (RepoState::Desynchronized, NOT_KEPT.into());
        self.vouched = Rev::from(0);
        self.unproven = Unproven::default();
        let row = self.repo_row();
        (self.head, self.unbroken_since) = (None, Rev::from(0));
        self.recent.clear();
        row
    }

    /// Takes over an applied commit. Returns the row to write, and the reason if it just lost the chain.
    pub fn advance(&mut self, head: RepoHead, chain: Chain) -> (RepoRow, Option<DropReason>) {
        let first = self.head.is_none();
        self.head = Some(head);
        let lost = match chain {
            Chain::Linked | Chain::Genesis => None,
            Chain::Unlinked(reason) => {
                self.unbroken_since = head.rev;
                self.recent.clear();
                Some(reason)
            }
        };
        let was_synchronized = self.state == RepoState::Synchronized;
        if let Some(reason) = lost.filter(|_| was_synchronized) {
            self.state = RepoState::Desynchronized;
            // Nothing broke: the repo had commits before we began to listen.
            self.reason = if first { UNKNOWN_START.into() } else { reason.as_str().into() };
        }
        match self.state {
            RepoState::Synchronized => self.vouched = head.rev,
            RepoState::Desynchronized => self.remember(head),
        }
        (self.repo_row(), lost.filter(|_| was_synchronized))
    }

    /// How a commit that comes after a gap stands to what we hold. A process that died may have written records of commits that nobody tells
    /// again, and not the head that leads to them. Where the gap has commits that left no trace in the tree, the repo must be fetched.
    pub fn after_gap(&self, chain: Chain, since_matches: bool) -> Chain {
        let is_doubtful = match chain {
            Chain::Linked => !since_matches,
            // The repo began anew, and may have had records before.
            Chain::Genesis => self.stored,
            Chain::Unlinked(_) => false,
        };
        if is_doubtful { Chain::Unlinked(DropReason::ChainBroken) } else { chain }
    }

    /// Whether the commit of this rev is applied, or one above it.
    pub fn has(&self, rev: Rev) -> bool {
        self.head.is_some_and(|head| rev <= head.rev)
    }

    /// Marks that something of the repo is missing here. Returns the row to write.
    pub fn desynchronize(&mut self, reason: DropReason) -> RepoRow {
        if self.state == RepoState::Synchronized {
            (self.state, self.reason) = (RepoState::Desynchronized, reason.as_str().into());
            self.recent.extend(self.head);
        }
        self.repo_row()
    }

    /// Something was written without proof that is not so: no row of the repo is to be believed until it was compared whole. Returns the
    /// row to write.
    pub fn distrust(&mut self) -> RepoRow {
        self.vouched = Rev::from(0);
        let row = self.desynchronize(DropReason::UnprovenContradicted);
        // A repo fetched at a rev before this one could not say so, and what is not so would pass for newer.
        self.recent.clear();
        if let Some(head) = self.head {
            self.unbroken_since = head.rev;
            self.recent.push_back(head);
        }
        row
    }

    /// Whether a repo fetched at `fetched`, and every commit we applied above it, are together the whole repo.
    pub fn continues(&self, fetched: RepoHead) -> bool {
        let is_known = match self.head {
            Some(head) if fetched.rev <= head.rev => self.recent.contains(&fetched),
            Some(_) | None => true,
        };
        is_known && fetched.rev >= self.unbroken_since
    }

    /// Takes over a fetched repo that is about to be written: what comes up to its rev is a repeat.
    pub fn take_over(&mut self, fetched: RepoHead) {
        if self.head.is_none_or(|head| head.rev < fetched.rev) {
            self.head = Some(fetched);
            self.remember(fetched);
        }
    }

    /// A fetched repo that [`continues`](Self::continues) ours is written. Returns the row to write.
    pub fn synchronize(&mut self) -> RepoRow {
        (self.state, self.reason) = (RepoState::Synchronized, "".into());
        self.vouched = self.head.map_or(Rev::from(0), |head| head.rev);
        self.unproven.settle(self.vouched);
        self.recent.clear();
        self.repo_row()
    }

    fn remember(&mut self, head: RepoHead) {
        if self.recent.len() == RECENT_HEADS_MAX {
            self.recent.pop_front();
        }
        self.recent.push_back(head);
    }

    /// The repo as it stands.
    pub fn repo_row(&self) -> RepoRow {
        let (rev, data) =
            self.head.as_ref().map_or((Rev::from(0), [0; 32]), |head| (head.rev, head.data.digest));
        RepoRow {
            actor: self.row.actor,
            rev,
            data,
            state: self.state,
            reason: self.reason.clone(),
            vouched: self.vouched,
        }
    }

    fn next_row(&mut self) -> ActorRow {
        // Two changes within one microsecond still need an order.
        self.row.version = u64::try_from(now_us()).unwrap_or(0).max(self.row.version + 1);
        self.row.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repo_fetched_before_a_contradiction_does_not_close_the_chain() {
        let head =
            |rev: u8| RepoHead { rev: Rev::from(u64::from(rev)), data: Cid::dag_cbor([rev; 32]) };
        let mut known = Known::first_seen(Did::parse("did:web:a.test").unwrap());
        known.advance(head(1), Chain::Unlinked(DropReason::ChainBroken));
        known.advance(head(2), Chain::Linked);
        assert!(known.continues(head(1)));
        known.advance(head(3), Chain::Linked);
        known.distrust();
        assert!(!known.continues(head(1)) && !known.continues(head(2)));
        assert!(known.continues(head(3)) && known.continues(head(4)));
    }

    #[test]
    fn after_a_gap_only_what_nobody_can_have_written_into_is_in_step() {
        let did = Did::parse("did:web:a.test").unwrap();
        let mut known = Known::first_seen(did);
        let broken = Chain::Unlinked(DropReason::ChainBroken);
        let other = Chain::Unlinked(DropReason::InversionMismatch);
        assert_eq!(known.after_gap(Chain::Genesis, true), Chain::Genesis);
        assert_eq!(known.after_gap(Chain::Linked, true), Chain::Linked);
        assert_eq!(known.after_gap(Chain::Linked, false), broken, "commits are missing");
        assert_eq!(known.after_gap(other, false), other);
        known.stored = true;
        assert_eq!(known.after_gap(Chain::Genesis, true), broken, "it may have lived before");
    }
}
