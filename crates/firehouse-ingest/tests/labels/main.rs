//! The label pipeline between a real websocket and a real store.

mod labeler;
mod world;

use std::time::Duration;

use firehouse_schema::{ActorRow, ActorStatus, Proof, RecordRow};
use firehouse_sim::engine;
use firehouse_types::{Datetime, Nsid, Rev, RkeyId};
use serde_json::json;

use labeler::{Key, Labeler, label};
use world::{Directory, LABELER, OTHER, POST, TRUSTED, did, follow, follow_any, follow_with, held};

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(uri, val)| ((*uri).to_owned(), (*val).to_owned())).collect()
}

#[tokio::test]
async fn labels_are_readable_and_a_restart_resumes_behind_them() {
    let Some(store) = engine::store().await else { return };
    let (directory, labeler, key) = (Directory::start().await, Labeler::start().await, Key::of(1));
    directory.say(&key, &format!("http://{}", labeler.address));
    labeler.say(vec![key.sign(&label(LABELER, POST, "spam", 1))]);
    labeler.say(vec![
        key.sign(&label(LABELER, "did:plc:a", "rude", 2)),
        key.sign(&label(OTHER, "did:plc:a", "porn", 2)),
        Key::of(2).sign(&label(LABELER, "did:plc:a", "gore", 2)),
        ipld_core::ipld::Ipld::Null,
        key.sign(&label(LABELER, "did:plc:b", "rude", 2)),
    ]);
    let first = follow(&store, &directory, None);
    first.until_readable(2).await;
    assert_eq!(
        held(&store).await,
        pairs(&[(POST, "spam"), ("did:plc:a", "rude"), ("did:plc:b", "rude")])
    );
    for reason in ["label_of_other", "invalid_signature", "label_malformed"] {
        assert!((first.dropped(reason) - 1.0).abs() < 0.5, "{reason}");
    }
    first.stop().await;

    // Taken back, and said again of one of them.
    let mut negation = label(LABELER, POST, "spam", 3);
    negation["neg"] = json!(true);
    labeler.say(vec![key.sign(&negation)]);
    let second = follow(&store, &directory, None);
    second.until_readable(3).await;
    assert_eq!(held(&store).await, pairs(&[("did:plc:a", "rude"), ("did:plc:b", "rude")]));
    second.stop().await;
    assert_eq!(
        *labeler.cursors.lock().unwrap(),
        [0, 2],
        "all at first, then what follows the cursor"
    );
}

#[tokio::test]
async fn a_replay_of_everything_changes_nothing() {
    let Some(store) = engine::store().await else { return };
    let (directory, labeler, key) = (Directory::start().await, Labeler::start().await, Key::of(1));
    let elsewhere = Labeler::start().await;
    directory.say(&key, &format!("http://{}", labeler.address));
    let mut labels = Vec::new();
    for second in 0..600 {
        let mut one = label(LABELER, &format!("did:plc:a{}", second % 100), "spam", second);
        if second % 3 == 0 {
            one["neg"] = json!(true);
        }
        labels.push(key.sign(&one));
    }
    labels.chunks(60).for_each(|labels| labeler.say(labels.to_vec()));
    labels.chunks(25).rev().for_each(|labels| elsewhere.say(labels.to_vec()));
    let running = follow(&store, &directory, None);
    running.until_readable(10).await;
    let before = held(&store).await;
    // Of the last hundred, 33 are negations.
    assert_eq!(before.len(), 67);

    // The labeler moves, counts anew, and tells its history backwards.
    directory.say(&key, &format!("http://{}", elsewhere.address));
    drop(labeler);
    running.until(|health| health.url.contains(&elsewhere.address.to_string())).await;
    running.until_readable(24).await;
    assert_eq!(held(&store).await, before);
    running.stop().await;
    assert_eq!(*elsewhere.cursors.lock().unwrap(), [0], "seqs of one host mean nothing on another");
}

