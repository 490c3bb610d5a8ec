//! profileView, -Basic and -Detailed with all that stands between them and the viewer, relationships, verification, live status.

use firehouse_appview::{
    get_followers, get_profile, get_profiles, get_relationships, mute_actor, mute_actor_list,
    put_activity_subscription, search_actors_typeahead,
};
use serde_json::json;

use super::{blob, check};
use crate::network::{Network, json, parameters, pluck, viewer};
use crate::offered::{labeler, starter_pack};

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
    check("profile_detailed", json("app.bsky.actor.getProfile", answer));
}

#[tokio::test]
async fn a_profile_has_fewer_fields_in_lists_and_fewer_still_beside_posts() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, trusted] = ["alice", "bob", "trusted"].map(|name| network.account(name));
    let profile = json!({ "displayName": "Alice", "description": "about", "pronouns": "she/her",
        "avatar": blob("image/png"), "website": "https://alice.test" });
    network.write_as(&alice, "app.bsky.actor.profile", Some("self"), profile);
    let external = json!({ "$type": "app.bsky.embed.external", "external": {
        "uri": "https://live.test", "title": "live", "description": "now", "thumb": blob("image/png") } });
    let status =
        json!({ "status": "app.bsky.actor.status#live", "durationMinutes": 60, "embed": external });
    network.write_as(&alice, "app.bsky.actor.status", Some("self"), status);
    let verified =
        json!({ "subject": alice.as_str(), "handle": "alice.test", "displayName": "Alice" });
    network.write(&trusted, "app.bsky.graph.verification", verified);
    network.follow(&alice, &bob);
    network.settle().await;
    let (app, me) = (&network.app, viewer(&bob));
    let listed = get_followers(app, &me, parameters(json!({ "actor": bob.as_str() }))).await;
    let listed = json("app.bsky.graph.getFollowers", listed)["followers"][0].clone();
    let typed = search_actors_typeahead(app, &me, parameters(json!({ "q": "alice" }))).await;
    let typed = json("app.bsky.actor.searchActorsTypeahead", typed)["actors"][0].clone();
    check("profile", listed);
    check("profile_basic", typed);
}

#[tokio::test]
async fn a_profile_says_all_that_stands_between_it_and_the_viewer() {
    let Some(mut network) = Network::new().await else { return };
    let me = network.account("me");
    let names = [
        "friend", "blocked", "blocker", "listed", "lister", "muted", "hushed", "quiet", "subbed",
        "newcomer", "shy", "trusted",
    ];
    let all = names.map(|name| network.account(name));
    let [
        friend,
        blocked,
        blocker,
        listed,
        lister,
        muted,
        hushed,
        quiet,
        subbed,
        newcomer,
        shy,
        trusted,
    ] = &all;
    network.follow(&me, friend);
    network.follow(friend, &me);
    network.follow(&me, blocked);
    network.block(&me, blocked);
    network.block(blocker, &me);
    let mods = network.list(friend, "modlist", &[listed]);
    network.list_block(&me, &mods);
    let own = network.list(lister, "modlist", &[&me]);
    network.list_block(lister, &own);
    let hush = network.list(friend, "modlist", &[hushed]);
    let open = json!({ "allowSubscriptions": "followers" });
    network.follow(&me, subbed);
    network.write_as(subbed, "app.bsky.notification.declaration", Some("self"), open);
    let members = network.list(friend, "referencelist", &[newcomer]);
    let pack = starter_pack(&mut network, friend, &members, &[]);
    let joined = json!({ "displayName": "New", "joinedViaStarterPack": pack.strong_ref() });
    network.write_as(newcomer, "app.bsky.actor.profile", Some("self"), joined);
    let values = json!({ "$type": "com.atproto.label.defs#selfLabels", "values": [{ "val": "!no-unauthenticated" }] });
    network.write_as(shy, "app.bsky.actor.profile", Some("self"), json!({ "labels": values }));
    let wrong = json!({ "subject": shy.as_str(), "handle": "other.test", "displayName": "" });
    network.write(trusted, "app.bsky.graph.verification", wrong);
    labeler(&mut network, trusted);
    network.settle().await;
    let (app, caller) = (&network.app, viewer(&me));
    mute_actor(app, &caller, parameters(json!({ "actor": muted.as_str() }))).await.unwrap();
    let partly = json!({ "actor": quiet.as_str(), "onlyReposts": true });
    mute_actor(app, &caller, parameters(partly)).await.unwrap();
    mute_actor_list(app, &caller, parameters(json!({ "list": hush.uri }))).await.unwrap();
    let wanted = json!({ "subject": subbed.as_str(), "activitySubscription": { "post": true, "reply": false } });
    put_activity_subscription(app, &caller, parameters(wanted)).await.unwrap();
    let actors: Vec<_> = all.iter().chain([&me]).map(|did| did.as_str()).collect();
    let profiles = get_profiles(app, &caller, parameters(json!({ "actors": actors }))).await;
    let profiles = json("app.bsky.actor.getProfiles", profiles)["profiles"].clone();
    assert_eq!(pluck(&profiles, "/did"), actors);
    check("profiles_between", profiles);
}

#[tokio::test]
async fn relationships_are_follows_and_blocks_both_ways() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol, dan] =
        ["alice", "bob", "carol", "dan"].map(|name| network.account(name));
    network.follow(&alice, &bob);
    network.follow(&bob, &alice);
    network.block(&alice, &carol);
    network.block(&carol, &alice);
    let ours = network.list(&alice, "modlist", &[&dan]);
    network.list_block(&alice, &ours);
    let theirs = network.list(&dan, "modlist", &[&alice]);
    network.list_block(&dan, &theirs);
    network.settle().await;
    let others = [
        bob.as_str(),
        carol.as_str(),
        dan.as_str(),
        "nobody.test",
        "did:plc:unknownunknownunknownunk",
    ];
    let asked = parameters(json!({ "actor": alice.as_str(), "others": others }));
    let answer = get_relationships(&network.app, &viewer(&bob), asked).await;
    check("relationships", json("app.bsky.graph.getRelationships", answer));
}
