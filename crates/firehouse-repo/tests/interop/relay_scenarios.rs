//! firehose/relay-scenarios: what the reference relay lets through, message by message. Order of seqs and account status are judged
//! elsewhere; here, every commit it calls valid is signed, and a chain of Sync 1.1 commits is one.

use std::collections::BTreeMap;

use firehouse_repo::{Chain, PublicKey, RepoHead, verify_commit, verify_sync};
use firehouse_types::DropReason;
use serde_json::Value;

use crate::event::{Frame, decode_body};
use crate::support::{NOW_US, files, ipld_of_json, read_json, text};

#[test]
fn what_the_relay_passes_is_signed_and_chained() {
    for (name, path) in files("firehose/relay-scenarios", "json") {
        let scenario = read_json(&path);
        let keys: BTreeMap<_, _> =
            scenario["accounts"].as_array().unwrap().iter().map(account_key).collect();
        let mut heads = BTreeMap::<String, RepoHead>::new();
        for message in scenario["messages"].as_array().unwrap() {
            let (invalid, frame) = (message["invalid"] == true, &message["frame"]);
            let body = ipld_of_json(&frame["body"]).unwrap();
            match decode_body(text(&frame["header"], "t"), &body) {
                Frame::Commit(event) => {
                    let did = event.repo.as_str();
                    let head = heads.get(did).copied();
                    let result = verify_commit(&event, &keys[did], head, NOW_US);
                    // The same commit again, or an older one: nothing to learn.
                    if result == Err(DropReason::StaleRev) {
                        continue;
                    }
                    assert_eq!(result.is_err(), invalid, "{name}: {result:?}");
                    let Ok(commit) = result else { continue };
                    let ops_agree = commit.ops.len() + commit.dropped.len() == event.ops.len();
                    assert!(ops_agree, "{name}");
                    match (event.prev_data, head) {
                        (Some(_), Some(_)) => assert_eq!(commit.chain, Chain::Linked, "{name}"),
                        _ => assert!(matches!(commit.chain, Chain::Unlinked(_)), "{name}"),
                    }
                    assert!(commit.dropped.is_empty(), "{name}: {:?}", commit.dropped);
                    heads.insert(did.to_owned(), commit.head());
                }
                Frame::Sync(event) => {
                    let result = verify_sync(&event, &keys[event.did.as_str()], NOW_US);
                    assert_eq!(result.is_err(), invalid, "{name}: {result:?}");
                }
                Frame::Other => {}
            }
        }
    }
}

fn account_key(account: &Value) -> (String, PublicKey) {
    let (identity, key) = (&account["identity"], &account["identity"]["keys"]["atproto"]);
    let multibase = text(key, "publicKeyMultibase");
    let key = PublicKey::from_verification_method(text(key, "type"), multibase).unwrap();
    (text(identity, "did").to_owned(), key)
}
