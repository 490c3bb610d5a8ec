//! What is said about the commits of one made-up account, honest and not. Needs no fixtures.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use firehouse_repo::{
    Chain, FUTURE_REV_US, PublicKey, RepoHead, VerifiedCommit, sha256, verify_commit, verify_sync,
};
use firehouse_types::{Cid, CommitEvent, Did, DropReason, OpAction, RepoOp, Rev, Seq, SyncEvent};
use ipld_core::ipld::Ipld;
use secp256k1::{Message, SecretKey, ecdsa};

use crate::support::{NOW_US, cid_of, write_car};
use crate::tree;

/// Path and bytes of every record.
type Records = BTreeMap<String, Vec<u8>>;

struct Account {
    did: Did,
    secret: SecretKey,
    key: PublicKey,
    version: i128,
    signs_with_high_s: bool,
}

impl Account {
    fn new() -> Self {
        let secret = SecretKey::from_secret_bytes([7; 32]).unwrap();
        let point = secp256k1::PublicKey::from_secret_key(&secret).serialize();
        let key = PublicKey::from_point(firehouse_repo::Curve::K256, &point).unwrap();
        Self {
            did: Did::parse("did:web:a.example").unwrap(),
            secret,
            key,
            version: 3,
            signs_with_high_s: false,
        }
    }

    fn commit_block(&self, rev: Rev, data: Cid) -> Vec<u8> {
        let mut fields = BTreeMap::from([
            ("did".to_owned(), Ipld::String(self.did.to_string())),
            ("rev".to_owned(), Ipld::String(rev.to_string())),
            ("data".to_owned(), Ipld::Link(data.into())),
            ("prev".to_owned(), Ipld::Null),
            ("version".to_owned(), Ipld::Integer(self.version)),
        ]);
        let unsigned = serde_ipld_dagcbor::to_vec(&Ipld::Map(fields.clone())).unwrap();
        let message = Message::from_digest(sha256(&unsigned));
        let mut signature = ecdsa::sign(message, &self.secret).serialize_compact();
        if self.signs_with_high_s {
            // S is a number below the group's order, as a secret key is; its negative is as valid to a lenient verifier.
            let s = SecretKey::from_secret_bytes(signature[32..].try_into().unwrap()).unwrap();
            signature[32..].copy_from_slice(&s.negate().to_secret_bytes());
        }
        fields.insert("sig".to_owned(), Ipld::Bytes(signature.into()));
        serde_ipld_dagcbor::to_vec(&Ipld::Map(fields)).unwrap()
    }

    /// The event of a producer that does everything right: whole new tree, all new records.
    fn commit(&self, rev: u64, before: &Records, after: &Records) -> CommitEvent {
        let (old, new) = (tree_of(before), tree_of(after));
        let block = self.commit_block(at(rev), new.root);
        let commit = cid_of(&block);
        let changed = after.iter().filter(|(path, record)| before.get(*path) != Some(record));
        let records = changed.map(|(_, record)| (cid_of(record), &record[..]));
        let nodes = new.blocks.iter().map(|(cid, block)| (*cid, &block[..]));
        CommitEvent {
            seq: Seq::new(1).unwrap(),
            repo: self.did.clone(),
            rev: at(rev),
            since: (rev > 1).then(|| at(rev - 1)),
            commit,
            blocks: write_car(
                &[commit],
                [(commit, &block[..])].into_iter().chain(nodes).chain(records),
            ),
            ops: ops(before, after),
            prev_data: Some(old.root),
            too_big: false,
            time: "2030-01-01T00:00:00Z".into(),
        }
    }

    fn verify(&self, event: &CommitEvent, held: &Records) -> Result<VerifiedCommit, DropReason> {
        let rev = Rev::from(event.rev.get() - 1024);
        let head = RepoHead { rev, data: tree_of(held).root };
        verify_commit(event, &self.key, Some(head), NOW_US)
    }
}

/// The n-th rev of the account, one microsecond apart.
fn at(n: u64) -> Rev {
    Rev::from((NOW_US - 1_000 + n) << 10)
}

fn tree_of(records: &Records) -> tree::Tree {
    let records = records.iter().map(|(path, record)| (path.clone().into_bytes(), cid_of(record)));
    tree::build(&records.collect())
}

