//! What accounts keep here for themselves: seen by the next request of theirs, by nobody else, page by page, until they erase it.

use firehouse_appview::{
    Caller, ViewError, create_bookmark, create_draft, delete_bookmark, delete_draft, erase_data,
    export_data, export_private, get_age_assurance_config, get_age_assurance_state, get_blocks,
    get_bookmarks, get_client_config, get_drafts, get_list_blocks, get_list_mutes, get_mutes,
    mute_actor, mute_actor_list, mute_thread, unmute_actor, unmute_actor_list, update_draft,
};
use firehouse_types::Did;
use serde_json::{Value, json};

use crate::network::{Network, json, parameters, pluck, viewer};

/// The handles on each page, one account a page.
async fn muted(network: &Network, caller: &Caller) -> Vec<String> {
    let (mut handles, mut asked) = (Vec::new(), json!({ "limit": 1 }));
    loop {
        let answer = get_mutes(&network.app, caller, parameters(asked.clone())).await;
        let body = json("app.bsky.graph.getMutes", answer);
        handles.extend(pluck(&body["mutes"], "/handle"));
        if body["cursor"].is_null() {
            return handles;
        }
        asked["cursor"] = body["cursor"].clone();
    }
}

#[tokio::test]
async fn mutes_are_listed_for_who_said_them_and_only_while_they_are_whole() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, _, dan] = ["alice", "bob", "carol", "dan"].map(|name| network.account(name));
    network.settle().await;
    let (app, me) = (&network.app, viewer(&alice));
    for who in [bob.as_str(), "CAROL.test", dan.as_str()] {
        mute_actor(app, &me, parameters(json!({ "actor": who }))).await.unwrap();
    }
    let mut all = muted(&network, &me).await;
    all.sort_unstable();
    assert_eq!(all, ["bob.test", "carol.test", "dan.test"]);
    assert!(muted(&network, &viewer(&bob)).await.is_empty());

    let in_part = json!({ "actor": bob.as_str(), "onlyReposts": true });
    mute_actor(app, &me, parameters(in_part)).await.unwrap();
    unmute_actor(app, &me, parameters(json!({ "actor": "carol.test" }))).await.unwrap();
    unmute_actor(app, &me, parameters(json!({ "actor": "carol.test" }))).await.unwrap();
    assert_eq!(muted(&network, &me).await, ["dan.test"]);

    let refused = async |actor: &str| {
        let asked = parameters(json!({ "actor": actor }));
        mute_actor(app, &me, asked).await.unwrap_err().to_string()
    };
    assert_eq!(refused("nobody.test").await, "Actor not found");
    assert_eq!(refused("alice.test").await, "Actor cannot mute themselves");
    let anonymous = get_mutes(app, &Caller::default(), parameters(json!({}))).await;
    assert!(matches!(anonymous.map(drop), Err(ViewError::AuthMissing)));
}

#[tokio::test]
async fn blocks_and_lists_are_listed_for_their_owner() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| network.account(name));
    network.block(&alice, &bob);
    network.block(&alice, &carol);
    let mods = network.list(&bob, "modlist", &[&carol]);
    let curated = network.list(&carol, "curatelist", &[&bob]);
    network.list_block(&alice, &mods);
    network.settle().await;
    let (app, me) = (&network.app, viewer(&alice));

    let first = json(
        "app.bsky.graph.getBlocks",
        get_blocks(app, &me, parameters(json!({ "limit": 1 }))).await,
    );
    assert_eq!(pluck(&first["blocks"], "/handle"), ["carol.test"]);
    let asked = json!({ "limit": 1, "cursor": first["cursor"] });
    let rest = json("app.bsky.graph.getBlocks", get_blocks(app, &me, parameters(asked)).await);
    assert_eq!(pluck(&rest["blocks"], "/handle"), ["bob.test"]);
    let body = json(
        "app.bsky.graph.getListBlocks",
        get_list_blocks(app, &me, parameters(json!({}))).await,
    );
    assert_eq!(pluck(&body["lists"], "/uri"), [&*mods.uri]);

    for list in [&mods.uri, &curated.uri] {
        mute_actor_list(app, &me, parameters(json!({ "list": list }))).await.unwrap();
    }
    let lists = async |caller: &Caller| {
        let answer = get_list_mutes(app, caller, parameters(json!({}))).await;
        pluck(&json("app.bsky.graph.getListMutes", answer)["lists"], "/uri")
    };
    assert_eq!(lists(&me).await, [&*curated.uri, &*mods.uri]);
    assert!(lists(&viewer(&bob)).await.is_empty());
    unmute_actor_list(app, &me, parameters(json!({ "list": curated.uri }))).await.unwrap();
    assert_eq!(lists(&me).await, [&*mods.uri]);

    let profile = format!("at://{bob}/app.bsky.actor.profile/self");
    let refused = mute_thread(app, &me, parameters(json!({ "root": profile }))).await.unwrap_err();
    assert_eq!(refused.to_string(), "subject aturis must reference a list or post record");
}

