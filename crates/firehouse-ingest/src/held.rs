//! [`Held`]: commits that came before the one they follow, waiting a little for it.
//!
//! Two upstreams bring the same commits at different times, so the second of two may come over the one before the first does over the
//! other. To call the chain broken at once would have whole repos fetched for nothing. What is held keeps its ticket, so no cursor passes
//! it. Source: `Several relays, order, rates` of <https://atproto.com/specs/sync>, and what relays do in practice.

use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

use firehouse_repo::RepoHead;
use firehouse_types::{ActorId, CommitEvent, Event};

use crate::work::Ticketed;

/// How long a commit waits for the one before it.
const PATIENCE: Duration = Duration::from_secs(5);
/// Commits of one account that wait; one more, and all are taken as they are.
const OF_ACCOUNT_MAX: usize = 64;

/// The held commits of one worker's accounts, bounded.
pub struct Held {
    /// By account, in the order of their revs, each with the end of its patience.
    accounts: HashMap<ActorId, Vec<(Instant, Ticketed)>>,
    /// The first of these ends, of every account.
    ends: BTreeSet<(Instant, ActorId)>,
    len: usize,
    max: usize,
}

impl Held {
    /// Holds at most `max` commits. They pin cursors and count as in flight, so this must be well below what may be in flight.
    pub fn new(max: usize) -> Self {
        Self { accounts: HashMap::new(), ends: BTreeSet::new(), len: 0, max }
    }

    /// Lets a commit wait. Gives it back when there is no room.
    pub fn hold(&mut self, actor: ActorId, mut event: Ticketed, now: Instant) -> Option<Ticketed> {
        let of_account = self.accounts.get(&actor).map_or(0, Vec::len);
        if self.len >= self.max || of_account >= OF_ACCOUNT_MAX {
            return Some(event);
        }
        event.held = true;
        let end = now + PATIENCE;
        let events = self.accounts.entry(actor).or_default();
        let rev = rev_of(&event);
        let place = events.partition_point(|(_, other)| rev_of(other) <= rev);
        events.insert(place, (end, event));
        self.len += 1;
        if of_account == 0 {
            self.ends.insert((end, actor));
        }
        None
    }

    /// Whether any of the account's are.
    pub fn has(&self, actor: ActorId) -> bool {
        self.accounts.contains_key(&actor)
    }

    /// When the next patience ends.
    pub fn next_end(&self) -> Option<Instant> {
        self.ends.first().map(|(end, _)| *end)
    }

    /// An account whose patience has ended.
    pub fn ended(&self, now: Instant) -> Option<ActorId> {
        self.ends.first().filter(|(end, _)| *end <= now).map(|(_, actor)| *actor)
    }

    /// All of an account, in the order of their revs.
    pub fn take(&mut self, actor: ActorId) -> Vec<Ticketed> {
        let events = self.accounts.remove(&actor).unwrap_or_default();
        if let Some(first) = first_end(&events) {
            self.ends.remove(&(first, actor));
        }
        self.len -= events.len();
        events.into_iter().map(|(_, event)| event).collect()
    }

    /// The first of an account, if it follows `head` or is older.
    pub fn take_next(&mut self, actor: ActorId, head: RepoHead) -> Option<Ticketed> {
        let events = self.accounts.get_mut(&actor)?;
        let is_next =
            |commit: &CommitEvent| commit.rev <= head.rev || commit.prev_data == Some(head.data);
        let (_, first) = events.first()?;
        if !commit_of(first).is_some_and(is_next) {
            return None;
        }
        if let Some(end) = first_end(events) {
            self.ends.remove(&(end, actor));
        }
        let (_, event) = events.remove(0);
        self.len -= 1;
        match first_end(events) {
            Some(end) => drop(self.ends.insert((end, actor))),
            None => drop(self.accounts.remove(&actor)),
        }
        Some(event)
    }
}

fn first_end(events: &[(Instant, Ticketed)]) -> Option<Instant> {
    events.iter().map(|(end, _)| *end).min()
}

fn commit_of(event: &Ticketed) -> Option<&CommitEvent> {
    match &event.event {
        Event::Commit(commit) => Some(commit),
        Event::Unproven(_)
        | Event::Sync(_)
        | Event::Identity(_)
        | Event::Account(_)
        | Event::Info(_) => None,
    }
}

