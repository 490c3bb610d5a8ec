//! Lines of Jetstream.
//!
//! Whatever the bytes are: the answer is the same twice; texts have their limits; a record lies inside of the line it came in, and is JSON.
#![no_main]

use bytes::Bytes;
use firehouse_fuzz::stream::decode::Decoded;
use firehouse_fuzz::stream::line::decode_jetstream;
use firehouse_fuzz::{Seeds, seed};
use firehouse_types::Event;

libfuzzer_sys::fuzz_target!(init: seed(seeds), |bytes: &[u8]| {
    let line = Bytes::copy_from_slice(bytes);
    let decoded = decode_jetstream(&line);
    assert_eq!(decode_jetstream(&line), decoded);
    let Ok(Decoded::Event(event)) = decoded else { return };
    assert!(event.seq().is_some());
    assert!(event.did().is_some_and(firehouse_types::Did::is_resolvable));
    match &event {
        Event::Unproven(op) => {
            assert!(op.path.len() <= 1_025 && op.path.contains('/'));
            assert_eq!(op.cid.is_none(), op.record.is_empty());
            if op.cid.is_some() {
                assert!(line.as_ptr_range().contains(&op.record.as_ptr()));
                let _: serde_json::Value = match serde_json::from_slice(&op.record) {
                    Ok(value) => value,
                    // Numbers out of range and lone surrogates are JSON, and found out later.
                    Err(_) => return,
                };
            }
        }
        Event::Identity(identity) => {
            assert!(identity.handle.as_ref().is_none_or(|handle| handle.len() <= 253));
            assert!(identity.time.len() <= 64);
        }
        Event::Account(account) => assert!(account.time.len() <= 64),
        Event::Commit(_) | Event::Sync(_) | Event::Info(_) => unreachable!("nothing is signed"),
    }
});

fn seeds(seeds: &mut Seeds) {
    for path in ["jetstream/golden_v1.jsonl", "firehose/expected_v1.jsonl"] {
        seeds.file(path).split(|byte| *byte == b'\n').take(200).for_each(|line| seeds.add(line));
    }
}