#[tokio::test]
async fn labels_wait_while_the_key_cannot_be_had() {
    let Some(store) = engine::store().await else { return };
    let (directory, labeler, key) = (Directory::start().await, Labeler::start().await, Key::of(1));
    labeler.say(vec![key.sign(&label(LABELER, POST, "spam", 1))]);
    let url = format!("ws://{}", labeler.address).parse().unwrap();
    let running = follow(&store, &directory, Some(url));
    running
        .until(|health| health.last_error.as_ref().is_some_and(|error| error.contains("key")))
        .await;
    assert_eq!(held(&store).await, []);
    directory.say(&key, "https://not.used.example.com");
    running.until_readable(1).await;
    running.until(|health| health.last_error.is_none()).await;
    assert_eq!(held(&store).await, pairs(&[(POST, "spam")]));
    running.stop().await;
}

#[tokio::test]
async fn a_new_key_is_looked_up_and_the_old_one_no_longer_counts() {
    let Some(store) = engine::store().await else { return };
    let (directory, labeler) = (Directory::start().await, Labeler::start().await);
    let (old, new) = (Key::of(1), Key::of(2));
    let endpoint = format!("http://{}", labeler.address);
    directory.say(&old, &endpoint);
    labeler.say(vec![old.sign(&label(LABELER, POST, "one", 1))]);
    let running = follow(&store, &directory, None);
    running.until_readable(1).await;
    directory.say(&new, &endpoint);
    labeler.say(vec![new.sign(&label(LABELER, POST, "two", 2))]);
    running.until_readable(2).await;
    // The document may be asked again only a second after it was.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    labeler.say(vec![old.sign(&label(LABELER, POST, "three", 3))]);
    running.until_readable(3).await;
    assert_eq!(held(&store).await, pairs(&[(POST, "one"), (POST, "two")]));
    assert!((running.dropped("invalid_signature") - 1.0).abs() < 0.5);
    running.stop().await;
}

#[tokio::test]
async fn a_labeler_trusted_without_signatures_needs_no_document() {
    let Some(store) = engine::store().await else { return };
    let (directory, labeler) = (Directory::start().await, Labeler::start().await);
    let key = Key::of(3);
    labeler.say(vec![
        key.sign(&label(TRUSTED, POST, "spam", 1)),
        key.sign(&label(LABELER, POST, "gore", 1)),
    ]);
    let url = Some(format!("ws://{}", labeler.address).parse().unwrap());
    let labelers = vec![firehouse_ingest::Labeler { did: did(TRUSTED), url }];
    let running = follow_with(&store, &directory, labelers, false, vec![did(TRUSTED)]);
    running.until_readable(1).await;
    assert_eq!(held(&store).await, pairs(&[(POST, "spam")]), "its own only");
    running.stop().await;
}

#[tokio::test]
async fn those_who_declare_themselves_labelers_are_found() {
    let Some(store) = engine::store().await else { return };
    let (directory, labeler, key) = (Directory::start().await, Labeler::start().await, Key::of(1));
    directory.say(&key, &format!("http://{}", labeler.address));
    labeler.say(vec![key.sign(&label(LABELER, POST, "spam", 1))]);
    let running = follow_any(&store, &directory, Vec::new(), true);
    let account =
        ActorRow { status: ActorStatus::Active, version: 1, ..ActorRow::mentioned(did(LABELER)) };
    let _ = store.insert(&[account]).await.unwrap();
    let service = |rev, deleted| RecordRow {
        collection: Nsid::parse("app.bsky.labeler.service").unwrap(),
        actor: did(LABELER).actor(),
        rkey: RkeyId::of("self"),
        rev: Rev::from(rev),
        deleted,
        cid: [1; 32],
        rkey_text: "self".into(),
        body: Vec::new().into(),
        created_at: Datetime::EPOCH,
        sort_at: Datetime::EPOCH,
        witnessed_at: 0,
        proof: Proof::Live,
        valid: 1,
        source: "test".into(),
    };
    let _ = store.insert(&[service(1, 0)]).await.unwrap();
    running.until_readable(1).await;
    assert_eq!(held(&store).await, pairs(&[(POST, "spam")]));
    let _ = store.insert(&[service(2, 1)]).await.unwrap();
    while !running.status.health().is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    running.stop().await;
}
