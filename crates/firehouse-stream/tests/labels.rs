//! The frames of the label fixtures, from their bytes to the verdicts of their authors.

use std::path::PathBuf;

use bytes::Bytes;
use data_encoding::BASE64;
use firehouse_repo::{PublicKey, decode_label, verify_label};
use firehouse_stream::{Decoded, decode_labels};
use firehouse_types::{DropReason, LabelEvent};
use serde_json::Value;

#[test]
fn every_frame_holds_its_label_and_gets_the_verdict_of_its_author() {
    let fallback = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/fixtures");
    let folder = std::env::var_os("FIREHOUSE_FIXTURES").unwrap_or_else(|| fallback.into());
    let path = PathBuf::from(folder).join("labels/synthetic.json");
    let Ok(json) = std::fs::read(&path) else {
        eprintln!("SKIPPED: no fixture at {}", path.display());
        return;
    };
    let document: Value = serde_json::from_slice(&json).expect("JSON");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let owner = text(&document["labeler_did"]);
    let key = PublicKey::from_multibase(&text(&document["atproto_label_key_multibase"]));
    let key = key.expect("a key");
    let cases = document["cases"].as_array().expect("cases");
    for (case, seq) in cases.iter().zip(1..) {
        let name = text(&case["name"]);
        let frame =
            Bytes::from(BASE64.decode(text(&case["frame_b64"]).as_bytes()).expect("base64"));
        let Ok(Decoded::Event(LabelEvent::Labels(event))) = decode_labels(&frame) else {
            panic!("{name}: not a #labels frame")
        };
        assert_eq!((event.seq.get(), event.labels.len()), (seq, 1), "{name}");
        let verdict = decode_label(&event.labels[0]).and_then(|label| {
            let own = (label.src.as_str() == owner).then_some(()).ok_or(DropReason::LabelOfOther);
            own.and_then(|()| verify_label(&label, &key))
        });
        let is_valid = text(&case["expect"]).starts_with("valid");
        assert_eq!(verdict.is_ok(), is_valid, "{name}: {verdict:?}");
    }
}
