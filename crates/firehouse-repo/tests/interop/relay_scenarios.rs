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
                    let (Some(key), head) = (keys.get(did), heads.get(did).copied()) else {
                        continue;
                    };
                    let verdict = verify_commit(&event, key, head, NOW_US);
                    let chain = verdict.as_ref().map(|commit| commit.chain);
                    if invalid {
                        assert!(!matches!(chain, Ok(Chain::Linked)), "{name}: {verdict:?}");
                        continue;
                    }
                    // The same commit again, or an older one: nothing to learn.
                    if verdict == Err(DropReason::StaleRev) {
                        continue;
                    }
                    let commit = verdict.unwrap_or_else(|reason| panic!("{name}: {reason:?}"));
                    assert_eq!(
                        (commit.ops.len(), commit.dropped.len()),
                        (event.ops.len(), 0),
                        "{name}"
                    );
                    match (event.prev_data, head) {
                        (Some(_), Some(_)) => assert_eq!(commit.chain, Chain::Linked, "{name}"),
                        _ => assert!(matches!(commit.chain, Chain::Unlinked(_)), "{name}"),
                    }
                    heads.insert(did.to_owned(), commit.head());
                }
                Frame::Sync(event) => {
                    let Some(key) = keys.get(event.did.as_str()) else { continue };
                    let verdict = verify_sync(&event, key, NOW_US);
                    assert_eq!(verdict.is_err(), invalid, "{name}: {verdict:?}");
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
