//! Recorded output of Jetstream: every line is understood, compressed or not, and says what the frames say that it was made of.

use std::collections::HashMap;
use std::path::PathBuf;

use bytes::Bytes;
use data_encoding::BASE64;
use firehouse_lexicon::to_dag_cbor;
use firehouse_repo::{Car, sha256};
use firehouse_stream::{Decoded, FrameReader, decode, decode_jetstream};
use firehouse_types::{Cid, Event, OpAction, UnprovenOp};
use serde_json::Value;

/// A file of the fixtures; `None`, said loudly, when it is not there.
fn fixture(path: &str) -> Option<PathBuf> {
    let fallback = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/fixtures");
    let folder = std::env::var_os("FIREHOUSE_FIXTURES").unwrap_or_else(|| fallback.into());
    let path = PathBuf::from(folder).join(path);
    if !path.exists() {
        eprintln!("SKIPPED: no fixture at {}", path.display());
        return None;
    }
    Some(path)
}

fn lines(path: PathBuf) -> Vec<Bytes> {
    let text = std::fs::read_to_string(path).expect("text");
    text.lines().map(|line| Bytes::copy_from_slice(line.as_bytes())).collect()
}

fn event(line: &Bytes) -> Event {
    match decode_jetstream(line) {
        Ok(Decoded::Event(event)) => event,
        other => panic!("{other:?} of {}", String::from_utf8_lossy(line)),
    }
}

/// The record in the one encoding that its CID is the hash of.
fn record(op: &UnprovenOp) -> Vec<u8> {
    let json: Value = serde_json::from_slice(&op.record).expect("JSON");
    let record = to_dag_cbor(&json).expect("a record of the data model");
    assert_eq!(op.cid, Some(Cid::dag_cbor(sha256(&record))), "{json}");
    record
}

#[test]
fn every_recorded_record_is_the_one_its_cid_names() {
    let files = ["jetstream/golden_v1.jsonl", "jetstream/jsonbench-2024-11-21.ndjson"];
    for path in files.into_iter().filter_map(fixture) {
        for line in lines(path) {
            if let Event::Unproven(op) = event(&line)
                && op.action != OpAction::Delete
            {
                record(&op);
            }
        }
    }
}

#[test]
fn compressed_messages_are_the_lines_themselves() {
    let paths = [
        "jetstream/golden_v1.jsonl",
        "jetstream/golden_v1.zstd-dict.jsonl",
        "jetstream/legacy_subscribe.zdict",
    ];
    let [Some(golden), Some(packed), Some(dictionary)] = paths.map(fixture) else { return };
    let dictionary = std::fs::read(dictionary).expect("a file");
    assert!(firehouse_stream::JetstreamDictionary::new(dictionary.clone()).is_ok());
    let mut unpacker = zstd::bulk::Decompressor::with_dictionary(&dictionary).expect("zstd");
    for (line, packed) in lines(golden).iter().zip(lines(packed)) {
        let packed: Value = serde_json::from_slice(&packed).expect("JSON");
        let message = BASE64.decode(packed["zstd_b64"].as_str().expect("text").as_bytes());
        let unpacked = unpacker.decompress(&message.expect("base64"), 1 << 20).expect("a frame");
        assert_eq!(&unpacked, line);
    }
}

/// DID, rev and path of an op.
type Place = (String, String, String);

#[test]
fn lines_say_what_the_frames_say_that_they_were_made_of() {
    let paths = ["firehose/frames.bin.zst", "firehose/expected_v1.jsonl"].map(fixture);
    let [Some(frames), Some(expected)] = paths else { return };
    let mut reader = FrameReader::open(frames).expect("the fixture can be opened");
    let mut told: HashMap<Place, (OpAction, Option<Cid>, Vec<u8>)> = HashMap::new();
    while let Some(frame) = reader.next_frame().expect("every frame is whole") {
        let Ok(Decoded::Event(Event::Commit(commit))) = decode(&frame) else { continue };
        let car = Car::parse(&commit.blocks).expect("a CAR");
        for op in &commit.ops {
            let key = (commit.repo.to_string(), commit.rev.to_string(), op.path.to_string());
            let block = op.cid.and_then(|cid| car.get(&cid)).map(|block| block.to_vec());
            told.insert(key, (op.action, op.cid, block.unwrap_or_default()));
        }
    }
    let mut compared = 0;
    for line in lines(expected) {
        let Event::Unproven(op) = event(&line) else { continue };
        let key = (op.did.to_string(), op.rev.to_string(), op.path.to_string());
        let (action, cid, block) = told.remove(&key).unwrap_or_else(|| panic!("{key:?}"));
        assert_eq!((op.action, op.cid), (action, cid), "{key:?}");
        if op.cid.is_some() {
            assert_eq!(record(&op), block, "{key:?}");
        }
        compared += 1;
    }
    assert!(compared > 0);
}
