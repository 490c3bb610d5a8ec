//! Changing a [`PartialTree`]: replace, remove and insert a key, keeping the one shape the content has.
//!
//! Removing a key joins the subtrees on its two sides; inserting one splits the subtree it falls into. Both go straight down, one node
//! pair per level, so nothing recurses.

use super::partial::{Entry, Link, Node, PartialTree, Place};
use super::{TreeError, level_of};

/// Nodes from the root down, each with the slot of the link taken from it, or of the entry found in it.
type Path = Vec<(usize, usize)>;

impl<'a> PartialTree<'a> {
    /// Gives a key another value; it must have had the value `old`.
    pub fn replace(&mut self, key: &[u8], old: &[u8], new: &'a [u8]) -> Result<(), TreeError> {
        let (path, (at, slot)) = self.descend_to(key)?;
        let found = self.node_mut(at)?.entries.get_mut(slot);
        let found = found.filter(|entry| entry.value == old).ok_or(TreeError::Contradiction)?;
        found.value = new;
        self.mark_changed(&path)
    }

    /// Takes a key out; it must have had the value `old`.
    pub fn remove(&mut self, key: &[u8], old: &[u8]) -> Result<(), TreeError> {
        let (path, (at, slot)) = self.descend_to(key)?;
        let node = self.node_mut(at)?;
        if node.entries.get(slot).is_none_or(|entry| entry.value != old) {
            return Err(TreeError::Contradiction);
        }
        let right = node.entries.remove(slot).right;
        self.join(at, slot, right)?;
        self.mark_changed(&path)?;
        self.prune(&path)
    }

    /// Puts a key in; it must not have been there.
    pub fn insert(&mut self, key: &[u8], value: &'a [u8]) -> Result<(), TreeError> {
        let level = level_of(key);
        let Some(top) = self.load_root()? else {
            self.root = self.new_node(level, key, value, [Link::Nothing; 2]);
            return Ok(());
        };
        let top_level = self.node(top)?.level;
        if level > top_level {
            let (left, right) = self.split(Link::Loaded(top), Some(top_level), key)?;
            let left = self.lift(left, top_level, level - 1);
            let right = self.lift(right, top_level, level - 1);
            self.root = self.new_node(level, key, value, [left, right]);
            return Ok(());
        }
        let mut at = top;
        loop {
            let Place::Below(slot) = self.find(at, key)? else {
                return Err(TreeError::Contradiction);
            };
            let node = self.node_mut(at)?;
            node.cid = None;
            let (node_level, link) = (node.level, node.link(slot));
            if node_level == level {
                let (left, right) = self.split(link, level.checked_sub(1), key)?;
                let entry = self.new_entry(key, value, right);
                self.node_mut(at)?.entries.insert(slot, entry);
                return self.set_link(at, slot, left);
            }
            match self.load_child(at, slot)? {
                Some(child) => at = child,
                None => {
                    let fresh = self.new_node(level, key, value, [Link::Nothing; 2]);
                    let chain = self.lift(fresh, level, node_level - 1);
                    return self.set_link(at, slot, chain);
                }
            }
        }
    }

    /// The way to a key that must be there. Shape: the way, the key's own place last; that place once more.
    fn descend_to(&mut self, key: &[u8]) -> Result<(Path, (usize, usize)), TreeError> {
        let mut path = Vec::with_capacity(8);
        let mut at = self.load_root()?.ok_or(TreeError::Contradiction)?;
        loop {
            match self.find(at, key)? {
                Place::Entry(slot) => {
                    path.push((at, slot));
                    return Ok((path, (at, slot)));
                }
                Place::Below(slot) => {
                    path.push((at, slot));
                    at = self.load_child(at, slot)?.ok_or(TreeError::Contradiction)?;
                }
            }
        }
    }

    fn mark_changed(&mut self, path: &[(usize, usize)]) -> Result<(), TreeError> {
        path.iter().try_for_each(|&(at, _)| self.node_mut(at).map(|node| node.cid = None))
    }

