//! [`Tree`]: a repo's Merkle search tree, kept in memory, hashing only what a commit changed.
//!
//! A key's height is the number of leading zero bits of its SHA-256, halved. A node of height h holds the keys of that height of one
//! stretch, and between them the nodes of height h − 1. Source: <https://atproto.com/specs/repository#mst-structure>

use sha2::{Digest, Sha256};

use crate::protocol::block::{Block, Cid};
use crate::protocol::value::Value;

/// A tree of record paths and the CIDs of their records.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    root: Option<Box<Node>>,
}

#[derive(Clone, Debug)]
struct Node {
    height: u32,
    leaves: Vec<Leaf>,
    /// One more than leaves: what stands left of each, and right of the last.
    children: Vec<Option<Box<Node>>>,
    /// What it was hashed to, until it or anything below it changes.
    block: Option<Block>,
}

#[derive(Clone, Debug)]
struct Leaf {
    key: Box<str>,
    value: Cid,
}

impl Tree {
    /// What a path holds.
    pub(crate) fn get(&self, key: &str) -> Option<Cid> {
        let mut node = self.root.as_deref()?;
        loop {
            match node.find(key) {
                Ok(at) => return node.leaves.get(at).map(|leaf| leaf.value),
                Err(at) => node = node.children[at].as_deref()?,
            }
        }
    }

    /// Puts a record at a path, whatever was there.
    pub(crate) fn put(&mut self, key: &str, value: Cid) {
        let height = height_of(key);
        let mut root = self.root.take().unwrap_or_else(|| Node::empty(height, None));
        if height > root.height {
            let (mut left, mut right) = split(Some(root), key);
            for between in left.iter().chain(&right).map(|half| half.height).max().unwrap_or(height)
                + 1..height
            {
                left = left.map(|node| Node::empty(between, Some(node)));
                right = right.map(|node| Node::empty(between, Some(node)));
            }
            let leaves = vec![Leaf { key: key.into(), value }];
            root = Box::new(Node { height, leaves, children: vec![left, right], block: None });
        } else {
            root.put(key, height, value);
        }
        self.root = Some(root);
    }

    /// Takes a path away.
    pub(crate) fn remove(&mut self, key: &str) {
        let mut root = self.root.take();
        if let Some(node) = &mut root {
            node.remove(key);
        }
        // The top holds a key, unless nothing does.
        while let Some(node) = &mut root
            && node.leaves.is_empty()
        {
            root = node.children.pop().flatten();
        }
        self.root = root;
    }

    /// Hashes what changed. Shape: the root's CID, and the blocks that were made.
    pub(crate) fn seal(&mut self) -> (Cid, Vec<Block>) {
        let mut made = Vec::new();
        let root = match &mut self.root {
            Some(root) => root.seal(&mut made),
            None => {
                let empty = empty();
                let cid = empty.cid;
                made.push(empty);
                cid
            }
        };
        (root, made)
    }

    /// Every node, the root first. The tree must be sealed.
    pub(crate) fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut open: Vec<&Node> = self.root.as_deref().into_iter().collect();
        while let Some(node) = open.pop() {
            blocks.extend(node.block.clone());
            open.extend(node.children.iter().filter_map(Option::as_deref));
        }
        if self.root.is_none() {
            blocks.push(empty());
        }
        blocks
    }

    /// The nodes somebody needs to undo a change at `key` without the rest of the tree: those on the way to it, and to the keys beside it.
    /// The tree must be sealed.
    pub(crate) fn proof<'a>(&'a self, key: &str, proof: &mut Vec<&'a Block>) {
        let mut next = self.root.as_deref();
        while let Some(node) = next {
            proof.extend(&node.block);
            match node.find(key) {
                Ok(at) => {
                    spine(node.children[at].as_deref(), |node| node.children.last(), proof);
                    spine(node.children[at + 1].as_deref(), |node| node.children.first(), proof);
                    return;
                }
                Err(at) => next = node.children[at].as_deref(),
            }
        }
    }
}

