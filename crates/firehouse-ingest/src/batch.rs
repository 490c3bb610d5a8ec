//! [`Batch`]: rows of every table that share one flush, and the tickets they pay for.

use std::collections::HashMap;
use std::num::NonZeroUsize;

use firehouse_indexer::Rows;
use firehouse_schema::{ActorRow, ActorStatus, RepoRow};
use firehouse_store::SourceKey;
use firehouse_types::{ActorId, Did, Rev};
use lru::LruCache;

use crate::ticket::Ticket;
use crate::work::{Output, Promise};

/// What one flush writes.
#[derive(Default)]
pub struct Batch {
    pub rows: Rows,
    pub actors: Vec<ActorRow>,
    /// Those that are deleted.
    pub deleted: Vec<ActorRow>,
    /// Those that were, and have come back.
    pub returned: Vec<ActorRow>,
    /// Those of whom nothing is known but their DIDs.
    pub mentioned: Vec<ActorRow>,
    /// The last commit of each repo.
    pub repos: HashMap<ActorId, RepoRow>,
    pub buried: Vec<(SourceKey, Rev)>,
    pub done: Vec<Ticket>,
    pub promises: Vec<Promise>,
    len: usize,
}

/// Accounts whose DID the store is known to have, bounded.
pub type Named = LruCache<ActorId, ()>;

/// Makes an empty set for `entries` accounts; at least one.
pub fn named(entries: usize) -> Named {
    LruCache::new(NonZeroUsize::new(entries).unwrap_or(NonZeroUsize::MIN))
}

impl Batch {
    /// Adds what a worker made. DIDs that are only mentioned get a row unless `named` has them.
    pub fn absorb(&mut self, output: Output, named: &mut Named) {
        self.len += output.len();
        let mut rows = output.rows;
        for did in rows.mentioned.drain(..) {
            self.mention(did, named);
        }
        for actor in output.actors {
            named.put(actor.actor, ());
            match actor.status {
                ActorStatus::Deleted => self.deleted.push(actor),
                ActorStatus::Mentioned => self.mentioned.push(actor),
                _ => self.actors.push(actor),
            }
        }
        for actor in &output.returned {
            named.put(actor.actor, ());
        }
        self.returned.extend(output.returned);
        // Of two rows of one repo the later wins, except that a row without a rev never hides one with a rev.
        for repo in output.repos {
            let held = self.repos.entry(repo.actor).or_insert_with(|| repo.clone());
            if repo.rev >= held.rev {
                *held = repo;
            }
        }
        self.rows.append(rows);
        self.buried.extend(output.buried);
        self.done.extend(output.done);
        self.promises.extend(output.promises);
    }

    fn mention(&mut self, did: Did, named: &mut Named) {
        if named.put(did.actor(), ()).is_none() {
            self.mentioned.push(ActorRow::mentioned(did));
        }
    }

    /// Rows in it, about.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether a flush would neither write nor acknowledge anything.
    pub fn is_empty(&self) -> bool {
        self.len == 0 && self.done.is_empty() && self.promises.is_empty()
    }
}
