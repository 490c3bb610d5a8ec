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
    /// How many bytes of nodes may still be loaded. No node stands twice in a tree, so all of them together have at most the bytes of the
    /// CAR; where many links lead to one node, each would otherwise be unpacked anew, at up to a kilobyte of keys per 60 bytes.
    unread_bytes: usize,
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

/// `left entries[0] entries[1] …`: a link before the first key and one behind each. A link's slot is the number of keys before it.
#[derive(Debug)]
pub(super) struct Node<'a> {
    pub level: u8,
    pub left: Link,
    pub entries: Vec<Entry<'a>>,
    /// As loaded; `None` once something here or below changed.
    pub cid: Option<Cid>,
}

#[derive(Debug)]
pub(super) struct Entry<'a> {
    /// Its place in [`PartialTree::keys`].
    pub key: Range<usize>,
    /// The binary CID.
    pub value: &'a [u8],
    pub right: Link,
}

/// Where a key is in a node, or which link leads to it.
pub(super) enum Place {
    Entry(usize),
    Below(usize),
}

impl<'a> PartialTree<'a> {
    /// A tree of which only the root's CID is known.
    pub fn new(car: &'a Car, root: Cid) -> Self {
        Self {
            car,
            root: Link::Stored(root),
            // What the path to one key mostly needs.
            nodes: Vec::with_capacity(16),
            keys: Vec::with_capacity(4_096),
            unread_bytes: car.bytes_len(),
        }
    }

    /// The binary CID of the record at this key, or that there is surely none.
    pub fn get(&mut self, key: &[u8]) -> Result<Option<&'a [u8]>, TreeError> {
        let Some(mut at) = self.load_root()? else { return Ok(None) };
        loop {
            match self.find(at, key)? {
                Place::Entry(slot) => return Ok(self.node(at)?.entries.get(slot).map(|e| e.value)),
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
            if !node.entries.is_empty() {
                return self.encode(top);
            }
            let (link, level) = (node.left, node.level);
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

    fn key(&self, place: &Range<usize>) -> &[u8] {
        self.keys.get(place.clone()).unwrap_or_default()
    }

    pub(super) fn find(&self, at: usize, key: &[u8]) -> Result<Place, TreeError> {
        let entries = &self.node(at)?.entries;
        Ok(match entries.binary_search_by(|entry| self.key(&entry.key).cmp(key)) {
            Ok(slot) => Place::Entry(slot),
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
        let (link, level) = (node.link(slot), node.level);
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
        let node = self.node_mut(at)?;
        let place = match slot.checked_sub(1) {
            None => Some(&mut node.left),
            Some(before) => node.entries.get_mut(before).map(|entry| &mut entry.right),
        };
        *place.ok_or(TreeError::Rule("no such link"))? = link;
        Ok(())
    }

    /// Decodes a node. Without a level it is the root, and its first key tells. That the other keys have this level too is left to
    /// [`Walk`](super::Walk): hashing every key would cost more than all the rest, and a wrong one changes no root unnoticed.
    fn load(&mut self, cid: Cid, level: Option<u8>) -> Result<usize, TreeError> {
        let car = self.car;
        let block = car.block(&cid).ok_or(TreeError::MissingNode(cid))?;
        let unread_bytes = self.unread_bytes.checked_sub(block.len());
        self.unread_bytes = unread_bytes.ok_or(TreeError::Rule("one node at many places"))?;
        // An entry takes about a hundred bytes.
        let mut entries = Vec::with_capacity(block.len() / 96 + 1);
        let keys = &mut self.keys;
        let mut before = 0..0;
        let left = read_node(block, |entry| {
            check_key(keys.get(before.clone()).unwrap_or_default(), &entry)?;
            let start = keys.len();
            keys.extend_from_within(before.start..before.start + entry.prefix);
            keys.extend_from_slice(entry.suffix);
            before = start..keys.len();
            let right = entry.right.map_or(Link::Nothing, Link::Stored);
            entries.push(Entry { key: before.clone(), value: entry.value, right });
            Ok(())
        })?;
        let level = match (level, entries.first()) {
            (Some(_), None) if left.is_none() => {
                return Err(TreeError::Rule("an empty node below the root"));
            }
            (Some(level), _) => level,
            (None, Some(first)) => level_of(self.key(&first.key)),
            (None, None) => return Err(TreeError::Rule("a root without keys")),
        };
        let left = left.map_or(Link::Nothing, Link::Stored);
        let node = Node { level, left, entries, cid: Some(cid) };
        self.nodes.push(node);
        Ok(self.nodes.len() - 1)
    }

    /// The CID of a node; changed nodes below it are encoded first, lowest level first.
    fn encode(&mut self, top: usize) -> Result<Cid, TreeError> {
        let mut changed = vec![top];
        let mut seen = 0;
        while let Some(&at) = changed.get(seen) {
            seen += 1;
            for link in self.node(at)?.links() {
                if let Link::Loaded(child) = link
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
        let mut writer = NodeWriter::start(block, node.entries.len());
        let mut before = &[][..];
        for entry in &node.entries {
            let key = self.key(&entry.key);
            writer.entry(shared_prefix(before, key), key, entry.value, self.cid_of(&entry.right));
            before = key;
        }
        writer.finish(self.cid_of(&node.left));
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

impl Node<'_> {
    pub(super) fn link(&self, slot: usize) -> Link {
        match slot.checked_sub(1) {
            None => self.left,
            Some(before) => self.entries.get(before).map_or(Link::Nothing, |entry| entry.right),
        }
    }

    fn links(&self) -> impl Iterator<Item = Link> {
        std::iter::once(self.left).chain(self.entries.iter().map(|entry| entry.right))
    }

    pub(super) fn holds_nothing(&self) -> bool {
        self.entries.is_empty() && matches!(self.left, Link::Nothing)
    }
}
