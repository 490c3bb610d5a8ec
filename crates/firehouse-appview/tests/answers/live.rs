//! Live searches: who hears what, when, and where they go on.

use std::time::Duration;

use firehouse_appview::{
    Caller, LiveEnd, LiveSearch, LiveSearches, SearchPostsV2Parameters, Told, ViewError,
};
use serde_json::{Value, json};

use crate::network::{Network, parameters, viewer};

fn query(text: &str) -> SearchPostsV2Parameters {
    parameters(json!({ "query": text, "allTime": true }))
}

async fn listen(searches: &LiveSearches, caller: &Caller, text: &str) -> LiveSearch {
    searches.listen(caller.clone(), query(text), None).await.unwrap()
}

/// Texts of posts, or `-` and the URI of one that is gone; until nothing comes for a while.
async fn heard(live: &mut LiveSearch) -> Vec<String> {
    let mut heard = Vec::new();
    while let Ok(next) = tokio::time::timeout(Duration::from_millis(700), live.next()).await {
        heard.extend(next.unwrap().into_iter().map(|told| match told {
            Told::Post { json, .. } => {
                let post: Value = serde_json::from_str(&json).unwrap();
                post["record"]["text"].as_str().unwrap().to_owned()
            }
            Told::Gone { uri, .. } => format!("-{uri}"),
        }));
    }
    heard
}

#[tokio::test]
async fn posts_that_match_are_heard_as_they_come_and_deletions_of_those() {
    let Some(mut network) = Network::new().await else { return };
    let alice = network.account("alice");
    let searches = LiveSearches::new(network.app.clone(), 10);
    network.post(&alice, "rain before anybody listens");
    network.settle().await;
    let mut live = listen(&searches, &Caller::default(), "rain -snow").await;
    let rain = network.post(&alice, "rain in may");
    network.post(&alice, "rain and snow");
    let sun = network.post(&alice, "sun");
    network.settle().await;
    assert_eq!(heard(&mut live).await, ["rain in may"]);
    network.delete(&rain);
    network.delete(&sun);
    network.post(&alice, "more rain");
    network.settle().await;
    assert_eq!(heard(&mut live).await, [format!("-{}", rain.uri), "more rain".to_owned()]);
}

#[tokio::test]
async fn who_listens_hears_what_their_rules_let_them_and_who_is_followed_is_looked_up() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| network.account(name));
    network.follow(&alice, &bob);
    network.block(&alice, &carol);
    let values = json!({ "$type": "com.atproto.label.defs#selfLabels", "values": [{ "val": "!no-unauthenticated" }] });
    let profile = json!({ "displayName": "Bob", "labels": values });
    network.write_as(&bob, "app.bsky.actor.profile", Some("self"), profile);
    let list = network.list(&alice, "curatelist", &[&carol]);
    network.settle().await;
    let searches = LiveSearches::new(network.app.clone(), 10);
    let (nobody, alice) = (Caller::default(), viewer(&alice));
    let mut anonymous = listen(&searches, &nobody, "rain").await;
    let mut of_alice = listen(&searches, &alice, "rain").await;
    let mut listed = listen(&searches, &nobody, &format!("list:{}", list.uri)).await;
    let asked = parameters(json!({ "following": true, "allTime": true }));
    let mut followed = searches.listen(alice, asked, None).await.unwrap();
    network.post(&bob, "rain at Bob's");
    network.post(&carol, "rain at Carol's");
    network.settle().await;
    assert_eq!(heard(&mut anonymous).await, ["rain at Carol's"]);
    assert_eq!(heard(&mut of_alice).await, ["rain at Bob's"]);
    assert_eq!(heard(&mut listed).await, ["rain at Carol's"]);
    assert_eq!(heard(&mut followed).await, ["rain at Bob's"]);
}

