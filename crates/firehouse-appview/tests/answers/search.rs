//! searchPosts and searchPostsV2: what is found, by every parameter, and by whom.

use firehouse_appview::{Caller, ViewError, search_posts, search_posts_v2};
use serde_json::{Value, json};

use crate::network::{Network, json, parameters, pluck, viewer};

async fn found(network: &Network, caller: &Caller, asked: Value) -> Vec<String> {
    let answer = search_posts(&network.app, caller, parameters(asked)).await;
    pluck(&json("app.bsky.feed.searchPosts", answer)["posts"], "/record/text")
}

/// The second version, over all times and latest first unless it is asked otherwise.
async fn found_v2(network: &Network, caller: &Caller, mut asked: Value) -> Vec<String> {
    for (name, value) in [("allTime", json!(true)), ("sort", json!("recent"))] {
        if asked[name].is_null() {
            asked[name] = value;
        }
    }
    let answer = search_posts_v2(&network.app, caller, parameters(asked)).await;
    let body = json("app.bsky.feed.searchPostsV2", answer);
    pluck(&body["posts"], "/record/text")
}

#[tokio::test]
async fn words_are_found_in_every_script_and_phrases_only_together() {
    let Some(mut network) = Network::new().await else { return };
    let alice = network.account("alice");
    for text in [
        "a Wide reply",
        "reply, but wide",
        "昨日東京都に行った",
        "京東に行く",
        "한글은 쉽다",
        "Мой Поезд",
        "100% sure",
    ] {
        network.post(&alice, text);
    }
    network.settle().await;
    let check = async |q: &str, expected: &[&str]| {
        assert_eq!(found(&network, &Caller::default(), json!({ "q": q })).await, expected, "{q}");
    };
    check("WIDE reply", &["reply, but wide", "a Wide reply"]).await;
    check("\"wide reply\"", &["a Wide reply"]).await;
    check("“Wide Reply”", &["a Wide reply"]).await;
    check("wide -but", &["a Wide reply"]).await;
    check("wide -\"wide reply\"", &["reply, but wide"]).await;
    check("東京都", &["昨日東京都に行った"]).await;
    check("東京", &["昨日東京都に行った"]).await;
    check("한글", &["한글은 쉽다"]).await;
    check("поезд", &["Мой Поезд"]).await;
    check("100", &["100% sure"]).await;
    check("rep", &[]).await;
    check("nosuchword", &[]).await;
}

#[tokio::test]
async fn hostile_queries_are_texts_like_others_or_wrong() {
    let Some(mut network) = Network::new().await else { return };
    let alice = network.account("alice");
    network.post(&alice, "plain words");
    network.settle().await;
    for q in [
        "' OR 1=1 --",
        "%",
        "\"",
        "\\",
        "plain' words",
        "{all:Array(String)}",
        "a\0b",
        "((((",
        "plain?",
        "from:",
        "\u{202e}",
        "🦀",
    ] {
        let answer =
            search_posts(&network.app, &Caller::default(), parameters(json!({ "q": q }))).await;
        let is_told = matches!(answer, Ok(_) | Err(ViewError::BadQueryString(_)));
        assert!(is_told, "{q}: {answer:?}");
    }
    assert_eq!(found(&network, &Caller::default(), json!({ "q": "plain' words" })).await.len(), 1);
    let long = "word ".repeat(1_000);
    let refused =
        search_posts(&network.app, &Caller::default(), parameters(json!({ "q": long }))).await;
    assert!(matches!(refused, Err(ViewError::BadQueryString(_))), "{refused:?}");
    let widest = "𠀋𠀀".repeat(500);
    assert!(found(&network, &Caller::default(), json!({ "q": widest })).await.is_empty());
}

