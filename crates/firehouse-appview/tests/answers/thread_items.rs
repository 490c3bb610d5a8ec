//! getPostThreadV2 and getPostThreadOtherV2: which replies are shown, in which order, and what is said of the rest.

use firehouse_appview::{Caller, get_post_thread_other_v2, get_post_thread_v2};
use serde_json::{Value, json};

use crate::network::{Network, Written, json, parameters, viewer};

async fn thread(network: &Network, caller: &Caller, anchor: &Written, more: Value) -> Value {
    let mut asked = json!({ "anchor": anchor.uri });
    asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let answer = get_post_thread_v2(&network.app, caller, parameters(asked)).await;
    json("app.bsky.unspecced.getPostThreadV2", answer)
}

async fn others(network: &Network, caller: &Caller, anchor: &Written) -> Value {
    let asked = parameters(json!({ "anchor": anchor.uri }));
    let answer = get_post_thread_other_v2(&network.app, caller, asked).await;
    json("app.bsky.unspecced.getPostThreadOtherV2", answer)
}

/// Each item: its depth and its text, or what it is instead.
fn outline(answer: &Value) -> Vec<String> {
    let items = answer["thread"].as_array().unwrap().iter();
    items
        .map(|item| {
            let kind =
                item["value"]["$type"].as_str().unwrap().rsplit_once("threadItem").unwrap().1;
            let text = item["value"]["post"]["record"]["text"].as_str().unwrap_or(kind);
            format!("{} {text}", item["depth"])
        })
        .collect()
}

#[tokio::test]
async fn a_thread_is_a_list_with_what_is_above_in_front_and_what_is_below_behind() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob] = ["alice", "bob"].map(|name| network.account(name));
    let root = network.post(&alice, "root");
    let a = network.reply(&bob, "a", &root, &root);
    let b = network.reply(&alice, "b", &root, &a);
    let c = network.reply(&bob, "c", &root, &b);
    network.reply(&bob, "d", &root, &c);
    network.reply(&bob, "side", &root, &root);
    network.settle().await;

    let anyone = Caller::default();
    let check = async |anchor: &Written, more: Value, expected: &[&str]| {
        let answer = thread(&network, &anyone, anchor, more).await;
        assert_eq!(outline(&answer), expected);
        answer
    };
    check(&root, json!({}), &["0 root", "1 a", "2 b", "3 c", "4 d", "1 side"]).await;
    let answer = check(&b, json!({ "below": 1 }), &["-2 root", "-1 a", "0 b", "1 c"]).await;
    assert_eq!(answer["thread"][3]["value"]["moreReplies"], 1);
    let answer = check(&b, json!({ "above": false, "below": 0 }), &["0 b"]).await;
    assert_eq!(answer["thread"][0]["value"]["moreReplies"], 0, "never of the post asked for");
    let all = ["0 root", "1 a", "1 side"];
    let answer = check(&root, json!({ "branchingFactor": 0 }), &all).await;
    assert_eq!(answer["thread"][1]["value"]["moreReplies"], 1);
}

