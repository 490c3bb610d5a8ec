//! getAuthorFeed, getTimeline and getPosts: which items, in which order, and why.

use firehouse_appview::{Caller, ViewError, get_author_feed, get_posts, get_timeline};
use firehouse_types::Did;
use serde_json::{Value, json};

use crate::network::{Network, json, parameters, pluck, viewer};

async fn author_feed(network: &Network, caller: &Caller, actor: &Did, more: Value) -> Value {
    let mut all = json!({ "actor": actor.as_str() });
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let answer = get_author_feed(&network.app, caller, parameters(all)).await;
    json("app.bsky.feed.getAuthorFeed", answer)
}

fn texts(feed: &Value) -> Vec<String> {
    pluck(&feed["feed"], "/post/record/text")
}

#[tokio::test]
async fn each_filter_of_an_author_feed_keeps_what_its_name_says() {
    let Some(mut network) = Network::new().await else { return };
    let (alice, bob) = (network.account("alice"), network.account("bob"));
    let root = network.post(&alice, "root");
    let bobs = network.post(&bob, "bob's");
    let own_reply = network.reply(&alice, "own reply", &root, &root);
    network.reply(&alice, "reply to bob", &bobs, &bobs);
    let between = network.reply(&bob, "bob in between", &root, &own_reply);
    network.reply(&alice, "after bob", &root, &between);
    let image = json!({ "$type": "blob", "ref": { "$link": "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku" },
        "mimeType": "image/png", "size": 1 });
    let embed =
        json!({ "$type": "app.bsky.embed.images", "images": [{ "image": image, "alt": "a" }] });
    network.write(&alice, "app.bsky.feed.post", json!({ "text": "picture", "embed": embed }));
    let video = json!({ "$type": "app.bsky.embed.video", "video": {
        "$type": "blob", "ref": { "$link": "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku" },
        "mimeType": "video/mp4", "size": 1 } });
    network.write(&alice, "app.bsky.feed.post", json!({ "text": "film", "embed": video }));
    network.repost(&alice, &bobs);
    network.settle().await;

    let anyone = Caller::default();
    for (filter, expected) in [
        (
            "posts_with_replies",
            vec!["bob's", "film", "picture", "after bob", "reply to bob", "own reply", "root"],
        ),
        ("posts_no_replies", vec!["bob's", "film", "picture", "root"]),
        ("posts_with_media", vec!["picture"]),
        ("posts_with_video", vec!["film"]),
        ("posts_and_author_threads", vec!["bob's", "film", "picture", "own reply", "root"]),
    ] {
        let feed = author_feed(&network, &anyone, &alice, json!({ "filter": filter })).await;
        assert_eq!(texts(&feed), expected, "{filter}");
    }
}

#[tokio::test]
async fn a_pinned_post_comes_first_and_once_and_only_on_the_first_page() {
    let Some(mut network) = Network::new().await else { return };
    let alice = network.account("alice");
    let pinned = network.post(&alice, "pinned");
    network.post(&alice, "second");
    network.post(&alice, "third");
    let profile = json!({ "displayName": "Alice", "pinnedPost": pinned.strong_ref() });
    network.write_as(&alice, "app.bsky.actor.profile", Some("self"), profile);
    network.settle().await;

    let anyone = Caller::default();
    let asked = json!({ "includePins": true, "limit": 2 });
    let feed = author_feed(&network, &anyone, &alice, asked).await;
    assert_eq!(texts(&feed), ["pinned", "third", "second"]);
    assert_eq!(feed["feed"][0]["reason"]["$type"], "app.bsky.feed.defs#reasonPin");
    let rest = json!({ "includePins": true, "limit": 2, "cursor": feed["cursor"] });
    let feed = author_feed(&network, &anyone, &alice, rest).await;
    assert_eq!(texts(&feed), ["pinned"]);
    assert!(feed["feed"][0].get("reason").is_none(), "its natural place");
    let without = author_feed(&network, &anyone, &alice, json!({})).await;
    assert_eq!(texts(&without), ["third", "second", "pinned"]);
}

#[tokio::test]
async fn a_repost_of_what_is_gone_takes_no_place_on_a_page() {
    let Some(mut network) = Network::new().await else { return };
    let (alice, bob) = (network.account("alice"), network.account("bob"));
    let first = network.post(&alice, "first");
    let gone = network.post(&bob, "gone");
    network.repost(&alice, &gone);
    network.post(&alice, "last");
    network.delete(&gone);
    network.settle().await;

    let feed = author_feed(&network, &Caller::default(), &alice, json!({ "limit": 2 })).await;
    assert_eq!(texts(&feed), ["last", "first"]);
    assert!(feed.get("cursor").is_none());
    assert_eq!(feed["feed"][1]["post"]["uri"], json!(first.uri));
}

#[tokio::test]
async fn an_account_that_may_not_be_seen_has_no_feed() {
    let Some(mut network) = Network::new().await else { return };
    let alice = network.account("alice");
    network.post(&alice, "hello");
    network.set_status(&alice, "alice", firehouse_schema::ActorStatus::Deactivated);
    network.settle().await;

    let asked = || parameters(json!({ "actor": alice.as_str() }));
    let refused = get_author_feed(&network.app, &Caller::default(), asked()).await;
    assert!(
        matches!(&refused, Err(ViewError::InvalidRequest { message }) if message == "Profile not found"),
        "{refused:?}"
    );
    let moderator = Caller { privileged: true, ..Caller::default() };
    assert_eq!(
        get_author_feed(&network.app, &moderator, asked()).await.unwrap().body.feed.len(),
        1
    );
}

#[tokio::test]
async fn a_timeline_has_the_followed_and_some_of_ones_own_newest_first() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol, dan] =
        ["alice", "bob", "carol", "dan"].map(|name| network.account(name));
    network.follow(&alice, &bob);
    network.follow(&alice, &carol);
    let dans = network.post(&dan, "dan's");
    network.post(&bob, "bob's");
    network.post(&alice, "own");
    network.repost(&carol, &dans);
    network.settle().await;

    let asked = parameters(json!({}));
    let answer = get_timeline(&network.app, &viewer(&alice), asked).await;
    assert!(answer.as_ref().unwrap().repo_rev.is_some());
    let feed = json("app.bsky.feed.getTimeline", answer);
    assert_eq!(texts(&feed), ["dan's", "own", "bob's"]);
    assert_eq!(feed["feed"][0]["reason"]["by"]["handle"], "carol.test");
}

#[tokio::test]
async fn posts_come_in_the_order_asked_for_and_each_once() {
    let Some(mut network) = Network::new().await else { return };
    let alice = network.account("alice");
    let one = network.post(&alice, "one");
    let two = network.post(&alice, "two");
    let gone = network.post(&alice, "gone");
    network.delete(&gone);
    network.settle().await;

    let asked = parameters(json!({ "uris": [two.uri, gone.uri, one.uri, two.uri, "at://x"] }));
    let answer = get_posts(&network.app, &Caller::default(), asked).await;
    let posts = json("app.bsky.feed.getPosts", answer);
    assert_eq!(pluck(&posts["posts"], "/record/text"), ["two", "one"]);
}
