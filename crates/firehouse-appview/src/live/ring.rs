//! [`Ring`]: what matched a search lately, in the order in which it came.

use std::collections::VecDeque;
use std::num::NonZeroUsize;

use firehouse_store::read::{FoundPost, RecordKey};
use lru::LruCache;

/// What waits for the slowest listener, and for those who come back.
const ENTRIES_MAX: usize = 1_000;
/// Posts whose end is told.
const KNOWN_MAX: usize = 2_000;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A post came that matches.
    Came(FoundPost),
    /// One that had matched is gone, or is about to come again, changed.
    Went(RecordKey),
}

/// What happened, and when among all arrivals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub number: u64,
    pub what: What,
}

/// The last entries, counted from the first there ever was.
#[derive(Debug)]
pub(super) struct Ring {
    entries: VecDeque<Entry>,
    /// How many are no longer here.
    dropped: u64,
    /// Whatever came behind this number is here.
    since: u64,
    /// What came up to here was looked at.
    through: u64,
    /// Posts that came, and their URIs once somebody was told of them.
    known: LruCache<RecordKey, Option<Box<str>>>,
}

/// A part of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub entries: Vec<Entry>,
    /// Where the next part begins.
    pub place: u64,
    /// The number up to which the reader knows everything now.
    pub through: u64,
}

impl Ring {
    /// Empty, from this number on.
    pub fn new(since: u64) -> Self {
        let known = LruCache::new(NonZeroUsize::new(KNOWN_MAX).unwrap_or(NonZeroUsize::MIN));
        Self { entries: VecDeque::new(), dropped: 0, since, through: since, known }
    }

    /// What came up to this number was looked at, and this is what matched.
    pub fn advance(&mut self, found: &[Entry], through: u64) {
        for entry in found {
            match entry.what {
                What::Came(post) => {
                    self.known.get_or_insert(post.key(), || None);
                }
                What::Went(key) if self.known.contains(&key) => {}
                What::Went(_) => continue,
            }
            self.entries.push_back(*entry);
            if self.entries.len() > ENTRIES_MAX
                && let Some(oldest) = self.entries.pop_front()
            {
                self.dropped += 1;
                self.since = oldest.number;
            }
        }
        self.through = through;
    }

    /// Up to where all was looked at.
    pub fn through(&self) -> u64 {
        self.through
    }

    /// Where what came behind a number begins; `None` when not all of it is here.
    pub fn place(&self, number: u64) -> Option<u64> {
        let before = self.entries.partition_point(|entry| entry.number <= number);
        (number >= self.since).then(|| self.dropped + before as u64)
    }

    /// What stands behind a place. Errors: how many entries of it are no longer here.
    pub fn read(&self, place: u64, limit: usize) -> Result<Part, u64> {
        let at = place.checked_sub(self.dropped).ok_or_else(|| self.dropped - place)?;
        let at = usize::try_from(at).unwrap_or(usize::MAX).min(self.entries.len());
        let entries: Vec<_> = self.entries.range(at..).take(limit).copied().collect();
        let is_all = at + entries.len() == self.entries.len();
        let last = entries.last().map_or(self.through, |entry| entry.number);
        let through = if is_all { self.through } else { last };
        Ok(Part { place: place + entries.len() as u64, through, entries })
    }

    /// Somebody is told of a post.
    pub fn told(&mut self, key: RecordKey, uri: &str) {
        if let Some(known) = self.known.peek_mut(&key) {
            known.get_or_insert_with(|| uri.into());
        }
    }

    /// The URI of a post that somebody was told of.
    pub fn uri(&self, key: RecordKey) -> Option<Box<str>> {
        self.known.peek(&key).cloned().flatten()
    }
}

#[cfg(test)]
mod tests {
    use firehouse_schema::PostTextRow;
    use firehouse_types::{ActorId, Datetime, Rev, RkeyId};

    use super::*;

    fn key(rkey: u64) -> RecordKey {
        (ActorId::from(1), RkeyId::from(rkey))
    }

    fn came(number: u64) -> Entry {
        let text = PostTextRow {
            sort_at: Datetime::EPOCH,
            actor: ActorId::from(1),
            rkey: RkeyId::from(number),
            rev: Rev::from(1),
            deleted: 0,
            words: "".into(),
            runs: "".into(),
            marks: Vec::new(),
        };
        Entry { number, what: What::Came(FoundPost::of(&text)) }
    }

    fn went(number: u64, rkey: u64) -> Entry {
        Entry { number, what: What::Went(key(rkey)) }
    }

    #[test]
    fn a_reader_goes_on_where_it_stood_and_knows_up_to_where_it_knows_everything() {
        let mut ring = Ring::new(10);
        assert_eq!((ring.place(9), ring.place(10)), (None, Some(0)));
        ring.advance(&[came(11), came(13)], 15);
        let part = ring.read(0, 1).unwrap();
        assert_eq!((part.entries, part.place, part.through), (vec![came(11)], 1, 11));
        let part = ring.read(1, 9).unwrap();
        assert_eq!((part.entries, part.place, part.through), (vec![came(13)], 2, 15));
        assert_eq!(ring.place(11), Some(1));
        ring.advance(&[], 20);
        assert_eq!(ring.read(2, 9).unwrap(), Part { entries: vec![], place: 2, through: 20 });
    }

    #[test]
    fn a_reader_that_falls_behind_is_told_how_much_it_missed() {
        let mut ring = Ring::new(0);
        let found: Vec<_> = (1..=ENTRIES_MAX as u64 + 7).map(came).collect();
        ring.advance(&found, 5_000);
        assert_eq!(ring.read(0, 1), Err(7));
        assert_eq!((ring.place(6), ring.place(7)), (None, Some(7)));
        assert_eq!(ring.read(7, 1).unwrap().entries, [came(8)]);
    }

    #[test]
    fn only_of_posts_that_came_is_it_told_that_they_went() {
        let mut ring = Ring::new(0);
        ring.advance(&[came(1), went(2, 9), went(3, 1)], 3);
        assert_eq!(ring.read(0, 9).unwrap().entries, [came(1), went(3, 1)]);
        assert_eq!(ring.uri(key(1)), None, "nobody heard of it");
        ring.told(key(1), "at://a");
        assert_eq!(ring.uri(key(1)).as_deref(), Some("at://a"));
    }
}
