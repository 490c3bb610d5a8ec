//! interop/mst: the level of a key, common prefixes, and keys with known levels by name.

use std::collections::BTreeMap;

use firehouse_repo::mst::{PartialTree, TreeError, Visit, Walk, level_of};
use firehouse_types::Cid;
use ipld_core::ipld::Ipld;

use crate::support::{car_of, cid, cid_of, fixture, json_array, read, text};
use crate::tree;

#[test]
fn keys_have_the_levels_others_give_them() {
    for case in json_array("interop/mst/key_heights.json") {
        let key = text(&case, "key").as_bytes();
        assert_eq!(u64::from(level_of(key)), case["height"], "{case}");
        assert_eq!(
            u64::from(tree::level(key)),
            case["height"],
            "the builder of these tests, {case}"
        );
    }
}

/// The names of these keys tell their level: `A0/…` is on level 0, `C4/…` on level 4.
#[test]
fn a_tree_of_the_example_keys_is_walked_and_searched() {
    let Some(path) = fixture("interop/mst/example_keys.txt") else { return };
    let text = String::from_utf8(read(&path)).unwrap();
    let value = cid("bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454");
    let keys: Vec<&[u8]> = text.lines().filter(|l| !l.is_empty()).map(str::as_bytes).collect();
    for key in &keys {
        assert_eq!(level_of(key), key[1] - b'0', "{}", String::from_utf8_lossy(key));
    }
    let tree =
        tree::build(&keys.iter().map(|key| (key.to_vec(), value)).collect::<BTreeMap<_, _>>());
    let car = car_of(tree.blocks.iter().map(|(cid, block)| (*cid, &block[..])));

    let (mut walk, mut walked) = (Walk::new(&car, tree.root), Vec::new());
    while let Some(visit) = walk.next().unwrap() {
        if let Visit::Leaf { key, .. } = visit {
            walked.push(key.to_vec());
        }
    }
    let mut sorted = keys.clone();
    sorted.sort_unstable();
    assert_eq!(walked, sorted);

    let mut partial = PartialTree::new(&car, tree.root);
    for key in &keys {
        assert_eq!(partial.get(key), Ok(Some(&value.to_bytes()[..])));
        assert_eq!(partial.get(&[key, &b"x"[..]].concat()), Ok(None));
    }
    assert_eq!(partial.root(), Ok(tree.root), "looking changes nothing");
}

/// Two neighbours share a prefix: a tree of both stores it once, and reads back as both.
#[test]
fn common_prefixes_are_stored_once() {
    for case in json_array("interop/mst/common_prefix.json") {
        let (left, right) = (text(&case, "left").as_bytes(), text(&case, "right").as_bytes());
        if left.is_empty() || right.is_empty() || left == right {
            continue;
        }
        let value = cid("bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454");
        let tree = tree::build(&BTreeMap::from([(left.to_vec(), value), (right.to_vec(), value)]));
        let car = car_of(tree.blocks.iter().map(|(cid, block)| (*cid, &block[..])));
        let (mut walk, mut leaves) = (Walk::new(&car, tree.root), 0);
        while let Some(visit) = walk.next().unwrap() {
            leaves += usize::from(matches!(visit, Visit::Leaf { .. }));
        }
        assert_eq!(leaves, 2, "{case}");
        if level_of(left) == level_of(right) {
            let (smaller, larger) = (left.len().min(right.len()), left.len().max(right.len()));
            let shared = usize::try_from(case["len"].as_u64().unwrap()).unwrap();
            let bytes: usize = tree.blocks.values().map(Vec::len).sum();
            assert!(smaller + larger - shared < bytes && shared <= smaller, "{case}");
        }
    }
}

/// A node of keys that share nothing, the same subtree behind each. The test's own, since the builder makes proper trees only.
fn node(keys: &[String], value: Cid, right: Option<Cid>) -> Vec<u8> {
    let link = |cid: Option<Cid>| cid.map_or(Ipld::Null, |cid| Ipld::Link(cid.into()));
    let entry = |key: &String| {
        Ipld::Map(BTreeMap::from([
            ("k".to_owned(), Ipld::Bytes(key.clone().into())),
            ("p".to_owned(), Ipld::Integer(0)),
            ("t".to_owned(), link(right)),
            ("v".to_owned(), link(Some(value))),
        ]))
    };
    let entries = Ipld::List(keys.iter().map(entry).collect());
    let node = BTreeMap::from([("e".to_owned(), entries), ("l".to_owned(), Ipld::Null)]);
    serde_ipld_dagcbor::to_vec(&Ipld::Map(node)).unwrap()
}

#[test]
fn a_node_that_many_links_lead_to_is_not_loaded_for_each() {
    let value = cid("bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454");
    let above_level_0 = |first: char| {
        (0..).map(|n| format!("{first}{n}")).find(|key| level_of(key.as_bytes()) > 0).unwrap()
    };
    let keys: Vec<String> = ('a'..='z').map(above_level_0).collect();
    let below = node(&["~".repeat(1_000)], value, None);
    let top = node(&keys, value, Some(cid_of(&below)));
    let car = car_of([(cid_of(&below), &below[..]), (cid_of(&top), &top[..])]);
    let mut tree = PartialTree::new(&car, cid_of(&top));
    let answers: Vec<_> = keys.iter().map(|key| tree.get(format!("{key}~").as_bytes())).collect();
    assert_eq!(answers[0], Ok(None));
    assert_eq!(answers[25], Err(TreeError::Rule("one node at many places")));
}
