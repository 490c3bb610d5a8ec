//! Lists, starter packs, feed generators and labelers.

use firehouse_appview::{
    get_actor_starter_packs, get_feed_generators, get_list, get_lists, get_lists_with_membership,
    get_services, get_starter_pack, get_starter_packs_with_membership, mute_actor_list,
};
use serde_json::json;

use super::{blob, check};
use crate::network::{Network, json, parameters, viewer};
use crate::offered::{generator, starter_pack};

fn facet() -> serde_json::Value {
    json!({ "index": { "byteStart": 0, "byteEnd": 5 },
        "features": [{ "$type": "app.bsky.richtext.facet#tag", "tag": "about" }] })
}

#[tokio::test]
async fn a_list_shows_what_it_is_and_who_is_on_it() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| network.account(name));
    let own =
        json!({ "$type": "com.atproto.label.defs#selfLabels", "values": [{ "val": "rude" }] });
    let list = json!({ "name": "mods", "purpose": "app.bsky.graph.defs#modlist", "description": "about",
        "descriptionFacets": [facet()], "avatar": blob("image/png"), "labels": own });
    let list = network.write(&alice, "app.bsky.graph.list", list);
    let item = json!({ "list": list.uri, "subject": carol.as_str() });
    network.write(&alice, "app.bsky.graph.listitem", item);
    network.list_block(&bob, &list);
    network.settle().await;
    let (app, me) = (&network.app, viewer(&bob));
    mute_actor_list(app, &me, parameters(json!({ "list": list.uri }))).await.unwrap();
    let whole = get_list(app, &me, parameters(json!({ "list": list.uri }))).await;
    check("list", json("app.bsky.graph.getList", whole));
    let lists = get_lists(app, &me, parameters(json!({ "actor": alice.as_str() }))).await;
    check("lists", json("app.bsky.graph.getLists", lists));
    let asked = parameters(json!({ "actor": carol.as_str() }));
    let with = get_lists_with_membership(app, &viewer(&alice), asked).await;
    check("lists_with_membership", json("app.bsky.graph.getListsWithMembership", with));
}

#[tokio::test]
async fn a_starter_pack_shows_its_list_its_feeds_and_some_members() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| network.account(name));
    let feed = generator(&mut network, &bob, "feed");
    let members = network.list(&alice, "referencelist", &[&bob, &carol]);
    let pack = starter_pack(&mut network, &alice, &members, &[&feed]);
    let joined = json!({ "joinedViaStarterPack": pack.strong_ref() });
    network.write_as(&carol, "app.bsky.actor.profile", Some("self"), joined);
    network.settle().await;
    let (app, me) = (&network.app, viewer(&bob));
    let whole = get_starter_pack(app, &me, parameters(json!({ "starterPack": pack.uri }))).await;
    check("starter_pack", json("app.bsky.graph.getStarterPack", whole));
    let asked = parameters(json!({ "actor": alice.as_str() }));
    let basic = get_actor_starter_packs(app, &me, asked).await;
    check("starter_pack_basic", json("app.bsky.graph.getActorStarterPacks", basic));
    let asked = parameters(json!({ "actor": carol.as_str() }));
    let with = get_starter_packs_with_membership(app, &viewer(&alice), asked).await;
    let with = json("app.bsky.graph.getStarterPacksWithMembership", with);
    check("starter_packs_with_membership", with);
}

#[tokio::test]
async fn a_generator_and_a_labeler_show_what_they_say_and_who_likes_them() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob] = ["alice", "bob"].map(|name| network.account(name));
    let own =
        json!({ "$type": "com.atproto.label.defs#selfLabels", "values": [{ "val": "rude" }] });
    let feed = json!({ "did": "did:web:feeds.test", "displayName": "Feed", "description": "about",
        "descriptionFacets": [facet()], "avatar": blob("image/png"), "acceptsInteractions": true,
        "contentMode": "app.bsky.feed.defs#contentModeVideo", "labels": own });
    let feed = network.write_as(&alice, "app.bsky.feed.generator", Some("feed"), feed);
    let strings = json!([{ "lang": "en", "name": "Rude", "description": "is rude" }]);
    let rude = json!({ "identifier": "rude", "severity": "inform", "blurs": "none", "defaultSetting": "warn",
        "adultOnly": false, "locales": strings });
    let service = json!({
        "policies": { "labelValues": ["rude"], "labelValueDefinitions": [rude] }, "labels": own,
        "reasonTypes": ["com.atproto.moderation.defs#reasonSpam"], "subjectTypes": ["account", "record"],
        "subjectCollections": ["app.bsky.feed.post"],
    });
    let service = network.write_as(&alice, "app.bsky.labeler.service", Some("self"), service);
    network.like(&bob, &feed);
    network.like(&bob, &service);
    network.settle().await;
    let (app, me) = (&network.app, viewer(&bob));
    let feeds = get_feed_generators(app, &me, parameters(json!({ "feeds": [feed.uri] }))).await;
    check("generator", json("app.bsky.feed.getFeedGenerators", feeds)["feeds"][0].clone());
    for (name, detailed) in [("labeler", false), ("labeler_detailed", true)] {
        let asked = parameters(json!({ "dids": [alice.as_str()], "detailed": detailed }));
        let services = get_services(app, &me, asked).await;
        check(name, json("app.bsky.labeler.getServices", services)["views"][0].clone());
    }
}
