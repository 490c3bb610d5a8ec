//! [`TreeBuilder`]: a tree out of keys that come in order, holding one node of each height and nothing else.

use crate::protocol::block::{Block, Cid};
use crate::protocol::tree::{height_of, node};

/// A tree in the making.
#[derive(Default)]
pub(crate) struct TreeBuilder {
    /// The rightmost node of each height, still open.
    open: Vec<Open>,
}

#[derive(Default)]
struct Open {
    left: Option<Cid>,
    leaves: Vec<(String, Cid, Option<Cid>)>,
}

impl TreeBuilder {
    /// Adds a key above all before. Nodes that are complete with it go to `emit`.
    pub(crate) fn push(&mut self, key: String, value: Cid, emit: &mut impl FnMut(Block)) {
        let height = height_of(&key) as usize;
        if self.open.len() <= height {
            self.open.resize_with(height + 1, Open::default);
        }
        let below = self.close(height, emit);
        self.open[height].append(below);
        self.open[height].leaves.push((key, value, None));
    }

    /// The root, when there was a key at all.
    pub(crate) fn finish(mut self, emit: &mut impl FnMut(Block)) -> Option<Cid> {
        self.close(self.open.len(), emit)
    }

    /// Completes every node below a height. Shape: the highest of them.
    fn close(&mut self, height: usize, emit: &mut impl FnMut(Block)) -> Option<Cid> {
        let mut below = None;
        for open in &mut self.open[..height] {
            open.append(below);
            let Open { left, leaves } = std::mem::take(open);
            below = (left.is_some() || !leaves.is_empty()).then(|| {
                let leaves = leaves.iter().map(|(key, value, right)| (&**key, *value, *right));
                let block = node(left, leaves);
                let cid = block.cid;
                emit(block);
                cid
            });
        }
        below
    }
}

impl Open {
    /// Puts a finished node behind the last key.
    fn append(&mut self, below: Option<Cid>) {
        match self.leaves.last_mut() {
            Some((_, _, right)) => *right = below,
            None => self.left = below,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::tree::Tree;

    #[test]
    fn keys_in_order_give_the_tree_they_give_in_any_order() {
        for count in [1, 2, 10, 1_000, 5_000] {
            let key = |n: usize| format!("app.bsky.feed.post/{n:013}");
            let value = |n: usize| Cid::of_raw(&n.to_be_bytes());
            let (mut tree, mut builder) = (Tree::default(), TreeBuilder::default());
            let mut blocks = Vec::new();
            for n in 0..count {
                tree.put(&key(n), value(n));
                builder.push(key(n), value(n), &mut |block| blocks.push(block.cid));
            }
            let root = builder.finish(&mut |block| blocks.push(block.cid));
            assert_eq!(root, Some(tree.seal().0));
            assert_eq!(blocks.len(), tree.blocks().len());
        }
        assert_eq!(TreeBuilder::default().finish(&mut |_| {}), None);
    }
}
