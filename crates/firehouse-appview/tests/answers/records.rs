//! getRecord: what an author wrote, also where the body is not stored.

use firehouse_appview::{Caller, ViewError, get_record};
use firehouse_lexicon::to_dag_cbor;
use firehouse_repo::sha256;
use firehouse_types::Cid;
use serde_json::{Value, json};

use crate::network::{Network, Written, json, parameters};

async fn record(
    network: &Network,
    written: &Written,
    cid: Option<&str>,
) -> Result<Value, ViewError> {
    let mut parts = written.uri.trim_start_matches("at://").split('/');
    let mut part = || parts.next().unwrap();
    let mut asked = json!({ "repo": part(), "collection": part(), "rkey": part() });
    if let Some(cid) = cid {
        asked["cid"] = cid.into();
    }
    let answer = get_record(&network.app, &Caller::default(), parameters(asked)).await?;
    Ok(json("com.atproto.repo.getRecord", Ok(answer)))
}

#[tokio::test]
async fn every_record_comes_back_with_the_cid_it_had() {
    let Some(mut network) = Network::new().await else { return };
    let (alice, bob) = (network.account("alice"), network.account("bob"));
    let post = network.post(&alice, "hello 🦀");
    let unusual = json!({ "subject": post.strong_ref(), "createdAt": "2025-02-01T00:00:00Z" });
    let repost = network.repost(&bob, &post);
    let through = json!({ "subject": post.strong_ref(), "via": repost.strong_ref(), "createdAt": "2025-02-01T00:00:00.000Z" });
    let all = [
        network.like(&bob, &post),
        network.write(&alice, "app.bsky.feed.like", through),
        repost,
        network.follow(&bob, &alice),
        network.block(&bob, &alice),
        network.write(&bob, "app.bsky.feed.like", unusual),
        network.write_as(
            &alice,
            "com.example.thing",
            Some("some-key"),
            json!({ "any": [1, null, { "$bytes": "AQID" }] }),
        ),
        post,
    ];
    network.settle().await;
    for written in &all {
        let answer = record(&network, written, Some(&written.cid)).await.unwrap();
        let block = to_dag_cbor(&answer["value"]).unwrap();
        assert_eq!(Cid::dag_cbor(sha256(&block)).to_string(), written.cid, "{answer}");
        assert_eq!((&answer["uri"], &answer["cid"]), (&json!(written.uri), &json!(written.cid)));
    }
}

#[tokio::test]
async fn another_version_and_a_deleted_record_are_not_found() {
    let Some(mut network) = Network::new().await else { return };
    let alice = network.account("alice");
    let (one, two) = (network.post(&alice, "one"), network.post(&alice, "two"));
    network.delete(&two);
    network.settle().await;
    for (written, cid) in [(&one, Some(two.cid.as_str())), (&two, None)] {
        let refused = record(&network, written, cid).await;
        assert!(matches!(refused, Err(ViewError::RecordNotFound { .. })), "{refused:?}");
    }
}
