//! cars: whole repos of many producers, with what others found in them.

use std::collections::BTreeMap;

use bytes::Bytes;
use firehouse_repo::{Car, Commit, RepoSnapshot, read_repo_unverified, sha256};
use firehouse_types::DropReason;
use serde_json::Value;

use crate::support::{fixture, read, read_json, signing_key, text};

/// SHA-256 over lines `path CID`, in path order, in hexadecimal.
pub fn records_sha256<'r>(records: impl Iterator<Item = (&'r str, String)>) -> String {
    let lines: String = records.map(|(path, cid)| format!("{path} {cid}\n")).collect();
    data_encoding::HEXLOWER.encode(&sha256(lines.as_bytes()))
}

pub fn check_content(name: &str, repo: &RepoSnapshot, expected: &Value) {
    let found = (repo.did.as_str(), repo.rev.to_string(), repo.commit.to_string());
    assert_eq!(found.0, text(expected, "did"), "{name}");
    assert_eq!(found.1, text(expected, "rev"), "{name}");
    assert_eq!(found.2, text(expected, "commit"), "{name}");
    assert_eq!(repo.data.to_string(), text(expected, "data"), "{name}");
    assert_eq!(repo.nodes as u64, expected["mst_nodes"], "{name}");
    assert_eq!(repo.len() as u64, expected["records"], "{name}");
    let mut collections = BTreeMap::<&str, u64>::new();
    for record in repo.records() {
        *collections.entry(record.collection).or_default() += 1;
    }
    assert_eq!(serde_json::to_value(collections).unwrap(), expected["collections"], "{name}");
    let records = repo.records().map(|record| (record.path, record.cid.to_string()));
    assert_eq!(records_sha256(records), text(expected, "records_sha256"), "{name}");
}

#[test]
fn each_repo_is_read_as_others_read_it() {
    let Some(list) = fixture("cars/EXPECTED.json") else { return };
    for (name, expected) in read_json(&list).as_object().unwrap() {
        let bytes = Bytes::from(read(&list.with_file_name(name)));
        let read = read_repo_unverified(&bytes);
        if expected["version"] != 3 {
            assert_eq!(read.err(), Some(DropReason::UnsupportedVersion), "{name}");
        } else if expected["complete"] == true {
            let repo = read.unwrap_or_else(|reason| panic!("{name}: {reason:?}"));
            assert!(repo.dropped.is_empty(), "{name}: {:?}", repo.dropped);
            check_content(name, &repo, expected);
            let ops: Vec<_> = repo.ops().collect();
            assert_eq!(ops.len(), repo.len(), "{name}");
            assert!(ops.iter().zip(repo.records()).all(|(op, record)| {
                op.record == record.record && op.rkey.as_str() == record.rkey
            }));
        } else {
            assert!(read.is_err(), "{name}: a slice is no repo");
        }
    }
}

/// Also for the repos of 2023: their commits have another version, but were signed in the same way.
#[test]
fn commits_decode_and_are_signed_as_others_found() {
    let Some(list) = fixture("cars/EXPECTED.json") else { return };
    let documents = did_documents();
    for (name, expected) in read_json(&list).as_object().unwrap() {
        let car = Car::parse(&Bytes::from(read(&list.with_file_name(name)))).unwrap();
        assert_eq!(car.len() as u64, expected["unique_blocks"], "{name}");
        let block = car.get(&car.roots()[0]).unwrap();
        let commit = Commit::decode(&block).unwrap();
        assert_eq!(commit.did, text(expected, "did"), "{name}");
        assert_eq!(commit.version, expected["version"], "{name}");
        assert_eq!(commit.prev.map(|cid| cid.to_string()).as_deref(), expected["prev"].as_str());
        let (Some(valid), Some(document)) =
            (expected["signature_verifies_with_did_doc"].as_bool(), documents.get(commit.did))
        else {
            continue;
        };
        let key = signing_key(document);
        assert_eq!(commit.verify_signature(&key).is_ok(), valid, "{name}");
        if expected["signature_verifies_high_s_allowed"] == true {
            let lenient = key.verify_allowing_high_s(&commit.signed_bytes(), commit.sig);
            assert!(lenient.is_ok(), "{name}");
        }
    }
}

fn did_documents() -> BTreeMap<String, Value> {
    let documents = crate::support::files("cars/did-docs", "json").into_iter();
    documents.map(|(_, path)| read_json(&path)).map(|d| (text(&d, "id").to_owned(), d)).collect()
}

#[test]
fn lists_of_records_are_ours() {
    for (name, list) in crate::support::files("cars", "tsv") {
        let car = list.with_file_name(name.replace(".records.tsv", ".car"));
        let repo = read_repo_unverified(&Bytes::from(read(&car))).unwrap();
        let found: String = repo.records().map(|r| format!("{}\t{}\n", r.path, r.cid)).collect();
        let expected = String::from_utf8(read(&list)).unwrap();
        assert_eq!(found.trim(), expected.trim(), "{name}");
    }
}
