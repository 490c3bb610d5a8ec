//! postView with everything it may carry, feedViewPost with every reason and every kind of reply reference.

use firehouse_appview::{
    create_bookmark, get_author_feed, get_embed_external_view, get_posts, mute_thread,
};
use serde_json::json;

use super::{blob, check};
use crate::network::{Network, Written, json, parameters, viewer};
use crate::offered::{generator, labeler, starter_pack};

#[tokio::test]
async fn a_feed_item_has_reason_reply_and_embeds() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| network.account(name));
    let root = network.post(&carol, "root");
    let parent = network.reply(&bob, "parent", &root, &root);
    let grandchild = network.reply(&alice, "reply", &root, &parent);
    network.repost(&bob, &grandchild);
    network.like(&carol, &grandchild);
    network.settle().await;
    let asked = parameters(json!({ "actor": "bob.test", "limit": 1 }));
    let answer = get_author_feed(&network.app, &viewer(&carol), asked).await;
    check("feed_item", json("app.bsky.feed.getAuthorFeed", answer)["feed"][0].clone());
}

#[tokio::test]
async fn embeds_show_media_and_quotes_two_levels_deep() {
    let Some(mut network) = Network::new().await else { return };
    let (alice, bob) = (network.account("alice"), network.account("bob"));
    let deepest = network.post(&bob, "deepest");
    let deeper = network.quote(&alice, "deeper", &deepest);
    let deep = network.quote(&bob, "deep", &deeper);
    let list = network.list(&bob, "curatelist", &[&alice]);
    let images = json!({ "$type": "app.bsky.embed.images", "images": [
        { "image": blob("image/png"), "alt": "an image", "aspectRatio": { "width": 2, "height": 1 } }] });
    let external = json!({ "$type": "app.bsky.embed.external", "external": {
        "uri": "https://example.com", "title": "a page", "description": "about it", "thumb": blob("image/png") } });
    let video = json!({ "$type": "app.bsky.embed.video", "video": blob("video/mp4"), "alt": "a film",
        "aspectRatio": { "width": 4, "height": 3 }, "presentation": "gif" });
    let gallery = json!({ "$type": "app.bsky.embed.gallery", "items": [{ "$type": "app.bsky.embed.gallery#image",
        "image": blob("image/png"), "alt": "of many", "aspectRatio": { "width": 2, "height": 1 } }] });
    let quoting =
        |what: &Written| json!({ "$type": "app.bsky.embed.record", "record": what.strong_ref() });
    let missing =
        json!({ "uri": format!("at://{bob}/app.bsky.feed.post/3jwdwj2ctlk26"), "cid": deep.cid });
    let embeds = [
        images.clone(),
        external,
        video,
        gallery,
        quoting(&deep),
        quoting(&list),
        json!({ "$type": "app.bsky.embed.record", "record": missing }),
        json!({ "$type": "app.bsky.embed.recordWithMedia", "record": quoting(&deepest), "media": images }),
        json!({ "$type": "com.example.embed", "any": 1 }),
    ];
    let posts = embeds.map(|embed| {
        network.write(&alice, "app.bsky.feed.post", json!({ "text": "look", "embed": embed })).uri
    });
    network.settle().await;
    let answer = get_posts(&network.app, &viewer(&bob), parameters(json!({ "uris": posts }))).await;
    let posts = json("app.bsky.feed.getPosts", answer)["posts"].clone();
    let embeds: Vec<_> =
        posts.as_array().unwrap().iter().map(|post| post.get("embed").cloned()).collect();
    check("embeds", json!(embeds));
}

#[tokio::test]
async fn embedded_records_are_views_of_their_own_or_say_why_they_are_not() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| network.account(name));
    let feed = generator(&mut network, &bob, "feed");
    let service = labeler(&mut network, &bob);
    let members = network.list(&bob, "referencelist", &[&alice]);
    let pack = starter_pack(&mut network, &bob, &members, &[&feed]);
    let (blocked, detached) = (network.post(&carol, "blocked"), network.post(&bob, "detached"));
    let all = [&feed, &service, &members, &pack, &blocked, &detached];
    let posts = all.map(|what| network.quote(&alice, "look", what));
    network.block(&carol, &alice);
    let gate = json!({ "post": detached.uri, "detachedEmbeddingUris": [posts[5].uri] });
    network.write_as(&bob, "app.bsky.feed.postgate", Some(detached.rkey()), gate);
    network.settle().await;
    let uris = posts.map(|post| post.uri);
    let asked = parameters(json!({ "uris": uris }));
    let posts = json("app.bsky.feed.getPosts", get_posts(&network.app, &viewer(&bob), asked).await);
    let posts = posts["posts"].as_array().unwrap().iter();
    check("embedded_records", posts.map(|post| post["embed"]["record"].clone()).collect());
}