#[tokio::test]
async fn replies_are_bumped_by_who_wrote_them_and_sorted_as_asked() {
    let Some(mut network) = Network::new().await else { return };
    let names = ["alice", "bob", "carol", "dave", "eve"];
    let [alice, bob, carol, dave, eve] = names.map(|name| network.account(name));
    network.follow(&bob, &carol);
    let root = network.post(&alice, "root");
    let old = network.reply(&dave, "old", &root, &root);
    network.reply(&bob, "own", &root, &root);
    network.reply(&carol, "followed", &root, &root);
    network.reply(&eve, "new", &root, &root);
    let first = network.reply(&alice, "goes on", &root, &root);
    network.reply(&alice, "aside", &root, &root);
    network.reply(&alice, "and on", &root, &first);
    network.like(&alice, &old);
    network.settle().await;

    let check = async |caller: &Caller, sort: &str, expected: &[&str]| {
        let answer = thread(&network, caller, &root, json!({ "sort": sort })).await;
        assert_eq!(outline(&answer), expected, "{sort}");
        answer
    };
    let head = ["0 root", "1 goes on", "2 and on", "1 aside", "1 own", "1 followed"];
    let oldest: Vec<_> = head.into_iter().chain(["1 old", "1 new"]).collect();
    let newest: Vec<_> = head.into_iter().chain(["1 new", "1 old"]).collect();
    check(&viewer(&bob), "oldest", &oldest).await;
    check(&viewer(&bob), "newest", &newest).await;
    check(&viewer(&bob), "top", &oldest).await;
    let answer = check(
        &Caller::default(),
        "oldest",
        &["0 root", "1 goes on", "2 and on", "1 aside", "1 old", "1 own", "1 followed", "1 new"],
    )
    .await;
    let places: Vec<_> = (0..4)
        .map(|at| answer["thread"][at]["value"].clone())
        .map(|value| (value["opThread"].clone(), value["opThreadPostIndex"].clone()))
        .collect();
    let place = |index: Value| (json!(!index.is_null()), index);
    assert_eq!(places, [place(json!(1)), place(json!(2)), place(json!(3)), place(Value::Null)]);
    assert_eq!(answer["thread"][0]["value"]["opThreadPostCount"], 3);
}

#[tokio::test]
async fn what_its_author_hides_and_what_only_pins_is_among_the_others() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| network.account(name));
    let root = network.post(&alice, "root");
    let shown = network.reply(&bob, "shown", &root, &root);
    let hidden = network.reply(&bob, "hidden", &root, &root);
    network.reply(&carol, "below", &root, &hidden);
    network.reply(&carol, " 📌 ", &root, &root);
    network.reply(&carol, "deeper 📌", &root, &shown);
    network.reply(&carol, "📌", &root, &shown);
    let gate = json!({ "post": root.uri, "hiddenReplies": [hidden.uri] });
    network.write_as(&alice, "app.bsky.feed.threadgate", Some(root.rkey()), gate);
    network.settle().await;

    for who in [viewer(&alice), viewer(&carol), Caller::default()] {
        let answer = thread(&network, &who, &root, json!({})).await;
        assert_eq!(outline(&answer), ["0 root", "1 shown", "2 deeper 📌"]);
        assert_eq!(answer["hasOtherReplies"], true);
        assert!(answer["threadgate"].is_object());
        let mut other = outline(&others(&network, &who, &root).await);
        other.sort();
        assert_eq!(other, ["1  📌 ", "1 hidden"]);
    }
    let answer = thread(&network, &viewer(&bob), &root, json!({})).await;
    let expected = ["0 root", "1 shown", "2 deeper 📌", "1 hidden", "2 below"];
    assert_eq!(outline(&answer), expected, "not hidden from who wrote it");
    let other = others(&network, &Caller::default(), &root).await;
    assert_eq!(
        other["thread"][0]["value"]["hiddenByThreadgate"], false,
        "whom nobody hides comes first"
    );
    assert_eq!(
        outline(&thread(&network, &viewer(&alice), &hidden, json!({})).await)[1..],
        ["0 hidden", "1 below"]
    );
}

#[tokio::test]
async fn blocks_and_gaps_are_items_above_and_nothing_below() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| network.account(name));
    let root = network.post(&alice, "root");
    let a = network.reply(&bob, "a", &root, &root);
    let b = network.reply(&carol, "b", &root, &a);
    let gone = network.reply(&bob, "gone", &root, &root);
    let below = network.reply(&carol, "below", &root, &gone);
    network.delete(&gone);
    network.block(&carol, &bob);
    network.settle().await;

    let anyone = Caller::default();
    assert_eq!(outline(&thread(&network, &anyone, &root, json!({})).await), ["0 root", "1 a"]);
    assert_eq!(outline(&thread(&network, &anyone, &b, json!({})).await), ["-1 Blocked", "0 b"]);
    let answer = thread(&network, &anyone, &below, json!({})).await;
    assert_eq!(outline(&answer), ["-1 NotFound", "0 below"]);
    let answer = thread(&network, &anyone, &gone, json!({})).await;
    assert_eq!(
        (outline(&answer), &answer["hasOtherReplies"]),
        (vec!["0 NotFound".into()], &json!(false))
    );
    let answer = thread(&network, &viewer(&carol), &a, json!({})).await;
    assert_eq!(outline(&answer), ["0 Blocked"]);
    assert_eq!(answer["thread"][0]["value"]["author"]["did"], bob.as_str());
    assert_eq!(outline(&others(&network, &anyone, &gone).await), [""; 0]);
}

