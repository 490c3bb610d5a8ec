//! getCompleteness: what is here of an account, by collection.

use firehouse_appview::{Caller, ViewError, get_completeness};
use firehouse_schema::{RepoRow, RepoState};
use firehouse_types::{CollectionReceipt, Did, Rev, RkeyId};
use serde_json::{Value, json};

use crate::network::{Network, json, parameters};

const NSID: &str = "dev.firehouse.sync.getCompleteness";

async fn completeness(network: &Network, did: &str) -> Result<Value, ViewError> {
    let asked = parameters(json!({ "did": did }));
    let answer = get_completeness(&network.app, &Caller::default(), asked).await?;
    Ok(json(NSID, Ok(answer)))
}

#[tokio::test]
async fn an_account_is_told_what_is_here_of_it_and_whether_that_is_all() {
    let Some(mut network) = Network::new().await else { return };
    let (alice, bob) = (network.account("alice"), network.account("bob"));
    let (kept, gone) = (network.post(&alice, "kept"), network.post(&alice, "gone"));
    network.delete(&gone);
    network.follow(&alice, &bob);
    network.settle().await;

    let answer = completeness(&network, alice.as_str()).await.unwrap();
    assert_eq!((&answer["state"], &answer["records"]), (&json!("synchronized"), &json!(2)));
    let mut receipt = CollectionReceipt::default();
    let cid = kept.cid.parse::<firehouse_types::Cid>().unwrap();
    receipt.add(RkeyId::of(kept.uri.rsplit('/').next().unwrap()), &cid.digest);
    let posts =
        json!({ "collection": "app.bsky.feed.post", "records": 1, "hash": receipt.to_string() });
    assert_eq!(answer["collections"][0], posts, "{answer}");
    assert_eq!(answer["collections"][1]["collection"], "app.bsky.graph.follow", "{answer}");
    assert!(answer["rev"].is_string(), "{answer}");

    for (rev, reason, state) in [
        (u64::MAX >> 2, "chain_broken", "desynchronized"),
        ((u64::MAX >> 2) + 1, "unknown_start", "neverFetched"),
    ] {
        let row = RepoRow {
            actor: alice.actor(),
            rev: Rev::from(rev),
            data: [0; 32],
            state: RepoState::Desynchronized,
            reason: reason.into(),
            vouched: Rev::from(0),
        };
        let _ = network.store.insert(&[row]).await.unwrap();
        let answer = completeness(&network, alice.as_str()).await.unwrap();
        assert_eq!(answer["state"], state, "{answer}");
        let told = (state == "desynchronized").then_some(reason);
        assert_eq!(answer.get("reason").and_then(Value::as_str), told);
    }
}

#[tokio::test]
async fn an_account_nobody_has_seen_is_not_found() {
    let Some(network) = Network::new().await else { return };
    let did = Did::parse("did:web:nobody.test").unwrap();
    let refused = completeness(&network, did.as_str()).await;
    assert!(matches!(refused, Err(ViewError::AccountNotFound { .. })), "{refused:?}");
}