fn spine<'a>(
    mut next: Option<&'a Node>,
    edge: impl Fn(&'a Node) -> Option<&'a Option<Box<Node>>>,
    proof: &mut Vec<&'a Block>,
) {
    while let Some(node) = next {
        proof.extend(&node.block);
        next = edge(node).and_then(Option::as_deref);
    }
}

impl Node {
    fn empty(height: u32, child: Option<Box<Self>>) -> Box<Self> {
        Box::new(Self { height, leaves: Vec::new(), children: vec![child], block: None })
    }

    /// The place of a key: `Ok` of the leaf, or `Err` of the child it would be below.
    fn find(&self, key: &str) -> Result<usize, usize> {
        self.leaves.binary_search_by(|leaf| (*leaf.key).cmp(key))
    }

    fn put(&mut self, key: &str, height: u32, value: Cid) {
        self.block = None;
        match self.find(key) {
            Ok(at) => self.leaves[at].value = value,
            Err(at) if self.height == height => {
                let (left, right) = split(self.children[at].take(), key);
                self.leaves.insert(at, Leaf { key: key.into(), value });
                self.children[at] = right;
                self.children.insert(at, left);
            }
            Err(at) => {
                let below = self.height - 1;
                self.children[at]
                    .get_or_insert_with(|| Self::empty(below, None))
                    .put(key, height, value);
            }
        }
    }

    fn remove(&mut self, key: &str) {
        self.block = None;
        match self.find(key) {
            Ok(at) => {
                self.leaves.remove(at);
                let right = self.children.remove(at + 1);
                let left = self.children[at].take();
                self.children[at] = merge(left, right);
            }
            Err(at) => {
                let child = &mut self.children[at];
                if let Some(node) = child {
                    node.remove(key);
                    if node.is_bare() {
                        *child = None;
                    }
                }
            }
        }
    }

    fn is_bare(&self) -> bool {
        self.leaves.is_empty() && self.children.iter().all(Option::is_none)
    }

    fn seal(&mut self, made: &mut Vec<Block>) -> Cid {
        if let Some(block) = &self.block {
            return block.cid;
        }
        let mut links =
            self.children.iter_mut().map(|child| child.as_mut().map(|child| child.seal(made)));
        let left = links.next().flatten();
        let links: Vec<Option<Cid>> = links.collect();
        let entries = self.leaves.iter().zip(links);
        let block = node(left, entries.map(|(leaf, right)| (&*leaf.key, leaf.value, right)));
        let cid = block.cid;
        made.push(block.clone());
        self.block = Some(block);
        cid
    }
}

/// What of a subtree stands left of a key and what right of it.
fn split(node: Option<Box<Node>>, key: &str) -> (Option<Box<Node>>, Option<Box<Node>>) {
    let Some(mut left) = node else { return (None, None) };
    left.block = None;
    let (Ok(at) | Err(at)) = left.find(key);
    let leaves = left.leaves.split_off(at);
    let mut children = left.children.split_off(at + 1);
    let (below_left, below_right) = split(left.children[at].take(), key);
    left.children[at] = below_left;
    children.insert(0, below_right);
    let right = Box::new(Node { height: left.height, leaves, children, block: None });
    let unless_bare = |node: Box<Node>| (!node.is_bare()).then_some(node);
    (unless_bare(left), unless_bare(right))
}

/// Two neighbouring subtrees of one height as one.
fn merge(left: Option<Box<Node>>, right: Option<Box<Node>>) -> Option<Box<Node>> {
    let (mut left, mut right) = match (left, right) {
        (Some(left), Some(right)) => (left, right),
        (one, other) => return one.or(other),
    };
    left.block = None;
    let between = merge(left.children.pop().flatten(), right.children[0].take());
    right.children[0] = between;
    left.leaves.append(&mut right.leaves);
    left.children.append(&mut right.children);
    Some(left)
}

