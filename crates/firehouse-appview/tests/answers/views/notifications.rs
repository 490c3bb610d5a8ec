//! A notification of every reason, and what an account may say about them.

use firehouse_appview::{
    get_notification_preferences, list_activity_subscriptions, list_notifications,
    put_activity_subscription,
};
use firehouse_schema::ActivitySubscriptionRow;
use firehouse_types::Rev;
use serde_json::json;

use super::check;
use crate::network::{Network, json, parameters, pluck, viewer};
use crate::offered::starter_pack;

#[tokio::test]
async fn each_reason_comes_with_its_record_and_what_it_is_about() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| network.account(name));
    let (post, theirs) = (network.post(&alice, "root"), network.post(&carol, "theirs"));
    let members = network.list(&alice, "referencelist", &[]);
    let pack = starter_pack(&mut network, &alice, &members, &[]);
    let repost = network.repost(&alice, &theirs);
    network.follow(&alice, &carol);
    let open = json!({ "allowSubscriptions": "followers" });
    network.write_as(&carol, "app.bsky.notification.declaration", Some("self"), open);
    network.settle().await;
    let wanted = json!({ "subject": carol.as_str(), "activitySubscription": { "post": true, "reply": false } });
    let answer = put_activity_subscription(&network.app, &viewer(&alice), parameters(wanted)).await;
    check("activity_subscription", json("app.bsky.notification.putActivitySubscription", answer));
    // As if it had been said on the network's day: nothing is told of what was written before.
    let since = u64::try_from(network.now().ms()).unwrap();
    let row = ActivitySubscriptionRow {
        actor: alice.actor(),
        subject: carol.actor(),
        key: Rev::from((since * 1_000) << 10),
        did: carol.as_str().into(),
        post: 1,
        reply: 0,
        version: u64::MAX,
        deleted: 0,
    };
    network.store.insert(&[row]).await.map(drop).unwrap();

    network.like(&bob, &post);
    network.repost(&bob, &post);
    network.follow(&bob, &alice);
    let mention = json!([{ "index": { "byteStart": 0, "byteEnd": 1 },
        "features": [{ "$type": "app.bsky.richtext.facet#mention", "did": alice.as_str() }] }]);
    network.write(&bob, "app.bsky.feed.post", json!({ "text": "@", "facets": mention }));
    network.reply(&bob, "reply", &post, &post);
    network.quote(&bob, "quote", &post);
    for collection in ["app.bsky.feed.like", "app.bsky.feed.repost"] {
        let via = json!({ "subject": theirs.strong_ref(), "via": repost.strong_ref() });
        network.write(&bob, collection, via);
    }
    let joined = json!({ "displayName": "Bob", "joinedViaStarterPack": pack.strong_ref() });
    network.write_as(&bob, "app.bsky.actor.profile", Some("self"), joined);
    let verification =
        json!({ "subject": alice.as_str(), "handle": "alice.test", "displayName": "" });
    let verification = network.write(&bob, "app.bsky.graph.verification", verification);
    network.delete(&verification);
    network.post(&carol, "news");
    network.settle().await;
    let asked = parameters(json!({}));
    let told = list_notifications(&network.app, &viewer(&alice), asked).await;
    let told = json("app.bsky.notification.listNotifications", told);
    let reasons = pluck(&told["notifications"], "/reason");
    assert_eq!(reasons.len(), 12, "{reasons:?}");
    check("notifications", told);

    let asked = parameters(json!({}));
    let all = list_activity_subscriptions(&network.app, &viewer(&alice), asked).await;
    check("activity_subscriptions", json("app.bsky.notification.listActivitySubscriptions", all));
    let asked = parameters(json!({}));
    let preferences = get_notification_preferences(&network.app, &viewer(&alice), asked).await;
    check("notification_preferences", json("app.bsky.notification.getPreferences", preferences));
}