fn ops(before: &Records, after: &Records) -> Vec<RepoOp> {
    let paths: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let op = |path: &String| {
        let (prev, cid) = (before.get(path), after.get(path));
        let action = match (prev, cid) {
            (None, _) => OpAction::Create,
            (_, None) => OpAction::Delete,
            _ => OpAction::Update,
        };
        let cid_of = |record: Option<&Vec<u8>>| record.map(|bytes| cid_of(bytes));
        RepoOp { action, path: path.as_str().into(), cid: cid_of(cid), prev: cid_of(prev) }
    };
    paths.into_iter().map(op).filter(|op| op.cid != op.prev).collect()
}

fn record(text: &str) -> Vec<u8> {
    let map = BTreeMap::from([("text".to_owned(), Ipld::String(text.to_owned()))]);
    serde_ipld_dagcbor::to_vec(&Ipld::Map(map)).unwrap()
}

fn records(paths: &[(&str, &str)]) -> Records {
    let own = |(path, text): &(&str, &str)| (format!("com.example.note/{path}"), record(text));
    paths.iter().map(own).collect()
}

/// Three records; then one new, one changed, one gone.
fn two_states() -> (Records, Records) {
    (
        records(&[("a", "1"), ("b", "2"), ("c", "3")]),
        records(&[("a", "1"), ("b", "two"), ("d", "4")]),
    )
}

fn paths(commit: &VerifiedCommit) -> Vec<&str> {
    commit.ops.iter().map(|op| op.rkey.as_str()).collect()
}

/// The same event without the block of this record.
fn without_block(event: &CommitEvent, missing: &[u8]) -> Bytes {
    let car = firehouse_repo::Car::parse(&event.blocks).unwrap();
    let kept: Vec<_> = car.blocks().filter(|(cid, _)| *cid != cid_of(missing)).collect();
    write_car(&[event.commit], kept.iter().map(|(cid, block)| (*cid, &block[..])))
}

#[test]
fn a_commit_that_continues_what_we_hold_is_linked() {
    let (account, (before, after)) = (Account::new(), two_states());
    let event = account.commit(2, &before, &after);
    let commit = account.verify(&event, &before).unwrap();
    assert_eq!((commit.chain, commit.since_matches), (Chain::Linked, true));
    assert_eq!(paths(&commit), ["b", "c", "d"]);
    let actions: Vec<_> = commit.ops.iter().map(|op| op.action).collect();
    assert_eq!(actions, [OpAction::Update, OpAction::Delete, OpAction::Create]);
    assert_eq!(commit.ops[0].record, record("two"));
    assert_eq!(commit.ops[1].record, Bytes::new());
    assert_eq!(commit.head(), RepoHead { rev: event.rev, data: tree_of(&after).root });
}

#[test]
fn a_commit_without_ops_is_linked_when_nothing_changed() {
    let (account, (before, after)) = (Account::new(), two_states());
    let event = account.commit(2, &before, &before);
    assert_eq!(account.verify(&event, &before).unwrap().chain, Chain::Linked);
    let mut silent = account.commit(2, &before, &after);
    silent.ops.clear();
    let chain = account.verify(&silent, &before).unwrap().chain;
    assert_eq!(chain, Chain::Unlinked(DropReason::InversionMismatch));
}

#[test]
fn another_since_is_reported_and_prev_data_decides() {
    let (account, (before, after)) = (Account::new(), two_states());
    let mut event = account.commit(2, &before, &after);
    event.since = Some(at(0));
    let commit = account.verify(&event, &before).unwrap();
    assert_eq!((commit.chain, commit.since_matches), (Chain::Linked, false));
    let elsewhere = account.verify(&event, &after).unwrap();
    assert_eq!(elsewhere.chain, Chain::Unlinked(DropReason::ChainBroken));
    assert_eq!(elsewhere.ops, commit.ops);
}

#[test]
fn an_op_without_its_block_is_dropped_and_its_siblings_survive() {
    let (account, (before, after)) = (Account::new(), two_states());
    let mut event = account.commit(2, &before, &after);
    event.blocks = without_block(&event, &record("4"));
    let commit = account.verify(&event, &before).unwrap();
    assert_eq!(commit.chain, Chain::Unlinked(DropReason::MissingBlock));
    assert_eq!(paths(&commit), ["b", "c"]);
    assert_eq!(commit.dropped, [("com.example.note/d".into(), DropReason::MissingBlock)]);
}

#[test]
fn a_path_that_is_no_record_is_dropped_and_the_chain_holds() {
    let (account, (before, mut after)) = (Account::new(), two_states());
    for path in ["notes", "com.example.note/a/b", "com.example.note/..", "note/a"] {
        after.insert(path.to_owned(), record("x"));
    }
    let commit = account.verify(&account.commit(2, &before, &after), &before).unwrap();
    assert_eq!((commit.chain, paths(&commit)), (Chain::Linked, vec!["b", "c", "d"]));
    assert_eq!(commit.dropped.len(), 4);
    assert!(commit.dropped.iter().all(|(_, reason)| *reason == DropReason::InvalidPath));
}

