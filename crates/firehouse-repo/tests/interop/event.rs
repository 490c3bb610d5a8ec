//! Frames to events, for tests only and through another decoder than the one that ships.

use bytes::Bytes;
use firehouse_types::{Cid, CommitEvent, Did, OpAction, RepoOp, Rev, Seq, SyncEvent};
use ipld_core::ipld::Ipld;
use serde::Deserialize;
use serde_ipld_dagcbor::de::Deserializer;

/// What a frame says, as far as these tests care.
pub enum Frame {
    Commit(Box<CommitEvent>),
    Sync(SyncEvent),
    /// Of another type, or not decodable: judged elsewhere.
    Other,
}

pub fn decode_frame(bytes: &[u8]) -> Frame {
    let mut decoder = Deserializer::from_slice(bytes);
    let mut item = || Ipld::deserialize(&mut decoder).ok();
    let (header, body) = (item().unwrap_or(Ipld::Null), item().unwrap_or(Ipld::Null));
    decode_body(string(&header, "t").unwrap_or_default(), &body)
}

pub fn decode_body(kind: &str, body: &Ipld) -> Frame {
    match kind {
        "#commit" => commit_event(body).map(|e| Frame::Commit(Box::new(e))),
        "#sync" => sync_event(body).map(Frame::Sync),
        _ => None,
    }
    .unwrap_or(Frame::Other)
}

pub fn commit_event(body: &Ipld) -> Option<CommitEvent> {
    let Ok(Some(Ipld::List(ops))) = body.get("ops") else { return None };
    Some(CommitEvent {
        seq: seq(body)?,
        repo: Did::parse(string(body, "repo")?).ok()?,
        rev: string(body, "rev")?.parse().ok()?,
        since: match body.get("since").ok()?? {
            Ipld::Null => None,
            _ => Some(string(body, "since")?.parse::<Rev>().ok()?),
        },
        commit: link(body, "commit")?,
        blocks: blocks(body)?,
        ops: ops.iter().map(repo_op).collect::<Option<_>>()?,
        prev_data: link(body, "prevData"),
        too_big: matches!(body.get("tooBig"), Ok(Some(Ipld::Bool(true)))),
        time: string(body, "time")?.into(),
    })
}

fn sync_event(body: &Ipld) -> Option<SyncEvent> {
    Some(SyncEvent {
        seq: seq(body)?,
        did: Did::parse(string(body, "did")?).ok()?,
        rev: string(body, "rev")?.parse().ok()?,
        blocks: blocks(body)?,
        time: string(body, "time")?.into(),
    })
}

fn repo_op(op: &Ipld) -> Option<RepoOp> {
    let action = match string(op, "action")? {
        "create" => OpAction::Create,
        "update" => OpAction::Update,
        "delete" => OpAction::Delete,
        _ => return None,
    };
    let path = string(op, "path")?.into();
    Some(RepoOp { action, path, cid: link(op, "cid"), prev: link(op, "prev") })
}

fn seq(body: &Ipld) -> Option<Seq> {
    match body.get("seq") {
        Ok(Some(Ipld::Integer(seq))) => Seq::new(i64::try_from(*seq).ok()?),
        _ => None,
    }
}

fn string<'a>(map: &'a Ipld, field: &str) -> Option<&'a str> {
    match map.get(field) {
        Ok(Some(Ipld::String(text))) => Some(text),
        _ => None,
    }
}

fn link(map: &Ipld, field: &str) -> Option<Cid> {
    match map.get(field) {
        Ok(Some(Ipld::Link(cid))) => Cid::try_from(cid).ok(),
        _ => None,
    }
}

fn blocks(body: &Ipld) -> Option<Bytes> {
    match body.get("blocks") {
        Ok(Some(Ipld::Bytes(bytes))) => Some(bytes.clone().into()),
        _ => None,
    }
}
