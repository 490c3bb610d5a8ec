//! [`PartialTree`]: as much of a tree as was needed so far; subtrees nobody asked about stay CIDs.
//!
//! Nodes live in one vector and refer to each other by index, keys in one buffer: a commit costs a few allocations, none per key.
//! Changing the tree is in `surgery.rs`.

use std::ops::Range;

use firehouse_types::Cid;

use super::node::{NodeWriter, check_key, read_node, shared_prefix};
use super::{EMPTY, TreeError, level_of};
use crate::{Car, sha256};

/// A tree that loads its nodes from a CAR as they are needed.
#[derive(Debug)]
pub struct PartialTree<'a> {
    car: &'a Car,
    pub(super) root: Link,
    pub(super) nodes: Vec<Node<'a>>,
    /// Every key, one behind the other.
    pub(super) keys: Vec<u8>,
}

/// What hangs at one place of a node.
#[derive(Clone, Copy, Debug)]
pub(super) enum Link {
    Nothing,
    /// Not loaded.
    Stored(Cid),
    /// An index into [`PartialTree::nodes`].
    Loaded(usize),
}

/// `links[0] leaves[0] links[1] leaves[1] … links[n]`: one more link than leaves.
#[derive(Debug, Default)]
pub(super) struct Node<'a> {
    pub level: u8,
    pub leaves: Vec<Leaf<'a>>,
    pub links: Vec<Link>,
    /// As loaded; `None` once something below changed.
    pub cid: Option<Cid>,
}

#[derive(Clone, Debug)]
pub(super) struct Leaf<'a> {
    pub key: Range<usize>,
    /// The binary CID.
    pub value: &'a [u8],
    /// What the key shares with the one it was loaded behind: true as long as that one still stands before it.
    pub loaded_behind: Option<Behind>,
}

/// Where the key before begins in [`PartialTree::keys`], and how many bytes are shared with it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Behind {
    start: usize,
    prefix: usize,
}

/// Where a key is in a node, or which link leads to it.
pub(super) enum Place {
    Leaf(usize),
    Below(usize),
}

impl<'a> PartialTree<'a> {
    /// A tree of which only the root's CID is known.
    pub fn new(car: &'a Car, root: Cid) -> Self {
        Self { car, root: Link::Stored(root), nodes: Vec::new(), keys: Vec::new() }
    }

