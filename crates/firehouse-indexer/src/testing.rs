//! For the tests of this crate: an op of a JSON record, and its rows.

use bytes::Bytes;
use firehouse_lexicon::{Catalog, to_dag_cbor};
use firehouse_repo::{RecordOp, sha256};
use firehouse_schema::Proof;
use firehouse_types::{ActorId, Cid, Did, DropReason, Nsid, OpAction, Rkey, RkeyId};
use serde_json::Value;

use crate::{Indexer, Rows, Witness};

/// Whose records they are.
pub(crate) const AUTHOR: &str = "did:plc:ewvi7nxzyoun6zhxrhs64oiz";
/// Someone else.
pub(crate) const OTHER: &str = "did:plc:44ybard66vv44zksje25o7dz";
/// The key of every record, and of what it refers to.
pub(crate) const RKEY: &str = "3jwdwj2ctlk26";
pub(crate) const CID: &str = "bafyreiclp443lavogvhj3d2ob2cxbfuscni2k5jk7bebjzg7khl3esabwq";
/// When every record says it was written: before its commit.
pub(crate) const TIME: &str = "2023-05-01T00:00:00.123Z";

/// A record of `author`'s.
pub(crate) fn uri(author: &str, collection: &str) -> String {
    format!("at://{author}/{collection}/{RKEY}")
}

/// The numbers of `uri(author, …)`.
pub(crate) fn numbers(author: &str) -> (u64, u64) {
    (ActorId::of(author).get(), RkeyId::of(RKEY).get())
}

/// The creation of a record; `$type` and `createdAt` are added.
pub(crate) fn op(collection: &str, mut record: Value) -> RecordOp {
    record["$type"] = collection.into();
    if record["createdAt"].is_null() {
        record["createdAt"] = TIME.into();
    }
    let record = Bytes::from(to_dag_cbor(&record).unwrap());
    RecordOp {
        did: Did::parse(AUTHOR).unwrap(),
        collection: Nsid::parse(collection).unwrap(),
        rkey: Rkey::parse(RKEY).unwrap(),
        action: OpAction::Create,
        cid: Some(Cid::dag_cbor(sha256(&record))),
        rev: "3jwdwj2ctlk27".parse().unwrap(),
        record,
    }
}

/// The op that deletes what `op` created.
pub(crate) fn deletion(op: &RecordOp) -> RecordOp {
    RecordOp { action: OpAction::Delete, cid: None, record: Bytes::new(), ..op.clone() }
}

/// What an op makes.
pub(crate) fn index(op: &RecordOp) -> (Rows, Result<(), DropReason>) {
    let witness = Witness { witnessed_at_us: 7, proof: Proof::Live, source: "wss://relay.example" };
    let mut rows = Rows::default();
    let outcome = Indexer::new(Catalog::embedded()).index(op, &witness, &mut rows);
    (rows, outcome)
}

/// What a record that must be accepted makes.
pub(crate) fn rows(collection: &str, record: Value) -> Rows {
    let (rows, outcome) = index(&op(collection, record));
    assert_eq!(outcome, Ok(()));
    rows
}