#[tokio::test]
async fn a_bookmark_outlives_its_post_and_says_what_became_of_it() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| network.account(name));
    let [seen, gone, blocked] =
        [network.post(&bob, "seen"), network.post(&bob, "gone"), network.post(&carol, "blocked")];
    network.delete(&gone);
    network.block(&carol, &alice);
    network.settle().await;
    let (app, me) = (&network.app, viewer(&alice));
    for post in [&seen, &gone, &blocked, &seen] {
        create_bookmark(app, &me, parameters(post.strong_ref())).await.unwrap();
    }
    let page = async |caller: &Caller, asked: Value| {
        let answer = get_bookmarks(app, caller, parameters(asked)).await;
        json("app.bsky.bookmark.getBookmarks", answer)
    };
    let first = page(&me, json!({ "limit": 2 })).await;
    let kinds = pluck(&first["bookmarks"], "/item/$type");
    assert_eq!(kinds, ["app.bsky.feed.defs#blockedPost", "app.bsky.feed.defs#notFoundPost"]);
    let rest = page(&me, json!({ "limit": 2, "cursor": first["cursor"] })).await;
    assert_eq!(pluck(&rest["bookmarks"], "/item/record/text"), ["seen"]);
    assert_eq!(rest["bookmarks"][0]["subject"], seen.strong_ref());
    assert!(rest["cursor"].is_null());
    assert_eq!(page(&viewer(&bob), json!({})).await["bookmarks"], json!([]));

    let unsupported =
        json!({ "uri": format!("at://{bob}/app.bsky.feed.like/3jwdwj2ctlk26"), "cid": seen.cid });
    let refused = create_bookmark(app, &me, parameters(unsupported)).await.unwrap_err();
    assert!(matches!(refused, ViewError::Refused { name: "UnsupportedCollection", .. }));
    let malformed = get_bookmarks(app, &me, parameters(json!({ "cursor": "a__b" }))).await;
    assert!(matches!(malformed.map(drop), Err(ViewError::MalformedCursor)));

    for _ in 0..2 {
        delete_bookmark(app, &me, parameters(json!({ "uri": blocked.uri }))).await.unwrap();
    }
    assert_eq!(page(&me, json!({})).await["bookmarks"].as_array().unwrap().len(), 2);
}

fn draft(text: &str) -> Value {
    json!({ "posts": [{ "text": text }], "deviceName": "a device" })
}

async fn draft_pages(network: &Network, caller: &Caller, limit: u8) -> Vec<String> {
    let (mut texts, mut asked) = (Vec::new(), json!({ "limit": limit }));
    loop {
        let answer = get_drafts(&network.app, caller, parameters(asked.clone())).await;
        let body = json("app.bsky.draft.getDrafts", answer);
        texts.extend(pluck(&body["drafts"], "/draft/posts/0/text"));
        if body["cursor"] == "" {
            return texts;
        }
        asked["cursor"] = body["cursor"].clone();
    }
}

#[tokio::test]
async fn drafts_come_latest_change_first_and_no_more_than_there_may_be() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob] = ["alice", "bob"].map(|name| network.account(name));
    let (app, me) = (&network.app, viewer(&alice));
    let mut ids = Vec::new();
    for text in ["1", "2", "3", "4", "5"] {
        let made = create_draft(app, &me, parameters(json!({ "draft": draft(text) }))).await;
        ids.push(json("app.bsky.draft.createDraft", made)["id"].as_str().unwrap().to_owned());
    }
    let refused = create_draft(app, &me, parameters(json!({ "draft": draft("6") }))).await;
    let Err(ViewError::Refused { name, .. }) = refused else { panic!() };
    assert_eq!(name, "DraftLimitReached");
    let changed = json!({ "draft": { "id": ids[1], "draft": draft("two") } });
    update_draft(app, &me, parameters(changed)).await.unwrap();
    let unknown = json!({ "draft": { "id": "3jwdwj2ctlk26", "draft": draft("no") } });
    update_draft(app, &me, parameters(unknown)).await.unwrap();
    for limit in [1, 2, 50] {
        assert_eq!(draft_pages(&network, &me, limit).await, ["two", "5", "4", "3", "1"]);
    }
    // Another account cannot reach them, be it by name.
    delete_draft(app, &viewer(&bob), parameters(json!({ "id": ids[0] }))).await.unwrap();
    assert!(draft_pages(&network, &viewer(&bob), 50).await.is_empty());
    delete_draft(app, &me, parameters(json!({ "id": ids[0] }))).await.unwrap();
    assert_eq!(draft_pages(&network, &me, 50).await, ["two", "5", "4", "3"]);
    let malformed = get_drafts(app, &me, parameters(json!({ "cursor": "yesterday" }))).await;
    assert!(matches!(malformed.map(drop), Err(ViewError::MalformedCursor)));
}

