//! firehose/synthetic-p256: one account's life on the other curve, replayed; the end state is the same as that of its exported repo.

use std::collections::BTreeMap;

use bytes::Bytes;
use firehouse_repo::drisl::check_record;
use firehouse_repo::{Chain, RepoHead, read_repo, verify_commit, verify_sync};
use firehouse_types::{Did, DropReason, OpAction};

use crate::cars::{check_content, records_sha256};
use crate::event::{Frame, decode_frame};
use crate::support::{NOW_US, fixture, frames, json_lines, read, read_json, signing_key, text};

#[test]
fn replaying_the_frames_gives_the_exported_repo() {
    let Some(path) = fixture("firehose/synthetic-p256/frames.bin") else { return };
    let document = read_json(&path.with_file_name("did_doc.json"));
    let key = signing_key(&document);
    let mut head: Option<RepoHead> = None;
    let mut records = BTreeMap::new();
    let expected = json_lines("firehose/synthetic-p256/expected.jsonl");
    for (bytes, expected) in frames(&path).iter().zip(&expected) {
        let expect = text(expected, "expect");
        match decode_frame(bytes) {
            Frame::Commit(event) => {
                let result = verify_commit(&event, &key, head, NOW_US);
                let commit = match expect {
                    "accept" | "accept_record_invalid" => result.unwrap(),
                    "drop_replay" => {
                        assert_eq!(result, Err(DropReason::StaleRev), "{expected}");
                        continue;
                    }
                    _ => {
                        assert!(result.is_err(), "{expected}");
                        continue;
                    }
                };
                let genesis = head.is_none();
                assert_eq!(commit.chain, if genesis { Chain::Genesis } else { Chain::Linked });
                assert!(commit.since_matches && commit.dropped.is_empty(), "{expected}");
                assert_eq!(commit.data.to_string(), text(expected, "data"));
                let puts = commit.ops.iter().filter(|op| op.action != OpAction::Delete);
                let valid = puts.clone().all(|op| check_record(&op.record).is_ok());
                assert_eq!(valid, expect == "accept", "{expected}");
                head = Some(commit.head());
                for op in commit.ops {
                    let path = format!("{}/{}", op.collection, op.rkey);
                    match op.cid {
                        Some(cid) => records.insert(path, cid),
                        None => records.remove(&path),
                    };
                }
            }
            Frame::Sync(event) => {
                let synced = verify_sync(&event, &key, NOW_US).unwrap();
                let unchanged = head.is_some_and(|head| head.data == synced.data);
                assert_eq!(unchanged, expect == "accept_no_resync", "{expected}");
            }
            Frame::Other => {}
        }
    }

    let last = read_json(&path.with_file_name("final.json"));
    let lines = records.iter().map(|(path, cid)| (path.as_str(), cid.to_string()));
    assert_eq!(records_sha256(lines), text(&last, "records_sha256"));
    let car = Bytes::from(read(&path.with_file_name("final.car")));
    let did = Did::parse(text(&document, "id")).unwrap();
    let repo = read_repo(&car, &did, &key, NOW_US).unwrap();
    check_content("final.car", &repo, &last);
    assert_eq!(Some(repo.head()), head);
}
