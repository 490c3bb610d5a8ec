//! What tags of moderators' tools do to posts and their authors: in searches, in threads, in notifications.

use firehouse_appview::{
    AppView, Caller, TagRules, get_post_thread_other_v2, get_post_thread_v2, list_notifications,
    search_posts, search_posts_v2, set_tags,
};
use firehouse_types::Did;
use serde_json::{Value, json};

use crate::network::{Network, Written, json, parameters, pluck, viewer};
use crate::takedowns::moderator;

/// As [`Network::app`], with a rule for each kind.
fn ruled(network: &Network) -> AppView {
    network.app_with(|config| {
        let of = |name: &str| vec![name.into()];
        config.tags = TagRules {
            threads_hide: of("hide"),
            threads_bump_down: of("bump"),
            search_hide: of("quiet"),
            search_hide_all: of("silent"),
            visibility_hide: "invisible".into(),
            visibility_rank_prefix: "rank:".into(),
        };
    })
}

async fn tag(app: &AppView, subject: &str, tags: &[&str]) {
    let input = parameters(json!({ "subject": subject, "tags": tags }));
    set_tags(app, &moderator(), input).await.unwrap();
}

/// What both versions of a search find, which is the same.
async fn found(app: &AppView, caller: &Caller, order: &str, author: Option<&Did>) -> Vec<String> {
    let (mut first, mut second) = (json!({ "q": "said" }), json!({ "query": "said" }));
    first["sort"] = order.into();
    second["sort"] = if order == "latest" { "recent".into() } else { order.into() };
    second["allTime"] = true.into();
    if let Some(author) = author {
        first["author"] = author.as_str().into();
        second["authors"] = json!([author.as_str()]);
    }
    let first = Box::pin(search_posts(app, caller, parameters(first))).await;
    let mut first = pluck(&json("app.bsky.feed.searchPosts", first)["posts"], "/record/text");
    let second = Box::pin(search_posts_v2(app, caller, parameters(second))).await;
    let mut second = pluck(&json("app.bsky.feed.searchPostsV2", second)["posts"], "/record/text");
    first.sort();
    second.sort();
    assert_eq!(first, second, "{order} {author:?}");
    first
}

#[tokio::test]
async fn tagged_posts_and_authors_are_found_by_those_who_look_for_them_or_by_nobody() {
    let Some(mut network) = Network::new().await else { return };
    let names = ["alice", "quiet", "silent", "profile"];
    let [alice, quiet, silent, profile] = names.map(|name| network.account(name));
    network.write_as(&profile, "app.bsky.actor.profile", Some("self"), json!({}));
    let plain = ["said plain", "said quiet", "said silent", "said invisible", "said bump"];
    let posts = plain.map(|text| network.post(&alice, text));
    network.post(&quiet, "said by quiet");
    network.post(&silent, "said by silent");
    network.post(&profile, "said by profile");
    network.settle().await;
    let app = &ruled(&network);
    for (post, tags) in posts[1..].iter().zip(["quiet", "silent", "invisible", "bump"]) {
        tag(app, &post.uri, &["other", tags]).await;
    }
    tag(app, quiet.as_str(), &["quiet"]).await;
    tag(app, silent.as_str(), &["silent"]).await;
    tag(app, &format!("at://{profile}/app.bsky.actor.profile/self"), &["quiet"]).await;

    let nobody = Vec::<String>::new();
    for caller in [Caller::default(), viewer(&quiet)] {
        let is_author = caller.viewer.is_some();
        let mut expected = vec!["said bump"];
        expected.extend(is_author.then_some("said by quiet"));
        expected.push("said plain");
        for order in ["latest", "top"] {
            assert_eq!(found(app, &caller, order, None).await, expected, "{order}");
        }
        let of_alice = found(app, &caller, "latest", Some(&alice)).await;
        assert_eq!(of_alice, ["said bump", "said invisible", "said plain", "said quiet"]);
        assert_eq!(found(app, &caller, "top", Some(&alice)).await, ["said bump", "said plain"]);
        assert_eq!(found(app, &caller, "latest", Some(&quiet)).await, ["said by quiet"]);
        assert_eq!(found(app, &caller, "latest", Some(&profile)).await, ["said by profile"]);
        assert_eq!(found(app, &caller, "top", Some(&profile)).await, nobody);
        assert_eq!(found(app, &caller, "latest", Some(&silent)).await, nobody);
    }
    for order in ["latest", "top"] {
        assert_eq!(found(app, &moderator(), order, None).await.len(), 8);
        assert_eq!(found(app, &viewer(&silent), order, Some(&silent)).await, ["said by silent"]);
        let mut own = found(app, &viewer(&alice), order, None).await;
        own.retain(|text| !text.starts_with("said by"));
        assert_eq!(own.len(), posts.len(), "{order}: her own");
    }
    // Without rules tags mean nothing.
    assert_eq!(found(&network.app, &Caller::default(), "top", None).await.len(), 8);
}

