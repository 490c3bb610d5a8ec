//! getFeed: what becomes of a generator's skeleton.

use std::sync::Arc;

use firehouse_appview::{
    Caller, Generators, Skeleton, SkeletonError, SkeletonFuture, SkeletonRequest, ViewError,
    get_feed,
};
use firehouse_identity::{OfflineDocument, Resolver};
use serde_json::{Value, json};

use crate::network::{Network, json, parameters, pluck, viewer};

const GENERATOR: &str = "did:web:feeds.example.com";

/// Says the same to everybody who asks for three items from behind `1`.
struct Says(Value);

impl Generators for Says {
    fn skeleton<'a>(&'a self, request: SkeletonRequest<'a>) -> SkeletonFuture<'a> {
        Box::pin(async move {
            assert_eq!(request.endpoint.as_str(), "https://feeds.example.com/");
            assert_eq!((request.limit, request.cursor), (3, Some("1")));
            let skeleton: Result<Skeleton, _> = serde_json::from_value(self.0.clone());
            skeleton.map_err(|_| SkeletonError::Invalid)
        })
    }
}

/// A network whose account `alice` has a feed; its generator is known, that of `bob`'s has no service.
async fn network() -> Option<(Network, String, String)> {
    let mut network = Network::new().await?;
    let documents = format!(
        r##"{{"did":"{GENERATOR}","doc":{{"id":"{GENERATOR}","service":[
            {{"id":"#bsky_fg","type":"BskyFeedGenerator","serviceEndpoint":"https://feeds.example.com"}}]}}}}"##
    )
    .replace('\n', "");
    let bare = r#"{"did":"did:web:bare.example.com","doc":{"id":"did:web:bare.example.com"}}"#;
    let lines = format!("{documents}\n{bare}");
    let documents = OfflineDocument::read_lines(lines.as_bytes()).unwrap();
    network.resolve_with(Resolver::offline(documents));
    let mut feed = |name: &str, did: &str| {
        let whose = network.account(name);
        let record = json!({ "did": did, "displayName": "A feed" });
        network.write(&whose, "app.bsky.feed.generator", record).uri
    };
    let (known, bare) = (feed("alice", GENERATOR), feed("bob", "did:web:bare.example.com"));
    Some((network, known, bare))
}

async fn ask(network: &Network, caller: &Caller, feed: &str, says: Value) -> Value {
    let app = network.app.clone().with_generators(Arc::new(Says(says)));
    let asked = parameters(json!({ "feed": feed, "limit": 3, "cursor": "1" }));
    json("app.bsky.feed.getFeed", get_feed(&app, caller, asked).await)
}

#[tokio::test]
async fn items_are_kept_in_order_with_their_reasons_as_often_as_they_come() {
    let Some((mut network, feed, _)) = network().await else { return };
    let [carol, dan] = ["carol", "dan"].map(|name| network.account(name));
    let (one, two) = (network.post(&carol, "one"), network.post(&carol, "two"));
    let repost = network.repost(&dan, &one);
    network.settle().await;

    let reason =
        json!({ "$type": "app.bsky.feed.defs#skeletonReasonRepost", "repost": repost.uri });
    let pinned = json!({ "$type": "app.bsky.feed.defs#skeletonReasonPin" });
    let says = json!({ "cursor": "2", "reqId": "r", "more": 1, "feed": [
        { "post": one.uri, "reason": reason, "feedContext": "c" },
        { "post": two.uri, "reason": pinned },
        { "post": two.uri },
        { "post": one.uri },
    ] });
    let answer = ask(&network, &Caller::default(), &feed, says).await;
    assert_eq!(pluck(&answer["feed"], "/post/record/text"), ["one", "two", "two"]);
    assert_eq!(pluck(&answer["feed"], "/reqId"), ["r", "r", "r"]);
    assert_eq!(pluck(&answer["feed"], "/feedContext"), ["c", "-", "-"]);
    assert_eq!(
        pluck(&answer["feed"], "/reason/$type"),
        ["app.bsky.feed.defs#reasonRepost", "app.bsky.feed.defs#reasonPin", "-"]
    );
    assert_eq!(answer["feed"][0]["reason"]["by"]["handle"], "dan.test");
    assert_eq!((&answer["cursor"], &answer["more"]), (&json!("2"), &json!(1)));
}

#[tokio::test]
async fn what_is_gone_blocked_or_said_falsely_is_left_out_and_not_asked_for_again() {
    let Some((mut network, feed, _)) = network().await else { return };
    let [carol, dan] = ["carol", "dan"].map(|name| network.account(name));
    let (one, two) = (network.post(&carol, "one"), network.post(&carol, "two"));
    let (blocked, gone) = (network.post(&dan, "dan's"), network.post(&carol, "gone"));
    let repost = network.repost(&carol, &one);
    network.delete(&gone);
    network.block(&carol, &dan);
    network.settle().await;

    let reason =
        json!({ "$type": "app.bsky.feed.defs#skeletonReasonRepost", "repost": repost.uri });
    let caller = viewer(&carol);
    let says = json!({ "cursor": "2", "feed": [
        { "post": two.uri, "reason": reason }, { "post": blocked.uri }, { "post": gone.uri } ] });
    let answer = ask(&network, &caller, &feed, says).await;
    assert_eq!((&answer["feed"], &answer["cursor"]), (&json!([]), &json!("2")));
    for says in [
        json!({ "cursor": "2", "feed": [] }),
        json!({ "cursor": "1", "feed": [{ "post": one.uri }] }),
    ] {
        assert!(ask(&network, &caller, &feed, says).await.get("cursor").is_none());
    }
}

#[tokio::test]
async fn a_feed_without_a_generator_is_an_error_that_says_so() {
    let Some((mut network, feed, bare)) = network().await else { return };
    let carol = network.account("carol");
    let unresolved = network.write(
        &carol,
        "app.bsky.feed.generator",
        json!({ "did": "did:web:nobody.example.com", "displayName": "x" }),
    );
    let post = network.post(&carol, "no feed");
    network.settle().await;
    for (feed, expected) in [
        (format!("{feed}x"), "could not find feed"),
        (post.uri, "could not find feed"),
        (unresolved.uri, "could not resolve identity: did:web:nobody.example.com"),
        (bare, "invalid feed generator service details in did document: did:web:bare.example.com"),
    ] {
        let asked = parameters(json!({ "feed": feed }));
        let refused = get_feed(&network.app, &Caller::default(), asked).await;
        assert!(
            matches!(&refused, Err(ViewError::InvalidRequest { message }) if message == expected),
            "{refused:?}"
        );
    }
    let asked = parameters(json!({ "feed": feed }));
    let refused = get_feed(&network.app, &Caller::default(), asked).await;
    assert!(matches!(refused, Err(ViewError::Generator(SkeletonError::Unavailable))));
}
