//! Of one version written twice, the one written last stays: so a proof replaces what was taken without one, whatever merges there are.

use clickhouse::Client;
use firehouse_schema::{Proof, RecordRow};
use firehouse_sim::engine;
use firehouse_store::{Store, Unverified};
use firehouse_types::{Did, Rev};

use crate::rows::record;

async fn write(store: &Store, rows: &[RecordRow]) {
    assert_eq!(store.insert(rows).await.unwrap().rows, rows.len());
}

fn unverified(rkey: u64) -> RecordRow {
    RecordRow { proof: Proof::Unverified, cid: [9; 32], ..record(rkey, 5, 0) }
}

fn proven(rkey: u64) -> RecordRow {
    let first = record(rkey, 5, 0);
    RecordRow { witnessed_at: first.witnessed_at + 1, ..first }
}

async fn proofs(store: &Store) -> Vec<(u64, Proof)> {
    let mut records = store.repo_records(&[record(1, 1, 0).actor]).await.unwrap();
    records.sort_by_key(|record| record.rkey.get());
    records.iter().map(|record| (record.rkey.get(), record.proof)).collect()
}

#[tokio::test]
async fn a_proof_replaces_what_was_taken_without_one_in_any_part_and_after_every_merge() {
    let Some(store) = engine::store().await else { return };
    let actor = record(1, 1, 0).actor;
    // Key 1: in two parts. Key 2: in one. Key 3: nothing proves it. Key 4: proven from the first.
    write(&store, &[unverified(1), unverified(2), proven(2), unverified(3)]).await;
    write(&store, &[proven(1), proven(4)]).await;
    let expected =
        vec![(1, Proof::Live), (2, Proof::Live), (3, Proof::Unverified), (4, Proof::Live)];
    assert_eq!(proofs(&store).await, expected);
    let count = |rev| store.unverified(actor, Some(Rev::from(rev)));
    assert_eq!(count(4).await.unwrap(), Unverified { all: 1, passed: 0 });
    assert_eq!(count(5).await.unwrap(), Unverified { all: 1, passed: 1 });
    assert_eq!(store.unverified_records(&[actor]).await.unwrap().len(), 1);

    let client = Client::default().with_url(engine::url().unwrap()).with_database(store.database());
    for _ in 0..2 {
        client.query("OPTIMIZE TABLE records FINAL").execute().await.unwrap();
        assert_eq!(proofs(&store).await, expected);
        assert_eq!(count(5).await.unwrap(), Unverified { all: 1, passed: 1 });
    }
}

#[tokio::test]
async fn nothing_is_looked_for_where_no_jetstream_was_ever_followed() {
    let Some(store) = engine::store().await else { return };
    assert!(!store.has_unverified().await.unwrap());
    let did = Did::parse("did:web:a.test").unwrap();
    assert_eq!(store.unverified(did.actor(), None).await.unwrap(), Unverified::default());
    let seq = firehouse_types::Seq::new(7).unwrap();
    store.save_cursor("relay.test", seq).await.unwrap();
    assert!(!store.has_unverified().await.unwrap());
    store.save_cursor("jetstream+relay.test", seq).await.unwrap();
    assert!(store.has_unverified().await.unwrap());
}

#[tokio::test]
async fn what_is_about_to_be_written_without_proof_is_looked_for_before_its_cursor_is_saved() {
    let Some(store) = engine::store().await else { return };
    for _ in 0..2 {
        store.expect_unverified().await.unwrap();
        assert!(store.has_unverified().await.unwrap());
    }
    assert_eq!(store.saved_cursor("jetstream+relay.test").await.unwrap(), None);
}
