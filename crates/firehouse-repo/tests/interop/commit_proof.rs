//! interop/firehose: trees before and after a commit, and the blocks that must suffice to get back.

use std::collections::BTreeMap;

use firehouse_repo::mst::{Change, invert};
use serde_json::Value;

use crate::support::{car_of, cid, json_array, text};
use crate::tree;

fn keys(value: &Value) -> impl Iterator<Item = Vec<u8>> {
    value.as_array().unwrap().iter().map(|key| key.as_str().unwrap().as_bytes().to_vec())
}

#[test]
fn the_blocks_of_a_proof_lead_back_to_the_tree_before() {
    for case in json_array("interop/firehose/commit-proof-fixtures.json") {
        let comment = text(&case, "comment");
        let leaf = cid(text(&case, "leafValue"));
        let mut records: BTreeMap<_, _> = keys(&case["keys"]).map(|key| (key, leaf)).collect();
        let before = tree::build(&records);
        assert_eq!(before.root, cid(text(&case, "rootBeforeCommit")), "{comment}");
        records.extend(keys(&case["adds"]).map(|key| (key, leaf)));
        records.retain(|key, _| keys(&case["dels"]).all(|deleted| deleted != *key));
        let after = tree::build(&records);
        assert_eq!(after.root, cid(text(&case, "rootAfterCommit")), "{comment}");

        let (adds, dels): (Vec<_>, Vec<_>) =
            (keys(&case["adds"]).collect(), keys(&case["dels"]).collect());
        let adds = adds.iter().map(|key| Change::new(key, None, Some(leaf)));
        let dels = dels.iter().map(|key| Change::new(key, Some(leaf), None));
        let changes: Vec<_> = adds.chain(dels).collect();
        let proof = case["blocksInProof"].as_array().unwrap();
        let proof = proof.iter().map(|block| cid(block.as_str().unwrap()));
        let car = car_of(proof.map(|cid| (cid, after.blocks[&cid].as_slice())));
        assert_eq!(invert(&car, after.root, &changes), Ok(before.root), "{comment}");
    }
}
