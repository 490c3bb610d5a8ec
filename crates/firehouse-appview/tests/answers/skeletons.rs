//! The searches by which other AppViews find what they then show themselves.

use firehouse_appview::{
    Caller, search_actors_skeleton, search_posts_skeleton, search_starter_packs_skeleton,
};
use serde_json::{Value, json};

use crate::network::{Network, json, parameters, pluck};

async fn posts(network: &Network, asked: Value) -> Vec<String> {
    let answer = search_posts_skeleton(&network.app, &Caller::default(), parameters(asked)).await;
    pluck(&json("app.bsky.unspecced.searchPostsSkeleton", answer)["posts"], "/uri")
}

async fn actors(network: &Network, asked: Value) -> Vec<String> {
    let answer = search_actors_skeleton(&network.app, &Caller::default(), parameters(asked)).await;
    pluck(&json("app.bsky.unspecced.searchActorsSkeleton", answer)["actors"], "/did")
}

#[tokio::test]
async fn what_is_found_is_named_for_whom_it_is_asked() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob] = ["alice", "bob"].map(|name| network.account(name));
    let first = network.post(&alice, "words of alice");
    let second = network.post(&bob, "words of bob");
    let hidden = network.post(&bob, "words of bob that are gone");
    network.delete(&hidden);
    let list = network.list(&alice, "referencelist", &[&bob]);
    let pack =
        json!({ "name": "Gardeners", "list": list.uri, "createdAt": "2025-01-01T00:00:00Z" });
    let pack = network.write(&alice, "app.bsky.graph.starterpack", pack);
    network.settle().await;

    assert_eq!(posts(&network, json!({ "q": "words" })).await, [&*second.uri, &*first.uri]);
    let of_alice = json!({ "q": "words from:me", "viewer": alice.as_str() });
    assert_eq!(posts(&network, of_alice).await, [&*first.uri]);
    assert!(posts(&network, json!({ "q": "words from:me" })).await.is_empty());
    let refused = parameters(json!({ "q": "from:" }));
    let refused = search_posts_skeleton(&network.app, &Caller::default(), refused).await;
    assert!(refused.is_err());

    for typeahead in [false, true] {
        let asked = json!({ "q": "ali", "typeahead": typeahead });
        assert_eq!(actors(&network, asked).await, [alice.as_str()], "{typeahead}");
    }

    let asked = parameters(json!({ "q": "gardeners" }));
    let answer = search_starter_packs_skeleton(&network.app, &Caller::default(), asked).await;
    let found = json("app.bsky.unspecced.searchStarterPacksSkeleton", answer);
    assert_eq!(
        (pluck(&found["starterPacks"], "/uri"), &found["hitsTotal"]),
        (vec![pack.uri], &json!(1))
    );

    network.block(&alice, &bob);
    network.settle().await;
    let of_bob = json!({ "q": "words", "viewer": bob.as_str() });
    assert_eq!(posts(&network, of_bob).await, [&*second.uri]);
}
