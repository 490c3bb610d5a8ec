//! searchActors, its typeahead and suggestions: who is found and suggested, and who is not.

use firehouse_appview::{
    Caller, get_suggested_follows_by_actor, get_suggested_starter_packs, get_suggested_users,
    get_suggestions, search_actors, search_actors_typeahead, search_starter_packs,
    search_starter_packs_v2,
};
use firehouse_types::Did;
use serde_json::{Value, json};

use crate::network::{Network, json, parameters, pluck, viewer};

async fn found(network: &Network, caller: &Caller, asked: Value) -> Vec<String> {
    let answer = search_actors(&network.app, caller, parameters(asked)).await;
    pluck(&json("app.bsky.actor.searchActors", answer)["actors"], "/handle")
}

async fn typed(network: &Network, caller: &Caller, q: &str) -> Vec<String> {
    let answer = search_actors_typeahead(&network.app, caller, parameters(json!({ "q": q }))).await;
    pluck(&json("app.bsky.actor.searchActorsTypeahead", answer)["actors"], "/handle")
}

fn name(network: &mut Network, did: &Did, name: &str) {
    let profile = json!({ "displayName": name });
    network.write_as(did, "app.bsky.actor.profile", Some("self"), profile);
}

#[tokio::test]
async fn accounts_are_found_by_how_the_words_of_their_names_begin() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, alina, kenji, bob] =
        ["alice", "alina", "kenji", "bob"].map(|name| network.account(name));
    name(&mut network, &bob, "Robert ALINSKY");
    name(&mut network, &kenji, "山田健二");
    network.follow(&kenji, &bob);
    network.follow(&bob, &alina);
    network.settle().await;
    let nobody = Caller::default();
    let check = async |q: &str, expected: &[&str]| {
        let mut found = found(&network, &nobody, json!({ "q": q })).await;
        found.sort();
        assert_eq!(found, expected, "{q}");
    };
    check("ali", &["alice.test", "alina.test", "bob.test"]).await;
    check("ALIN", &["alina.test", "bob.test"]).await;
    check("rob alin", &["bob.test"]).await;
    check("@alice.te", &["alice.test"]).await;
    check("健二", &["kenji.test"]).await;
    check(alice.as_str(), &["alice.test"]).await;
    for nothing in ["", "%", "'", "nosuchperson", "lice", "_li", "@", "ali'; DROP TABLE actors"] {
        check(nothing, &[]).await;
    }
    let long = "a".repeat(100_000);
    check(&long, &[]).await;
    assert_eq!(
        found(&network, &viewer(&bob), json!({ "q": "ali", "limit": 1 })).await,
        ["alina.test"]
    );
    assert_eq!(found(&network, &viewer(&kenji), json!({ "term": "ali" })).await[0], "bob.test");

    let (mut joined, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let mut asked = json!({"q": "ali", "limit": 1});
        if cursor.is_string() {
            asked["cursor"] = cursor;
        }
        let answer = search_actors(&network.app, &nobody, parameters(asked)).await;
        let body = json("app.bsky.actor.searchActors", answer);
        joined.extend(pluck(&body["actors"], "/handle"));
        cursor = body["cursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    joined.sort();
    assert_eq!(joined, ["alice.test", "alina.test", "bob.test"]);

    // Names are what they are now.
    name(&mut network, &bob, "Someone else");
    network.settle().await;
    assert_eq!(found(&network, &nobody, json!({ "q": "alinsky" })).await.len(), 0);
}

#[tokio::test]
async fn blocked_accounts_are_found_by_their_whole_handle_only_and_while_typing() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, alina] = ["alice", "alina"].map(|name| network.account(name));
    network.block(&alina, &alice);
    network.settle().await;
    assert_eq!(typed(&network, &viewer(&alice), "ali").await, ["alice.test"]);
    assert_eq!(typed(&network, &viewer(&alice), "ALINA.test").await, ["alina.test"]);
    assert!(found(&network, &viewer(&alice), json!({ "q": "alina.test" })).await.is_empty());
    assert_eq!(typed(&network, &Caller::default(), "ali").await.len(), 2);
}

