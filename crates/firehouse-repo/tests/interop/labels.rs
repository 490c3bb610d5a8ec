//! labels/: labels of two authors, encoded and verified with the verdicts that come with them.

use firehouse_repo::{PublicKey, decode_label, label_signed_bytes, verify_label};
use firehouse_types::{Did, DropReason, Label};
use serde_json::Value;

use crate::support::{fixture, ipld_of_json, read_json, text};

/// What becomes of a label on the stream of `owner`.
fn verdict(bytes: &[u8], owner: &Did, key: &PublicKey) -> Result<Label, DropReason> {
    let label = decode_label(bytes)?;
    if label.src != *owner {
        return Err(DropReason::LabelOfOther);
    }
    verify_label(&label, key)?;
    Ok(label)
}

fn encode(json: &Value) -> Vec<u8> {
    serde_ipld_dagcbor::to_vec(&ipld_of_json(json).unwrap()).unwrap()
}

/// The verdicts in the words of the fixtures.
fn expected(words: &str) -> Option<DropReason> {
    let is = |start: &str| words.starts_with(start);
    match words {
        _ if is("valid") => None,
        _ if is("unsupported version") => Some(DropReason::UnsupportedVersion),
        _ if is("reject: src") => Some(DropReason::LabelOfOther),
        _ if is("invalid: val") => Some(DropReason::LabelMalformed),
        _ if is("invalid") => Some(DropReason::InvalidSignature),
        other => panic!("a verdict nobody told us the meaning of: {other}"),
    }
}

#[test]
fn synthetic_labels_get_the_verdicts_of_their_author() {
    let Some(path) = fixture("labels/synthetic.json") else { return };
    let document = read_json(&path);
    let owner = Did::parse(text(&document, "labeler_did")).unwrap();
    let key = PublicKey::from_multibase(text(&document, "atproto_label_key_multibase")).unwrap();
    let cases = document["cases"].as_array().unwrap();
    assert!(!cases.is_empty());
    for case in cases {
        let found = verdict(&encode(&case["label"]), &owner, &key);
        let name = text(case, "name");
        assert_eq!(found.clone().err(), expected(text(case, "expect")), "{name}");
        if let Ok(label) = found {
            check_fields(&label, &case["label"]);
        }
    }
}

/// Fields are there exactly when they were sent.
fn check_fields(label: &Label, sent: &Value) {
    assert_eq!(label.neg, sent["neg"].as_bool());
    assert_eq!(label.cid.as_deref(), sent["cid"].as_str());
    assert_eq!(label.exp.as_deref(), sent["exp"].as_str());
    assert_eq!(label.ver, sent["ver"].as_i64());
    assert_eq!(Some(&*label.cts), sent["cts"].as_str());
}

#[test]
fn a_label_that_another_implementation_signed_verifies_and_a_changed_one_does_not() {
    let Some(path) = fixture("labels/indigo-signed-label.json") else { return };
    let document = read_json(&path);
    let key = PublicKey::from_multibase(text(&document, "public_key_multibase")).unwrap();
    let mut label = decode_label(&encode(&document["label"])).unwrap();
    assert_eq!(verify_label(&label, &key), Ok(()));
    let signed = label_signed_bytes(&label);
    label.neg = Some(false);
    assert_ne!(label_signed_bytes(&label), signed, "false is signed and absent is not");
    assert_eq!(verify_label(&label, &key), Err(DropReason::InvalidSignature));
}
