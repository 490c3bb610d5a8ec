//! Any bytes are answered, never with a panic; any tree is read as it was built; undoing any commit gives the tree before.

use std::collections::BTreeMap;

use bytes::Bytes;
use firehouse_repo::cbor::Malformed;
use firehouse_repo::drisl::{Profile, check, check_as};
use firehouse_repo::mst::{Change, PartialTree, TreeError, Visit, Walk, invert};
use firehouse_repo::{Car, Commit, PublicKey, read_repo_unverified};
use firehouse_types::Cid;
use ipld_core::ipld::Ipld;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use crate::support::{car_of, write_car};
use crate::tree;

type Records = BTreeMap<Vec<u8>, Cid>;

fn any_cid() -> impl Strategy<Value = Cid> {
    any::<[u8; 32]>().prop_map(Cid::dag_cbor)
}

/// Few different keys, so that ops meet; many enough for trees of several levels.
fn any_key() -> impl Strategy<Value = Vec<u8>> {
    (0..3u8, 0..200u16).prop_map(|(c, n)| format!("com.example.c{c}/{n}").into_bytes())
}

fn any_records() -> impl Strategy<Value = Records> {
    btree_map(any_key(), any_cid(), 0..120)
}

/// A value of the atproto data model.
fn any_value() -> impl Strategy<Value = Ipld> {
    let scalar = prop_oneof![
        Just(Ipld::Null),
        any::<bool>().prop_map(Ipld::Bool),
        any::<i64>().prop_map(|i| Ipld::Integer(i.into())),
        any::<String>().prop_map(Ipld::String),
        vec(any::<u8>(), 0..40).prop_map(Ipld::Bytes),
        any_cid().prop_map(|cid| Ipld::Link(cid.into())),
    ];
    scalar.prop_recursive(6, 60, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..8).prop_map(Ipld::List),
            btree_map("[a-z$]{1,30}", inner, 0..8).prop_map(Ipld::Map),
        ]
    })
}

fn walked(car: &Car, root: Cid) -> Result<Records, TreeError> {
    let (mut walk, mut records) = (Walk::new(car, root), Records::new());
    while let Some(visit) = walk.next()? {
        if let Visit::Leaf { key, value } = visit {
            records.insert(key.to_vec(), Cid::from_bytes(value).unwrap());
        }
    }
    Ok(records)
}

