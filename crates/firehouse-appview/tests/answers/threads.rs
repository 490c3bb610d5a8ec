//! getPostThread: what is above and below a post, and what is cut off.

use firehouse_appview::{Caller, ViewError, get_post_thread};
use serde_json::{Value, json};

use crate::network::{Network, json, parameters, viewer};

async fn thread(network: &Network, caller: &Caller, uri: &str, more: Value) -> Value {
    let mut all = json!({ "uri": uri });
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let answer = get_post_thread(&network.app, caller, parameters(all)).await;
    json("app.bsky.feed.getPostThread", answer)
}

/// A thread in one line: parents in front of `<`, the post, its replies in brackets.
fn outline(node: &Value) -> String {
    let of = |value: &Value| match value["$type"].as_str().unwrap_or_default() {
        "app.bsky.feed.defs#notFoundPost" => "missing".to_owned(),
        "app.bsky.feed.defs#blockedPost" => "blocked".to_owned(),
        _ => outline(value),
    };
    let parent = node.get("parent").map(|parent| format!("{} < ", of(parent))).unwrap_or_default();
    let replies =
        node["replies"].as_array().map(|all| all.iter().map(of).collect::<Vec<_>>().join(" "));
    let replies =
        replies.filter(|all| !all.is_empty()).map(|all| format!(" [{all}]")).unwrap_or_default();
    format!("{parent}{}{replies}", node["post"]["record"]["text"].as_str().unwrap())
}

#[tokio::test]
async fn a_thread_goes_up_to_its_root_and_down_as_deep_as_asked() {
    let Some(mut network) = Network::new().await else { return };
    let (alice, bob) = (network.account("alice"), network.account("bob"));
    let root = network.post(&alice, "root");
    let a = network.reply(&bob, "a", &root, &root);
    let b = network.reply(&alice, "b", &root, &a);
    network.reply(&bob, "c", &root, &b);
    network.reply(&bob, "d", &root, &b);
    network.reply(&bob, "side", &root, &root);
    network.like(&alice, &b);
    network.settle().await;

    let anyone = Caller::default();
    let check = async |uri: &str, more: Value, expected: &str| {
        let answer = thread(&network, &anyone, uri, more).await;
        assert_eq!(outline(&answer["thread"]), expected);
    };
    check(&root.uri, json!({}), "root [side a [b [d c]]]").await;
    check(&b.uri, json!({}), "root < a < b [d c]").await;
    check(&b.uri, json!({ "depth": 0, "parentHeight": 1 }), "a < b").await;
    check(&root.uri, json!({ "depth": 1 }), "root [side a]").await;

    let answer = thread(&network, &anyone, &b.uri, json!({ "depth": 0 })).await;
    let (like, none) =
        (&answer["thread"]["threadContext"], &answer["thread"]["parent"]["threadContext"]);
    assert!(like["rootAuthorLike"].is_string(), "the author of the thread likes it");
    assert_eq!(none, &json!({}));
    assert!(answer["thread"].get("replies").is_none(), "not asked for");
}

#[tokio::test]
async fn a_post_that_is_gone_is_a_gap_above_and_nothing_below() {
    let Some(mut network) = Network::new().await else { return };
    let (alice, bob) = (network.account("alice"), network.account("bob"));
    let root = network.post(&alice, "root");
    let gone = network.reply(&bob, "gone", &root, &root);
    let below = network.reply(&alice, "below", &root, &gone);
    network.delete(&gone);
    network.settle().await;

    let anyone = Caller::default();
    assert_eq!(
        outline(&thread(&network, &anyone, &below.uri, json!({})).await["thread"]),
        "missing < below"
    );
    assert_eq!(outline(&thread(&network, &anyone, &root.uri, json!({})).await["thread"]), "root");
    let refused =
        get_post_thread(&network.app, &viewer(&alice), parameters(json!({ "uri": gone.uri })))
            .await;
    let Err(ViewError::NotFound { uri, repo_rev }) = refused else { panic!("{refused:?}") };
    assert_eq!((uri, repo_rev.is_some()), (gone.uri, true));
}

#[tokio::test]
async fn a_reply_that_claims_another_thread_is_cut_off() {
    let Some(mut network) = Network::new().await else { return };
    let alice = network.account("alice");
    let root = network.post(&alice, "root");
    let other = network.post(&alice, "other");
    let stray = network.reply(&alice, "stray", &other, &root);
    network.settle().await;

    let anyone = Caller::default();
    assert_eq!(outline(&thread(&network, &anyone, &root.uri, json!({})).await["thread"]), "root");
    assert_eq!(outline(&thread(&network, &anyone, &stray.uri, json!({})).await["thread"]), "stray");
}

#[tokio::test]
async fn handles_in_the_address_are_resolved_and_gates_are_shown() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| network.account(name));
    let root = network.post(&alice, "root");
    let rkey = root.uri.rsplit('/').next().unwrap().to_owned();
    let list = network.list(&alice, "curatelist", &[&carol]);
    let allow = json!([{ "$type": "app.bsky.feed.threadgate#listRule", "list": list.uri }]);
    let gate = json!({ "post": root.uri, "allow": allow });
    network.write_as(&alice, "app.bsky.feed.threadgate", Some(&rkey), gate);
    network.settle().await;

    let by_handle = format!("at://alice.test/app.bsky.feed.post/{rkey}");
    let answer = thread(&network, &viewer(&bob), &by_handle, json!({})).await;
    assert_eq!(answer["threadgate"]["lists"][0]["name"], "curatelist");
    assert_eq!(answer["thread"]["post"]["viewer"]["replyDisabled"], true);
    for allowed in [&alice, &carol] {
        let answer = thread(&network, &viewer(allowed), &root.uri, json!({})).await;
        assert_eq!(answer["thread"]["post"]["viewer"]["replyDisabled"], false);
    }

    network.block(&alice, &bob);
    network.settle().await;
    let answer = thread(&network, &viewer(&bob), &root.uri, json!({})).await;
    assert_eq!(answer["thread"]["$type"], "app.bsky.feed.defs#blockedPost");
    assert!(answer["threadgate"].is_object(), "as the reference does");
}

#[tokio::test]
async fn a_thread_is_written_as_deep_as_it_is() {
    let Some(mut network) = Network::new().await else { return };
    let alice = network.account("alice");
    let root = network.post(&alice, "root");
    let mut last = root.clone();
    for level in 0..300 {
        last = network.reply(&alice, &format!("level {level}"), &root, &last);
    }
    network.settle().await;
    // Not parsed again: what reads JSON has limits of its own.
    let levels = async |uri: &str| {
        let asked = json!({ "uri": uri, "depth": 1_000, "parentHeight": 1_000 });
        let answer = get_post_thread(&network.app, &Caller::default(), parameters(asked)).await;
        let text = serde_json::to_string(&answer.unwrap().body).unwrap();
        text.matches("app.bsky.feed.defs#threadViewPost").count()
    };
    assert_eq!(levels(&root.uri).await, 301);
    assert_eq!(levels(&last.uri).await, 301);
}