    /// The binary CID of the record at this key, or that there is surely none.
    pub fn get(&mut self, key: &[u8]) -> Result<Option<&'a [u8]>, TreeError> {
        let Some(mut at) = self.load_root()? else { return Ok(None) };
        loop {
            match self.find(at, key)? {
                Place::Leaf(leaf) => return Ok(self.node(at)?.leaves.get(leaf).map(|l| l.value)),
                Place::Below(slot) => match self.load_child(at, slot)? {
                    Some(child) => at = child,
                    None => return Ok(None),
                },
            }
        }
    }

    /// The root of the tree as it is now. Nodes without keys at the top are taken off, as the tree's form demands.
    pub fn root(&mut self) -> Result<Cid, TreeError> {
        while let Link::Loaded(top) = self.root {
            let node = self.node(top)?;
            if !node.leaves.is_empty() {
                return self.encode(top);
            }
            let (link, level) = (node.links.first().copied(), node.level);
            let link = link.unwrap_or(Link::Nothing);
            self.root = match self.load_link(link, level.checked_sub(1)) {
                Ok(below) => below.map_or(Link::Nothing, Link::Loaded),
                // Whether it has keys cannot be seen when it is not here; then it is not of this commit's making, and has them.
                Err(TreeError::MissingNode(_)) => {
                    self.root = link;
                    break;
                }
                Err(error) => return Err(error),
            };
        }
        match self.root {
            Link::Stored(cid) => Ok(cid),
            Link::Nothing | Link::Loaded(_) => Ok(EMPTY),
        }
    }

    pub(super) fn node(&self, at: usize) -> Result<&Node<'a>, TreeError> {
        self.nodes.get(at).ok_or(TreeError::Rule("no such node"))
    }

    pub(super) fn node_mut(&mut self, at: usize) -> Result<&mut Node<'a>, TreeError> {
        self.nodes.get_mut(at).ok_or(TreeError::Rule("no such node"))
    }

    pub(super) fn key(&self, leaf: &Leaf<'_>) -> &[u8] {
        self.key_at(&leaf.key)
    }

    fn key_at(&self, place: &Range<usize>) -> &[u8] {
        self.keys.get(place.clone()).unwrap_or_default()
    }

    pub(super) fn find(&self, at: usize, key: &[u8]) -> Result<Place, TreeError> {
        let leaves = &self.node(at)?.leaves;
        Ok(match leaves.binary_search_by(|leaf| self.key(leaf).cmp(key)) {
            Ok(leaf) => Place::Leaf(leaf),
            Err(slot) => Place::Below(slot),
        })
    }

    pub(super) fn load_root(&mut self) -> Result<Option<usize>, TreeError> {
        if let Link::Stored(cid) = self.root {
            self.root =
                if cid == EMPTY { Link::Nothing } else { Link::Loaded(self.load(cid, None)?) };
        }
        Ok(match self.root {
            Link::Loaded(at) => Some(at),
            Link::Nothing | Link::Stored(_) => None,
        })
    }

    /// The node at a link of another, loaded; `None` when nothing hangs there.
    pub(super) fn load_child(
        &mut self,
        parent: usize,
        slot: usize,
    ) -> Result<Option<usize>, TreeError> {
        let node = self.node(parent)?;
        let (link, level) = (node.links.get(slot).copied().unwrap_or(Link::Nothing), node.level);
        let child = self.load_link(link, level.checked_sub(1))?;
        if let (Link::Stored(_), Some(child)) = (link, child) {
            self.set_link(parent, slot, Link::Loaded(child))?;
        }
        Ok(child)
    }

    /// `level` is that of the node behind the link: its parent's minus one, since a node without keys cannot tell.
    pub(super) fn load_link(
        &mut self,
        link: Link,
        level: Option<u8>,
    ) -> Result<Option<usize>, TreeError> {
        match link {
            Link::Nothing => Ok(None),
            Link::Loaded(at) => Ok(Some(at)),
            Link::Stored(cid) => match level {
                Some(_) => self.load(cid, level).map(Some),
                None => Err(TreeError::Rule("a subtree below level 0")),
            },
        }
    }

    pub(super) fn set_link(&mut self, at: usize, slot: usize, link: Link) -> Result<(), TreeError> {
        let place = self.node_mut(at)?.links.get_mut(slot);
        *place.ok_or(TreeError::Rule("no such link"))? = link;
        Ok(())
    }

    /// Decodes a node. Without a level it is the root, and its first key tells. That the other keys have this level too is left to
    /// [`Walk`](super::Walk): hashing every key would cost more than all the rest, and a wrong one changes no root unnoticed.
    fn load(&mut self, cid: Cid, level: Option<u8>) -> Result<usize, TreeError> {
        let car = self.car;
        let block = car.block(&cid).ok_or(TreeError::MissingNode(cid))?;
        // An entry takes about a hundred bytes.
        let entries = block.len() / 96 + 1;
        let (leaves, mut links) = (Vec::with_capacity(entries), Vec::with_capacity(entries + 1));
        links.push(Link::Nothing);
        let mut node = Node { level: 0, leaves, links, cid: Some(cid) };
        let keys = &mut self.keys;
        let mut before = 0..0;
        let left = read_node(block, |entry| {
            check_key(keys.get(before.clone()).unwrap_or_default(), &entry)?;
            let start = keys.len();
            keys.extend_from_within(before.start..before.start + entry.prefix);
            keys.extend_from_slice(entry.suffix);
            let behind = Behind { start: before.start, prefix: entry.prefix };
            let loaded_behind = (!before.is_empty()).then_some(behind);
            before = start..keys.len();
            node.leaves.push(Leaf { key: before.clone(), value: entry.value, loaded_behind });
            node.links.push(entry.right.map_or(Link::Nothing, Link::Stored));
            Ok(())
        })?;
        if let (Some(cid), Some(first)) = (left, node.links.first_mut()) {
            *first = Link::Stored(cid);
        }
        node.level = match (level, node.leaves.first()) {
            (Some(level), _) => level,
            (None, Some(first)) => level_of(self.key(first)),
            (None, None) => return Err(TreeError::Rule("a root without keys")),
        };
        if node.leaves.is_empty() && left.is_none() {
            return Err(TreeError::Rule("an empty node below the root"));
        }
        self.nodes.push(node);
        Ok(self.nodes.len() - 1)
    }

    /// The CID of a node; changed nodes below it are encoded first, lowest level first.
    fn encode(&mut self, top: usize) -> Result<Cid, TreeError> {
        let mut changed = vec![top];
        let mut seen = 0;
        while let Some(&at) = changed.get(seen) {
            seen += 1;
            for link in &self.node(at)?.links {
                if let Link::Loaded(child) = *link
                    && self.node(child)?.cid.is_none()
                {
                    changed.push(child);
                }
            }
        }
        // Breadth first puts every parent before its children.
        let mut block = Vec::with_capacity(1_024);
        for at in changed.into_iter().rev() {
            if self.node(at)?.cid.is_none() {
                self.write(at, &mut block)?;
                self.node_mut(at)?.cid = Some(Cid::dag_cbor(sha256(&block)));
            }
        }
        self.node(top)?.cid.ok_or(TreeError::Rule("a node without a CID"))
    }

    fn write(&self, at: usize, block: &mut Vec<u8>) -> Result<(), TreeError> {
        let node = self.node(at)?;
        let mut writer = NodeWriter::start(block, node.leaves.len());
        let mut links = node.links.iter().map(|link| self.cid_of(link));
        let left = links.next().flatten();
        let mut before = 0..0;
        for (leaf, right) in node.leaves.iter().zip(links) {
            let prefix = match leaf.loaded_behind {
                Some(behind) if behind.start == before.start && !before.is_empty() => behind.prefix,
                _ => shared_prefix(self.key_at(&before), self.key(leaf)),
            };
            writer.entry(prefix, self.key(leaf), leaf.value, right);
            before = leaf.key.clone();
        }
        writer.finish(left);
        Ok(())
    }

    fn cid_of<'s>(&'s self, link: &'s Link) -> Option<&'s Cid> {
        match link {
            Link::Nothing => None,
            Link::Stored(cid) => Some(cid),
            Link::Loaded(at) => self.nodes.get(*at)?.cid.as_ref(),
        }
    }
}