    /// Takes off nodes that hold nothing any more, from the bottom of the path up.
    fn prune(&mut self, path: &[(usize, usize)]) -> Result<(), TreeError> {
        for (depth, &(at, _)) in path.iter().enumerate().rev() {
            if !self.node(at)?.holds_nothing() {
                break;
            }
            match depth.checked_sub(1).and_then(|above| path.get(above)) {
                Some(&(parent, slot)) => self.set_link(parent, slot, Link::Nothing)?,
                None => self.root = Link::Nothing,
            }
        }
        Ok(())
    }

    /// Joins the subtree at a link with the one that stood to its right, level by level along the seam.
    fn join(&mut self, at: usize, slot: usize, right: Link) -> Result<(), TreeError> {
        let (mut at, mut slot, mut right) = (at, slot, right);
        loop {
            if matches!(right, Link::Nothing) {
                return Ok(());
            }
            let node = self.node(at)?;
            let (left, level) = (node.link(slot), node.level.checked_sub(1));
            let Some(into) = self.load_link(left, level)? else {
                return self.set_link(at, slot, right);
            };
            self.set_link(at, slot, Link::Loaded(into))?;
            let Some(from) = self.load_link(right, level)? else { return Ok(()) };
            let from = self.node_mut(from)?;
            right = std::mem::replace(&mut from.left, Link::Nothing);
            let entries = std::mem::take(&mut from.entries);
            let into_node = self.node_mut(into)?;
            (at, slot) = (into, into_node.entries.len());
            into_node.entries.extend(entries);
            into_node.cid = None;
        }
    }

    /// Splits a subtree into what is below and what is above a key that must not be in it.
    fn split(
        &mut self,
        link: Link,
        level: Option<u8>,
        key: &[u8],
    ) -> Result<(Link, Link), TreeError> {
        // Down: cut every node on the way in two, the open ends facing each other.
        let mut halves = Vec::new();
        let (mut link, mut level) = (link, level);
        while let Some(at) = self.load_link(link, level)? {
            let Place::Below(slot) = self.find(at, key)? else {
                return Err(TreeError::Contradiction);
            };
            let left = self.node_mut(at)?;
            link = left.link(slot);
            level = left.level.checked_sub(1);
            let entries = left.entries.split_off(slot.min(left.entries.len()));
            left.cid = None;
            let right = Node { level: left.level, left: Link::Nothing, entries, cid: None };
            self.nodes.push(right);
            halves.push((at, slot, self.nodes.len() - 1));
        }
        // Up: close the ends with what became of the level below.
        let (mut lower, mut upper) = (Link::Nothing, Link::Nothing);
        for (left, slot, right) in halves.into_iter().rev() {
            self.set_link(left, slot, lower)?;
            self.set_link(right, 0, upper)?;
            lower = self.unless_empty(left)?;
            upper = self.unless_empty(right)?;
        }
        Ok((lower, upper))
    }

    fn unless_empty(&self, at: usize) -> Result<Link, TreeError> {
        Ok(if self.node(at)?.holds_nothing() { Link::Nothing } else { Link::Loaded(at) })
    }

    /// Wraps a subtree in nodes without keys until it stands on level `to`.
    fn lift(&mut self, link: Link, from: u8, to: u8) -> Link {
        let mut link = link;
        if matches!(link, Link::Nothing) {
            return link;
        }
        for level in from..to {
            self.nodes.push(Node { level: level + 1, left: link, entries: vec![], cid: None });
            link = Link::Loaded(self.nodes.len() - 1);
        }
        link
    }

    fn new_node(&mut self, level: u8, key: &[u8], value: &'a [u8], links: [Link; 2]) -> Link {
        let [left, right] = links;
        let entries = vec![self.new_entry(key, value, right)];
        self.nodes.push(Node { level, left, entries, cid: None });
        Link::Loaded(self.nodes.len() - 1)
    }

    fn new_entry(&mut self, key: &[u8], value: &'a [u8], right: Link) -> Entry<'a> {
        let start = self.keys.len();
        self.keys.extend_from_slice(key);
        Entry { key: start..self.keys.len(), value, right }
    }
}