#[tokio::test]
async fn who_wants_no_anonymous_readers_is_named_above_and_left_out_below() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, shy] = ["alice", "shy"].map(|name| network.account(name));
    let values = json!({ "$type": "com.atproto.label.defs#selfLabels", "values": [{ "val": "!no-unauthenticated" }] });
    network.write_as(&shy, "app.bsky.actor.profile", Some("self"), json!({ "labels": values }));
    let root = network.post(&alice, "root");
    let reply = network.reply(&shy, "shy", &root, &root);
    let below = network.reply(&alice, "below", &root, &reply);
    network.settle().await;

    let anyone = Caller::default();
    assert_eq!(outline(&thread(&network, &anyone, &root, json!({})).await), ["0 root"]);
    let answer = thread(&network, &anyone, &reply, json!({})).await;
    assert_eq!(outline(&answer), ["-1 root", "0 NoUnauthenticated"]);
    let answer = thread(&network, &anyone, &below, json!({})).await;
    assert_eq!(outline(&answer), ["-2 root", "-1 NoUnauthenticated", "0 below"]);
    let answer = thread(&network, &viewer(&alice), &root, json!({})).await;
    assert_eq!(outline(&answer), ["0 root", "1 shy", "2 below"]);
}

#[tokio::test]
async fn known_likers_stand_on_the_post_asked_for_alone() {
    let Some(mut network) = Network::new().await else { return };
    let names = ["alice", "bob", "carol", "dave", "eve", "frank", "grace"];
    let all = names.map(|name| network.account(name));
    let (alice, bob) = (&all[0], &all[1]);
    let root = network.post(alice, "root");
    let reply = network.reply(bob, "reply", &root, &root);
    for liker in &all[2..] {
        network.like(liker, &root);
        network.like(liker, &reply);
    }
    for followed in &all[3..] {
        network.follow(bob, followed);
    }
    network.settle().await;
    let answer = thread(&network, &viewer(bob), &root, json!({})).await;
    let likers = &answer["thread"][0]["value"]["post"]["viewer"]["knownLikers"];
    assert_eq!((&likers["count"], likers["actors"].as_array().unwrap().len()), (&json!(4), 3));
    assert_eq!(likers["actors"][0]["handle"], "grace.test");
    assert!(answer["thread"][1]["value"]["post"]["viewer"].get("knownLikers").is_none());
}

#[tokio::test]
async fn the_same_network_in_any_order_of_arrival_is_the_same_thread() {
    let mut answers = Vec::new();
    for backwards in [false, true] {
        let Some(mut network) = Network::new().await else { return };
        let [alice, bob] = ["alice", "bob"].map(|name| network.account(name));
        let root = network.post(&alice, "root");
        let a = network.reply(&bob, "a", &root, &root);
        let gone = network.reply(&alice, "goes on", &root, &root);
        network.reply(&alice, "and on", &root, &gone);
        network.delete(&gone);
        network.thread_gate(&alice, &root, json!([]));
        network.reply(&bob, "too late", &root, &a);
        network.like(&alice, &a);
        network.quote(&bob, "quote", &a);
        if backwards {
            network.settle_backwards().await;
        } else {
            network.settle().await;
        }
        let (caller, newest) = (viewer(&bob), json!({ "sort": "newest" }));
        answers.push((
            thread(&network, &caller, &root, newest).await,
            others(&network, &caller, &root).await,
        ));
    }
    assert_eq!(answers[0], answers[1]);
}
