//! Feed generators, labelers and starter packs: by themselves, in posts, and on profiles.

use firehouse_appview::{
    Caller, get_actor_feeds, get_actor_starter_packs, get_feed_generator, get_feed_generators,
    get_known_followers, get_list, get_lists_with_membership, get_posts, get_profile, get_services,
    get_starter_pack, get_starter_packs, get_starter_packs_with_membership,
};
use firehouse_types::Did;
use serde_json::{Value, json};

use crate::network::{Network, Written, json, parameters, pluck, viewer};

pub fn generator(network: &mut Network, did: &Did, name: &str) -> Written {
    let record =
        json!({ "did": "did:web:feeds.test", "displayName": name, "acceptsInteractions": true });
    network.write_as(did, "app.bsky.feed.generator", Some(name), record)
}

pub fn labeler(network: &mut Network, did: &Did) -> Written {
    let own = json!({ "$type": "com.atproto.label.defs#selfLabels", "values": [{ "val": "own" }] });
    let record = json!({ "policies": { "labelValues": ["rude"] }, "labels": own, "subjectTypes": ["account"] });
    network.write_as(did, "app.bsky.labeler.service", Some("self"), record)
}

pub fn starter_pack(
    network: &mut Network,
    did: &Did,
    list: &Written,
    feeds: &[&Written],
) -> Written {
    let feeds: Vec<_> = feeds.iter().map(|feed| json!({ "uri": feed.uri })).collect();
    let record = json!({ "name": "pack", "list": list.uri, "feeds": feeds });
    network.write(did, "app.bsky.graph.starterpack", record)
}

#[tokio::test]
async fn generators_and_labelers_say_who_likes_them() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob] = ["alice", "bob"].map(|name| network.account(name));
    let feeds = ["one", "two"].map(|name| generator(&mut network, &alice, name));
    let service = labeler(&mut network, &bob);
    let like = network.like(&bob, &feeds[0]);
    network.like(&alice, &feeds[0]);
    let of_labeler = network.like(&bob, &service);
    network.settle().await;
    let (app, as_bob) = (&network.app, &viewer(&bob));

    let asked =
        parameters(json!({ "feeds": [feeds[1].uri, feeds[0].uri, "at://nobody.test/a.b.c/d"] }));
    let answer =
        json("app.bsky.feed.getFeedGenerators", get_feed_generators(app, as_bob, asked).await);
    assert_eq!(pluck(&answer["feeds"], "/displayName"), ["two", "one"]);
    let one = &answer["feeds"][1];
    assert_eq!((&one["likeCount"], &one["viewer"]["like"]), (&json!(2), &json!(like.uri)));
    assert_eq!(answer["feeds"][0]["viewer"], json!({}));

    let asked = parameters(json!({ "actor": "alice.test", "limit": 1 }));
    let answer = json("app.bsky.feed.getActorFeeds", get_actor_feeds(app, as_bob, asked).await);
    assert_eq!(pluck(&answer["feeds"], "/uri"), [feeds[1].uri.clone()]);
    let asked = parameters(json!({ "actor": "alice.test", "cursor": answer["cursor"] }));
    let answer = json("app.bsky.feed.getActorFeeds", get_actor_feeds(app, as_bob, asked).await);
    assert_eq!(
        (pluck(&answer["feeds"], "/uri"), &answer["cursor"]),
        (vec![feeds[0].uri.clone()], &Value::Null)
    );

    // Nobody answers for the DID of the service.
    for feed in [feeds[0].uri.clone(), feeds[0].uri.replace(alice.as_str(), "alice.test")] {
        let asked = parameters(json!({ "feed": feed }));
        let error = get_feed_generator(app, as_bob, asked).await.unwrap_err();
        assert_eq!(error.to_string(), "could not resolve identity: did:web:feeds.test");
    }

    let services = async |detailed: bool| {
        let asked =
            parameters(json!({ "dids": [alice.as_str(), bob.as_str()], "detailed": detailed }));
        json("app.bsky.labeler.getServices", get_services(app, as_bob, asked).await)["views"]
            .clone()
    };
    let plain = services(false).await;
    assert_eq!(pluck(&plain, "/creator/handle"), ["bob.test"]);
    assert_eq!(
        (&plain[0]["likeCount"], &plain[0]["viewer"]["like"]),
        (&json!(1), &json!(of_labeler.uri))
    );
    assert_eq!(
        (pluck(&plain[0]["labels"], "/val"), &plain[0]["policies"]),
        (vec!["own".to_owned()], &Value::Null)
    );
    assert_eq!(services(true).await[0]["policies"], json!({ "labelValues": ["rude"] }));
}

