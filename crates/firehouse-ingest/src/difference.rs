//! [`Difference`]: what has to be written so that the store holds a fetched repo, and nothing else of it.
//!
//! Both ways: what is missing or other is created or updated, what is surplus is deleted, all at the rev of the fetched repo. What the
//! store holds at a higher rev came over the stream and is newer. Whatever no finished flush vouches for is written again, since a crash
//! may have left out rows in some tables.

use std::collections::HashMap;

use firehouse_repo::RecordOp;
use firehouse_schema::Proof;
use firehouse_store::HeldRecord;
use firehouse_types::{Did, Nsid, OpAction, Rev, RkeyId};

/// What is left to compare of one repo.
pub struct Difference {
    did: Did,
    rev: Rev,
    vouched: Rev,
    held: HashMap<Nsid, HashMap<RkeyId, HeldRecord>>,
}

/// How a record of a fetched repo stands here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// As it was fetched.
    Same,
    /// As it was fetched, but not proven until now, or a crash may have left out its rows in other tables.
    Unvouched,
    /// Not at all.
    Missing,
    /// Deleted, at a rev that is not above the fetched one.
    Buried,
    /// With other contents.
    Other,
    /// Changed or deleted since.
    Newer,
}

impl Difference {
    /// Between what is held of a repo, in every table up to `vouched`, and the same repo as it was fetched at `rev`.
    pub fn new(
        did: Did,
        rev: Rev,
        vouched: Rev,
        records: impl IntoIterator<Item = HeldRecord>,
    ) -> Self {
        let mut held: HashMap<Nsid, HashMap<RkeyId, HeldRecord>> = HashMap::new();
        for record in records {
            match held.get_mut(&record.collection) {
                Some(collection) => drop(collection.insert(record.rkey, record)),
                None => {
                    let collection = record.collection.clone();
                    held.entry(collection).or_default().insert(record.rkey, record);
                }
            }
        }
        Self { did, rev, vouched, held }
    }

    /// How the next record of the fetched repo stands here; each is asked for once.
    pub fn find(&mut self, collection: &Nsid, rkey: RkeyId, cid: &[u8; 32]) -> Found {
        match self.held.get_mut(collection).and_then(|held| held.remove(&rkey)) {
            Some(held) if held.rev > self.rev => Found::Newer,
            Some(held) if held.deleted != 0 => Found::Buried,
            Some(held) if held.cid != *cid => Found::Other,
            Some(held) if held.rev <= self.vouched && held.proof != Proof::Unverified => {
                Found::Same
            }
            Some(_) => Found::Unvouched,
            None => Found::Missing,
        }
    }

    /// Compares the next record of the fetched repo. Returns the op that is to be written, if any.
    pub fn compare(&mut self, fetched: RecordOp) -> Option<RecordOp> {
        let cid = fetched.cid.map_or([0; 32], |cid| cid.digest);
        let action = match self.find(&fetched.collection, fetched.rkey.id(), &cid) {
            Found::Newer | Found::Same => return None,
            // A record that comes back may meet what its deletion left undone.
            Found::Other | Found::Buried | Found::Unvouched => OpAction::Update,
            Found::Missing => OpAction::Create,
        };
        Some(RecordOp { action, ..fetched })
    }

    /// How many of those that were not among the fetched came over the stream since.
    pub fn newer(&self) -> usize {
        let held = self.held.values().flat_map(HashMap::values);
        held.filter(|held| held.rev > self.rev).count()
    }