/// A node: what stands left of its keys, and each key with its record and what stands right of it.
pub(crate) fn node<'a>(
    left: Option<Cid>,
    leaves: impl Iterator<Item = (&'a str, Cid, Option<Cid>)>,
) -> Block {
    let link = |cid: Option<Cid>| cid.map_or(Value::Null, Value::Link);
    let mut before = "";
    let entries = leaves.map(|(key, value, right)| {
        let shared = before.bytes().zip(key.bytes()).take_while(|(a, b)| a == b).count();
        before = key;
        Value::Map(vec![
            ("k", Value::Bytes(key.as_bytes()[shared..].to_vec())),
            ("p", Value::Int(i64::try_from(shared).unwrap_or(0))),
            ("t", link(right)),
            ("v", Value::Link(value)),
        ])
    });
    let entries = Value::List(entries.collect());
    Block::new(Value::Map(vec![("e", entries), ("l", link(left))]).encode())
}

/// The tree of no records.
fn empty() -> Block {
    Block::new(Value::Map(vec![("e", Value::List(vec![])), ("l", Value::Null)]).encode())
}

pub(crate) fn height_of(key: &str) -> u32 {
    let digest = Sha256::digest(key.as_bytes());
    let mut zeros = 0;
    for byte in digest {
        zeros += byte.leading_zeros();
        if byte != 0 {
            break;
        }
    }
    zeros / 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn path(number: usize) -> String {
        format!("app.bsky.feed.like/{number:013}")
    }

    fn tree_of(numbers: impl IntoIterator<Item = usize>) -> Tree {
        let mut tree = Tree::default();
        numbers.into_iter().for_each(|n| tree.put(&path(n), Cid::of_raw(&n.to_be_bytes())));
        tree
    }

    #[test]
    fn heights_are_those_of_the_specification() {
        assert_eq!(height_of("2653ae71"), 0);
        assert_eq!(height_of("blue"), 1);
        assert_eq!(height_of("app.bsky.feed.post/454397e440ec"), 4);
        assert_eq!(height_of("app.bsky.feed.post/9adeb165882c"), 8);
    }

    #[test]
    fn roots_are_those_of_other_implementations() {
        let leaf = "bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454";
        let bytes = data_encoding::BASE32_NOPAD.decode(leaf[1..].to_ascii_uppercase().as_bytes());
        let value = Cid(bytes.expect("base32").try_into().expect("36 bytes"));
        let root = |keys: &[&str]| {
            let mut tree = Tree::default();
            keys.iter().for_each(|key| tree.put(key, value));
            tree.seal().0.to_string()
        };
        assert_eq!(root(&[]), "bafyreie5737gdxlw5i64vzichcalba3z2v5n6icifvx5xytvske7mr3hpm");
        assert_eq!(
            root(&["com.example.record/3jqfcqzm3fo2j"]),
            "bafyreibj4lsc3aqnrvphp5xmrnfoorvru4wynt6lwidqbm2623a6tatzdu"
        );
        assert_eq!(
            root(&["com.example.record/3jqfcqzm3fx2j"]),
            "bafyreih7wfei65pxzhauoibu3ls7jgmkju4bspy4t2ha2qdjnzqvoy33ai"
        );
    }

    #[test]
    fn a_tree_has_no_memory_of_how_it_came_about() {
        let mut random = Random::new(7);
        let kept: Vec<usize> = random.shuffled(500);
        let mut tree = tree_of(kept.iter().map(|n| n * 2));
        for number in random.shuffled(500) {
            tree.put(&path(number * 2 + 1), Cid::of_raw(b"passing"));
            if number % 3 == 0 {
                tree.seal();
            }
        }
        for number in random.shuffled(500) {
            tree.remove(&path(number * 2 + 1));
        }
        assert_eq!(tree.seal().0, tree_of((0..500).map(|n| n * 2)).seal().0);
        assert_eq!(tree.get(&path(4)), Some(Cid::of_raw(&4_usize.to_be_bytes())));
        assert_eq!(tree.get(&path(5)), None);
        (0..500).for_each(|n| tree.remove(&path(n * 2)));
        assert_eq!(tree.seal().0, Tree::default().seal().0);
    }
}