#[tokio::test]
async fn posts_show_whatever_they_embed() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob] = ["alice", "bob"].map(|name| network.account(name));
    let feed = generator(&mut network, &bob, "feed");
    let service = labeler(&mut network, &bob);
    let list = network.list(&bob, "referencelist", &[&alice]);
    let pack = starter_pack(&mut network, &bob, &list, &[]);
    let posts = [&feed, &service, &list, &pack].map(|what| network.quote(&alice, "look", what).uri);
    network.settle().await;
    let kinds = async |caller: &Caller| {
        let answer = get_posts(&network.app, caller, parameters(json!({ "uris": posts }))).await;
        pluck(&json("app.bsky.feed.getPosts", answer)["posts"], "/embed/record/$type")
    };
    let expected = [
        "app.bsky.feed.defs#generatorView",
        "app.bsky.labeler.defs#labelerView",
        "app.bsky.graph.defs#listView",
        "app.bsky.graph.defs#starterPackViewBasic",
    ];
    assert_eq!(kinds(&Caller::default()).await, expected);
    network.block(&bob, &alice);
    network.settle().await;
    let answer =
        get_posts(&network.app, &Caller::default(), parameters(json!({ "uris": posts }))).await;
    let kinds = pluck(&json("app.bsky.feed.getPosts", answer)["posts"], "/embed/record/$type");
    assert_eq!(kinds, ["app.bsky.embed.record#viewBlocked"; 4]);
}

#[tokio::test]
async fn a_starter_pack_samples_the_most_followed_and_counts_who_joined() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol, dan] =
        ["alice", "bob", "carol", "dan"].map(|name| network.account(name));
    let feed = generator(&mut network, &bob, "feed");
    let list = network.list(&alice, "referencelist", &[&bob, &carol, &dan]);
    let pack = starter_pack(&mut network, &alice, &list, &[&feed]);
    network.follow(&alice, &carol);
    network.follow(&bob, &carol);
    network.follow(&alice, &bob);
    network.block(&dan, &alice);
    let now = "2999-01-01T00:00:00.000Z";
    let via = |at: &str| json!({ "joinedViaStarterPack": pack.strong_ref(), "createdAt": at });
    network.write_as(&bob, "app.bsky.actor.profile", Some("self"), via("2024-01-01T00:00:00.000Z"));
    network.write_as(&carol, "app.bsky.actor.profile", Some("self"), via(now));
    network.settle().await;
    let app = &network.app;
    let whole = async |caller: &Caller| {
        let asked =
            parameters(json!({ "starterPack": pack.uri.replace(alice.as_str(), "alice.test") }));
        let answer = get_starter_pack(app, caller, asked).await;
        json("app.bsky.graph.getStarterPack", answer)["starterPack"].clone()
    };
    let shown = whole(&Caller::default()).await;
    assert_eq!(pluck(&shown["listItemsSample"], "/subject/handle"), ["carol.test", "bob.test"]);
    assert_eq!(pluck(&shown["feeds"], "/uri"), [&*feed.uri]);
    assert_eq!(
        (&shown["list"]["uri"], &shown["list"]["listItemCount"]),
        (&json!(list.uri), &json!(3))
    );
    assert_eq!(shown["joinedAllTimeCount"], 2);
    let own = whole(&viewer(&alice)).await;
    assert_eq!(
        pluck(&own["listItemsSample"], "/subject/handle"),
        ["carol.test", "bob.test", "dan.test"]
    );

    let asked = parameters(json!({ "uris": [pack.uri, list.uri] }));
    let packs =
        json("app.bsky.graph.getStarterPacks", get_starter_packs(app, &viewer(&bob), asked).await);
    assert_eq!(pluck(&packs["starterPacks"], "/uri"), [&*pack.uri]);
    let asked = parameters(json!({ "actor": alice.as_str() }));
    let packs = get_actor_starter_packs(app, &viewer(&bob), asked).await;
    assert_eq!(
        pluck(&json("app.bsky.graph.getActorStarterPacks", packs)["starterPacks"], "/uri"),
        [&*pack.uri]
    );
    let asked = parameters(json!({ "actor": carol.as_str() }));
    let profile = json("app.bsky.actor.getProfile", get_profile(app, &viewer(&bob), asked).await);
    assert_eq!(profile["joinedViaStarterPack"]["uri"], json!(pack.uri));

    let with = async |member: &Did| {
        let asked = parameters(json!({ "actor": member.as_str() }));
        let packs = get_starter_packs_with_membership(app, &viewer(&alice), asked).await;
        let packs = json("app.bsky.graph.getStarterPacksWithMembership", packs);
        pluck(&packs["starterPacksWithMembership"], "/listItem/subject/handle")
    };
    assert_eq!(
        (with(&bob).await, with(&alice).await),
        (vec!["bob.test".to_owned()], vec!["-".to_owned()])
    );
}

