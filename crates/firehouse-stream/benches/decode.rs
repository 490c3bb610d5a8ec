//! Decode of frames to events: frames and bytes per second on one core.
//!
//! Recorded frames when the fixtures are there; a commit of the usual shape and size otherwise.

use std::hint::black_box;
use std::path::PathBuf;

use bytes::Bytes;
use criterion::{Criterion, Throughput};
use firehouse_stream::{FrameReader, decode};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let frames = recorded().unwrap_or_else(|| vec![usual_commit()]);
    let bytes: usize = frames.iter().map(Bytes::len).sum();
    let mut group = criterion.benchmark_group("decode");
    group.throughput(Throughput::ElementsAndBytes {
        elements: frames.len() as u64,
        bytes: bytes as u64,
    });
    group.bench_function("frames", |bencher| {
        bencher.iter(|| frames.iter().filter(|frame| black_box(decode(frame)).is_ok()).count());
    });
    group.finish();
    criterion.final_summary();
}

fn recorded() -> Option<Vec<Bytes>> {
    let fallback = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/fixtures");
    let fixtures = std::env::var_os("FIREHOUSE_FIXTURES").unwrap_or_else(|| fallback.into());
    let path = PathBuf::from(fixtures).join("firehose/frames.bin.zst");
    let mut reader = FrameReader::open(path).ok()?;
    std::iter::from_fn(|| reader.next_frame().transpose()).collect::<Result<_, _>>().ok()
}

/// One like: 13 blocks of 7 KB in all, one op.
fn usual_commit() -> Bytes {
    let text = |text: &str| {
        let length = u8::try_from(text.len()).expect("a short text");
        let head = if length < 24 { vec![0x60 + length] } else { vec![0x78, length] };
        [head.as_slice(), text.as_bytes()].concat()
    };
    let link = [b"\xd8\x2a\x58\x25\x00\x01\x71\x12\x20".as_slice(), &[7; 32]].concat();
    let op = [
        b"\xa3".to_vec(),
        [text("cid"), link.clone()].concat(),
        [text("path"), text("app.bsky.feed.like/3mptbypquak2d")].concat(),
        [text("action"), text("create")].concat(),
    ];
    let payload = [
        b"\xa8".to_vec(),
        [text("ops"), b"\x81".to_vec(), op.concat()].concat(),
        [text("rev"), text("3mptbypr6yc2d")].concat(),
        [text("seq"), b"\x1b\x00\x00\x00\x07\x57\x28\x13\xf0".to_vec()].concat(),
        [text("repo"), text("did:plc:sywusqblkah4nyoqxelzvr5o")].concat(),
        [text("time"), text("2026-07-04T14:38:07.692Z")].concat(),
        [text("since"), text("3mptbxqsntf2n")].concat(),
        [text("blocks"), b"\x59\x1c\x2c".to_vec(), vec![0; 7212]].concat(),
        [text("commit"), link].concat(),
    ];
    Bytes::from([b"\xa2at\x67#commitbop\x01".to_vec(), payload.concat()].concat())
}
