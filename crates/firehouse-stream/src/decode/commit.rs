//! `#commit`: the envelope's form. What it says about the repo is verified by the next hop.

use bytes::Bytes;
use firehouse_repo::cbor::{Item, Reader};
use firehouse_repo::mst::KEY_BYTES_MAX;
use firehouse_repo::{COMMIT_BLOCKS_BYTES_MAX, OPS_MAX};
use firehouse_types::{CommitEvent, DropReason, Event, OpAction, RepoOp};

use super::payload::{
    BrokenFrame, Payload, blocks, boolean, cid, did, optional_cid, optional_rev, pass_inside, rev,
    seq, text, time,
};

pub(super) fn read(frame: &Bytes, reader: Reader<'_>) -> Result<Event, DropReason> {
    let mut payload = Payload::new(reader)?;
    let (mut seq_, mut repo, mut rev_, mut since) = (None, None, None, None);
    let (mut commit, mut blocks_, mut prev_data) = (None, None, None);
    let (mut too_big, mut time_) = (None, None);
    let mut ops = Err(DropReason::InvalidEnvelope);
    while let Some(key) = payload.next_key()? {
        match key {
            "ops" => ops = read_ops(&mut payload.reader)?,
            "seq" => seq_ = payload.value()?,
            "repo" => repo = payload.value()?,
            "rev" => rev_ = payload.value()?,
            "since" => since = payload.value()?,
            "commit" => commit = payload.value()?,
            "blocks" => blocks_ = payload.value()?,
            "prevData" => prev_data = payload.value()?,
            "tooBig" => too_big = payload.value()?,
            "time" => time_ = payload.value()?,
            _ => {
                payload.value()?;
            }
        }
    }
    payload.end()?;
    Ok(Event::Commit(Box::new(CommitEvent {
        seq: seq(seq_)?,
        repo: did(repo)?,
        rev: rev(rev_)?,
        since: optional_rev(since)?,
        commit: cid(commit)?,
        blocks: blocks(frame, blocks_, COMMIT_BLOCKS_BYTES_MAX)?,
        ops: ops?,
        prev_data: optional_cid(prev_data)?,
        too_big: boolean(too_big).unwrap_or(false),
        time: time(time_),
    })))
}

/// The outer error breaks the frame, the inner one this event: the array is read to its end either way.
fn read_ops(reader: &mut Reader<'_>) -> Result<Result<Vec<RepoOp>, DropReason>, BrokenFrame> {
    let item = reader.item()?;
    let Item::Array(count) = item else {
        pass_inside(reader, item)?;
        return Ok(Err(DropReason::InvalidEnvelope));
    };
    let mut ops = Ok(Vec::new());
    for _ in 0..count {
        let op = read_op(reader)?;
        ops = match (ops, op) {
            (Ok(mut ops), Ok(op)) if ops.len() < OPS_MAX => {
                ops.push(op);
                Ok(ops)
            }
            _ => Err(DropReason::InvalidEnvelope),
        };
    }
    Ok(ops)
}

fn read_op(reader: &mut Reader<'_>) -> Result<Result<RepoOp, DropReason>, BrokenFrame> {
    let item = reader.item()?;
    let Item::Map(pairs) = item else {
        pass_inside(reader, item)?;
        return Ok(Err(DropReason::InvalidEnvelope));
    };
    let mut op = Payload::inside(*reader, pairs);
    let (mut action, mut path, mut cid_, mut prev) = (None, None, None, None);
    while let Some(key) = op.next_key()? {
        match key {
            "action" => action = op.value()?,
            "path" => path = op.value()?,
            "cid" => cid_ = op.value()?,
            "prev" => prev = op.value()?,
            _ => {
                op.value()?;
            }
        }
    }
    *reader = op.reader;
    Ok(checked_op(action, path, cid_, prev))
}

fn checked_op(
    action: Option<Item<'_>>,
    path: Option<Item<'_>>,
    cid: Option<Item<'_>>,
    prev: Option<Item<'_>>,
) -> Result<RepoOp, DropReason> {
    let action = match text(action) {
        Some("create") => OpAction::Create,
        Some("update") => OpAction::Update,
        Some("delete") => OpAction::Delete,
        _ => return Err(DropReason::InvalidEnvelope),
    };
    // Whatever can be a key of a tree: which of them are paths of records is for those who look inside.
    let path = text(path).filter(|path| (1..=KEY_BYTES_MAX).contains(&path.len()));
    let path = path.ok_or(DropReason::InvalidEnvelope)?;
    Ok(RepoOp { action, path: path.into(), cid: optional_cid(cid)?, prev: optional_cid(prev)? })
}
