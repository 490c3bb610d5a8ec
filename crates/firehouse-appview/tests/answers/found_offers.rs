//! Lists, starter packs and feed generators by their words: which are found, in which order, and by whom not.

use firehouse_appview::{
    Caller, get_popular_feed_generators, search_lists, search_starter_packs_v2,
};
use firehouse_types::Did;
use serde_json::{Value, json};

use crate::network::{Network, Written, json, parameters, pluck, viewer};
use crate::takedowns::{decide, moderator};

async fn lists(network: &Network, caller: &Caller, asked: Value) -> Vec<String> {
    let answer = search_lists(&network.app, caller, parameters(asked)).await;
    pluck(&json("dev.firehouse.graph.searchLists", answer)["lists"], "/name")
}

async fn packs(network: &Network, asked: Value) -> Vec<String> {
    let answer = search_starter_packs_v2(&network.app, &Caller::default(), parameters(asked)).await;
    let body = json("app.bsky.graph.searchStarterPacksV2", answer);
    pluck(&body["starterPacks"], "/record/name")
}

async fn generators(network: &Network, query: &str) -> Vec<String> {
    let asked = parameters(json!({ "query": query }));
    let answer = get_popular_feed_generators(&network.app, &Caller::default(), asked).await;
    pluck(&json("app.bsky.unspecced.getPopularFeedGenerators", answer)["feeds"], "/displayName")
}

fn list(network: &mut Network, did: &Did, name: &str, about: &str) -> Written {
    let purpose = "app.bsky.graph.defs#curatelist";
    let record = json!({ "name": name, "description": about, "purpose": purpose });
    network.write(did, "app.bsky.graph.list", record)
}

fn pack(network: &mut Network, did: &Did, name: &str, about: &str) -> Written {
    let members = network.list(did, "referencelist", &[]);
    let record = json!({ "name": name, "description": about, "list": members.uri });
    network.write(did, "app.bsky.graph.starterpack", record)
}

fn generator(network: &mut Network, did: &Did, name: &str, about: &str) -> Written {
    let record = json!({ "displayName": name, "description": about, "did": did.as_str() });
    network.write(did, "app.bsky.feed.generator", record)
}

#[tokio::test]
async fn words_are_found_in_every_script_and_the_last_one_may_go_on() {
    let Some(mut network) = Network::new().await else { return };
    let alice = network.account("alice");
    for (name, about) in [
        ("Café Noir", "people who brew"),
        ("東京の猫", "ねこ"),
        ("Поезда", "расписание"),
        ("กาแฟ", ""),
    ] {
        list(&mut network, &alice, name, about);
        pack(&mut network, &alice, name, about);
        generator(&mut network, &alice, name, about);
    }
    network.settle().await;
    for (q, expected) in [
        ("cafe", vec!["Café Noir"]),
        ("CAF", vec!["Café Noir"]),
        ("noir brew", vec!["Café Noir"]),
        ("brew noir", vec!["Café Noir"]),
        ("peop", vec!["Café Noir"]),
        ("peop brew", vec![]),
        ("peop ", vec![]),
        ("eople", vec![]),
        ("東京", vec!["東京の猫"]),
        ("猫", vec!["東京の猫"]),
        ("京東", vec![]),
        ("поезд", vec!["Поезда"]),
        ("กาแฟ", vec!["กาแฟ"]),
        ("curatelist", vec![]),
        ("%", vec![]),
        ("' OR 1=1", vec![]),
    ] {
        let nobody = Caller::default();
        assert_eq!(lists(&network, &nobody, json!({ "q": q })).await, expected, "lists {q}");
        assert_eq!(packs(&network, json!({ "q": q })).await, expected, "packs {q}");
        assert_eq!(generators(&network, q).await, expected, "generators {q}");
    }
    assert_eq!(lists(&network, &Caller::default(), json!({ "q": "" })).await.len(), 4);
    let long = "a".repeat(2_000);
    assert!(lists(&network, &Caller::default(), json!({ "q": long })).await.is_empty());
}