#[tokio::test]
async fn every_parameter_of_the_first_version_counts() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob] = ["alice", "bob"].map(|name| network.account(name));
    network.post(&alice, "hi one");
    let facets = json!([
        {"index": {"byteStart": 0, "byteEnd": 1}, "features": [{"$type": "app.bsky.richtext.facet#mention", "did": alice.as_str()}]},
        {"index": {"byteStart": 1, "byteEnd": 2}, "features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://www.example.com/x?utm_source=a"}]},
        {"index": {"byteStart": 2, "byteEnd": 3}, "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "Garden"}]},
    ]);
    let record = json!({"text": "hi two", "facets": facets, "tags": ["extra"], "langs": ["pt-BR"], "createdAt": "2024-06-01T12:00:00Z"});
    network.write(&bob, "app.bsky.feed.post", record);
    network.settle().await;
    let check = async |mut asked: Value, expected: &[&str]| {
        if asked["q"].is_null() {
            asked["q"] = "hi".into();
        }
        assert_eq!(found(&network, &viewer(&bob), asked.clone()).await, expected, "{asked}");
    };
    check(json!({}), &["hi one", "hi two"]).await;
    for two in [
        json!({"author": bob.as_str()}),
        json!({"author": "bob.test"}),
        json!({"q": "hi from:bob.test"}),
        json!({"q": "from:me"}),
        json!({"q": bob.as_str()}),
        json!({"mentions": "alice.test"}),
        json!({"q": "hi @alice.test"}),
        json!({"lang": "pt"}),
        json!({"q": "lang:pt hi"}),
        json!({"domain": "example.com"}),
        json!({"url": "https://example.com/x"}),
        json!({"q": "http://example.com/x/"}),
        json!({"tag": ["garden"]}),
        json!({"tag": ["garden", "EXTRA"]}),
        json!({"q": "#GARDEN"}),
        json!({"until": "2024-06-01T12:00:00.001Z"}),
        json!({"q": "hi until:2024-06-02"}),
        json!({"since": "2024-06-01T12:00:00Z", "until": "2024-12-31"}),
    ] {
        check(two, &["hi two"]).await;
    }
    check(json!({"since": "2024-06-02"}), &["hi one"]).await;
    check(json!({"q": "hi -from:bob.test"}), &["hi one"]).await;
    for none in [
        json!({"author": "nobody.test"}),
        json!({"tag": ["garden", "other"]}),
        json!({"lang": "ja"}),
        json!({"domain": "example.org"}),
        json!({"until": "2024-06-01T12:00:00Z"}),
    ] {
        check(none, &[]).await;
    }
    check(json!({"since": "garbage"}), &["hi one", "hi two"]).await;
    check(json!({"limit": 1}), &["hi one"]).await;
}

#[tokio::test]
async fn every_parameter_of_the_second_version_counts() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| network.account(name));
    let root = network.post(&alice, "hi root");
    network.reply(&bob, "hi reply", &root, &root);
    let quote = network.quote(&carol, "hi quote", &root);
    let blob = json!({"$type": "blob", "ref": {"$link": "bafkreicn3dv6rhcbyrwmoycxrbodx6yb6fypbp5clhdlgzzx4peiz5yp6m"}, "mimeType": "video/mp4", "size": 1});
    let video = json!({"$type": "app.bsky.embed.video", "video": blob});
    network.write(
        &alice,
        "app.bsky.feed.post",
        json!({"text": "hi video #Film", "embed": video, "langs": ["ja"]}),
    );
    network.like(&bob, &root);
    network.follow(&bob, &alice);
    network.settle().await;
    let all = ["hi video #Film", "hi quote", "hi reply", "hi root"];
    let cases: &[(Value, &[&str])] = &[
        (json!({}), &all),
        (
            json!({"authors": ["alice.test", carol.as_str()]}),
            &["hi video #Film", "hi quote", "hi root"],
        ),
        (
            json!({"authors": ["alice.test", carol.as_str()], "hashtags": ["film", "other"]}),
            &["hi video #Film"],
        ),
        (json!({"excludeAuthors": ["alice.test"]}), &["hi quote", "hi reply"]),
        (json!({"hashtags": ["film"]}), &["hi video #Film"]),
        (json!({"excludeHashtags": ["film"]}), &all[1..]),
        (json!({"languages": ["ja"]}), &["hi video #Film"]),
        (json!({"excludeLanguages": ["ja-JP"]}), &all[1..]),
        (json!({"embeddedAtUris": [root.uri]}), &["hi quote"]),
        (json!({"excludeEmbeddedAtUris": [root.uri]}), &["hi video #Film", "hi reply", "hi root"]),
        (json!({"hasMedia": true}), &["hi video #Film"]),
        (json!({"hasVideo": true}), &["hi video #Film"]),
        (json!({"replyParentUri": root.uri}), &["hi reply"]),
        (json!({"threadRootUri": root.uri}), &["hi reply"]),
        (json!({"excludeReplies": true}), &["hi video #Film", "hi quote", "hi root"]),
        (json!({"repliesOnly": true}), &["hi reply"]),
        (json!({"following": true}), &["hi video #Film", "hi root"]),
        (json!({"allTime": false}), &[]),
        (json!({"mentions": ["bob.test"]}), &[]),
        (json!({"domains": ["example.com"]}), &[]),
        (json!({"urls": ["https://example.com"]}), &[]),
        (
            json!({"excludeDomains": ["example.com"], "excludeUrls": ["https://example.com"], "excludeMentions": ["bob.test"]}),
            &all,
        ),
        (json!({"sort": "top", "limit": 1}), &["hi root"]),
    ];
    for (asked, expected) in cases {
        let mut asked = asked.clone();
        asked["query"] = "hi".into();
        assert_eq!(found_v2(&network, &viewer(&bob), asked.clone()).await, *expected, "{asked}");
    }

    let asked = json!({"query": "hi", "allTime": true, "queryLanguage": "zh", "limit": 2});
    let answer = search_posts_v2(&network.app, &Caller::default(), parameters(asked)).await;
    let body = json("app.bsky.feed.searchPostsV2", answer);
    assert_eq!((&body["hitsTotal"], &body["detectedQueryLanguages"]), (&json!(4), &json!(["zh"])));
    let next = json!({"query": "hi", "allTime": true, "cursor": body["cursor"], "limit": 2});
    assert_eq!(found_v2(&network, &Caller::default(), next.clone()).await.len(), 2);
    assert_eq!(found_v2(&network, &viewer(&alice), next).await.len(), 2);

    network.delete(&quote);
    network.settle().await;
    let left = found_v2(&network, &viewer(&bob), json!({"query": "quote"})).await;
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn pages_joined_are_the_whole_in_both_orders() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob] = ["alice", "bob"].map(|name| network.account(name));
    let posts: Vec<_> = (0..7).map(|i| network.post(&alice, &format!("numbered {i}"))).collect();
    network.like(&bob, &posts[2]);
    network.settle().await;
    for (sort, first) in [("latest", "numbered 6"), ("top", "numbered 2")] {
        let whole = found(&network, &viewer(&bob), json!({"q": "numbered", "sort": sort})).await;
        assert_eq!((whole.len(), whole[0].as_str()), (7, first));
        let (mut joined, mut cursor) = (Vec::new(), Value::Null);
        loop {
            let mut asked = json!({"q": "numbered", "sort": sort, "limit": 2});
            if cursor.is_string() {
                asked["cursor"] = cursor;
            }
            let answer = search_posts(&network.app, &viewer(&bob), parameters(asked)).await;
            let body = json("app.bsky.feed.searchPosts", answer);
            joined.extend(pluck(&body["posts"], "/record/text"));
            cursor = body["cursor"].clone();
            if cursor.is_null() {
                break;
            }
        }
        assert_eq!(joined, whole, "{sort}");
    }
    let malformed = json!({"q": "numbered", "cursor": "garbage"});
    let refused = search_posts(&network.app, &viewer(&bob), parameters(malformed)).await;
    assert!(matches!(refused, Err(ViewError::MalformedCursor)));
}

