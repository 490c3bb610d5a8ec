//! What accounts keep for themselves: bookmarks and drafts; and what applications are told of themselves.

use firehouse_appview::{
    Caller, create_bookmark, create_draft, get_age_assurance_state, get_bookmarks,
    get_client_config, get_drafts,
};
use serde_json::json;

use super::check;
use crate::network::{Network, json, parameters, viewer};

#[tokio::test]
async fn a_bookmark_holds_a_post_or_says_why_it_does_not() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| network.account(name));
    let [seen, gone, blocked] =
        [network.post(&bob, "seen"), network.post(&bob, "gone"), network.post(&carol, "blocked")];
    network.delete(&gone);
    network.block(&carol, &alice);
    network.settle().await;
    let (app, me) = (&network.app, viewer(&alice));
    for post in [&seen, &gone, &blocked] {
        create_bookmark(app, &me, parameters(post.strong_ref())).await.unwrap();
    }
    let bookmarks = get_bookmarks(app, &me, parameters(json!({}))).await;
    check("bookmarks", json("app.bsky.bookmark.getBookmarks", bookmarks));
}

#[tokio::test]
async fn a_draft_comes_back_as_it_was_written() {
    let Some(mut network) = Network::new().await else { return };
    let alice = network.account("alice");
    network.settle().await;
    let (app, me) = (&network.app, viewer(&alice));
    let own =
        json!({ "$type": "com.atproto.label.defs#selfLabels", "values": [{ "val": "nudity" }] });
    let quoted = json!({ "uri": format!("at://{alice}/app.bsky.feed.post/3jwdwj2ctlk26"), "cid": super::BLOB });
    let draft = json!({
        "deviceId": "1", "deviceName": "a device", "langs": ["en"],
        "posts": [{ "text": "one", "labels": own, "embedRecords": [{ "record": quoted }] }, { "text": "two" }],
        "postgateEmbeddingRules": [{ "$type": "app.bsky.feed.postgate#disableRule" }],
        "threadgateAllow": [{ "$type": "app.bsky.feed.threadgate#mentionRule" }],
    });
    create_draft(app, &me, parameters(json!({ "draft": draft }))).await.unwrap();
    let drafts = get_drafts(app, &me, parameters(json!({}))).await;
    let mut drafts = json("app.bsky.draft.getDrafts", drafts);
    drafts["drafts"][0]["id"] = "[id]".into();
    check("drafts", drafts);
}

#[tokio::test]
async fn applications_are_told_how_we_are_set_up_and_what_is_known_of_the_viewers_age() {
    let Some(mut network) = Network::new().await else { return };
    let alice = network.account("alice");
    network.settle().await;
    let (app, me) = (&network.app, viewer(&alice));
    let config = get_client_config(app, &Caller::default(), serde_json::Value::Null).await;
    check("client_config", json("app.bsky.unspecced.getConfig", config));
    let asked = parameters(json!({ "countryCode": "US" }));
    let state = get_age_assurance_state(app, &me, asked).await;
    check("age_assurance", json("app.bsky.ageassurance.getState", state));
}
