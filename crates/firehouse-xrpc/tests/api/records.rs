//! Accounts and their records as rows: what the indexer makes of them.

use std::collections::HashSet;

use firehouse_indexer::{Indexer, Rows, Witness};
use firehouse_lexicon::{Catalog, to_dag_cbor};
use firehouse_repo::{RecordOp, sha256};
use firehouse_schema::{ActorRow, ActorStatus, Proof};
use firehouse_store::Store;
use firehouse_types::{Cid, Did, Nsid, OpAction, Rev, Rkey};
use serde_json::Value;

/// An account that is there.
pub fn account(did: &str, handle: &str) -> ActorRow {
    let (status, version) = (ActorStatus::Active, 1);
    let did = Did::parse(did).unwrap();
    ActorRow { handle: handle.into(), status, version, ..ActorRow::mentioned(did) }
}

/// A record, indexed, and its URI.
pub fn write(
    rows: &mut Rows,
    did: &str,
    collection: &str,
    rkey: &str,
    mut record: Value,
) -> String {
    record["$type"] = collection.into();
    record["createdAt"] = "2025-01-01T00:00:00.000Z".into();
    let block = to_dag_cbor(&record).unwrap();
    let op = RecordOp {
        did: Did::parse(did).unwrap(),
        collection: Nsid::parse(collection).unwrap(),
        rkey: Rkey::parse(rkey).unwrap(),
        action: OpAction::Create,
        cid: Some(Cid::dag_cbor(sha256(&block))),
        rev: "3lebsxaigos2a".parse::<Rev>().unwrap(),
        record: block.into(),
    };
    let witness = Witness { witnessed_at_us: 0, proof: Proof::Live, source: "test" };
    Indexer::new(Catalog::embedded()).index(&op, &witness, rows).unwrap();
    format!("at://{did}/{collection}/{rkey}")
}

/// Deletes every post among these rows.
pub async fn delete_posts(store: &Store, mut rows: Rows) {
    let rev = "3lebsxaigos2b".parse::<Rev>().unwrap();
    rows.posts.iter_mut().for_each(|row| (row.rev, row.deleted) = (rev, 1));
    rows.post_texts.iter_mut().for_each(|row| (row.rev, row.deleted) = (rev, 1));
    rows.records.iter_mut().for_each(|row| (row.rev, row.deleted) = (rev, 1));
    insert(store, rows, &[]).await;
}

/// Inserts them, and tells the posts.
pub async fn insert(store: &Store, rows: Rows, accounts: &[ActorRow]) {
    macro_rules! insert {
        ($($rows:expr),*) => { $(store.insert(&$rows).await.map(drop).unwrap();)* };
    }
    insert!(rows.records, rows.links, rows.posts, rows.feed_items, rows.lists, rows.list_items);
    insert!(rows.post_texts, rows.profiles);
    store.insert(accounts).await.map(drop).unwrap();
    let arriving = store.arrivals().number(&rows.post_texts, &HashSet::new());
    insert!(arriving.rows);
    store.arrivals().tell(arriving, rows.post_texts, &rows.links);
}