#[tokio::test]
async fn a_post_says_what_the_viewer_did_with_it_and_what_he_may_not_do() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob] = ["alice", "bob"].map(|name| network.account(name));
    let own =
        json!({ "$type": "com.atproto.label.defs#selfLabels", "values": [{ "val": "nudity" }] });
    let facet = json!({ "index": { "byteStart": 0, "byteEnd": 3 },
        "features": [{ "$type": "app.bsky.richtext.facet#tag", "tag": "all" }] });
    let post = json!({ "text": "all", "facets": [facet], "labels": own, "langs": ["en"], "tags": ["tag"] });
    let post = network.write(&alice, "app.bsky.feed.post", post);
    network.write_as(
        &alice,
        "app.bsky.actor.profile",
        Some("self"),
        json!({ "pinnedPost": post.strong_ref() }),
    );
    let members = network.list(&alice, "curatelist", &[]);
    let rule = json!({ "$type": "app.bsky.feed.threadgate#listRule", "list": members.uri });
    network.thread_gate(&alice, &post, json!([rule]));
    network.post_gate(&alice, &post);
    network.like(&bob, &post);
    network.repost(&bob, &post);
    network.settle().await;
    let (app, me) = (&network.app, viewer(&bob));
    create_bookmark(app, &me, parameters(post.strong_ref())).await.unwrap();
    mute_thread(app, &me, parameters(json!({ "root": post.uri }))).await.unwrap();
    let asked = parameters(json!({ "uris": [post.uri] }));
    let posts = json("app.bsky.feed.getPosts", get_posts(app, &me, asked).await);
    check("post_with_viewer", posts["posts"][0].clone());
    let pinned = parameters(json!({ "actor": "alice.test", "includePins": true }));
    let feed = get_author_feed(app, &viewer(&alice), pinned).await;
    check("feed_item_pinned", json("app.bsky.feed.getAuthorFeed", feed)["feed"][0].clone());
}

#[tokio::test]
async fn replies_in_a_feed_say_what_they_answer_also_when_it_is_gone_or_blocked() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol, dan] =
        ["alice", "bob", "carol", "dan"].map(|name| network.account(name));
    let (gone, of_carol) = (network.post(&dan, "gone"), network.post(&carol, "blocks the viewer"));
    network.reply(&alice, "to what is gone", &gone, &gone);
    network.reply(&alice, "to who blocks", &of_carol, &of_carol);
    network.delete(&gone);
    network.block(&carol, &bob);
    network.settle().await;
    let asked = parameters(json!({ "actor": "alice.test" }));
    let feed = get_author_feed(&network.app, &viewer(&bob), asked).await;
    let feed = json("app.bsky.feed.getAuthorFeed", feed)["feed"].clone();
    let replies = feed.as_array().unwrap().iter().map(|item| item["reply"].clone());
    check("feed_item_replies", replies.collect());
}

#[tokio::test]
async fn the_card_of_a_link_shows_the_records_that_stand_there() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob] = ["alice", "bob"].map(|name| network.account(name));
    let publication = json!({ "name": "News", "url": "https://a.test", "description": "daily", "icon": blob("image/png") });
    let publication = network.write(&alice, "site.standard.publication", publication);
    let article = json!({ "title": "One", "site": publication.uri, "path": "/one", "description": "first",
        "publishedAt": "2025-01-01T00:00:00Z", "textContent": "word ".repeat(250), "coverImage": blob("image/png") });
    let article = network.write(&bob, "site.standard.document", article);
    network.settle().await;
    let asked = json!({ "url": "https://a.test/one", "uris": [article.uri] });
    let card = get_embed_external_view(&network.app, &viewer(&bob), parameters(asked)).await;
    let mut card = json("app.bsky.embed.getEmbedExternalView", card);
    card["associatedRecords"][0]["textContent"] = "[text]".into();
    check("external_card", card);
}