#[test]
fn a_record_beyond_a_mebibyte_is_an_op_whose_worth_others_judge() {
    let (account, (before, mut after)) = (Account::new(), two_states());
    after.insert("com.example.note/big".to_owned(), record(&"x".repeat(1 << 20)));
    let commit = account.verify(&account.commit(2, &before, &after), &before).unwrap();
    assert_eq!((commit.chain, commit.dropped.len()), (Chain::Linked, 0));
    assert!(paths(&commit).contains(&"big"));
}

#[test]
fn the_first_commit_of_an_unknown_repo_is_its_genesis() {
    let (account, (records, _)) = (Account::new(), two_states());
    for prev_data in [None, Some(firehouse_repo::mst::EMPTY)] {
        let mut event = account.commit(1, &Records::new(), &records);
        event.prev_data = prev_data;
        let commit = verify_commit(&event, &account.key, None, NOW_US).unwrap();
        assert_eq!((commit.chain, commit.ops.len()), (Chain::Genesis, 3));
        event.ops.pop();
        let less = verify_commit(&event, &account.key, None, NOW_US).unwrap();
        assert_eq!(less.chain, Chain::Unlinked(DropReason::InversionMismatch));
        assert_eq!(less.ops.len(), 2);
    }
}

#[test]
fn a_later_commit_of_an_unknown_repo_is_unlinked() {
    let (account, (before, after)) = (Account::new(), two_states());
    let event = account.commit(2, &before, &after);
    let commit = verify_commit(&event, &account.key, None, NOW_US).unwrap();
    assert_eq!(commit.chain, Chain::Unlinked(DropReason::ChainBroken));
    assert_eq!(commit.ops.len(), 3);
}

#[test]
fn without_prev_data_each_op_is_looked_up_in_the_signed_tree() {
    let (account, (before, after)) = (Account::new(), two_states());
    let mut event = account.commit(2, &before, &after);
    event.prev_data = None;
    event.ops.iter_mut().for_each(|op| op.prev = None);
    let commit = account.verify(&event, &before).unwrap();
    assert_eq!(commit.chain, Chain::Unlinked(DropReason::ChainBroken));
    assert_eq!((commit.ops.len(), commit.dropped.len()), (3, 0));
    // A delete of what is still there, a create of what is not, another record than the tree's.
    for (path, action, cid) in [
        ("com.example.note/a", OpAction::Delete, None),
        ("com.example.note/new", OpAction::Create, Some(cid_of(&record("x")))),
        ("com.example.note/a", OpAction::Update, Some(cid_of(&record("x")))),
    ] {
        let mut lie = event.clone();
        lie.ops.push(RepoOp { action, path: path.into(), cid, prev: None });
        let commit = account.verify(&lie, &before).unwrap();
        assert_eq!(commit.ops.len(), 3);
        assert_eq!(commit.dropped, [(path.into(), DropReason::InversionMismatch)]);
    }
}

#[test]
fn an_op_that_contradicts_the_tree_is_dropped_and_its_siblings_survive() {
    let (account, (before, after)) = (Account::new(), two_states());
    let mut event = account.commit(2, &before, &after);
    event.ops[0].cid = Some(cid_of(&record("4")));
    let commit = account.verify(&event, &before).unwrap();
    assert_eq!(commit.chain, Chain::Unlinked(DropReason::InversionMismatch));
    assert_eq!(paths(&commit), ["c", "d"]);
}

#[test]
fn a_repeat_is_stale_before_anything_is_read() {
    let (account, (before, after)) = (Account::new(), two_states());
    let mut event = account.commit(2, &before, &after);
    event.blocks = Bytes::from_static(b"not looked at");
    for rev in [event.rev, at(3)] {
        let head = Some(RepoHead { rev, data: tree_of(&before).root });
        let verdict = verify_commit(&event, &account.key, head, NOW_US);
        assert_eq!(verdict, Err(DropReason::StaleRev));
    }
}

#[test]
fn a_rev_may_be_five_minutes_ahead_of_our_clock() {
    let (account, (before, after)) = (Account::new(), two_states());
    let event = account.commit(2, &before, &after);
    let clock = event.rev.timestamp_us() - FUTURE_REV_US;
    let verdict = |now_us| verify_commit(&event, &account.key, None, now_us).err();
    assert_eq!(verdict(clock), None);
    assert_eq!(verdict(clock - 1), Some(DropReason::FutureRev));
}

