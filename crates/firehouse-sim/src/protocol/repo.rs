//! [`Repo`]: one account's tree, and the commits that change it.
//!
//! Source: <https://atproto.com/specs/repository>

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
    pub(crate) fn path(&self) -> &str {
        match self {
            Self::Create(path, _) | Self::Update(path, _) | Self::Delete(path) => path,
        }
    }

    /// The record, as JSON has it.
    pub(crate) fn json(&self) -> Option<serde_json::Value> {
        match self {
            Self::Create(_, record) | Self::Update(_, record) => Some(record.json()),
            Self::Delete(_) => None,
        }
    }
}

/// One account's repo. Its records are kept by whoever needs them.
#[derive(Clone, Default)]
pub(crate) struct Repo {
    tree: Tree,
    head: Option<Head>,
}

/// The newest commit of a repo.
#[derive(Clone)]
pub(crate) struct Head {
    pub(crate) rev: String,
    /// Root of the tree.
    pub(crate) data: Cid,
    /// The signed commit.
    pub(crate) block: Block,
}

/// One change as the envelope of a commit tells it.
#[derive(Clone)]
pub(crate) struct Op {
    pub(crate) action: &'static str,
    pub(crate) path: String,
    pub(crate) cid: Option<Cid>,
    pub(crate) prev: Option<Cid>,
}

/// One commit and everything that proves it.
#[derive(Clone)]
pub(crate) struct Commit {
    pub(crate) head: Head,
    /// Rev and root of the commit before.
    pub(crate) since: Option<(String, Cid)>,
    pub(crate) ops: Vec<Op>,
    /// Nodes of the tree: those that are new, and those that prove what stood beside.
    pub(crate) nodes: Vec<Block>,
    /// Records, in the order of the ops that wrote them.
    pub(crate) records: Vec<Block>,
}

impl Repo {
    pub(crate) fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    /// Every node of the tree as it was last committed.
    pub(crate) fn nodes(&self) -> Vec<Block> {
        self.tree.blocks()
    }

    /// Applies the writes and signs the new root. Panics when a write does not fit what the repo holds: then the simulation is wrong.
    pub(crate) fn commit(&mut self, did: &str, rev: &str, key: &Key, writes: &[Write]) -> Commit {
        let mut records = Vec::with_capacity(writes.len());
        let mut ops = Vec::with_capacity(writes.len());
        for write in writes {
            let prev = self.tree.get(write.path());
            let (action, record) = match write {
                Write::Create(_, record) => ("create", Some(record)),
                Write::Update(_, record) => ("update", Some(record)),
                Write::Delete(_) => ("delete", None),
            };
            assert_eq!(prev.is_none(), action == "create", "{action} of {}", write.path());
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
            ops.push(Op { action, path: write.path().to_owned(), cid, prev });
        }
        let (data, mut nodes) = self.tree.seal();
        let mut proof = Vec::new();
        writes.iter().for_each(|write| self.tree.proof(write.path(), &mut proof));
        nodes.extend(proof.into_iter().cloned());
        let head =
            Head { rev: rev.to_owned(), data, block: Block::new(signed(did, rev, data, key)) };
        let before = self.head.replace(head.clone());
        let since = before.map(|before| (before.rev, before.data));
        Commit { head, since, ops, nodes, records }
    }
}

impl Commit {
    /// The blocks as the stream sends them: the commit first.
    pub(crate) fn car(&self) -> Vec<u8> {
        let commit = std::iter::once(&self.head.block);
        car(self.head.block.cid, commit.chain(&self.nodes).chain(&self.records))
    }
}

/// A commit's block: version 3, with its signature.
pub(crate) fn signed(did: &str, rev: &str, root: Cid, key: &Key) -> Vec<u8> {
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
