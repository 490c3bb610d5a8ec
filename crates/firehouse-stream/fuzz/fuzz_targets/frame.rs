//! Frames of subscribeRepos.
//!
//! Whatever the bytes are: the answer is the same twice; byte fields share the frame; texts and lists have their limits; no frame is the
//! beginning of another; two readers find no two seqs; the blocks of a commit are verified or refused.
#![no_main]

use bytes::Bytes;
use firehouse_fuzz::stream::decode::{Decoded, decode, seq_of};
use firehouse_fuzz::{NOW_US, key, seed};
use firehouse_repo::{OPS_MAX, verify_commit, verify_sync};
use firehouse_types::{DropReason, Event};

libfuzzer_sys::fuzz_target!(
    init: seed(|seeds| seeds.frames().iter().for_each(|frame| seeds.add(frame))),
    |bytes: &[u8]| {
        let frame = Bytes::copy_from_slice(bytes);
        let decoded = decode(&frame);
        assert_eq!(decode(&frame), decoded);
        let Ok(decoded) = decoded else {
            seq_of(&frame);
            return;
        };
        assert!(decode(&frame.slice(..frame.len() - 1)).is_err(), "a beginning of a frame");
        let longer = Bytes::from([bytes, b"\0"].concat());
        assert_eq!(decode(&longer), Err(DropReason::FrameMalformed));
        match &decoded {
            Decoded::Event(event) => check(&frame, event),
            Decoded::Error(error) => {
                let message = error.message.as_deref().unwrap_or_default();
                assert!(error.name.len() <= 1_024 && message.len() <= 1_024);
            }
            Decoded::Unknown => {}
        }
    }
);

fn check(frame: &Bytes, event: &Event) {
    // It passes over the ops as a whole, more strictly than whoever reads them one by one.
    let found = seq_of(frame);
    assert!(found.is_none() || found == event.seq());
    assert!(event.did().is_none_or(firehouse_types::Did::is_resolvable));
    match event {
        Event::Commit(commit) => {
            assert!(shares(frame, &commit.blocks) && commit.ops.len() <= OPS_MAX);
            assert!(commit.ops.iter().all(|op| (1..=1_024).contains(&op.path.len())));
            assert!(verify_commit(commit, key(), None, NOW_US).is_err(), "signed by nobody");
        }
        Event::Sync(sync) => {
            assert!(shares(frame, &sync.blocks));
            assert!(verify_sync(sync, key(), NOW_US).is_err(), "signed by nobody");
        }
        Event::Identity(identity) => {
            assert!(identity.handle.as_ref().is_none_or(|handle| handle.len() <= 253));
            assert!(identity.time.len() <= 64);
        }
        Event::Account(account) => assert!(account.time.len() <= 64),
        Event::Unproven(_) => unreachable!("frames are signed"),
        Event::Info(info) => {
            assert!(info.name.len() <= 1_024);
            assert!(info.message.as_ref().is_none_or(|message| message.len() <= 1_024));
        }
    }
}

/// Whether a byte field lies inside of the frame it came in.
fn shares(frame: &Bytes, field: &Bytes) -> bool {
    field.is_empty() || frame.as_ptr_range().contains(&field.as_ptr())
}
