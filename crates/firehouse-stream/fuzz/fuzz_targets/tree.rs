//! Trees of hostile hosts, with hashes that hold.
//!
//! Whatever the nodes say: a walk ends; a tree that it accepts is the one tree of its records (rebuilt from them by another
//! implementation it has the same root), each of which is found by its key; and undoing a change that was made leads back to the root.
#![no_main]

use std::collections::{BTreeMap, BTreeSet};

use firehouse_fuzz::{Blocks, Input, Seeds, car_of, root_of, seed};
use firehouse_repo::Car;
use firehouse_repo::mst::{Change, EMPTY, PartialTree, TreeError, Visit, Walk, invert};
use firehouse_types::Cid;

/// Of a tree: a SHA-256 has 128 pairs of bits.
const LEVELS: usize = 129;

libfuzzer_sys::fuzz_target!(init: seed(seeds), |bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let blocks = Blocks::read(&mut input);
    let Some(root) = blocks.last() else { return };
    let car = Car::parse(&car_of(&root, blocks.iter())).expect("our own CAR");
    let chosen = input.byte();
    let other_key = input.bytes();
    let leaves = match walk(&car, root) {
        Ok(leaves) => leaves,
        Err(_) => {
            // Whatever is wrong with it, the reader of parts must get through.
            let mut tree = PartialTree::new(&car, root);
            let _ = (tree.get(other_key), tree.root());
            let value = blocks.cid(chosen);
            let _ = invert(&car, root, &[Change::new(other_key, None, Some(value))]);
            let _ = invert(&car, root, &[Change::new(other_key, Some(value), None)]);
            return;
        }
    };
    let blessed: Option<BTreeMap<Vec<u8>, Cid>> = leaves
        .iter()
        .map(|(key, value)| Some((key.clone(), Cid::from_bytes(value).ok()?)))
        .collect();
    for (key, value) in &leaves {
        let found = PartialTree::new(&car, root).get(key);
        assert_eq!(found, Ok(Some(value.as_slice())), "the walk saw it");
    }
    let Some(mut records) = blessed else { return };
    assert_eq!(root_of(&records), root, "another tree of the same records");
    assert_eq!(invert(&car, root, &[]), Ok(root));
    // As if a record had just been created: undone, the tree is that of the others.
    if let Some((key, value)) = records.iter().nth(usize::from(chosen)) {
        let (key, value) = (key.clone(), *value);
        records.remove(&key);
        let before = if records.is_empty() { EMPTY } else { root_of(&records) };
        assert_eq!(invert(&car, root, &[Change::new(&key, None, Some(value))]), Ok(before));
        let wrong = Cid::raw([1; 32]);
        let contradicted = invert(&car, root, &[Change::new(&key, None, Some(wrong))]);
        assert_eq!(contradicted, Err(TreeError::Contradiction));
        records.insert(key, value);
    }
    // As if another had just been deleted: undone, it is there again.
    if (1..=1_024).contains(&other_key.len()) && !records.contains_key(other_key) {
        let value = Cid::dag_cbor([chosen; 32]);
        records.insert(other_key.to_vec(), value);
        let undone = invert(&car, root, &[Change::new(other_key, Some(value), None)]);
        assert_eq!(undone, Ok(root_of(&records)));
    }
});

/// A node that is linked twice is entered twice, and those below it as far as its first key, which then does not rise: no deeper than levels
/// go, and no such tree is accepted.
fn walk(car: &Car, root: Cid) -> Result<Vec<(Vec<u8>, Vec<u8>)>, TreeError> {
    let (mut walk, mut leaves, mut nodes) = (Walk::new(car, root), Vec::new(), Vec::new());
    while let Some(visit) = walk.next()? {
        match visit {
            Visit::Node(cid) => nodes.push(cid),
            Visit::Leaf { key, value } => leaves.push((key.to_vec(), value.to_vec())),
        }
        assert!(nodes.len() <= car.len() + LEVELS, "a walk that goes round");
    }
    let distinct: BTreeSet<&Cid> = nodes.iter().collect();
    assert_eq!(distinct.len(), nodes.len(), "no node stands twice in a tree");
    Ok(leaves)
}

fn seeds(seeds: &mut Seeds) {
    for car in seeds.cars() {
        let Ok(car) = Car::parse(&car) else { continue };
        let Some(&root) = car.roots().first() else { continue };
        let block = car.block(&root).unwrap_or_default();
        let commit = firehouse_repo::Commit::decode(block).ok();
        let root = commit.map_or(root, |commit| commit.data);
        // The nodes alone: records are values, and nobody looks at them here.
        let mut walk = Walk::new(&car, root);
        let mut nodes = Vec::new();
        while let Ok(Some(visit)) = walk.next() {
            if let Visit::Node(cid) = visit {
                nodes.push(cid);
            }
        }
        let nodes = nodes.iter().filter_map(|cid| Some((*cid, car.block(cid)?)));
        let Ok(car) = Car::parse(&car_of(&root, nodes)) else { continue };
        let (input, _) = Blocks::write(&car, &root);
        seeds.add([&input[..], b"\x01\x06\x00coll/a"].concat());
    }
}
