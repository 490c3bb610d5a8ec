//! [`KeptTops`]: lists of ranked posts of which a page was shown, so that the next is cut from the same list.
//!
//! Ranks depend on counts, which move while somebody reads: without this a post could be on two pages, or on none. What a list answers
//! is part of its key, so a page cursor of another search finds none. Who comes back too late, or to another process, has the list made
//! anew and goes on at the rank in the cursor.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use super::top::{Ranked, Top};
use crate::clock;

/// How long a list is kept behind the last page that was cut from it.
const KEPT: Duration = Duration::from_secs(600);
/// What all lists take. Units: bytes; one of four hundred posts takes 22 KB.
const BYTES_MAX: u64 = 128 << 20;

/// The lists, by what was asked and by number.
#[derive(Clone)]
pub(crate) struct KeptTops {
    lists: Cache<(u64, u64), Top>,
    last: Arc<AtomicU64>,
}

impl KeptTops {
    pub fn new() -> Self {
        let bytes = |list: &Top| size_of_val::<[Ranked]>(&list.posts) + 128;
        let lists = Cache::builder()
            .max_capacity(BYTES_MAX)
            .weigher(move |_, list| u32::try_from(bytes(list)).unwrap_or(u32::MAX))
            .time_to_idle(KEPT)
            // A new list is as likely to be asked for again as any other.
            .eviction_policy(EvictionPolicy::lru())
            .build();
        // Processes that stand side by side do not take each other's numbers for their own.
        let first = u64::try_from(clock::now().ms()).unwrap_or(0) << 20;
        Self { lists, last: Arc::new(AtomicU64::new(first)) }
    }

    /// A list that was kept.
    pub fn get(&self, question: u64, list: u64) -> Option<Top> {
        self.lists.get(&(question, list))
    }

    /// A number that no list has.
    pub fn number(&self) -> u64 {
        self.last.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Keeps a list by its number.
    pub fn keep(&self, question: u64, list: u64, top: Top) {
        self.lists.insert((question, list), top);
    }
}