#[tokio::test]
async fn names_are_found_in_any_script_and_without_their_accents() {
    let Some(mut network) = Network::new().await else { return };
    for (handle, display_name) in [
        ("one", "Élodie Strauß"),
        ("two", "สมชาย ใจดี"),
        ("three", "Ёлка Петрова"),
        ("four", "محمّد أحمد"),
        ("five", "한글날"),
        ("six", "ＴＯＭ O'Brien"),
        ("seven", "ラーメン大好き小泉さん"),
    ] {
        let did = network.account(handle);
        name(&mut network, &did, display_name);
    }
    network.settle().await;
    for (q, handle) in [
        ("elo", "one"),
        ("ÉLODIE", "one"),
        ("strauss", "one"),
        ("strau elo", "one"),
        ("สมชาย", "two"),
        ("ชาย", "two"),
        ("елка", "three"),
        ("ПЕТ", "three"),
        ("محمد", "four"),
        ("احم", "four"),
        ("글", "five"),
        ("tom", "six"),
        ("o'b", "six"),
        ("小泉", "seven"),
        ("好き小", "seven"),
    ] {
        let expected = [format!("{handle}.test")];
        assert_eq!(typed(&network, &Caller::default(), q).await, expected, "{q}");
        assert_eq!(found(&network, &Caller::default(), json!({ "q": q })).await, expected, "{q}");
    }
}

#[tokio::test]
async fn follows_of_the_viewer_come_first_and_then_who_stands_best() {
    let Some(mut network) = Network::new().await else { return };
    let names = ["anna-known", "anna-least", "anna-most", "anna-none"];
    let [known, least, most, _] = names.map(|name| network.account(name));
    let fans: Vec<_> = (0..6).map(|fan| network.account(&format!("fan{fan}"))).collect();
    let viewed_by = network.account("viewer");
    for fan in &fans {
        network.follow(fan, &most);
    }
    network.follow(&fans[0], &least);
    network.follow(&viewed_by, &known);
    network.settle().await;
    network.rank().await;
    let handles = |names: [&str; 4]| names.map(|name| format!("{name}.test"));
    let asked = || json!({ "q": "anna" });
    let nobody = Caller::default();
    // One whom one follows stands as any other whom one follows.
    let first = found(&network, &nobody, asked()).await;
    assert_eq!((first.len(), first[0].as_str()), (4, "anna-most.test"));
    assert_eq!(first[3], "anna-none.test", "{first:?}");
    let viewer = viewer(&viewed_by);
    let expected = handles(["anna-known", "anna-most", "anna-least", "anna-none"]);
    assert_eq!(found(&network, &viewer, asked()).await, expected);
    assert_eq!(typed(&network, &viewer, "ann").await, expected);
    assert_eq!(typed(&network, &viewer, "kno a").await, expected[..1]);
    let (mut joined, mut cursor) = (Vec::new(), Value::Null);
    for _ in 0..4 {
        let mut asked = json!({ "q": "anna", "limit": 1 });
        if cursor.is_string() {
            asked["cursor"] = cursor;
        }
        let answer = search_actors(&network.app, &viewer, parameters(asked)).await;
        let body = json("app.bsky.actor.searchActors", answer);
        joined.extend(pluck(&body["actors"], "/handle"));
        cursor = body["cursor"].clone();
    }
    assert_eq!(joined, expected, "page by page");
}

