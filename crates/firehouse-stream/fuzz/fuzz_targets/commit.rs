//! Commits end to end: an account that signs whatever it likes, over trees and with ops of the fuzzer's choice.
//!
//! Whatever it signs: each op is taken or dropped with its reason; a record that is taken hashes to its CID and stands in the signed
//! tree, a deleted one does not; a linked chain starts from what we hold; and nothing of it holds under another account's name.
#![no_main]

use std::collections::BTreeMap;

use firehouse_fuzz::{Blocks, DID, Input, NOW_US, Seeds, car_of, key, root_of, seed, sign_commit};
use firehouse_repo::mst::{EMPTY, TreeError, Visit, Walk};
use firehouse_repo::{
    Car, Chain, Commit, RepoHead, VerifiedCommit, read_repo, sha256, verify_commit, verify_sync,
};
use firehouse_types::{Cid, CommitEvent, Did, DropReason, OpAction, RepoOp, Rev, Seq, SyncEvent};

/// Of every commit made here. Units: as [`Rev`], which counts microseconds.
const REV: u64 = (NOW_US - 1_000_000) << 10;

libfuzzer_sys::fuzz_target!(init: seed(seeds), |bytes: &[u8]| {
    let mut input = Input::new(bytes);
    let blocks = Blocks::read(&mut input);
    let data = blocks.last().unwrap_or(EMPTY);
    let rev = Rev::from(REV);
    let (commit, block) = sign_commit(rev, data);
    let flags = input.byte();
    let prev_data = prev_data(&mut input, &blocks);
    let since = (flags & 1 != 0).then(|| Rev::from(REV - 1));
    let head = (flags & 2 != 0).then(|| RepoHead {
        rev: Rev::from(REV - 1),
        data: prev_data.unwrap_or(EMPTY),
    });
    let all = blocks.iter().chain([(commit, block.as_slice())]);
    let event = CommitEvent {
        seq: Seq::new(1).expect("one is a seq"),
        repo: Did::parse(DID).expect("our own DID"),
        rev,
        since,
        commit,
        blocks: car_of(&commit, all),
        ops: ops(&mut input, &blocks),
        prev_data,
        too_big: false,
        time: "".into(),
    };
    check_whole(&event);
    let Ok(verified) = verify_commit(&event, key(), head, NOW_US) else { return };
    check(&event, head, &verified);
});

fn prev_data(input: &mut Input<'_>, blocks: &Blocks) -> Option<Cid> {
    match input.byte() {
        0 => None,
        1 => Some(EMPTY),
        2 => Cid::from_bytes(input.bytes()).ok(),
        number => Some(blocks.cid(number - 3)),
    }
}

fn ops(input: &mut Input<'_>, blocks: &Blocks) -> Vec<RepoOp> {
    let mut ops = Vec::new();
    for _ in 0..input.byte() {
        if input.is_empty() {
            break;
        }
        let action = match input.byte() & 3 {
            0 | 3 => OpAction::Create,
            1 => OpAction::Update,
            _ => OpAction::Delete,
        };
        let path = input.text().into();
        let mut cid = || match input.byte() {
            0 => None,
            1 => Cid::from_bytes(input.bytes()).ok(),
            number => Some(blocks.cid(number - 2)),
        };
        ops.push(RepoOp { action, path, cid: cid(), prev: cid() });
    }
    ops
}

