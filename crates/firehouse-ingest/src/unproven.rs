//! Ops without proof, as Jetstream tells them: what of them can be checked, and what becomes of them when the proof comes.
//!
//! Such an op is only ever rows with `proof = 'unverified'`, above the last proven commit of its repo. It never touches `repos`, so it
//! neither advances nor breaks a chain. The one thing that can be checked is that the record is the one its CID names. Later the signed
//! commit of the same rev, or a whole repo, writes the same rows again as proven: of equal versions the one inserted last stays. Whatever
//! the signed commits pass without saying it was not true, and then the repo is fetched and compared whole.

use std::collections::VecDeque;

use firehouse_lexicon::to_dag_cbor;
use firehouse_repo::{FUTURE_REV_US, RecordOp, sha256};
use firehouse_store::HeldRecord;
use firehouse_types::{Cid, DropReason, Nsid, Rev, Rkey, UnprovenOp};

use crate::account::Known;

/// Ops of one account that are remembered until they are proven. Units: 24 bytes each.
const REMEMBERED_MAX: usize = 64;

/// What was written of one repo without proof, above its last proven commit.
#[derive(Debug, Default)]
pub struct Unproven {
    ops: VecDeque<Claim>,
    /// How many of the first of them were found in the store: a crash may have left out their rows in other tables.
    found: usize,
    /// The highest rev of those that found no place.
    forgotten: Option<Rev>,
}

/// One op, as short as it can be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Claim {
    rev: Rev,
    digest: [u8; 16],
}

impl Claim {
    fn new(rev: Rev, collection: &Nsid, rkey: &Rkey, cid: [u8; 32]) -> Self {
        let text = [collection.as_str().as_bytes(), b"/", rkey.as_str().as_bytes(), &cid];
        let whole = sha256(&text.concat());
        let mut digest = [0; 16];
        digest.iter_mut().zip(whole).for_each(|(short, byte)| *short = byte);
        Self { rev, digest }
    }

    fn of(op: &RecordOp) -> Self {
        Self::new(op.rev, &op.collection, &op.rkey, op.cid.map_or([0; 32], |cid| cid.digest))
    }
}

impl Unproven {
    /// As the store has it: what was told before this process began.
    pub fn from_stored(held: &[HeldRecord]) -> Self {
        let mut unproven = Self::default();
        for held in held {
            if let Some(rkey) = held.rkey() {
                unproven.add(Claim::new(held.rev, &held.collection, &rkey, held.cid));
            }
        }
        unproven.found = unproven.ops.len();
        unproven
    }

    /// Remembers an op. Shape: whether it is to be written; a repeat of what this process has written needs not be.
    pub fn note(&mut self, op: &RecordOp) -> bool {
        let claim = Claim::of(op);
        match self.ops.iter().position(|known| *known == claim) {
            Some(at) => at < self.found,
            None => {
                self.add(claim);
                true
            }
        }
    }

    fn add(&mut self, claim: Claim) {
        if self.ops.len() >= REMEMBERED_MAX {
            self.forgotten = self.forgotten.max(self.ops.pop_front().map(|claim| claim.rev));
            self.found = self.found.saturating_sub(1);
        }
        self.ops.push_back(claim);
    }

    fn keep(&mut self, is_kept: impl Fn(&Claim) -> bool) {
        let found = self.ops.iter().take(self.found).filter(|claim| is_kept(claim)).count();
        self.ops.retain(is_kept);
        self.found = found;
    }

    /// The ops of a signed commit, and with it everything up to its rev, are known now. Shape: whether something had been claimed that is
    /// not so, or may not be.
    pub fn prove(&mut self, rev: Rev, ops: &[RecordOp]) -> bool {
        if self.ops.is_empty() && self.forgotten.is_none() {
            return false;
        }
        let proven: Vec<Claim> = ops.iter().map(Claim::of).collect();
        self.keep(|claim| !proven.contains(claim));
        let is_contradicted = self.ops.iter().any(|claim| claim.rev <= rev)
            || self.forgotten.is_some_and(|forgotten| forgotten <= rev);
        self.settle(rev);
        is_contradicted
    }

    /// Everything up to a rev was compared with a whole repo.
    pub fn settle(&mut self, rev: Rev) {
        self.keep(|claim| claim.rev > rev);
        self.forgotten = self.forgotten.filter(|&forgotten| forgotten > rev);
    }
}