#[tokio::test]
async fn friends_of_friends_come_first_and_nobody_who_must_not() {
    let Some(mut network) = Network::new().await else { return };
    let [me, friend, near, listed, far, blocked, shunned] =
        ["me", "friend", "near", "listed", "far", "blocked", "shunned"]
            .map(|name| network.account(name));
    network.follow(&me, &friend);
    for whom in [&near, &me, &blocked] {
        network.follow(&friend, whom);
    }
    network.list(&far, "curatelist", &[&friend, &listed]);
    network.list(&far, "modlist", &[&friend, &shunned]);
    network.follow(&listed, &far);
    network.block(&blocked, &me);
    network.settle().await;

    let suggested = async |caller: &Caller, asked: Value| {
        let answer = get_suggestions(&network.app, caller, parameters(asked)).await;
        pluck(&json("app.bsky.actor.getSuggestions", answer)["actors"], "/handle")
    };
    assert_eq!(suggested(&viewer(&me), json!({})).await, ["near.test", "listed.test", "far.test"]);
    assert_eq!(suggested(&viewer(&me), json!({ "limit": 1 })).await, ["near.test"]);
    assert!(suggested(&Caller::default(), json!({})).await.contains(&"friend.test".to_owned()));

    let answer = get_suggestions(&network.app, &viewer(&me), parameters(json!({}))).await;
    let body = json("app.bsky.actor.getSuggestions", answer);
    let known = &body["actors"][0]["viewer"]["knownFollowers"];
    assert_eq!(pluck(&known["followers"], "/handle"), ["friend.test"]);

    let answer =
        get_suggested_users(&network.app, &viewer(&me), parameters(json!({ "limit": 2 }))).await;
    let body = json("app.bsky.unspecced.getSuggestedUsersForDiscover", answer);
    assert_eq!(pluck(&body["actors"], "/handle"), ["near.test", "listed.test"]);

    let asked = parameters(json!({ "actor": "near.test" }));
    let answer = get_suggested_follows_by_actor(&network.app, &viewer(&me), asked).await;
    let body = json("app.bsky.graph.getSuggestedFollowsByActor", answer);
    let beside = pluck(&body["suggestions"], "/handle");
    assert!(
        !beside.iter().any(|handle| ["near.test", "me.test", "blocked.test", "friend.test"]
            .contains(&handle.as_str())),
        "{beside:?}"
    );
    let asked = parameters(json!({ "actor": "nobody.test" }));
    let refused = get_suggested_follows_by_actor(&network.app, &viewer(&me), asked).await;
    assert_eq!(refused.map(drop).unwrap_err().to_string(), "Actor not found");
}

#[tokio::test]
async fn starter_packs_are_found_by_their_texts_and_suggested_from_near() {
    let Some(mut network) = Network::new().await else { return };
    let [me, friend, far, blocked] =
        ["me", "friend", "far", "blocked"].map(|name| network.account(name));
    for (who, name) in
        [(&friend, "Train people"), (&far, "Jazz"), (&blocked, "TRAINS too"), (&far, "More trains")]
    {
        let list = network.list(who, "referencelist", &[&me]);
        let pack = json!({ "name": name, "description": "people", "list": list.uri });
        network.write(who, "app.bsky.graph.starterpack", pack);
    }
    network.follow(&me, &friend);
    network.block(&me, &blocked);
    network.settle().await;
    let names = async |asked: Value| {
        let answer = search_starter_packs(&network.app, &viewer(&me), parameters(asked)).await;
        let body = json("app.bsky.graph.searchStarterPacks", answer);
        (pluck(&body["starterPacks"], "/record/name"), body["cursor"].clone())
    };
    network.rank().await;
    // Somebody follows who made the first.
    assert_eq!(names(json!({ "q": "TRAIN" })).await.0, ["Train people", "More trains"]);
    assert_eq!(names(json!({ "q": "people jazz" })).await.0, ["Jazz"]);
    assert!(names(json!({ "q": "%" })).await.0.is_empty());
    assert!(names(json!({ "q": "starterpack" })).await.0.is_empty(), "that is no word of theirs");
    let (first, cursor) = names(json!({ "q": "train", "limit": 1 })).await;
    let (second, _) = names(json!({ "q": "train", "limit": 1, "cursor": cursor })).await;
    assert_eq!((first, second), (vec!["Train people".into()], vec!["More trains".into()]));

    let asked = parameters(json!({ "q": "train" }));
    let answer = search_starter_packs_v2(&network.app, &viewer(&me), asked).await;
    let body = json("app.bsky.graph.searchStarterPacksV2", answer);
    assert_eq!(
        (&body["hitsTotal"], body["starterPacks"].as_array().unwrap().len()),
        (&json!(3), 2)
    );

    let answer =
        get_suggested_starter_packs(&network.app, &viewer(&me), parameters(json!({}))).await;
    let body = json("app.bsky.unspecced.getSuggestedStarterPacks", answer);
    assert_eq!(
        pluck(&body["starterPacks"], "/record/name"),
        ["Train people", "More trains", "Jazz"]
    );
}
