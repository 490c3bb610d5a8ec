//! Views as callers get them, whole: snapshots are reviewed like code.

use firehouse_appview::{get_author_feed, get_posts, get_profile};
use serde_json::json;

use crate::network::{Network, json, parameters, viewer};

const BLOB: &str = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku";

fn blob(kind: &str) -> serde_json::Value {
    json!({ "$type": "blob", "ref": { "$link": BLOB }, "mimeType": kind, "size": 1000 })
}

#[tokio::test]
async fn a_detailed_profile_has_counts_images_and_known_followers() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| network.account(name));
    let pinned = network.post(&alice, "pinned");
    let labels =
        json!({ "$type": "com.atproto.label.defs#selfLabels", "values": [{ "val": "bot" }] });
    let profile = json!({
        "displayName": "Alice", "description": "about", "pronouns": "she/her", "website": "https://alice.test",
        "avatar": blob("image/png"), "banner": blob("image/jpeg"), "labels": labels, "pinnedPost": pinned.strong_ref(),
    });
    network.write_as(&alice, "app.bsky.actor.profile", Some("self"), profile);
    network.write_as(
        &alice,
        "chat.bsky.actor.declaration",
        Some("self"),
        json!({ "allowIncoming": "following" }),
    );
    network.follow(&carol, &bob);
    network.follow(&bob, &alice);
    network.follow(&carol, &alice);
    network.list(&alice, "curatelist", &[]);
    network.settle().await;
    let asked = parameters(json!({ "actor": "alice.test" }));
    let answer = get_profile(&network.app, &viewer(&carol), asked).await;
    insta::assert_json_snapshot!("profile_detailed", json("app.bsky.actor.getProfile", answer));
}

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
    insta::assert_json_snapshot!(
        "feed_item",
        json("app.bsky.feed.getAuthorFeed", answer)["feed"][0]
    );
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
    let video =
        json!({ "$type": "app.bsky.embed.video", "video": blob("video/mp4"), "alt": "a film" });
    let quoting = |what: &crate::network::Written| json!({ "$type": "app.bsky.embed.record", "record": what.strong_ref() });
    let missing =
        json!({ "uri": format!("at://{bob}/app.bsky.feed.post/3jwdwj2ctlk26"), "cid": deep.cid });
    let embeds = [
        images.clone(),
        external,
        video,
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
    insta::assert_json_snapshot!("embeds", embeds);
}