#[tokio::test]
async fn who_comes_back_hears_each_post_that_came_meanwhile_once_whoever_remembers_it() {
    let Some(mut network) = Network::new().await else { return };
    let alice = network.account("alice");
    let searches = LiveSearches::new(network.app.clone(), 10);
    let mut live = listen(&searches, &Caller::default(), "rain").await;
    network.post(&alice, "rain 1");
    let gone = network.post(&alice, "rain 2");
    network.settle().await;
    let Ok(first) = live.next().await else { panic!() };
    let [Told::Post { cursor, .. }, Told::Post { cursor: last, .. }] = first[..] else { panic!() };
    drop(live);
    for number in 3..103 {
        network.post(&alice, &format!("rain {number}"));
    }
    network.delete(&gone);
    network.settle().await;
    let expected: Vec<_> = (3..103).map(|number| format!("rain {number}")).collect();
    let back = async |searches: &LiveSearches, cursor: u64| {
        let back = searches.listen(Caller::default(), query("rain"), Some(cursor)).await;
        heard(&mut back.unwrap()).await
    };
    // The same process remembers that the second was told.
    let mut told = back(&searches, last).await;
    assert_eq!(told.pop(), Some(format!("-{}", gone.uri)));
    assert_eq!(told, expected);
    // Another one reads from the store; what is gone there was never told.
    let others = LiveSearches::new(network.app.clone(), 10);
    assert_eq!(back(&others, last).await, expected);
    assert_eq!(back(&others, cursor).await, expected);
}

#[tokio::test]
async fn what_another_process_writes_is_heard_too() {
    let Some(mut network) = Network::new().await else { return };
    let alice = network.account("alice");
    // A store of its own, to which nobody tells anything.
    let elsewhere = firehouse_sim::engine::beside(&network.store);
    let app = firehouse_appview::AppView::new(
        elsewhere,
        firehouse_identity::Resolver::offline([]),
        network.app.config().clone(),
    );
    let searches = LiveSearches::new(app, 10);
    let mut live = listen(&searches, &Caller::default(), "rain").await;
    let root = network.post(&alice, "rain");
    network.reply(&alice, "more rain", &root, &root);
    network.settle().await;
    assert_eq!(heard(&mut live).await, ["rain", "more rain"]);
    let mut thread = listen(&searches, &Caller::default(), &format!("in:{}", root.uri)).await;
    network.reply(&alice, "no sun", &root, &root);
    network.settle().await;
    assert_eq!(heard(&mut thread).await, ["no sun"]);
}

#[tokio::test]
async fn who_falls_behind_is_told_how_much_is_missed_and_keeps_nobody_waiting() {
    let Some(mut network) = Network::new().await else { return };
    let alice = network.account("alice");
    let searches = LiveSearches::new(network.app.clone(), 10);
    let mut slow = listen(&searches, &Caller::default(), "rain").await;
    let mut quick = listen(&searches, &Caller::default(), "rain").await;
    for _ in 0..11 {
        for _ in 0..100 {
            network.post(&alice, "rain");
        }
        network.settle().await;
        let mut count = 0;
        while count < 100 {
            count += quick.next().await.unwrap().len();
        }
    }
    let missed = slow.next().await.err();
    assert!(matches!(missed, Some(LiveEnd::TooSlow { missed: 100 })), "{missed:?}");
    let cursor = slow.cursor();
    let mut back = searches.listen(Caller::default(), query("rain"), Some(cursor)).await.unwrap();
    let mut count = 0;
    while count < 1_100 {
        count += back.next().await.unwrap().len();
    }
    assert_eq!((count, heard(&mut back).await.len()), (1_100, 0));
}

#[tokio::test]
async fn what_cannot_be_asked_of_posts_as_they_come_is_refused_before_anything_is_told() {
    let Some(network) = Network::new().await else { return };
    let searches = LiveSearches::new(network.app.clone(), 2);
    for text in ["min_likes:5 rain", "rain sort:top", "label:spam", "rain OR label:spam", "(rain"] {
        let refused = searches.listen(Caller::default(), query(text), None).await.err();
        assert!(matches!(refused, Some(ViewError::BadQueryString(_))), "{text}: {refused:?}");
    }
    let ahead = searches.listen(Caller::default(), query("rain"), Some(u64::MAX)).await.err();
    assert!(matches!(ahead, Some(ViewError::Refused { name: "FutureCursor", .. })), "{ahead:?}");
    let _first = listen(&searches, &Caller::default(), "rain").await;
    let _again = listen(&searches, &Caller::default(), "rain").await;
    let _second = listen(&searches, &Caller::default(), "snow").await;
    let third = searches.listen(Caller::default(), query("sun"), None).await.err();
    assert!(
        matches!(third, Some(ViewError::Refused { name: "TooManySubscribers", .. })),
        "{third:?}"
    );
}