#[tokio::test]
async fn whoever_opted_out_of_a_reference_list_is_shown_to_its_creator_alone() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| network.account(name));
    let list = network.list(&alice, "referencelist", &[&bob, &carol]);
    let curated = network.list(&alice, "curatelist", &[&bob]);
    let pack = starter_pack(&mut network, &alice, &list, &[]);
    let out =
        network.write(&bob, "app.bsky.graph.referencelistoptout", json!({ "subject": list.uri }));
    network.write(&bob, "app.bsky.graph.referencelistoptout", json!({ "subject": curated.uri }));
    network.settle().await;
    let app = &network.app;
    let members = async |list: &Written, caller: &Caller| {
        let asked = parameters(json!({ "list": list.uri }));
        let answer = json("app.bsky.graph.getList", get_list(app, caller, asked).await);
        let flags =
            answer["items"].as_array().unwrap().iter().map(|item| item["subjectOptedOut"] == true);
        let handles = pluck(&answer["items"], "/subject/handle");
        (handles.into_iter().zip(flags).collect::<Vec<_>>(), answer["list"]["viewer"].clone())
    };
    let of = |handle: &str, out: bool| (handle.to_owned(), out);
    let (shown, state) = members(&list, &viewer(&bob)).await;
    assert_eq!(shown, [of("carol.test", false)]);
    assert_eq!(state, json!({ "muted": false, "referenceListOptOut": out.uri }));
    assert_eq!(
        members(&list, &viewer(&alice)).await.0,
        [of("carol.test", false), of("bob.test", true)]
    );
    let (shown, state) = members(&curated, &viewer(&bob)).await;
    assert_eq!((shown, state), (vec![of("bob.test", false)], json!({ "muted": false })));
    let sample = async |caller: &Caller| {
        let asked = parameters(json!({ "starterPack": pack.uri }));
        let answer =
            json("app.bsky.graph.getStarterPack", get_starter_pack(app, caller, asked).await);
        pluck(&answer["starterPack"]["listItemsSample"], "/subject/handle")
    };
    assert_eq!(sample(&viewer(&bob)).await, ["carol.test"]);
    assert_eq!(sample(&viewer(&alice)).await, ["carol.test", "bob.test"]);

    let asked = parameters(json!({ "actor": "bob.test" }));
    let lists = get_lists_with_membership(app, &viewer(&alice), asked).await;
    let lists = json("app.bsky.graph.getListsWithMembership", lists)["listsWithMembership"].clone();
    assert_eq!(pluck(&lists, "/list/uri"), [&*curated.uri]);
    assert_eq!(pluck(&lists, "/listItem/subject/handle"), ["bob.test"]);
}

#[tokio::test]
async fn known_followers_come_in_pages_that_join_to_the_whole() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol, dan, erin] =
        ["alice", "bob", "carol", "dan", "erin"].map(|name| network.account(name));
    for known in [&carol, &dan, &erin] {
        network.follow(&alice, known);
        network.follow(known, &bob);
    }
    network.block(&alice, &dan);
    network.settle().await;
    let (mut cursor, mut joined) = (Value::Null, Vec::new());
    loop {
        let mut asked = json!({ "actor": "bob.test", "limit": 1 });
        if !cursor.is_null() {
            asked["cursor"] = cursor;
        }
        let answer = get_known_followers(&network.app, &viewer(&alice), parameters(asked)).await;
        let answer = json("app.bsky.graph.getKnownFollowers", answer);
        assert_eq!(answer["subject"]["handle"], "bob.test");
        joined.extend(pluck(&answer["followers"], "/handle"));
        cursor = answer["cursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(joined, ["erin.test", "carol.test"]);
}
