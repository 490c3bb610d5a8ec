//! plc: the keys of real accounts, and the signatures they made over their first operation.

use data_encoding::BASE64URL_NOPAD;
use firehouse_repo::PublicKey;
use ipld_core::ipld::Ipld;
use serde_json::Value;

use crate::support::{fixture, ipld_of_json, json_lines, read_json, text};

/// The keys that may sign the operation; the legacy form names them one by one.
fn rotation_keys(operation: &Value) -> Vec<&str> {
    match operation["rotationKeys"].as_array() {
        Some(keys) => keys.iter().filter_map(Value::as_str).collect(),
        None => {
            ["recoveryKey", "signingKey"].iter().filter_map(|k| operation[k].as_str()).collect()
        }
    }
}

#[test]
fn first_operations_are_signed_by_their_own_keys() {
    // The directory holds some operations that it should never have taken.
    let known_bad = fixture("plc/known_bad_cids.json").map(|path| read_json(&path).to_string());
    for line in json_lines("plc/export.jsonl") {
        let operation = &line["operation"];
        let keys = rotation_keys(operation).into_iter();
        let keys = keys.filter_map(|text| Some((text, PublicKey::from_did_key(text).ok()?)));
        let keys: Vec<_> = keys.collect();
        assert!(keys.iter().all(|(text, key)| key.to_did_key() == *text), "{line}");
        let is_bad = known_bad.as_ref().is_some_and(|list| list.contains(text(&line, "cid")));
        if is_bad || !operation["prev"].is_null() {
            continue;
        }
        let Some(Ipld::Map(mut unsigned)) = ipld_of_json(operation) else { panic!("{line}") };
        unsigned.remove("sig");
        let bytes = serde_ipld_dagcbor::to_vec(&Ipld::Map(unsigned)).unwrap();
        let signature = BASE64URL_NOPAD.decode(text(operation, "sig").as_bytes()).unwrap();
        let holds = keys.iter().any(|(_, key)| key.verify(&bytes, &signature).is_ok());
        assert!(holds, "{line}");
    }
}
