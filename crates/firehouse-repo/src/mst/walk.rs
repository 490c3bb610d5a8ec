//! [`Walk`]: every node and every record of a whole tree, in key order, with all rules checked on the way.
//!
//! Iterative. It ends: levels fall with each step down and keys rise over the whole walk, so a node that is linked twice is an error
//! and a chain cannot be longer than 128.

use firehouse_types::Cid;

use super::node::{RawEntry, check_key, read_node};
use super::{TreeError, level_of};
use crate::Car;

/// A walk through the tree below one root.
#[derive(Debug)]
pub struct Walk<'a> {
    car: &'a Car,
    open: Vec<OpenNode<'a>>,
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

#[derive(Debug)]
struct OpenNode<'a> {
    level: u8,
    steps: std::vec::IntoIter<Step<'a>>,
    /// The key before, in this node.
    key: Vec<u8>,
}

#[derive(Debug)]
enum Step<'a> {
    Down(Cid),
    Leaf { prefix: usize, suffix: &'a [u8], value: &'a [u8] },
}

impl<'a> Walk<'a> {
    /// A walk that has not begun.
    pub fn new(car: &'a Car, root: Cid) -> Self {
        let next = Some(Descent { cid: root, level: None });
        Self { car, open: Vec::new(), next, last_key: Vec::new() }
    }

    /// The next node or record; `None` at the end. After an error the walk is over.
    #[expect(clippy::should_implement_trait, reason = "what it returns borrows from the walk")]
    pub fn next(&mut self) -> Result<Option<Visit<'_>>, TreeError> {
        if let Some(descent) = self.next.take() {
            let node = self.enter(descent)?;
            self.open.push(node);
            return Ok(Some(Visit::Node(descent.cid)));
        }
        while let Some(node) = self.open.last_mut() {
            match node.steps.next() {
                None => {
                    self.open.pop();
                }
                Some(Step::Down(cid)) => {
                    let level = node.level.checked_sub(1);
                    let level = Some(level.ok_or(TreeError::Rule("a subtree below level 0"))?);
                    let node = self.enter(Descent { cid, level })?;
                    self.open.push(node);
                    return Ok(Some(Visit::Node(cid)));
                }
                Some(Step::Leaf { prefix, suffix, value }) => {
                    node.key.truncate(prefix);
                    node.key.extend_from_slice(suffix);
                    if node.key <= self.last_key {
                        return Err(TreeError::Rule("keys do not rise"));
                    }
                    if level_of(&node.key) != node.level {
                        return Err(TreeError::Rule("a key on another level than its hash says"));
                    }
                    self.last_key.clone_from(&node.key);
                    return Ok(Some(Visit::Leaf { key: &self.last_key, value }));
                }
            }
        }
        Ok(None)
    }

    fn enter(&self, descent: Descent) -> Result<OpenNode<'a>, TreeError> {
        let car = self.car;
        let block = car.block(&descent.cid).ok_or(TreeError::MissingNode(descent.cid))?;
        let (mut steps, mut key, mut level) = (Vec::new(), Vec::new(), descent.level);
        let left = read_node(block, |entry| {
            check_key(&key, &entry)?;
            let RawEntry { prefix, suffix, value, right } = entry;
            key.truncate(prefix);
            key.extend_from_slice(suffix);
            level.get_or_insert_with(|| level_of(&key));
            steps.push(Step::Leaf { prefix, suffix, value });
            steps.extend(right.map(Step::Down));
            Ok(())
        })?;
        let level = match (level, left) {
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
        Ok(OpenNode { level, steps: steps.into_iter(), key })
    }
}