/// The op as it will be indexed. Errors: why it is not. `now_us`: microseconds since 1970.
pub fn record_op(op: &UnprovenOp, known: &Known, now_us: u64) -> Result<RecordOp, DropReason> {
    if known.has(op.rev) {
        return Err(DropReason::StaleRev);
    }
    if op.rev.timestamp_us() > now_us.saturating_add(FUTURE_REV_US) {
        return Err(DropReason::FutureRev);
    }
    let (collection, rkey) = op.path.split_once('/').ok_or(DropReason::InvalidPath)?;
    let collection = Nsid::parse(collection).map_err(|_| DropReason::InvalidPath)?;
    let rkey = Rkey::parse(rkey).map_err(|_| DropReason::InvalidPath)?;
    let record = match op.cid {
        None => Vec::new(),
        Some(cid) => {
            let malformed = DropReason::RecordMalformed;
            let json = serde_json::from_slice(&op.record).map_err(|_| malformed)?;
            let record = to_dag_cbor(&json).map_err(|_| malformed)?;
            if cid != Cid::dag_cbor(sha256(&record)) {
                return Err(DropReason::RecordCidMismatch);
            }
            record
        }
    };
    let (did, action, rev, cid) = (op.did.clone(), op.action, op.rev, op.cid);
    Ok(RecordOp { did, collection, rkey, action, cid, rev, record: record.into() })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use firehouse_types::{Did, OpAction, Seq};

    use super::*;

    const DID: &str = "did:plc:44ybard66vv44zksje25o7dz";
    const RECORD: &str = r#"{"$type":"app.bsky.graph.follow","subject":"did:web:a.test"}"#;

    fn claim(rev: u64, record: &'static str) -> UnprovenOp {
        let bytes = to_dag_cbor(&serde_json::from_str(RECORD).unwrap()).unwrap();
        UnprovenOp {
            seq: Seq::new(1).unwrap(),
            did: Did::parse(DID).unwrap(),
            rev: Rev::from(rev),
            action: OpAction::Create,
            path: "app.bsky.graph.follow/3jwdwj2ctlk26".into(),
            cid: Some(Cid::dag_cbor(sha256(&bytes))),
            record: Bytes::from_static(record.as_bytes()),
        }
    }

    fn known() -> Known {
        Known::first_seen(Did::parse(DID).unwrap())
    }

    fn op(rev: u64) -> RecordOp {
        record_op(&claim(rev, RECORD), &known(), 0).unwrap()
    }

    #[test]
    fn the_record_must_be_the_one_its_cid_names() {
        let check = |op: &UnprovenOp, expected| {
            assert_eq!(record_op(op, &known(), 0).map(drop), expected, "{op:?}");
        };
        check(&claim(5, RECORD), Ok(()));
        check(
            &claim(5, "{ \"subject\": \"did:web:a.test\", \"$type\":\"app.bsky.graph.follow\" }"),
            Ok(()),
        );
        check(&claim(5, "{\"subject\":\"did:web:b.test\"}"), Err(DropReason::RecordCidMismatch));
        check(&claim(5, "{\"a\":1.5}"), Err(DropReason::RecordMalformed));
        check(&claim(5, "{\"a\":\"\\ud800\"}"), Err(DropReason::RecordMalformed));
        check(
            &UnprovenOp { path: "nonsense".into(), ..claim(5, RECORD) },
            Err(DropReason::InvalidPath),
        );
        let ahead = (FUTURE_REV_US + 1) << 10;
        check(&claim(ahead, RECORD), Err(DropReason::FutureRev));
        let deletion = UnprovenOp { cid: None, record: Bytes::new(), ..claim(5, RECORD) };
        check(&deletion, Ok(()));
    }

    #[test]
    fn what_is_proven_already_is_a_repeat() {
        let mut known = known();
        known.head =
            Some(firehouse_repo::RepoHead { rev: Rev::from(5), data: Cid::dag_cbor([1; 32]) });
        let drop_reason = |rev| record_op(&claim(rev, RECORD), &known, 0).err();
        assert_eq!(
            (drop_reason(4), drop_reason(5), drop_reason(6)),
            (Some(DropReason::StaleRev), Some(DropReason::StaleRev), None)
        );
    }

    #[test]
    fn a_claim_is_proven_by_the_same_op_at_the_same_rev_and_contradicted_by_a_commit_that_passes_it()
     {
        let mut unproven = Unproven::default();
        assert!(unproven.note(&op(5)));
        assert!(!unproven.note(&op(5)), "a repeat");
        assert!(!unproven.prove(Rev::from(4), &[]), "nothing is known of it yet");
        assert!(!unproven.prove(Rev::from(5), &[op(5)]));
        assert!(!unproven.prove(Rev::from(6), &[]), "it was settled");
        let _ = unproven.note(&op(7));
        assert!(unproven.prove(Rev::from(8), &[op(8)]), "at another rev it is another claim");
        let _ = unproven.note(&op(9));
        unproven.settle(Rev::from(9));
        assert!(!unproven.prove(Rev::from(9), &[]), "a whole repo was compared");
    }

    #[test]
    fn what_is_too_much_to_remember_is_doubted() {
        let mut unproven = Unproven::default();
        for rev in 1..=REMEMBERED_MAX as u64 + 1 {
            let _ = unproven.note(&op(rev));
        }
        assert_eq!(unproven.ops.len(), REMEMBERED_MAX);
        assert!(unproven.prove(Rev::from(1), &[op(1)]));
        assert!(!unproven.prove(Rev::from(2), &[op(2)]));
    }
}
