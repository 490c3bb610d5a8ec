//! Frames of `com.atproto.sync.subscribeRepos`, as a relay sends them.
//!
//! Source: <https://atproto.com/specs/event-stream>

use crate::protocol::block::{Block, Cid, car};
use crate::protocol::key::Key;
use crate::protocol::tree::Tree;
use crate::protocol::value::Value;

/// What one commit does to one path.
#[derive(Clone, Debug)]
pub(crate) enum Write {
    /// Puts a record where none was.
    Create(String, Value),
    /// Puts another record in the place of one.
    Update(String, Value),
    Delete(String),
}

impl Write {
    fn path(&self) -> &str {
        match self {
            Self::Create(path, _) | Self::Update(path, _) | Self::Delete(path) => path,
        }
    }
}

/// One account's repo.
#[derive(Default)]
pub(crate) struct Repo {
    tree: Tree,
    /// The rev of the newest commit, and the root it signed.
    head: Option<(String, Cid)>,
}

/// What every frame needs.
pub(crate) struct Stamp<'a> {
    pub(crate) seq: i64,
    pub(crate) did: &'a str,
    pub(crate) time: &'a str,
}

/// One message: a header that says what it is, and the body.
fn frame(
    kind: &str,
    stamp: &Stamp<'_>,
    did_key: &'static str,
    mut body: Vec<(&'static str, Value)>,
) -> Vec<u8> {
    body.push(("seq", Value::Int(stamp.seq)));
    body.push((did_key, stamp.did.into()));
    body.push(("time", stamp.time.into()));
    let mut bytes = Value::Map(vec![("op", Value::Int(1)), ("t", kind.into())]).encode();
    Value::Map(body).write(&mut bytes);
    bytes
}

pub(crate) fn identity(stamp: &Stamp<'_>, handle: &str) -> Vec<u8> {
    frame("#identity", stamp, "did", vec![("handle", handle.into())])
}

pub(crate) fn account(stamp: &Stamp<'_>) -> Vec<u8> {
    frame("#account", stamp, "did", vec![("active", Value::Bool(true))])
}

impl Repo {
    /// Applies the writes, signs the new root, and tells the network. Shape: the frame, and the CIDs of the records in the order of the
    /// writes. Panics when a write does not fit what the repo holds: then the simulation is wrong.
    pub(crate) fn commit(
        &mut self,
        stamp: &Stamp<'_>,
        rev: &str,
        key: &Key,
        writes: &[Write],
    ) -> (Vec<u8>, Vec<Option<Cid>>) {
        let mut records = Vec::with_capacity(writes.len());
        let mut cids = Vec::with_capacity(writes.len());
        let mut ops = Vec::with_capacity(writes.len());
        for write in writes {
            let before = self.tree.get(write.path());
            let (action, record) = match write {
                Write::Create(_, record) => ("create", Some(record)),
                Write::Update(_, record) => ("update", Some(record)),
                Write::Delete(_) => ("delete", None),
            };
            assert_eq!(before.is_none(), action == "create", "{action} of {}", write.path());
            let cid = record.map(|record| {
                let block = Block::new(record.encode());
                self.tree.put(write.path(), block.cid);
                let cid = block.cid;
                records.push(block);
                cid
            });
            if cid.is_none() {
                self.tree.remove(write.path());
            }
            let mut op = vec![
                ("action", Value::from(action)),
                ("path", write.path().into()),
                ("cid", cid.map_or(Value::Null, Value::Link)),
            ];
            op.extend(before.map(|cid| ("prev", Value::Link(cid))));
            ops.push(Value::Map(op));
            cids.push(cid);
        }
        let (root, made) = self.tree.seal();
        let commit = Block::new(signed(stamp.did, rev, root, key));
        let mut blocks = vec![&commit];
        blocks.extend(&made);
        writes.iter().for_each(|write| self.tree.proof(write.path(), &mut blocks));
        blocks.extend(&records);
        let mut body = vec![
            ("rev", rev.into()),
            ("ops", Value::List(ops)),
            ("blobs", Value::List(Vec::new())),
            ("commit", Value::Link(commit.cid)),
            ("blocks", Value::Bytes(car(commit.cid, blocks))),
            ("rebase", Value::Bool(false)),
            ("tooBig", Value::Bool(false)),
        ];
        match self.head.replace((rev.to_owned(), root)) {
            Some((since, before)) => {
                body.push(("since", since.into()));
                body.push(("prevData", Value::Link(before)));
            }
            None => body.push(("since", Value::Null)),
        }
        (frame("#commit", stamp, "repo", body), cids)
    }
}

fn signed(did: &str, rev: &str, root: Cid, key: &Key) -> Vec<u8> {
    let mut commit = vec![
        ("did", did.into()),
        ("rev", rev.into()),
        ("data", Value::Link(root)),
        ("prev", Value::Null),
        ("version", Value::Int(3)),
    ];
    let signature = key.sign(&Value::Map(commit.clone()).encode());
    commit.push(("sig", Value::Bytes(signature)));
    Value::Map(commit).encode()
}
