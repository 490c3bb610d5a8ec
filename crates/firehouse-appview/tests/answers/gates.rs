//! Gates: replies and quotes are judged by what stood when they were made.

use firehouse_appview::{Caller, get_author_feed, get_post_thread, get_posts, get_quotes};
use firehouse_types::Did;
use serde_json::{Value, json};

use crate::network::{Network, Written, json, parameters, pluck, viewer};

fn rule(name: &str) -> Value {
    json!({ "$type": format!("app.bsky.feed.threadgate#{name}Rule") })
}

async fn thread(network: &Network, caller: &Caller, uri: &str) -> Value {
    let answer = get_post_thread(&network.app, caller, parameters(json!({ "uri": uri }))).await;
    json("app.bsky.feed.getPostThread", answer)
}

/// Who replied to the first post of a thread, as far as they are in it, the latest first; and how many the post says there are.
async fn repliers(network: &Network, root: &Written) -> (Vec<String>, u64) {
    let answer = thread(network, &Caller::default(), &root.uri).await;
    let texts = pluck(&answer["thread"]["replies"], "/post/record/text");
    (texts, answer["thread"]["post"]["replyCount"].as_u64().unwrap())
}

fn texts(texts: &[&str]) -> (Vec<String>, u64) {
    (texts.iter().map(|&text| text.into()).collect(), texts.len() as u64)
}

#[tokio::test]
async fn each_rule_lets_in_whom_it_names_and_nobody_else() {
    let Some(mut network) = Network::new().await else { return };
    let names = ["alice", "fan", "idol", "listed", "named", "nobody"];
    let all = names.map(|name| network.account(name));
    let [alice, fan, idol, listed, named, _] = &all;
    network.follow(fan, alice);
    network.follow(alice, idol);
    let list = network.list(alice, "curatelist", &[listed]);
    let of_list = json!({ "$type": "app.bsky.feed.threadgate#listRule", "list": list.uri });
    let unknown =
        json!({ "$type": "app.bsky.feed.threadgate#listRule", "list": format!("{}x", list.uri) });
    let cases: [(Value, &[&str]); 7] = [
        (json!([]), &["alice"]),
        (json!([rule("follower")]), &["fan", "alice"]),
        (json!([rule("following")]), &["idol", "alice"]),
        (json!([of_list]), &["listed", "alice"]),
        (json!([unknown]), &["alice"]),
        (json!([rule("mention")]), &["named", "alice"]),
        (
            json!([rule("mention"), rule("following"), of_list]),
            &["named", "listed", "idol", "alice"],
        ),
    ];
    let mention = json!({ "$type": "app.bsky.richtext.facet#mention", "did": named.as_str() });
    let facets = json!([{ "index": { "byteStart": 0, "byteEnd": 1 }, "features": [mention] }]);
    let mut roots = Vec::new();
    for (allow, expected) in cases {
        let record = json!({ "text": "root", "facets": facets });
        let root = network.write(alice, "app.bsky.feed.post", record);
        network.thread_gate(alice, &root, allow.clone());
        for (did, name) in all.iter().zip(names) {
            network.reply(did, name, &root, &root);
        }
        roots.push((root, expected, allow));
    }
    network.settle().await;
    for (root, expected, allow) in roots {
        assert_eq!(repliers(&network, &root).await, texts(expected), "{allow}");
    }
}

/// What was said before a gate, under it and behind it, with people who come and go: each reply says whether it belongs there.
async fn history(network: &mut Network) -> (Written, Did) {
    let [alice, bob] = ["alice", "bob"].map(|name| network.account(name));
    let root = network.post(&alice, "root");
    network.reply(&bob, "before the gate", &root, &root);
    network.thread_gate(&alice, &root, json!([rule("follower")]));
    network.reply(&bob, "no: not following yet", &root, &root);
    let follow = network.follow(&bob, &alice);
    network.reply(&bob, "following", &root, &root);
    network.delete(&follow);
    network.reply(&bob, "no: not following any more", &root, &root);
    network.follow(&bob, &alice);
    network.reply(&bob, "following again", &root, &root);
    let gate = network.thread_gate(&alice, &root, json!([]));
    network.reply(&bob, "no: nobody may", &root, &root);
    network.delete(&gate);
    network.reply(&bob, "behind the gate", &root, &root);
    network.thread_gate(&alice, &root, json!([rule("mention")]));
    network.reply(&bob, "no: not mentioned", &root, &root);
    (root, bob)
}