#[test]
fn envelopes_that_contradict_themselves_are_dropped() {
    let (account, (before, after)) = (Account::new(), two_states());
    let good = account.commit(2, &before, &after);
    let check = |change: &dyn Fn(&mut CommitEvent), reason| {
        let mut event = good.clone();
        change(&mut event);
        assert_eq!(account.verify(&event, &before).err(), Some(reason));
    };
    let create = |n: usize| RepoOp {
        action: OpAction::Create,
        path: format!("com.example.note/{n}").into(),
        cid: Some(cid_of(b"")),
        prev: None,
    };
    check(&|e| e.blocks = Bytes::new(), DropReason::TooBig);
    check(&|e| e.blocks = Bytes::from(vec![0; 2_000_001]), DropReason::InvalidEnvelope);
    check(&|e| e.ops = (0..201).map(create).collect(), DropReason::InvalidEnvelope);
    check(&|e| e.ops.push(e.ops[0].clone()), DropReason::InvalidEnvelope);
    check(&|e| e.ops[0].cid = None, DropReason::InvalidEnvelope);
    check(&|e| e.ops[1].cid = e.ops[0].cid, DropReason::InvalidEnvelope);
    check(&|e| e.ops[2].prev = e.ops[0].cid, DropReason::InvalidEnvelope);
    check(&|e| e.blocks = Bytes::from_static(b"<html>"), DropReason::CarMalformed);
    check(&|e| e.commit = cid_of(b""), DropReason::CommitMismatch);
    check(&|e| e.repo = Did::parse("did:web:b.example").unwrap(), DropReason::CommitMismatch);
    check(&|e| e.rev = at(5), DropReason::CommitMismatch);
}

#[test]
fn a_signature_of_another_or_a_high_one_does_not_hold() {
    let (account, (before, after)) = (Account::new(), two_states());
    let event = account.commit(2, &before, &after);
    let other =
        PublicKey::from_did_key("did:key:zQ3shqwJEJyMBsBXCWyCBpUBMqxcon9oHB7mCvx4sSpMdLJwc");
    let verdict = verify_commit(&event, &other.unwrap(), None, NOW_US);
    assert_eq!(verdict, Err(DropReason::InvalidSignature));

    let lax = Account { signs_with_high_s: true, ..Account::new() };
    let event = lax.commit(2, &before, &after);
    assert_eq!(lax.verify(&event, &before), Err(DropReason::InvalidSignature));
    let car = firehouse_repo::Car::parse(&event.blocks).unwrap();
    let commit = firehouse_repo::Commit::decode(car.block(&event.commit).unwrap()).unwrap();
    assert!(lax.key.verify_allowing_high_s(&commit.signed_bytes(), commit.sig).is_ok());
}

#[test]
fn a_commit_of_another_version_is_refused() {
    let (before, after) = two_states();
    let old = Account { version: 2, ..Account::new() };
    let verdict = old.verify(&old.commit(2, &before, &after), &before);
    assert_eq!(verdict, Err(DropReason::UnsupportedVersion));
}

#[test]
fn a_sync_says_what_the_repo_is_now() {
    let (account, (records, _)) = (Account::new(), two_states());
    let data = tree_of(&records).root;
    let block = account.commit_block(at(4), data);
    let root = cid_of(&block);
    let event = SyncEvent {
        seq: Seq::new(1).unwrap(),
        did: account.did.clone(),
        rev: at(4),
        blocks: write_car(&[root], [(root, &block[..])]),
        time: "2030-01-01T00:00:00Z".into(),
    };
    assert_eq!(verify_sync(&event, &account.key, NOW_US), Ok(RepoHead { rev: at(4), data }));
    let check = |change: &dyn Fn(&mut SyncEvent), reason| {
        let mut event = event.clone();
        change(&mut event);
        assert_eq!(verify_sync(&event, &account.key, NOW_US), Err(reason));
    };
    check(&|e| e.rev = at(5), DropReason::CommitMismatch);
    check(&|e| e.did = Did::parse("did:web:b.example").unwrap(), DropReason::CommitMismatch);
    check(&|e| e.rev = Rev::from(u64::MAX >> 1), DropReason::FutureRev);
    check(&|e| e.blocks = Bytes::from(vec![0; 10_001]), DropReason::InvalidEnvelope);
    check(&|e| e.blocks = write_car(&[], [(root, &block[..])]), DropReason::CarMalformed);
    check(&|e| e.blocks = write_car(&[root], []), DropReason::CommitMalformed);
}