fn rev_of(event: &Ticketed) -> u64 {
    commit_of(event).map_or(0, |commit| commit.rev.get())
}

#[cfg(test)]
mod tests {
    use firehouse_types::{Cid, Did, Rev, Seq};

    use super::*;
    use crate::ticket::Ticket;

    fn data(n: u8) -> Cid {
        Cid::dag_cbor([n; 32])
    }

    /// The commit that makes tree `rev` of tree `rev - 1`.
    fn commit(rev: u8) -> Ticketed {
        let event = CommitEvent {
            seq: Seq::new(1).unwrap(),
            repo: Did::parse("did:web:a.test").unwrap(),
            rev: Rev::from(u64::from(rev)),
            since: None,
            commit: data(0),
            blocks: bytes::Bytes::new(),
            ops: Vec::new(),
            prev_data: Some(data(rev - 1)),
            too_big: false,
            time: "".into(),
        };
        let ticket = Ticket { upstream: 0, number: u64::from(rev), kib: 1 };
        Ticketed {
            ticket,
            event: Event::Commit(Box::new(event)),
            refreshed: false,
            held: false,
            pds: None,
        }
    }

    fn head(rev: u8) -> RepoHead {
        RepoHead { rev: Rev::from(u64::from(rev)), data: data(rev) }
    }

    fn revs(events: impl IntoIterator<Item = Ticketed>) -> Vec<u64> {
        events.into_iter().map(|event| rev_of(&event)).collect()
    }

    const A: fn() -> ActorId = || ActorId::from(1);

    #[test]
    fn what_was_held_follows_in_the_order_of_its_revs_as_soon_as_the_one_before_is_there() {
        let (mut held, now) = (Held::new(100), Instant::now());
        for rev in [5, 3, 4, 7, 3] {
            assert!(held.hold(A(), commit(rev), now).is_none());
        }
        assert!(held.take_next(A(), head(1)).is_none(), "2 is still missing");
        assert_eq!(held.take_next(A(), head(2)).map(|event| rev_of(&event)), Some(3));
        let repeat = held.take_next(A(), head(3));
        assert_eq!(repeat.map(|event| rev_of(&event)), Some(3), "a repeat waits for nothing");
        assert_eq!(held.take_next(A(), head(3)).map(|event| rev_of(&event)), Some(4));
        assert_eq!(held.take_next(A(), head(4)).map(|event| rev_of(&event)), Some(5));
        assert!(held.take_next(A(), head(5)).is_none());
        assert_eq!((held.len, held.has(A())), (1, true));
        assert_eq!(revs(held.take(A())), [7]);
        assert_eq!((held.len, held.has(A()), held.next_end()), (0, false, None));
    }

    #[test]
    fn patience_ends_for_all_of_an_account_with_that_of_its_first() {
        let (mut held, now) = (Held::new(100), Instant::now());
        let b = ActorId::from(2);
        let later = now + Duration::from_secs(1);
        assert!(held.hold(b, commit(9), later).is_none());
        assert!(held.hold(A(), commit(5), now).is_none());
        assert!(held.hold(A(), commit(4), later).is_none());
        assert_eq!((held.next_end(), held.ended(now)), (Some(now + PATIENCE), None));
        assert_eq!(held.ended(now + PATIENCE), Some(A()));
        let taken = held.take(A());
        assert!(taken.iter().all(|event| event.held), "none of them is held again");
        assert_eq!(revs(taken), [4, 5]);
        assert_eq!((held.ended(now + PATIENCE), held.next_end()), (None, Some(later + PATIENCE)));
    }

    #[test]
    fn there_is_room_for_some_of_an_account_and_some_of_all() {
        let (mut held, now) = (Held::new(70), Instant::now());
        let taken = (0..100).filter(|_| held.hold(A(), commit(5), now).is_none()).count();
        assert_eq!(taken, OF_ACCOUNT_MAX);
        let others = (2..100).filter(|&n| held.hold(ActorId::from(n), commit(5), now).is_none());
        assert_eq!((others.count(), held.len), (70 - OF_ACCOUNT_MAX, 70));
    }
}
