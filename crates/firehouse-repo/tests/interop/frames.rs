//! firehose/frames.bin: recorded from the network. Every signature holds, every commit leads back to its prevData.

use std::collections::BTreeMap;

use firehouse_repo::drisl::check_record;
use firehouse_repo::{Chain, PublicKey, RepoHead, verify_commit};
use firehouse_types::{CommitEvent, DropReason, OpAction};
use serde_json::Value;

use crate::event::{Frame, decode_frame};
use crate::support::{NOW_US, cid, fixture, frames, json_lines, read_json, signing_key, text};

/// The key of every account in the recording.
pub fn recorded_keys() -> Option<BTreeMap<String, PublicKey>> {
    let documents = read_json(&fixture("firehose/did_docs.json")?);
    let documents = documents.as_object().unwrap();
    Some(documents.iter().map(|(did, doc)| (did.clone(), signing_key(doc))).collect())
}

/// What a consumer that is in step holds before this commit.
fn head_before(event: &CommitEvent) -> RepoHead {
    RepoHead { rev: event.since.unwrap(), data: event.prev_data.unwrap() }
}

#[test]
fn every_recorded_commit_is_linked_to_the_one_before() {
    let (Some(path), Some(keys)) = (fixture("firehose/frames.bin.zst"), recorded_keys()) else {
        return;
    };
    let expected = json_lines("firehose/frames.expected.jsonl");
    for (bytes, expected) in frames(&path).iter().zip(&expected) {
        let Frame::Commit(event) = decode_frame(bytes) else {
            assert_ne!(expected["t"], "#commit");
            continue;
        };
        let key = &keys[event.repo.as_str()];
        let commit = verify_commit(&event, key, Some(head_before(&event)), NOW_US).unwrap();
        assert_eq!(commit.chain, Chain::Linked, "{expected}");
        assert!(commit.since_matches && commit.dropped.is_empty(), "{expected}");
        assert_eq!(commit.data, cid(text(expected, "data")));
        let ops = expected["ops"].as_array().unwrap();
        assert_eq!(commit.ops.len(), ops.len());
        for (op, expected) in commit.ops.iter().zip(ops) {
            assert_eq!(format!("{}/{}", op.collection, op.rkey), text(expected, "path"));
            assert_eq!(op.cid.map(|c| c.to_string()).as_deref(), expected["cid"].as_str());
            assert_eq!(action(op.action), text(expected, "action"));
            assert_eq!(op.record.is_empty(), op.action == OpAction::Delete);
            assert!(op.record.is_empty() || check_record(&op.record).is_ok());
        }
    }
}

#[test]
fn to_someone_who_holds_nothing_the_same_commits_are_true_but_unlinked() {
    let (Some(path), Some(keys)) = (fixture("firehose/frames.bin.zst"), recorded_keys()) else {
        return;
    };
    for bytes in frames(&path) {
        let Frame::Commit(event) = decode_frame(&bytes) else { continue };
        let key = &keys[event.repo.as_str()];
        let known = verify_commit(&event, key, Some(head_before(&event)), NOW_US).unwrap();
        let unknown = verify_commit(&event, key, None, NOW_US).unwrap();
        assert_eq!(unknown.chain, Chain::Unlinked(DropReason::ChainBroken));
        assert_eq!((unknown.ops, unknown.dropped), (known.ops, known.dropped));

        let head = Some(known.data).map(|data| RepoHead { rev: event.rev, data });
        assert_eq!(verify_commit(&event, key, head, NOW_US), Err(DropReason::StaleRev));
        let stranger = keys.values().find(|other| *other != key).unwrap();
        let forged = verify_commit(&event, stranger, None, NOW_US);
        assert_eq!(forged, Err(DropReason::InvalidSignature));
    }
}

/// A production Jetstream saw the same events.
#[test]
fn jetstream_names_the_same_records() {
    let (Some(path), Some(keys)) = (fixture("firehose/frames.bin.zst"), recorded_keys()) else {
        return;
    };
    let mut ours = BTreeMap::new();
    for bytes in frames(&path) {
        let Frame::Commit(event) = decode_frame(&bytes) else { continue };
        let commit = verify_commit(&event, &keys[event.repo.as_str()], None, NOW_US).unwrap();
        for op in commit.ops {
            let key = (op.did.to_string(), op.collection.to_string(), op.rkey.to_string());
            ours.insert(key, (action(op.action), op.cid.map(|c| c.to_string())));
        }
    }
    for event in json_lines("firehose/expected_v1.jsonl") {
        let Some(commit) = event.get("commit").filter(|c| c.is_object()) else { continue };
        let part = |value: &Value, field: &str| text(value, field).to_owned();
        let key = (part(&event, "did"), part(commit, "collection"), part(commit, "rkey"));
        let (action, cid) = ours.get(&key).unwrap_or_else(|| panic!("{event}"));
        assert_eq!(*action, text(commit, "operation"));
        assert_eq!(cid.as_deref(), commit["cid"].as_str());
    }
}

fn action(action: OpAction) -> &'static str {
    match action {
        OpAction::Create => "create",
        OpAction::Update => "update",
        OpAction::Delete => "delete",
    }
}