async fn exported(network: &Network, who: &Did, limit: usize) -> Vec<Value> {
    let (mut entries, mut asked) = (Vec::new(), json!({ "limit": limit }));
    loop {
        let answer = export_data(&network.app, &viewer(who), parameters(asked.clone())).await;
        let body = json("dev.firehouse.private.exportData", answer);
        for kind in ["mutes", "bookmarks", "drafts", "settings", "activitySubscriptions"] {
            let items = body[kind].as_array().unwrap().iter();
            entries.extend(items.map(|item| json!([kind, item])));
        }
        if body["cursor"].is_null() {
            return entries;
        }
        asked["cursor"] = body["cursor"].clone();
    }
}

#[tokio::test]
async fn all_that_is_kept_for_somebody_can_be_taken_along_and_erased() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob] = ["alice", "bob"].map(|name| network.account(name));
    let post = network.post(&bob, "one");
    let list = network.list(&bob, "modlist", &[]);
    network.settle().await;
    let (app, me) = (&network.app, viewer(&alice));
    for who in [&alice, &bob] {
        let me = viewer(who);
        let other = if who == &alice { &bob } else { &alice };
        mute_actor(app, &me, parameters(json!({ "actor": other.as_str() }))).await.unwrap();
        mute_actor_list(app, &me, parameters(json!({ "list": list.uri }))).await.unwrap();
        mute_thread(app, &me, parameters(json!({ "root": post.uri }))).await.unwrap();
        create_bookmark(app, &me, parameters(post.strong_ref())).await.unwrap();
        create_draft(app, &me, parameters(json!({ "draft": draft("d") }))).await.unwrap();
        network.store.save_notification_priority(who.actor(), true).await.unwrap();
        network.store.subscribe(who.actor(), other, true, false).await.unwrap();
    }
    let whole = exported(&network, &alice, 500).await;
    assert_eq!(whole.len(), 7);
    for limit in 1..=7 {
        assert_eq!(exported(&network, &alice, limit).await, whole, "pages of {limit}");
    }
    assert_eq!(whole[0][1]["subject"], bob.as_str());
    let asked = parameters(json!({ "did": alice.as_str() }));
    let answer = export_private(app, &Caller::default(), asked).await;
    let body = json("dev.firehouse.admin.exportPrivate", answer);
    assert_eq!(body["bookmarks"][0]["uri"], post.uri);

    erase_data(app, &me, Value::Null).await.unwrap();
    assert!(exported(&network, &alice, 500).await.is_empty());
    assert_eq!(exported(&network, &bob, 500).await.len(), 7);
    // What was erased can be said anew.
    create_bookmark(app, &me, parameters(post.strong_ref())).await.unwrap();
    assert_eq!(exported(&network, &alice, 500).await.len(), 1);
}

#[tokio::test]
async fn of_nobody_is_the_age_known_and_regions_have_their_rules() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob] = ["alice", "bob"].map(|name| network.account(name));
    let profile = json!({ "displayName": "A", "createdAt": "2024-01-02T03:04:05.678901Z" });
    network.write_as(&alice, "app.bsky.actor.profile", Some("self"), profile);
    network.settle().await;
    let state = async |who: &Did| {
        let asked = parameters(json!({ "countryCode": "GB" }));
        let answer = get_age_assurance_state(&network.app, &viewer(who), asked).await;
        json("app.bsky.ageassurance.getState", answer)
    };
    let unknown = json!({ "status": "unknown", "access": "unknown" });
    let made = json!({ "accountCreatedAt": "2024-01-02T03:04:05.678Z" });
    assert_eq!(state(&alice).await, json!({ "state": unknown, "metadata": made }));
    assert_eq!(state(&bob).await, json!({ "state": unknown, "metadata": {} }));
    let anonymous = Caller::default();
    let config = get_age_assurance_config(&network.app, &anonymous, Value::Null).await;
    let config = json("app.bsky.ageassurance.getConfig", config);
    assert!(pluck(&config["regions"], "/countryCode").contains(&"GB".to_owned()));
    let told = get_client_config(&network.app, &anonymous, Value::Null).await;
    assert_eq!(json("app.bsky.unspecced.getConfig", told), json!({}));
}