    /// The deletions of what was not among the fetched, and those that may have been left half done.
    pub fn surplus(self) -> impl Iterator<Item = RecordOp> {
        let Self { did, rev, vouched, held } = self;
        let surplus = held.into_values().flat_map(HashMap::into_values);
        let is_surplus = move |held: &HeldRecord| held.deleted == 0 || held.rev > vouched;
        surplus.filter(move |held| held.rev <= rev && is_surplus(held)).filter_map(move |held| {
            let rkey = held.rkey()?;
            Some(RecordOp {
                did: did.clone(),
                collection: held.collection,
                rkey,
                action: OpAction::Delete,
                cid: None,
                rev,
                record: bytes::Bytes::new(),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use firehouse_repo::sha256;
    use firehouse_types::{Cid, Rkey};

    use super::*;

    const DID: &str = "did:plc:44ybard66vv44zksje25o7dz";
    const REV: u64 = 10;
    const VOUCHED: u64 = 5;

    fn held(rkey: &str, rev: u64, text: Option<&str>) -> HeldRecord {
        let did = Did::parse(DID).unwrap();
        let rkey = Rkey::parse(rkey).unwrap();
        HeldRecord {
            actor: did.actor(),
            collection: Nsid::parse("app.bsky.feed.post").unwrap(),
            rkey: rkey.id(),
            rkey_text: rkey.as_str().into(),
            rev: Rev::from(rev),
            deleted: u8::from(text.is_none()),
            cid: text.map_or([0; 32], |text| sha256(text.as_bytes())),
            proof: Proof::Live,
        }
    }

    fn fetched(rkey: &str, text: &'static str) -> RecordOp {
        RecordOp {
            did: Did::parse(DID).unwrap(),
            collection: Nsid::parse("app.bsky.feed.post").unwrap(),
            rkey: Rkey::parse(rkey).unwrap(),
            action: OpAction::Create,
            cid: Some(Cid::dag_cbor(sha256(text.as_bytes()))),
            rev: Rev::from(REV),
            record: text.as_bytes().into(),
        }
    }

    /// Ops as (rkey, action), in order of rkey.
    fn difference(held: Vec<HeldRecord>, fetched: Vec<RecordOp>) -> Vec<(String, OpAction)> {
        let mut difference =
            Difference::new(Did::parse(DID).unwrap(), Rev::from(REV), Rev::from(VOUCHED), held);
        let mut ops: Vec<_> = fetched.into_iter().filter_map(|op| difference.compare(op)).collect();
        ops.extend(difference.surplus());
        assert!(ops.iter().all(|op| op.rev == Rev::from(REV)));
        let mut ops: Vec<_> =
            ops.into_iter().map(|op| (op.rkey.as_str().to_owned(), op.action)).collect();
        ops.sort_by(|a, b| a.0.cmp(&b.0));
        ops
    }

    #[test]
    fn what_is_missing_is_created_what_is_other_updated_and_what_is_surplus_deleted() {
        let stored =
            vec![held("a", 3, Some("old")), held("b", 4, Some("same")), held("c", 5, Some("gone"))];
        let repo = vec![fetched("a", "new"), fetched("b", "same"), fetched("d", "more")];
        let expected = [("a", OpAction::Update), ("c", OpAction::Delete), ("d", OpAction::Create)];
        assert_eq!(difference(stored, repo), expected.map(|(rkey, op)| (rkey.to_owned(), op)));
    }

    #[test]
    fn what_came_over_the_stream_since_stays_whether_alive_or_deleted() {
        let stored =
            vec![held("a", 11, Some("newer")), held("b", 12, None), held("c", 11, Some("newer"))];
        let repo = vec![fetched("a", "older"), fetched("b", "older")];
        assert_eq!(difference(stored, repo), []);
    }

    #[test]
    fn what_no_finished_flush_vouches_for_is_written_again() {
        let stored = vec![held("a", 6, Some("same")), held("b", 7, None)];
        let ops = difference(stored, vec![fetched("a", "same")]);
        let expected = [("a", OpAction::Update), ("b", OpAction::Delete)];
        assert_eq!(ops, expected.map(|(rkey, op)| (rkey.to_owned(), op)));
    }

    #[test]
    fn what_was_never_proven_is_written_again_as_proven() {
        let unverified = HeldRecord { proof: Proof::Unverified, ..held("a", 3, Some("same")) };
        let ops = difference(vec![unverified], vec![fetched("a", "same")]);
        assert_eq!(ops, [("a".to_owned(), OpAction::Update)]);
    }

    #[test]
    fn a_tombstone_below_the_fetched_rev_gives_way_and_one_of_nothing_stays() {
        let stored = vec![held("a", 3, None), held("b", 3, None)];
        let ops = difference(stored, vec![fetched("a", "back")]);
        assert_eq!(ops, [("a".to_owned(), OpAction::Update)]);
    }
}