fn changes<'k>(before: &'k Records, after: &'k Records) -> Vec<Change<'k>> {
    let keys: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let both = |key: &Vec<u8>| (before.get(key).copied(), after.get(key).copied());
    keys.into_iter()
        .filter(|key| both(key).0 != both(key).1)
        .map(|key| Change::new(key, both(key).0, both(key).1))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_answered_by_every_reader(bytes in vec(any::<u8>(), 0..300)) {
        for profile in [Profile::Atproto, Profile::Drisl, Profile::DagCbor] {
            let strict = check_as(&bytes, profile);
            if strict.is_ok() {
                prop_assert!(serde_ipld_dagcbor::from_slice::<Ipld>(&bytes).is_ok());
            }
        }
        let _ = Commit::decode(&bytes);
        let _ = Car::parse(&Bytes::from(bytes.clone()));
        let _ = read_repo_unverified(&Bytes::from(bytes.clone()));
        let _ = PublicKey::from_did_key(&String::from_utf8_lossy(&bytes));
        // As an MST node, under its right CID.
        let root = crate::support::cid_of(&bytes);
        let car = car_of([(root, &bytes[..])]);
        let _ = walked(&car, root);
        let _ = PartialTree::new(&car, root).get(b"com.example.c0/1");
    }

    #[test]
    fn what_is_encoded_passes_and_decodes_to_the_same(value in any_value()) {
        let bytes = serde_ipld_dagcbor::to_vec(&value).unwrap();
        prop_assert_eq!(check(&bytes), Ok(()));
        prop_assert_eq!(serde_ipld_dagcbor::from_slice::<Ipld>(&bytes).unwrap(), value);
    }

    #[test]
    fn a_changed_byte_leaves_one_encoding_or_none(
        value in any_value(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = serde_ipld_dagcbor::to_vec(&value).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if check(&bytes).is_ok() {
            let decoded: Ipld = serde_ipld_dagcbor::from_slice(&bytes).unwrap();
            prop_assert_eq!(serde_ipld_dagcbor::to_vec(&decoded).unwrap(), bytes);
        }
    }

    #[test]
    fn a_cut_value_is_refused(value in any_value(), cut in any::<prop::sample::Index>()) {
        let bytes = serde_ipld_dagcbor::to_vec(&value).unwrap();
        let cut = cut.index(bytes.len());
        prop_assert!(matches!(check(&bytes[..cut]), Err(Malformed::Truncated)));
    }

    #[test]
    fn a_car_gives_back_the_blocks_it_was_written_from(blocks in vec(vec(any::<u8>(), 0..60), 0..20)) {
        let cids: Vec<_> = blocks.iter().map(|b| crate::support::cid_of(b)).collect();
        let pairs = cids.iter().copied().zip(blocks.iter().map(|b| &b[..]));
        let bytes = write_car(&cids[..cids.len().min(1)], pairs);
        let car = Car::parse(&bytes).unwrap();
        for (cid, block) in cids.iter().zip(&blocks) {
            prop_assert_eq!(car.block(cid), Some(&block[..]));
        }
    }

    #[test]
    fn a_built_tree_is_walked_and_searched(records in any_records(), absent in any_key()) {
        let tree = tree::build(&records);
        let car = car_of(tree.blocks.iter().map(|(cid, block)| (*cid, &block[..])));
        prop_assert_eq!(&walked(&car, tree.root).unwrap(), &records);
        let mut partial = PartialTree::new(&car, tree.root);
        for (key, cid) in &records {
            prop_assert_eq!(partial.get(key), Ok(Some(&cid.to_bytes()[..])));
        }
        let found = partial.get(&absent).unwrap().is_some();
        prop_assert_eq!(found, records.contains_key(&absent));
        prop_assert_eq!(partial.root(), Ok(tree.root));
    }

    #[test]
    fn undoing_any_commit_gives_the_tree_before(before in any_records(), after in any_records()) {
        let (old, new) = (tree::build(&before), tree::build(&after));
        let car = car_of(new.blocks.iter().map(|(cid, block)| (*cid, &block[..])));
        prop_assert_eq!(invert(&car, new.root, &changes(&before, &after)), Ok(old.root));
    }

    /// Leaving a change out, or claiming one that was not, never leads back.
    #[test]
    fn a_lie_about_the_ops_is_seen(
        before in any_records(),
        after in any_records(),
        which in any::<prop::sample::Index>(),
        key in any_key(),
        cid in any_cid(),
    ) {
        let (old, new) = (tree::build(&before), tree::build(&after));
        let car = car_of(new.blocks.iter().map(|(cid, block)| (*cid, &block[..])));
        let honest = changes(&before, &after);
        if !honest.is_empty() {
            let mut less = honest.clone();
            less.remove(which.index(honest.len()));
            prop_assert_ne!(invert(&car, new.root, &less), Ok(old.root));
        }
        if !after.contains_key(&key) {
            let mut more = honest;
            more.push(Change::new(&key, None, Some(cid)));
            prop_assert!(invert(&car, new.root, &more).is_err());
        }
    }

    /// Any node may be missing: then the answer is that it is missing, never another root.
    #[test]
    fn with_nodes_missing_the_root_is_right_or_unknown(
        before in any_records(),
        after in any_records(),
        kept in vec(any::<bool>(), 200),
    ) {
        let (old, new) = (tree::build(&before), tree::build(&after));
        let blocks = new.blocks.iter().zip(kept).filter(|(_, kept)| *kept).map(|(block, _)| block);
        let car = car_of(blocks.map(|(cid, block)| (*cid, &block[..])));
        match invert(&car, new.root, &changes(&before, &after)) {
            Ok(root) => prop_assert_eq!(root, old.root),
            Err(error) => prop_assert!(matches!(error, TreeError::MissingNode(_)), "{}", error),
        }
    }
}