#[tokio::test]
async fn what_its_name_says_comes_first_then_what_many_use_and_whose_creator_many_follow() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, known] = ["alice", "known"].map(|name| network.account(name));
    let fans: Vec<_> = (0..6).map(|fan| network.account(&format!("fan{fan}"))).collect();
    let told = list(&mut network, &alice, "told", "rail in its description");
    let large = list(&mut network, &alice, "rail of many", "");
    list(&mut network, &alice, "rail of nobody", "");
    list(&mut network, &known, "rail of somebody known", "");
    for list in [&told, &large] {
        for fan in &fans {
            let item = json!({ "list": list.uri, "subject": fan.as_str() });
            network.write(&alice, "app.bsky.graph.listitem", item);
        }
    }
    let joined = pack(&mut network, &alice, "rail joined", "");
    pack(&mut network, &alice, "rail alone", "");
    let liked = generator(&mut network, &alice, "rail liked", "");
    generator(&mut network, &alice, "rail unliked", "");
    for fan in &fans {
        network.like(fan, &liked);
        let profile = json!({ "joinedViaStarterPack": joined.strong_ref() });
        network.write_as(fan, "app.bsky.actor.profile", Some("self"), profile);
        network.follow(fan, &known);
    }
    network.settle().await;
    network.rank().await;
    let order = lists(&network, &Caller::default(), json!({ "q": "rail" })).await;
    assert_eq!(order[..2].len() + order[2..].len(), 4, "{order:?}");
    assert!(order[..2].contains(&"rail of many".into()), "{order:?}");
    assert!(order[..2].contains(&"rail of somebody known".into()), "{order:?}");
    assert_eq!(order[2..], ["rail of nobody", "told"]);
    assert_eq!(packs(&network, json!({ "q": "rail" })).await, ["rail joined", "rail alone"]);
    assert_eq!(generators(&network, "rail").await, ["rail liked", "rail unliked"]);

    let (mut pages, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let mut asked = json!({ "q": "rail", "limit": 1 });
        if cursor.is_string() {
            asked["cursor"] = cursor;
        }
        let answer = search_lists(&network.app, &Caller::default(), parameters(asked)).await;
        let body = json("dev.firehouse.graph.searchLists", answer);
        assert_eq!(body["hitsTotal"], 4);
        pages.extend(pluck(&body["lists"], "/name"));
        cursor = body["cursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(pages, order, "page by page");
}

#[tokio::test]
async fn an_edit_is_found_by_its_new_words_only_and_what_is_gone_by_none() {
    let Some(mut network) = Network::new().await else { return };
    let alice = network.account("alice");
    let first = list(&mut network, &alice, "first words", "");
    let generator = generator(&mut network, &alice, "first words", "");
    network.settle().await;
    let purpose = "app.bsky.graph.defs#curatelist";
    let edited = json!({ "name": "second words", "purpose": purpose });
    network.write_as(&alice, "app.bsky.graph.list", Some(first.rkey()), edited);
    network.delete(&generator);
    network.settle().await;
    let nobody = Caller::default();
    assert!(lists(&network, &nobody, json!({ "q": "first" })).await.is_empty());
    assert_eq!(lists(&network, &nobody, json!({ "q": "words" })).await, ["second words"]);
    assert!(generators(&network, "first").await.is_empty());
}

#[tokio::test]
async fn lists_behind_blocks_taken_down_or_only_referred_to_are_not_shown() {
    let Some(mut network) = Network::new().await else { return };
    let [me, alice, blocked, blocking] =
        ["me", "alice", "blocked", "blocking"].map(|name| network.account(name));
    let taken = list(&mut network, &alice, "plain one", "");
    for did in [&blocked, &blocking] {
        list(&mut network, did, "plain two", "");
    }
    for kind in ["modlist", "referencelist"] {
        let purpose = format!("app.bsky.graph.defs#{kind}");
        let record = json!({ "name": format!("plain {kind}"), "purpose": purpose });
        network.write(&alice, "app.bsky.graph.list", record);
    }
    network.block(&me, &blocked);
    network.block(&blocking, &me);
    network.settle().await;
    let found = async |caller: &Caller, mut asked: Value| {
        asked["q"] = "plain".into();
        let mut found = lists(&network, caller, asked).await;
        found.sort();
        found
    };
    assert_eq!(found(&viewer(&me), json!({})).await, ["plain modlist", "plain one"]);
    let all = ["plain modlist", "plain one", "plain two", "plain two"];
    assert_eq!(found(&Caller::default(), json!({})).await, all);
    let only = json!({ "purposes": ["modlist"] });
    assert_eq!(found(&Caller::default(), only).await, ["plain modlist"]);
    let only = json!({ "purposes": ["curatelist"] });
    assert_eq!(found(&viewer(&me), only).await, ["plain one"]);
    assert!(found(&Caller::default(), json!({ "purposes": ["referencelist"] })).await.is_empty());

    let subject =
        json!({ "$type": "com.atproto.repo.strongRef", "uri": taken.uri, "cid": taken.cid });
    decide(&network, &subject, true).await;
    assert_eq!(found(&viewer(&me), json!({})).await, ["plain modlist"]);
    assert!(found(&moderator(), json!({})).await.contains(&"plain one".to_owned()));
}