#[tokio::test]
async fn nothing_is_found_across_a_block_and_an_edit_is_found_by_its_new_words_only() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| network.account(name));
    network.post(&alice, "seen by some");
    network.block(&alice, &bob);
    let record = json!({"text": "first words", "createdAt": "2025-01-01T00:00:00Z"});
    network.write_as(&alice, "app.bsky.feed.post", Some("3jwdwj2ctlk26"), record);
    network.settle().await;
    assert_eq!(found(&network, &viewer(&carol), json!({"q": "seen"})).await.len(), 1);
    assert!(found(&network, &viewer(&bob), json!({"q": "seen"})).await.is_empty());
    let admin = Caller { privileged: true, ..viewer(&bob) };
    assert_eq!(found(&network, &admin, json!({"q": "seen"})).await.len(), 1);

    let record = json!({"text": "second words", "createdAt": "2025-01-01T00:00:00Z"});
    network.write_as(&alice, "app.bsky.feed.post", Some("3jwdwj2ctlk26"), record);
    network.settle().await;
    assert!(found(&network, &Caller::default(), json!({"q": "first"})).await.is_empty());
    assert_eq!(found(&network, &Caller::default(), json!({"q": "words"})).await, ["second words"]);
}

#[tokio::test]
async fn of_posts_that_are_alike_the_top_one_is_of_whom_others_follow() {
    let Some(mut network) = Network::new().await else { return };
    let [known, unknown] = ["known", "unknown"].map(|name| network.account(name));
    let fans: Vec<_> = (0..6).map(|fan| network.account(&format!("fan{fan}"))).collect();
    for fan in &fans {
        network.follow(fan, &known);
    }
    let asked = || json!({ "q": "alike", "sort": "top" });
    network.post(&known, "alike, of somebody known");
    let later = network.post(&unknown, "alike, of nobody known");
    network.settle().await;
    let caller = viewer(&fans[0]);
    let (known, unknown) = ("alike, of somebody known", "alike, of nobody known");
    assert_eq!(
        found(&network, &caller, asked()).await,
        [unknown, known],
        "before it is worked out"
    );
    network.rank().await;
    assert_eq!(found(&network, &caller, asked()).await, [known, unknown]);
    // It weighs little.
    for fan in &fans[..3] {
        network.like(fan, &later);
    }
    network.settle().await;
    assert_eq!(found(&network, &caller, asked()).await, [unknown, known]);
}
