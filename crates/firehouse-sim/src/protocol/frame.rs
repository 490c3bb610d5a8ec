//! Frames of `com.atproto.sync.subscribeRepos`, as a relay sends them.
//!
//! Source: <https://atproto.com/specs/event-stream>

use crate::protocol::block::Cid;
use crate::protocol::repo::{Commit, Op};
use crate::protocol::value::Value;

/// What every frame needs.
pub(crate) struct Stamp<'a> {
    pub(crate) seq: i64,
    pub(crate) did: &'a str,
    pub(crate) time: &'a str,
}

/// What a `#commit` says outside its signed blocks, where a host may say anything.
#[derive(Clone)]
pub(crate) struct Envelope {
    pub(crate) rev: String,
    pub(crate) since: Option<String>,
    /// Absent of the first commit, and from producers older than Sync 1.1.
    pub(crate) prev_data: Option<Cid>,
    pub(crate) commit: Cid,
    /// A CAR.
    pub(crate) blocks: Vec<u8>,
    pub(crate) ops: Vec<Op>,
    pub(crate) too_big: bool,
    /// The records of the ops, as JSON has them: what a Jetstream tells.
    pub(crate) records: Vec<Option<serde_json::Value>>,
}

impl Envelope {
    /// The truth about a commit.
    pub(crate) fn of(commit: &Commit) -> Self {
        let (since, prev_data) = commit.since.clone().unzip();
        Self {
            rev: commit.head.rev.clone(),
            since,
            prev_data,
            commit: commit.head.block.cid,
            blocks: commit.car(),
            ops: commit.ops.clone(),
            too_big: false,
            records: Vec::new(),
        }
    }

    /// As told by a producer that has never heard of Sync 1.1.
    pub(crate) fn legacy(mut self) -> Self {
        self.prev_data = None;
        self.ops.iter_mut().for_each(|op| op.prev = None);
        self
    }
}

/// One message: a header that says what it is, and the body.
pub(crate) fn message(kind: &str, body: Vec<(&'static str, Value)>) -> Vec<u8> {
    let mut bytes = Value::Map(vec![("op", Value::Int(1)), ("t", kind.into())]).encode();
    Value::Map(body).write(&mut bytes);
    bytes
}

/// The last message of a connection.
pub(crate) fn error(name: &str, text: &str) -> Vec<u8> {
    let mut bytes = Value::Map(vec![("op", Value::Int(-1))]).encode();
    Value::Map(vec![("error", name.into()), ("message", text.into())]).write(&mut bytes);
    bytes
}

pub(crate) fn info(name: &str, text: &str) -> Vec<u8> {
    message("#info", vec![("name", name.into()), ("message", text.into())])
}

fn frame(
    kind: &str,
    stamp: &Stamp<'_>,
    did_key: &'static str,
    mut body: Vec<(&'static str, Value)>,
) -> Vec<u8> {
    body.push(("seq", Value::Int(stamp.seq)));
    body.push((did_key, stamp.did.into()));
    body.push(("time", stamp.time.into()));
    message(kind, body)
}

pub(crate) fn identity(stamp: &Stamp<'_>, handle: Option<&str>) -> Vec<u8> {
    frame(
        "#identity",
        stamp,
        "did",
        handle.map(|handle| ("handle", handle.into())).into_iter().collect(),
    )
}

/// Shape: `status` says why an account is not active.
pub(crate) fn account(stamp: &Stamp<'_>, status: Option<&str>) -> Vec<u8> {
    let mut body = vec![("active", Value::Bool(status.is_none()))];
    body.extend(status.map(|status| ("status", status.into())));
    frame("#account", stamp, "did", body)
}

/// Shape: `blocks` is a CAR of the commit block alone.
pub(crate) fn sync(stamp: &Stamp<'_>, rev: &str, blocks: Vec<u8>) -> Vec<u8> {
    frame("#sync", stamp, "did", vec![("rev", rev.into()), ("blocks", Value::Bytes(blocks))])
}

pub(crate) fn commit(stamp: &Stamp<'_>, envelope: &Envelope) -> Vec<u8> {
    let ops = envelope.ops.iter().map(|op| {
        let mut fields = vec![
            ("action", Value::from(op.action)),
            ("path", op.path.as_str().into()),
            ("cid", op.cid.map_or(Value::Null, Value::Link)),
        ];
        fields.extend(op.prev.map(|cid| ("prev", Value::Link(cid))));
        Value::Map(fields)
    });
    let mut body = vec![
        ("rev", envelope.rev.as_str().into()),
        ("since", envelope.since.as_deref().map_or(Value::Null, Value::from)),
        ("ops", Value::List(ops.collect())),
        ("blobs", Value::List(Vec::new())),
        ("commit", Value::Link(envelope.commit)),
        ("blocks", Value::Bytes(envelope.blocks.clone())),
        ("rebase", Value::Bool(false)),
        ("tooBig", Value::Bool(envelope.too_big)),
    ];
    body.extend(envelope.prev_data.map(|root| ("prevData", Value::Link(root))));
    frame("#commit", stamp, "repo", body)
}
