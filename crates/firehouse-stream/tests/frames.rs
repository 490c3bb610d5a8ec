//! Recorded and derived frames of the fixtures: the same verdicts as their authors, as far as framing goes.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;

use bytes::Bytes;
use data_encoding::BASE64;
use firehouse_stream::{Decoded, FrameReader, decode, seq_of};
use firehouse_types::{Cid, CommitEvent, DropReason, Event, OpAction};
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

fn json_lines(path: PathBuf) -> Vec<Value> {
    let is_compressed = path.extension().is_some_and(|extension| extension == "zst");
    let file = File::open(path).expect("the fixture can be opened");
    let reader: Box<dyn BufRead> = if is_compressed {
        Box::new(BufReader::new(zstd::Decoder::new(file).expect("zstd")))
    } else {
        Box::new(BufReader::new(file))
    };
    reader
        .lines()
        .map(|line| serde_json::from_str(&line.expect("text")).expect("a line of JSON"))
        .collect()
}

fn frames(path: PathBuf) -> Vec<Bytes> {
    let mut reader = FrameReader::open(path).expect("the fixture can be opened");
    std::iter::from_fn(|| reader.next_frame().transpose())
        .collect::<Result<_, _>>()
        .expect("every frame is whole")
}

fn cid(value: &Value) -> Option<Cid> {
    value.as_str().map(|text| text.parse().expect("a CID"))
}

fn check_commit(commit: &CommitEvent, frame: &Bytes, expected: &Value) {
    let text = |name: &str| expected[name].as_str();
    assert_eq!(Some(commit.repo.as_str()), text("repo"));
    assert_eq!(Some(&*commit.rev.to_string()), text("rev"));
    assert_eq!(commit.since.map(|rev| rev.to_string()).as_deref(), text("since"));
    assert_eq!(Some(commit.commit), cid(&expected["commit"]));
    assert_eq!(commit.prev_data, cid(&expected["prevData"]));
    assert_eq!(commit.blocks.len() as u64, expected["blocks_bytes"].as_u64().expect("a size"));
    let shared = frame.as_ptr_range();
    assert!(shared.contains(&commit.blocks.as_ptr()), "blocks are a slice of the frame");
    let ops = expected["ops"].as_array().expect("ops");
    assert_eq!(commit.ops.len(), ops.len());
    for (op, expected) in commit.ops.iter().zip(ops) {
        let action = match op.action {
            OpAction::Create => "create",
            OpAction::Update => "update",
            OpAction::Delete => "delete",
        };
        assert_eq!(Some(action), expected["action"].as_str());
        assert_eq!(Some(&*op.path), expected["path"].as_str());
        assert_eq!((op.cid, op.prev), (cid(&expected["cid"]), cid(&expected["prev"])));
    }
}

#[test]
fn recorded_frames_decode_to_what_was_recorded_beside_them() {
    let paths = ["firehose/frames.bin.zst", "firehose/frames.expected.jsonl"].map(fixture);
    let [Some(recorded), Some(expected)] = paths else { return };
    let (frames, lines) = (frames(recorded), json_lines(expected));
    assert_eq!(frames.len(), lines.len());
    for (frame, expected) in frames.iter().zip(&lines) {
        let Ok(Decoded::Event(event)) = decode(frame) else { panic!("{expected} is an event") };
        assert_eq!(event.seq().map(|seq| seq.get()), expected["seq"].as_u64());
        assert_eq!(seq_of(frame), event.seq());
        let t = match &event {
            Event::Commit(commit) => {
                check_commit(commit, frame, expected);
                "#commit"
            }
            Event::Sync(_) => "#sync",
            Event::Identity(_) => "#identity",
            Event::Account(_) => "#account",
            Event::Info(_) => "#info",
            Event::Unproven(op) => panic!("no frame is {op:?}"),
        };
        assert_eq!(Some(t), expected["t"].as_str());
        let time = match &event {
            Event::Commit(e) => &e.time,
            Event::Sync(e) => &e.time,
            Event::Identity(e) => &e.time,
            Event::Account(e) => &e.time,
            Event::Info(_) | Event::Unproven(_) => continue,
        };
        assert_eq!(Some(&**time), expected["time"].as_str());
    }
}

