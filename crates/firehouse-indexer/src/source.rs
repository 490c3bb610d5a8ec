//! [`Source`]: a record and what all of its rows share.

use std::cmp::min;

use firehouse_repo::RecordOp;
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
}

impl<'a> Source<'a> {
    /// `created_at`: the record's claim, as its text.
    pub fn new(op: &'a RecordOp, created_at: Option<&str>) -> Self {
        let rev_ms = i64::try_from(op.rev.timestamp_us() / 1_000).unwrap_or(i64::MAX);
        let committed_at = Datetime::from_ms(rev_ms);
        let claimed = created_at.map(Datetime::parse_lenient);
        Self {
            op,
            actor: op.did.actor(),
            rkey: op.rkey.id(),
            cid: op.cid.map_or([0; 32], |cid| cid.digest),
            created_at: claimed.unwrap_or(Datetime::EPOCH),
            sort_at: claimed.map_or(committed_at, |claimed| min(claimed, committed_at)),
        }
    }

    /// The record as the struct its file declares.
    ///
    /// The lexicon was checked before, so a record that does not fit is one that no lexicon can describe.
    pub fn decode<T: Deserialize<'a>>(&self) -> Result<T, DropReason> {
        serde_ipld_dagcbor::from_slice(&self.op.record).map_err(|_| DropReason::RecordMalformed)
    }
}
