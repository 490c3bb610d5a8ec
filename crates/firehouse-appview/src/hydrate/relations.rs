//! [`Relations`]: who follows and blocks whom, directly or by list, among the accounts of one answer.
//!
//! First-party blocks concern the viewer, third-party ones two others: the author of a reply and whom it answers, of a quote and whom it
//! quotes. A list blocks only while it exists, is a moderation list, and its creator is active. Nobody blocks himself.

use std::collections::{BTreeSet, HashMap, HashSet};

use firehouse_store::Store;
use firehouse_store::read::RecordKey;
use firehouse_types::{ActorId, RkeyId};

use crate::ViewError;
use crate::nsid::BLOCK;

/// All relations that were asked for.
#[derive(Debug, Default)]
pub(crate) struct Relations {
    follows: HashMap<(ActorId, ActorId), RkeyId>,
    blocks: HashMap<(ActorId, ActorId), RkeyId>,
    /// (who blocks, who is on the lists) → the lists. The first one is shown.
    list_blocks: HashMap<(ActorId, ActorId), BTreeSet<RecordKey>>,
}

/// Pairs of accounts whose relations matter; order within a pair means nothing.
#[derive(Debug, Default)]
pub(crate) struct Pairs(HashSet<(ActorId, ActorId)>);

impl Pairs {
    /// Adds a pair, unless it is one account twice.
    pub fn add(&mut self, a: ActorId, b: ActorId) {
        if a != b {
            self.0.insert((a.min(b), a.max(b)));
        }
    }

    /// Adds the viewer with each of these.
    pub fn add_viewer(
        &mut self,
        viewer: Option<ActorId>,
        others: impl IntoIterator<Item = ActorId>,
    ) {
        if let Some(viewer) = viewer {
            others.into_iter().for_each(|other| self.add(viewer, other));
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Leaves out those that are among `asked`, and puts the rest there.
    pub fn renew(&mut self, asked: &mut Self) {
        self.0.retain(|&pair| asked.0.insert(pair));
    }

    fn directed(&self) -> Vec<(ActorId, ActorId)> {
        self.0.iter().flat_map(|&(a, b)| [(a, b), (b, a)]).collect()
    }

    fn actors(&self) -> Vec<ActorId> {
        let all: HashSet<_> = self.0.iter().flat_map(|&(a, b)| [a, b]).collect();
        all.into_iter().collect()
    }
}

impl Relations {
    /// Looks the pairs up: direct relations and those by list, at once.
    pub async fn load(store: &Store, pairs: &Pairs) -> Result<Self, ViewError> {
        if pairs.0.is_empty() {
            return Ok(Self::default());
        }
        let (directed, actors) = (pairs.directed(), pairs.actors());
        let (direct, by_list) =
            tokio::try_join!(store.relations(&directed), store.list_blocks(&actors, &actors))?;
        let mut relations = Self::default();
        for row in direct {
            let kind = match &*row.collection {
                BLOCK => &mut relations.blocks,
                _ => &mut relations.follows,
            };
            kind.insert((row.actor, row.target_actor), row.first_rkey);
        }
        for row in by_list {
            let lists = relations.list_blocks.entry((row.actor, row.subject)).or_default();
            lists.insert(row.list());
        }
        Ok(relations)
    }

    /// Takes over what was asked for later.
    pub fn extend(&mut self, later: Self) {
        self.follows.extend(later.follows);
        self.blocks.extend(later.blocks);
        self.list_blocks.extend(later.list_blocks);
    }

    /// The record by which one follows another.
    pub fn follow(&self, from: ActorId, to: ActorId) -> Option<RkeyId> {
        self.follows.get(&(from, to)).copied()
    }

    /// The record by which one blocks another.
    pub fn block(&self, from: ActorId, to: ActorId) -> Option<RkeyId> {
        self.blocks.get(&(from, to)).copied()
    }

    /// The list by which one blocks another.
    pub fn list_block(&self, from: ActorId, to: ActorId) -> Option<RecordKey> {
        self.list_blocks.get(&(from, to))?.first().copied()
    }

    /// Whether one blocks another in any way.
    pub fn blocks(&self, from: ActorId, to: ActorId) -> bool {
        self.block(from, to).is_some() || self.list_block(from, to).is_some()
    }

    /// Whether there is a block between two accounts, in either direction.
    pub fn block_between(&self, a: ActorId, b: ActorId) -> bool {
        a != b && (self.blocks(a, b) || self.blocks(b, a))
    }

    /// Lists by which somebody here blocks.
    pub fn lists_blocking(&self) -> impl Iterator<Item = RecordKey> {
        self.list_blocks.values().flatten().copied()
    }

    /// Forgets blocks by lists that this caller may not see.
    pub fn retain_lists(&mut self, is_seen: impl Fn(RecordKey) -> bool) {
        self.list_blocks.values_mut().for_each(|lists| lists.retain(|list| is_seen(*list)));
    }

    /// The records by which they follow and block.
    pub fn records(&self) -> impl Iterator<Item = RecordKey> {
        self.follows.iter().chain(&self.blocks).map(|((from, _), &rkey)| (*from, rkey))
    }
}
