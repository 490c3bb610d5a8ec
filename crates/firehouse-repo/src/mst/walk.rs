//! [`Walk`]: every node and every record of a whole tree, in key order, with all rules checked on the way.
//!
//! Iterative. It ends: levels fall with each step down and keys rise over the whole walk, so a node that is linked twice is an error
//! and a chain cannot be longer than 128. Where the nodes come from is the caller's choice, so that a repo need not fit into memory:
//! the walk keeps the nodes on the way down to where it stands, in buffers that it uses again.

use std::ops::Range;

use firehouse_types::Cid;

use super::node::{RawEntry, check_key, read_node};
use super::{TreeError, level_of};
use crate::Car;

/// Where a [`Walk`] finds its nodes.
pub trait NodeSource {
    /// Why a node cannot be had.
    type Error: From<TreeError>;

    /// Appends the block with this CID to `block`. Errors: [`TreeError::MissingNode`] when there is none.
    fn read_node(&self, cid: &Cid, block: &mut Vec<u8>) -> Result<(), Self::Error>;
}

impl NodeSource for Car {
    type Error = TreeError;

    fn read_node(&self, cid: &Cid, block: &mut Vec<u8>) -> Result<(), TreeError> {
        block.extend_from_slice(self.block(cid).ok_or(TreeError::MissingNode(*cid))?);
        Ok(())
    }
}

/// A walk through the tree below one root.
#[derive(Debug)]
pub struct Walk<'a, S = Car> {
    source: &'a S,
    /// From the root down to where the walk stands.
    open: Vec<OpenNode>,
    /// Nodes it is done with, for their buffers.
    spare: Vec<OpenNode>,
    next: Option<Descent>,
    /// The key visited last, of whatever node.
    last_key: Vec<u8>,
}

/// What the walk came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visit<'w> {
    /// A node, before anything below it.
    Node(Cid),
    /// A record.
    Leaf {
        /// Its key; mostly, but not surely, a path.
        key: &'w [u8],
        /// Its binary CID; mostly, but not surely, of the blessed form.
        value: &'w [u8],
    },
}

/// A node to enter: its level follows from its parent; only the root's is read from its keys.
#[derive(Clone, Copy, Debug)]
struct Descent {
    cid: Cid,
    level: Option<u8>,
}

/// A node on the way down. Its buffers outlive it.
#[derive(Debug, Default)]
struct OpenNode {
    level: u8,
    block: Vec<u8>,
    steps: Vec<Step>,
    /// The step to take next.
    at: usize,
    /// The key before, in this node.
    key: Vec<u8>,
}

#[derive(Clone, Debug)]
enum Step {
    Down(Cid),
    /// Where in the block the rest of the key and the binary CID are.
    Leaf {
        prefix: usize,
        suffix: Range<usize>,
        value: Range<usize>,
    },
}

impl<'a, S: NodeSource> Walk<'a, S> {
    /// A walk that has not begun.
    pub fn new(source: &'a S, root: Cid) -> Self {
        let next = Some(Descent { cid: root, level: None });
        Self { source, open: Vec::new(), spare: Vec::new(), next, last_key: Vec::new() }
    }

    /// The next node or record; `None` at the end. After an error the walk is over.
    #[expect(clippy::should_implement_trait, reason = "what it returns borrows from the walk")]
    pub fn next(&mut self) -> Result<Option<Visit<'_>>, S::Error> {
        if let Some(descent) = self.next.take() {
            return self.enter(descent).map(Some);
        }
        while let Some(node) = self.open.last_mut() {
            let step = node.steps.get(node.at).cloned();
            node.at += 1;
            match step {
                None => self.spare.extend(self.open.pop()),
                Some(Step::Down(cid)) => {
                    let level = node.level.checked_sub(1);
                    let level = Some(level.ok_or(TreeError::Rule("a subtree below level 0"))?);
                    return self.enter(Descent { cid, level }).map(Some);
                }
                Some(Step::Leaf { prefix, suffix, value }) => {
                    node.key.truncate(prefix);
                    node.key.extend_from_slice(node.block.get(suffix).unwrap_or_default());
                    if node.key <= self.last_key {
                        return Err(TreeError::Rule("keys do not rise").into());
                    }
                    if level_of(&node.key) != node.level {
                        let rule = "a key on another level than its hash says";
                        return Err(TreeError::Rule(rule).into());
                    }
                    self.last_key.clone_from(&node.key);
                    // Read again, since the walk may go on in the other arms.
                    let block = self.open.last().map(|node| node.block.as_slice());
                    let value = block.and_then(|block| block.get(value)).unwrap_or_default();
                    return Ok(Some(Visit::Leaf { key: &self.last_key, value }));
                }
            }
        }
        Ok(None)
    }

    fn enter(&mut self, descent: Descent) -> Result<Visit<'_>, S::Error> {
        let mut node = self.spare.pop().unwrap_or_default();
        node.block.clear();
        self.source.read_node(&descent.cid, &mut node.block)?;
        node.open(descent.level)?;
        self.open.push(node);
        Ok(Visit::Node(descent.cid))
    }
}

impl OpenNode {
    /// Reads the block into steps. The level of a node without keys is known from its parent only.
    fn open(&mut self, mut level: Option<u8>) -> Result<(), TreeError> {
        let Self { block, steps, key, .. } = self;
        let block = block.as_slice();
        steps.clear();
        key.clear();
        let left = read_node(block, |entry| {
            check_key(key, &entry)?;
            let RawEntry { prefix, suffix, value, right } = entry;
            key.truncate(prefix);
            key.extend_from_slice(suffix);
            level.get_or_insert_with(|| level_of(key));
            let (suffix, value) = (place_of(suffix, block), place_of(value, block));
            steps.push(Step::Leaf { prefix, suffix, value });
            steps.extend(right.map(Step::Down));
            Ok(())
        })?;
        self.level = match (level, left) {
            (None, None) => 0,
            (None, Some(_)) => return Err(TreeError::Rule("a root without keys")),
            (Some(_), None) if steps.is_empty() => {
                return Err(TreeError::Rule("an empty node below the root"));
            }
            (Some(level), _) => level,
        };
        if let Some(left) = left {
            steps.insert(0, Step::Down(left));
        }
        key.clear();
        self.at = 0;
        Ok(())
    }
}

/// Where a slice of `block` begins and ends in it.
fn place_of(slice: &[u8], block: &[u8]) -> Range<usize> {
    let start = slice.as_ptr().addr() - block.as_ptr().addr();
    start..start + slice.len()
}
