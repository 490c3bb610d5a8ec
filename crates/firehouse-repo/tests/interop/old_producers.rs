//! firehose/commit-json and firehose/legacy: commits from before Sync 1.1, and from before version 3.

use bytes::Bytes;
use firehouse_repo::mst::PartialTree;
use firehouse_repo::{Car, Commit, PublicKey, verify_commit};
use firehouse_types::{Cid, DropReason};
use ipld_core::ipld::Ipld;
use serde::Deserialize;

use crate::event::{Frame, commit_event, decode_frame};
use crate::support::{NOW_US, files, ipld_of_json, read, read_json};

fn any_key() -> PublicKey {
    PublicKey::from_did_key("did:key:zQ3shqwJEJyMBsBXCWyCBpUBMqxcon9oHB7mCvx4sSpMdLJwc").unwrap()
}

/// Their keys are not in the fixtures, so the signature is where verification ends; blocks, commit and tree are as they must be.
#[test]
fn commits_without_prev_data_agree_with_their_trees() {
    for (name, path) in files("firehose/commit-json", "json") {
        let event = commit_event(&ipld_of_json(&read_json(&path)).unwrap()).unwrap();
        let verdict = verify_commit(&event, &any_key(), None, NOW_US);
        assert_eq!(verdict, Err(DropReason::InvalidSignature), "{name}");

        let car = Car::parse(&event.blocks).unwrap();
        let commit = Commit::decode(car.block(&event.commit).unwrap()).unwrap();
        let mut tree = PartialTree::new(&car, commit.data);
        for op in &event.ops {
            let expected = op.cid.map(Cid::to_bytes);
            let found = tree.get(op.path.as_bytes()).unwrap();
            assert_eq!(found, expected.as_ref().map(|c| &c[..]), "{name}");
            assert!(op.cid.is_none_or(|cid| car.get(&cid).is_some()), "{name}");
        }
    }
}

#[test]
fn frames_of_2023_are_refused_without_harm() {
    for (name, path) in files("firehose/legacy", "frame") {
        let bytes = read(&path);
        if let Frame::Commit(event) = decode_frame(&bytes) {
            assert!(verify_commit(&event, &any_key(), None, NOW_US).is_err(), "{name}");
        }
        let mut decoder = serde_ipld_dagcbor::de::Deserializer::from_slice(&bytes);
        let _header = Ipld::deserialize(&mut decoder);
        let Ok(Ipld::Map(body)) = Ipld::deserialize(&mut decoder) else { continue };
        let Some(Ipld::Bytes(blocks)) = body.get("blocks") else { continue };
        let repo = firehouse_repo::read_repo_unverified(&Bytes::from(blocks.clone()));
        assert!(repo.is_err(), "{name}");
    }
}