#[tokio::test]
async fn tagged_replies_stand_lower_or_among_the_others_and_tell_nobody() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol, dan] =
        ["alice", "bob", "carol", "dan"].map(|name| network.account(name));
    let root = network.post(&alice, "root");
    let mut reply = |who: &Did, text: &str| network.reply(who, text, &root, &root);
    let bumped = reply(&dan, "bumped");
    let ranked = reply(&dan, "ranked");
    let plain = reply(&dan, "plain");
    let hidden = reply(&carol, "hidden");
    let invisible = reply(&carol, "invisible");
    let of_op = reply(&alice, "of the thread's author");
    network.follow(&bob, &carol);
    network.settle().await;
    let app = &ruled(&network);
    for (post, tags) in [
        (&bumped, "bump"),
        (&ranked, "rank:7"),
        (&plain, "rank:x"),
        (&hidden, "hide"),
        (&invisible, "invisible"),
        (&of_op, "hide"),
    ] {
        tag(app, &post.uri, &[tags]).await;
    }
    let thread = async |caller: &Caller, sort: &str| {
        let asked = parameters(json!({ "anchor": root.uri, "sort": sort }));
        let answer = Box::pin(get_post_thread_v2(app, caller, asked)).await;
        let answer = json("app.bsky.unspecced.getPostThreadV2", answer);
        assert_eq!(answer["hasOtherReplies"], true);
        texts(&answer)[1..].to_vec()
    };
    let others = async |caller: &Caller| {
        let asked = parameters(json!({ "anchor": root.uri }));
        let answer = Box::pin(get_post_thread_other_v2(app, caller, asked)).await;
        let mut texts = texts(&json("app.bsky.unspecced.getPostThreadOtherV2", answer));
        texts.sort();
        texts
    };
    let of_op = "of the thread's author";
    let anyone = Caller::default();
    assert_eq!(thread(&anyone, "top").await, [of_op, "ranked", "plain", "bumped"]);
    assert_eq!(thread(&anyone, "newest").await, [of_op, "plain", "ranked", "bumped"]);
    assert_eq!(thread(&anyone, "oldest").await, [of_op, "ranked", "plain", "bumped"]);
    assert_eq!(others(&anyone).await, ["hidden", "invisible"]);
    assert_eq!(others(&viewer(&alice)).await, ["hidden", "invisible"]);
    let of_follower = thread(&viewer(&bob), "top").await;
    assert_eq!(of_follower, [of_op, "hidden", "ranked", "plain", "bumped"]);
    assert_eq!(others(&viewer(&bob)).await, ["invisible"]);
    assert_eq!(thread(&viewer(&carol), "top").await[..2], [of_op, "hidden"]);

    let told = async |app: &AppView| {
        let answer = list_notifications(app, &viewer(&alice), parameters(json!({}))).await;
        let answer = json("app.bsky.notification.listNotifications", answer);
        pluck(&answer["notifications"], "/record/text")
    };
    assert_eq!(told(app).await, ["invisible", "plain", "ranked", "bumped"]);
    assert_eq!(told(&network.app).await.len(), 5);
    network.follow(&alice, &carol);
    network.settle().await;
    assert_eq!(told(app).await, ["invisible", "hidden", "plain", "ranked", "bumped"]);
}

fn texts(answer: &Value) -> Vec<String> {
    pluck(&answer["thread"], "/value/post/record/text")
}

#[tokio::test]
async fn a_post_keeps_its_tags_when_it_is_edited_and_loses_them_when_they_are_taken_back() {
    let Some(mut network) = Network::new().await else { return };
    let alice = network.account("alice");
    let write = |network: &mut Network, text: &str| -> Written {
        let key = Some("3jwdwj2ctlk26");
        let record = json!({ "text": text, "createdAt": "2025-01-01T00:00:00.000Z" });
        network.write_as(&alice, "app.bsky.feed.post", key, record)
    };
    let post = write(&mut network, "said first");
    network.settle().await;
    let app = &ruled(&network);
    let anyone = Caller::default();
    tag(app, &post.uri, &["silent"]).await;
    write(&mut network, "said second");
    network.settle().await;
    assert!(found(app, &anyone, "latest", None).await.is_empty());
    tag(app, &post.uri, &[]).await;
    assert_eq!(found(app, &anyone, "latest", None).await, ["said second"]);
}
