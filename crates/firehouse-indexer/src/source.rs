//! [`Source`]: a record and what all of its rows share.

use std::cmp::min;

use firehouse_repo::RecordOp;
use firehouse_schema::Proof;
use firehouse_types::{ActorId, Datetime, DropReason, RkeyId};
use serde::Deserialize;

/// One record on its way into rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a> {
    pub op: &'a RecordOp,
    pub actor: ActorId,
    pub rkey: RkeyId,
    /// Zeros when deleted.
    pub cid: [u8; 32],
    /// [`Datetime::EPOCH`] when the record has none.
    pub created_at: Datetime,
    /// What answers sort by: an author can date a record back, but not ahead of the commit that holds it.
    pub sort_at: Datetime,
    /// When it was made, for what depends on what was there before it: the time of the commit, which its author cannot choose. Of a fetched
    /// repo only the last commit is known, so there the key is believed, or else the claim.
    pub made_at: Datetime,
    /// As `made_at`, for what is changed under the same key: there the key says nothing.
    pub stated_at: Datetime,
}

impl<'a> Source<'a> {
    /// `created_at`: the record's claim, as its text.
    pub fn new(op: &'a RecordOp, created_at: Option<&str>, proof: Proof) -> Self {
        let committed_at = op.rev.time();
        let claimed = created_at.map(Datetime::parse_lenient);
        let sort_at = claimed.map_or(committed_at, |claimed| min(claimed, committed_at));
        let rkey = op.rkey.id();
        let (made_at, stated_at) = match (proof, rkey.tid()) {
            (Proof::Repo, Some(tid)) => (min(tid.time(), committed_at), sort_at),
            (Proof::Repo, None) => (sort_at, sort_at),
            (Proof::Live | Proof::Unverified, _) => (committed_at, committed_at),
        };
        Self {
            op,
            actor: op.did.actor(),
            rkey,
            cid: op.cid.map_or([0; 32], |cid| cid.digest),
            created_at: claimed.unwrap_or(Datetime::EPOCH),
            sort_at,
            made_at,
            stated_at,
        }
    }

    /// The record as the struct its file declares.
    ///
    /// The lexicon was checked before, so a record that does not fit is one that no lexicon can describe.
    pub fn decode<T: Deserialize<'a>>(&self) -> Result<T, DropReason> {
        serde_ipld_dagcbor::from_slice(&self.op.record).map_err(|_| DropReason::RecordMalformed)
    }
}
