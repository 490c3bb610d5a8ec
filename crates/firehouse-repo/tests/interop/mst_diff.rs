//! mst: 128 trees and thousands of pairs of them. For each pair: what differs; undoing it on the whole second tree; undoing it on the
//! few nodes a commit would carry.

use std::collections::{BTreeMap, BTreeSet};

use firehouse_repo::Car;
use firehouse_repo::mst::{Change, Visit, Walk, invert};
use firehouse_types::Cid;
use serde_json::Value;

use crate::support::{car_of, cid, files, json_lines, read, text};

/// One tree, read whole.
struct Content {
    root: Cid,
    car: Car,
    nodes: BTreeSet<Cid>,
    records: BTreeMap<String, Cid>,
}

fn contents() -> BTreeMap<String, Content> {
    let files = files("mst/cars", "car").into_iter();
    files.map(|(name, path)| (name, content(read(&path)))).collect()
}

fn content(bytes: Vec<u8>) -> Content {
    let car = Car::parse(&bytes.into()).unwrap();
    let root = car.roots()[0];
    let (mut nodes, mut records) = (BTreeSet::new(), BTreeMap::new());
    let mut walk = Walk::new(&car, root);
    while let Some(visit) = walk.next().unwrap() {
        match visit {
            Visit::Node(cid) => assert!(nodes.insert(cid)),
            Visit::Leaf { key, value } => {
                let key = String::from_utf8(key.to_vec()).unwrap();
                records.insert(key, Cid::from_bytes(value).unwrap());
            }
        }
    }
    Content { root, car, nodes, records }
}

fn cids(value: &Value) -> BTreeSet<Cid> {
    value.as_array().unwrap().iter().map(|c| cid(c.as_str().unwrap())).collect()
}

#[test]
fn every_pair_differs_as_listed_and_inverts_from_all_and_from_the_least() {
    let contents = contents();
    for case in json_lines("mst/mst-diff.jsonl.zst") {
        let name = text(&case, "name");
        let (a, b) = (&contents[text(&case, "a")], &contents[text(&case, "b")]);

        assert_eq!(&b.nodes - &a.nodes, cids(&case["created_nodes"]), "{name}");
        assert_eq!(&a.nodes - &b.nodes, cids(&case["deleted_nodes"]), "{name}");
        let listed: Vec<_> = case["record_ops"].as_array().unwrap().iter().map(record_op).collect();
        let mut sorted = listed.clone();
        sorted.sort();
        assert_eq!(difference(a, b), sorted, "{name}");

        let changes: Vec<_> = listed
            .iter()
            .map(|(path, before, after)| Change::new(path.as_bytes(), *before, *after))
            .collect();
        assert_eq!(invert(&b.car, b.root, &changes), Ok(a.root), "{name}, whole tree");

        let proof = cids(&case["inductive_proof_nodes"]);
        let least = car_of(proof.iter().map(|cid| (*cid, b.car.block(cid).unwrap())));
        assert_eq!(invert(&least, b.root, &changes), Ok(a.root), "{name}, proof nodes only");
    }
}

/// Path, CID before, CID after.
type Op = (String, Option<Cid>, Option<Cid>);

fn record_op(op: &Value) -> Op {
    let value = |field: &str| op[field].as_str().map(cid);
    (text(op, "rpath").to_owned(), value("old_value"), value("new_value"))
}

fn difference(a: &Content, b: &Content) -> Vec<Op> {
    let paths: BTreeSet<_> = a.records.keys().chain(b.records.keys()).collect();
    let both = |path: &String| (a.records.get(path).copied(), b.records.get(path).copied());
    paths
        .into_iter()
        .map(|path| (path.clone(), both(path).0, both(path).1))
        .filter(|(_, before, after)| before != after)
        .collect()
}