#[tokio::test]
async fn a_reply_is_judged_by_what_stood_when_it_was_made_in_whichever_order_things_arrive() {
    let expected = texts(&["behind the gate", "following again", "following", "before the gate"]);
    for backwards in [false, true] {
        let Some(mut network) = Network::new().await else { return };
        let (root, _) = history(&mut network).await;
        if backwards {
            network.settle_backwards().await;
        } else {
            network.settle().await;
        }
        assert_eq!(repliers(&network, &root).await, expected, "backwards: {backwards}");
    }
}

#[tokio::test]
async fn a_reply_that_was_refused_stands_alone_wherever_it_is_shown() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob] = ["alice", "bob"].map(|name| network.account(name));
    let root = network.post(&alice, "root");
    network.thread_gate(&alice, &root, json!([]));
    let reply = network.reply(&bob, "refused", &root, &root);
    network.reply(&bob, "below", &root, &reply);
    network.settle().await;

    let anchor = thread(&network, &viewer(&bob), &reply.uri).await;
    assert_eq!(anchor["thread"]["post"]["record"]["text"], "refused");
    assert!(anchor["thread"].get("parent").is_none() && anchor["thread"].get("replies").is_none());
    assert_eq!(anchor["thread"]["post"]["viewer"]["replyDisabled"], true);
    let asked = parameters(json!({ "actor": bob.as_str() }));
    let answer = get_author_feed(&network.app, &Caller::default(), asked).await;
    let feed = json("app.bsky.feed.getAuthorFeed", answer);
    let items = feed["feed"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    assert!(items.iter().all(|item| item.get("reply").is_none()));
    let asked = parameters(json!({ "uris": [root.uri, reply.uri] }));
    let posts = get_posts(&network.app, &Caller::default(), asked).await;
    let posts = json("app.bsky.feed.getPosts", posts);
    assert_eq!(
        (&posts["posts"][0]["replyCount"], &posts["posts"][1]["replyCount"]),
        (&json!(0), &json!(0))
    );
}

#[tokio::test]
async fn a_quote_under_a_closed_gate_shows_nothing_but_counts_and_one_before_it_stays() {
    for backwards in [false, true] {
        let Some(mut network) = Network::new().await else { return };
        let [alice, bob] = ["alice", "bob"].map(|name| network.account(name));
        let post = network.post(&alice, "post");
        network.quote(&bob, "before", &post);
        let gate = network.post_gate(&alice, &post);
        network.quote(&bob, "under it", &post);
        network.quote(&alice, "own", &post);
        network.delete(&gate);
        network.quote(&bob, "behind it", &post);
        if backwards {
            network.settle_backwards().await;
        } else {
            network.settle().await;
        }
        let asked = parameters(json!({ "uri": post.uri }));
        let quotes = get_quotes(&network.app, &viewer(&bob), asked).await;
        let quotes = json("app.bsky.feed.getQuotes", quotes);
        let kinds: Vec<_> = pluck(&quotes["posts"], "/record/text")
            .into_iter()
            .zip(pluck(&quotes["posts"], "/embed/record/$type"))
            .filter(|(_, kind)| kind.ends_with("viewDetached"))
            .collect();
        assert_eq!(kinds.iter().map(|(text, _)| &**text).collect::<Vec<_>>(), ["under it"]);
        let asked = parameters(json!({ "uris": [post.uri] }));
        let posts = get_posts(&network.app, &Caller::default(), asked).await;
        assert_eq!(json("app.bsky.feed.getPosts", posts)["posts"][0]["quoteCount"], 4);
    }
}