/// What framing alone must decide about a case. A drop, resync or acceptance that needs the blocks is the next hop's.
fn is_right(expect: &str, decoded: &Result<Decoded, DropReason>) -> bool {
    let framing_holds =
        !matches!(decoded, Err(DropReason::FrameMalformed | DropReason::FrameTooLarge));
    match (expect, decoded) {
        ("hard_error", decoded) => matches!(decoded, Err(DropReason::FrameMalformed)),
        ("stream_error", decoded) => matches!(decoded, Ok(Decoded::Error(_))),
        ("gap_alarm", Ok(Decoded::Event(Event::Info(info)))) => &*info.name == "OutdatedCursor",
        ("ignore", Ok(Decoded::Event(Event::Info(info)))) => &*info.name != "OutdatedCursor",
        ("ignore", decoded) => matches!(decoded, Ok(Decoded::Unknown)),
        ("sync", decoded) => matches!(decoded, Ok(Decoded::Event(Event::Sync(_)))),
        ("account", decoded) => matches!(decoded, Ok(Decoded::Event(Event::Account(_)))),
        ("identity", decoded) => matches!(decoded, Ok(Decoded::Event(Event::Identity(_)))),
        ("accept" | "resync" | "accept_or_resync" | "accept_lenient_or_resync", decoded) => {
            matches!(decoded, Ok(Decoded::Event(Event::Commit(_) | Event::Sync(_))))
        }
        // Either dropped here for its form, or left to those who look inside.
        ("drop" | "drop_or_resync", _) => framing_holds,
        _ => false,
    }
}

#[test]
fn derived_frames_get_the_verdict_of_their_authors() {
    let Some(path) = fixture("firehose/derived/cases.jsonl.zst") else { return };
    for case in json_lines(path) {
        let frame = case["frame_b64"].as_str().expect("a frame");
        let frame = Bytes::from(BASE64.decode(frame.as_bytes()).expect("base64"));
        let decoded = decode(&frame);
        let expect = case["expect"].as_str().expect("a verdict");
        let shown = format!("{decoded:?}");
        let shown = shown.get(..300).unwrap_or(&shown);
        assert!(is_right(expect, &decoded), "{}: {expect}, but {shown}", case["name"]);
    }
}

#[test]
fn synthetic_frames_decode_to_the_type_and_seq_they_were_made_with() {
    let paths = ["firehose/synthetic-p256/frames.bin", "firehose/synthetic-p256/expected.jsonl"];
    let [Some(made), Some(expected)] = paths.map(fixture) else { return };
    for (frame, expected) in frames(made).iter().zip(json_lines(expected)) {
        assert_eq!(seq_of(frame).map(|seq| seq.get()), expected["seq"].as_u64(), "{expected}");
        match decode(frame) {
            Ok(Decoded::Event(event)) => {
                assert_eq!(event.seq().map(|seq| seq.get()), expected["seq"].as_u64());
            }
            decoded => assert_eq!(expected["expect"], "drop", "{expected}: {decoded:?}"),
        }
    }
}

#[test]
fn frames_of_2023_are_read_without_harm() {
    let Some(folder) = fixture("firehose/legacy") else { return };
    for entry in std::fs::read_dir(folder).expect("the folder can be listed") {
        let frame = Bytes::from(std::fs::read(entry.expect("an entry").path()).expect("a file"));
        // What they say cannot be verified; that they are framed like today's frames can.
        let decoded = decode(&frame);
        assert!(!matches!(decoded, Err(DropReason::FrameMalformed)), "{decoded:?}");
    }
}

#[test]
fn a_recorded_frame_with_any_bit_flipped_or_cut_anywhere_never_harms() {
    let Some(path) = fixture("firehose/frames.bin.zst") else { return };
    let frames = frames(path);
    let smallest = frames.iter().min_by_key(|frame| frame.len()).expect("a frame");
    for bit in 0..smallest.len() * 8 {
        let mut bytes = smallest.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let _ = decode(&bytes.into());
    }
    for length in 0..smallest.len() {
        let cut = smallest.slice(..length);
        assert_eq!(decode(&cut), Err(DropReason::FrameMalformed), "cut to {length} bytes");
    }
}
