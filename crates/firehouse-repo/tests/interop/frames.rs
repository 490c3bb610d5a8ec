//! firehose/frames.bin: recorded from the network. Every signature holds, every commit leads back to its prevData.

use std::collections::BTreeMap;

use bytes::Bytes;
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

/// A recorded commit, its account's key, and what a consumer that is in step holds before it.
type Recorded = (Box<CommitEvent>, PublicKey, RepoHead);

fn recorded_commits() -> Vec<Recorded> {
    let (Some(path), Some(keys)) = (fixture("firehose/frames.bin.zst"), recorded_keys()) else {
        return Vec::new();
    };
    let recorded = |bytes: &Bytes| {
        let Frame::Commit(event) = decode_frame(bytes) else { return None };
        let head = RepoHead { rev: event.since?, data: event.prev_data? };
        let key = keys.get(event.repo.as_str())?.clone();
        Some((event, key, head))
    };
    frames(&path).iter().filter_map(recorded).collect()
}

#[test]
fn every_recorded_commit_is_linked_to_the_one_before() {
    let expected = json_lines("firehose/frames.expected.jsonl");
    let mut judged = 0;
    for (event, key, head) in recorded_commits() {
        let rev = event.rev.to_string();
        let of_event = |line: &&Value| line["repo"] == event.repo.as_str() && line["rev"] == rev;
        let Some(expected) = expected.iter().find(of_event) else { continue };
        judged += 1;
        let verdict = verify_commit(&event, &key, Some(head), NOW_US);
        assert_eq!(verdict.is_ok(), expected["signature"] == true, "{expected}: {verdict:?}");
        let Ok(commit) = verdict else { continue };
        let is_linked = commit.chain == Chain::Linked;
        assert_eq!(is_linked, expected["inverts_to_prevData"] == true, "{expected}");
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
    let none_was_recorded = !expected.iter().any(|line| line["t"] == "#commit");
    assert!(judged > 0 || none_was_recorded);
}

#[test]
fn to_someone_who_holds_nothing_the_same_commits_are_true_but_unlinked() {
    let stranger = "did:key:zQ3shqwJEJyMBsBXCWyCBpUBMqxcon9oHB7mCvx4sSpMdLJwc";
    let stranger = PublicKey::from_did_key(stranger).unwrap();
    for (event, key, head) in recorded_commits() {
        let Ok(known) = verify_commit(&event, &key, Some(head), NOW_US) else { continue };
        let unknown = verify_commit(&event, &key, None, NOW_US).unwrap();
        assert_eq!(unknown.chain, Chain::Unlinked(DropReason::ChainBroken));
        assert_eq!(
            verify_commit(&event, &key, Some(known.head()), NOW_US),
            Err(DropReason::StaleRev)
        );
        assert_eq!((unknown.ops, unknown.dropped), (known.ops, known.dropped));
        let forged = verify_commit(&event, &stranger, None, NOW_US);
        assert_eq!(forged, Err(DropReason::InvalidSignature));
    }
}

/// A production Jetstream saw the same events.
#[test]
fn jetstream_names_the_same_records() {
    let mut ours = BTreeMap::new();
    for (event, key, head) in recorded_commits() {
        let Ok(commit) = verify_commit(&event, &key, Some(head), NOW_US) else { continue };
        for op in commit.ops {
            let key = [op.did.as_str(), op.collection.as_str(), op.rkey.as_str()].join(" ");
            ours.insert(key, (action(op.action), op.cid.map(|c| c.to_string())));
        }
    }
    for event in json_lines("firehose/expected_v1.jsonl") {
        let Some(commit) = event.get("commit").filter(|c| c.is_object()) else { continue };
        let key = [text(&event, "did"), text(commit, "collection"), text(commit, "rkey")].join(" ");
        if let Some((action, cid)) = ours.get(&key) {
            assert_eq!(*action, text(commit, "operation"), "{key}");
            assert_eq!(cid.as_deref(), commit["cid"].as_str(), "{key}");
        }
    }
}

fn action(action: OpAction) -> &'static str {
    match action {
        OpAction::Create => "create",
        OpAction::Update => "update",
        OpAction::Delete => "delete",
    }
}