fn check(event: &CommitEvent, head: Option<RepoHead>, verified: &VerifiedCommit) {
    assert_eq!(verified.ops.len() + verified.dropped.len(), event.ops.len());
    assert_eq!(verified.rev, event.rev);
    for op in &verified.ops {
        match op.cid {
            Some(cid) => assert_eq!(sha256(&op.record), cid.digest),
            None => assert!(op.record.is_empty()),
        }
    }
    let stranger = Did::parse("did:plc:another").expect("a DID");
    let stolen = CommitEvent { repo: stranger, ..event.clone() };
    let stolen = verify_commit(&stolen, key(), head, NOW_US);
    assert_eq!(stolen, Err(DropReason::CommitMismatch), "another account's name");
    match verified.chain {
        Chain::Linked => assert_eq!(head.map(|head| head.data), event.prev_data),
        Chain::Genesis => assert!(head.is_none()),
        Chain::Unlinked(_) => {}
    }
    let car = Car::parse(&event.blocks).expect("our own CAR");
    let Ok(mut records) = records(&car, verified.data) else { return };
    for op in &verified.ops {
        let path = format!("{}/{}", op.collection, op.rkey).into_bytes();
        let bytes = op.cid.map(|cid| cid.to_bytes().to_vec());
        assert_eq!(records.get(&path), bytes.as_ref(), "the signed tree says otherwise");
    }
    if matches!(verified.chain, Chain::Unlinked(_)) {
        return;
    }
    // Where the ops say it came from, by another implementation.
    for op in &event.ops {
        match op.prev {
            Some(prev) => records.insert(op.path.as_bytes().to_vec(), prev.to_bytes().to_vec()),
            None => records.remove(op.path.as_bytes()),
        };
    }
    let records: Option<BTreeMap<Vec<u8>, Cid>> = records
        .into_iter()
        .map(|(key, value)| Some((key, Cid::from_bytes(&value).ok()?)))
        .collect();
    if let Some(records) = records {
        assert_eq!(root_of(&records), head.map_or(EMPTY, |head| head.data));
    }
}

fn records(car: &Car, root: Cid) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, TreeError> {
    let (mut walk, mut records) = (Walk::new(car, root), BTreeMap::new());
    while let Some(visit) = walk.next()? {
        if let Visit::Leaf { key, value } = visit {
            records.insert(key.to_vec(), value.to_vec());
        }
    }
    Ok(records)
}

/// The same blocks as a `#sync`, and as the answer of getRepo.
fn check_whole(event: &CommitEvent) {
    let sync = SyncEvent {
        seq: event.seq,
        did: event.repo.clone(),
        rev: event.rev,
        blocks: event.blocks.clone(),
        time: "".into(),
    };
    if let Ok(head) = verify_sync(&sync, key(), NOW_US) {
        assert_eq!(head.rev, event.rev);
    }
    let Ok(repo) = read_repo(&event.blocks, &event.repo, key(), NOW_US) else { return };
    let car = Car::parse(&event.blocks).expect("our own CAR");
    let records = records(&car, repo.data).expect("it was read");
    assert_eq!(repo.len() + repo.dropped.len(), records.len());
}

fn seeds(seeds: &mut Seeds) {
    for event in seeds.commits() {
        let Ok(car) = Car::parse(&event.blocks) else { continue };
        let Some(Ok(commit)) = car.block(&event.commit).map(Commit::decode) else { continue };
        let without = car.blocks().filter(|(cid, _)| *cid != event.commit).collect::<Vec<_>>();
        let without = without.iter().map(|(cid, block)| (*cid, block.as_ref()));
        let Ok(car) = Car::parse(&car_of(&commit.data, without)) else { continue };
        let (mut input, numbers) = Blocks::write(&car, &commit.data);
        let cid = |input: &mut Vec<u8>, cid: Option<Cid>| match cid {
            None => input.push(0),
            Some(cid) => match numbers.get(&cid) {
                Some(number) if *number < 250 => input.push(number + 2),
                _ => input.extend([&[1, 36, 0][..], &cid.to_bytes()].concat()),
            },
        };
        input.push(3);
        match event.prev_data {
            None => input.push(0),
            Some(prev) => input.extend([&[2, 36, 0][..], &prev.to_bytes()].concat()),
        }
        input.push(u8::try_from(event.ops.len()).unwrap_or(u8::MAX));
        for op in &event.ops {
            input.push(op.action as u8);
            let len = u16::try_from(op.path.len()).unwrap_or_default();
            input.extend(len.to_le_bytes());
            input.extend(op.path.as_bytes());
            cid(&mut input, op.cid);
            cid(&mut input, op.prev);
        }
        seeds.add(input);
    }
}
