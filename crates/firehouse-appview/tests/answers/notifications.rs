//! Who is told of what, in which order, and what an account may say about it.

use firehouse_appview::{
    Caller, ViewError, get_notification_preferences, get_unread_count, list_activity_subscriptions,
    list_notifications, put_activity_subscription, put_notification_preferences,
    put_notification_priority, update_seen,
};
use firehouse_schema::{ActivitySubscriptionRow, MuteKind, MuteRow};
use firehouse_store::MuteTarget;
use firehouse_types::{AtUri, Datetime, Did, Rev, RkeyId};
use serde_json::{Value, json};

use crate::network::{Network, Written, json, parameters, pluck, viewer};

const LIST: &str = "app.bsky.notification.listNotifications";
const POST: &str = "app.bsky.feed.post";

async fn told(network: &Network, who: &Did, more: Value) -> Value {
    // On the heap: a test that asks often would need much stack in debug builds.
    json(LIST, Box::pin(list_notifications(&network.app, &viewer(who), parameters(more))).await)
}

/// Reason and author's name of all that somebody is told, newest first.
async fn reasons(network: &Network, who: &Did) -> Vec<String> {
    let all = told(network, who, json!({})).await;
    let of = |item: &Value| {
        let handle = item["author"]["handle"].as_str().unwrap().trim_end_matches(".test");
        format!("{} {handle}", item["reason"].as_str().unwrap())
    };
    all["notifications"].as_array().unwrap().iter().map(of).collect()
}

async fn unread(network: &Network, who: &Did) -> u64 {
    let asked = parameters(json!({}));
    let answer = Box::pin(get_unread_count(&network.app, &viewer(who), asked)).await;
    json("app.bsky.notification.getUnreadCount", answer)["count"].as_u64().unwrap()
}

fn mention(whom: &Did) -> Value {
    json!([{
        "index": {"byteStart": 0, "byteEnd": 1},
        "features": [{"$type": "app.bsky.richtext.facet#mention", "did": whom.as_str()}],
    }])
}

/// A like or repost of something found in somebody's repost.
fn via(
    network: &mut Network,
    who: &Did,
    collection: &str,
    what: &Written,
    via: &Written,
) -> Written {
    let record = json!({"subject": what.strong_ref(), "via": via.strong_ref()});
    network.write(who, collection, record)
}

#[tokio::test]
async fn each_record_tells_whom_it_concerns() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol, dan] =
        ["alice", "bob", "carol", "dan"].map(|name| network.account(name));
    let post = network.post(&alice, "root");
    let pack = network.write(
        &alice,
        "app.bsky.graph.starterpack",
        json!({"name": "pack", "list": format!("at://{alice}/app.bsky.graph.list/3jwdwj2ctlk26")}),
    );
    network.like(&bob, &post);
    network.like(&bob, &post);
    let repost = network.repost(&bob, &post);
    via(&mut network, &carol, "app.bsky.feed.like", &post, &repost);
    via(&mut network, &alice, "app.bsky.feed.like", &post, &repost);
    via(&mut network, &carol, "app.bsky.feed.repost", &post, &repost);
    network.follow(&bob, &alice);
    network.follow(&bob, &alice);
    network.quote(&carol, "quote", &post);
    network.write(&carol, POST, json!({"text": "@", "facets": mention(&alice)}));
    network.reply(&dan, "reply", &post, &post);
    network.reply(&alice, "own reply", &post, &post);
    let reply = json!({"root": post.strong_ref(), "parent": post.strong_ref()});
    let embed = json!({"$type": "app.bsky.embed.record", "record": post.strong_ref()});
    let all = json!({"text": "@", "facets": mention(&alice), "reply": reply, "embed": embed});
    network.write(&dan, POST, all);
    let both = json!({"text": "", "reply": reply, "embed": embed});
    network.write(&dan, POST, both);
    let profile = json!({"displayName": "Dan", "joinedViaStarterPack": pack.strong_ref()});
    network.write_as(&dan, "app.bsky.actor.profile", Some("self"), profile);
    let verification =
        json!({"subject": alice.as_str(), "handle": "alice.test", "displayName": ""});
    let verification = network.write(&dan, "app.bsky.graph.verification", verification);
    network.delete(&verification);
    network.settle().await;

    let expected = [
        "unverified dan",
        "verified dan",
        "starterpack-joined dan",
        "quote dan",
        "mention dan",
        "reply dan",
        "mention carol",
        "quote carol",
        "follow bob",
        "repost carol",
        "like carol",
        "repost bob",
        "like bob",
    ];
    assert_eq!(reasons(&network, &alice).await, expected);
    assert_eq!(reasons(&network, &bob).await, ["repost-via-repost carol", "like-via-repost carol"]);
    assert!(reasons(&network, &carol).await.is_empty());
    assert_eq!(unread(&network, &alice).await, 13);

    let all = told(&network, &alice, json!({})).await;
    let item = |at: usize| &all["notifications"][at];
    assert_eq!(item(0)["record"]["$type"], "app.bsky.notification.defs#recordDeleted");
    assert_eq!(item(12)["record"]["subject"]["uri"], json!(post.uri), "written again");
    assert_eq!(item(12)["reasonSubject"], json!(post.uri));
    assert_eq!(item(10)["record"]["via"]["uri"], json!(repost.uri));
    assert_eq!(item(2)["reasonSubject"], json!(pack.uri));
    assert!(item(6).get("reasonSubject").is_none());

    let some = told(&network, &alice, json!({"reasons": ["quote", "follow"]})).await;
    assert_eq!(pluck(&some["notifications"], "/reason"), ["quote", "quote", "follow"]);
}

#[tokio::test]
async fn what_is_gone_is_told_no_more() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob] = ["alice", "bob"].map(|name| network.account(name));
    let (post, gone) = (network.post(&alice, "stays"), network.post(&alice, "goes"));
    network.like(&bob, &gone);
    let like = network.like(&bob, &post);
    let reply = network.reply(&bob, "reply", &post, &post);
    let follow = network.follow(&bob, &alice);
    for deleted in [&gone, &like, &reply] {
        network.delete(deleted);
    }
    network.settle().await;
    assert_eq!(reasons(&network, &alice).await, ["follow bob"]);
    network.delete(&follow);
    network.follow(&bob, &alice);
    network.settle().await;
    assert_eq!(reasons(&network, &alice).await, ["follow bob"]);
}

#[tokio::test]
async fn an_answer_is_told_four_posts_up_and_not_past_a_hidden_one() {
    let Some(mut network) = Network::new().await else { return };
    let all = ["alice", "bob", "carol", "dan", "erin", "frank"].map(|name| network.account(name));
    let [alice, bob, carol, dan, erin, frank] = &all;
    let root = network.post(alice, "1");
    let mut thread = vec![root.clone()];
    for who in &all[1..] {
        let parent = thread.last().unwrap().clone();
        thread.push(network.reply(who, "more", &root, &parent));
    }
    network.settle().await;
    assert_eq!(
        reasons(&network, alice).await,
        ["reply erin", "reply dan", "reply carol", "reply bob"]
    );
    assert_eq!(
        reasons(&network, bob).await,
        ["reply frank", "reply erin", "reply dan", "reply carol"]
    );
    assert_eq!(reasons(&network, erin).await, ["reply frank"]);
    assert!(reasons(&network, frank).await.is_empty());

    // Carol's post is hidden: whoever answers below it is told of up to her, not above.
    let rkey = AtUri::parse(&root.uri).unwrap().rkey.unwrap().to_owned();
    let gate = json!({"post": root.uri, "hiddenReplies": [thread[2].uri]});
    network.write_as(alice, "app.bsky.feed.threadgate", Some(&rkey), gate);
    network.reply(dan, "again", &root, &thread[2]);
    network.settle().await;
    assert_eq!(reasons(&network, carol).await[0], "reply dan");
    assert_eq!(reasons(&network, bob).await.len(), 4);
    // What was told before stays, but for the hidden post itself, which its hider sees no more.
    assert_eq!(reasons(&network, alice).await, ["reply erin", "reply dan", "reply bob"]);
}

#[tokio::test]
async fn a_thread_that_was_muted_tells_nothing_of_that_time() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob] = ["alice", "bob"].map(|name| network.account(name));
    let post = network.post(&alice, "root");
    let before = network.reply(&bob, "before", &post, &post);
    let own = network.reply(&alice, "own", &post, &before);
    network.like(&bob, &own);
    let from = Datetime::from_ms(network.now().ms() + 1);
    network.like(&bob, &post);
    network.reply(&bob, "while", &post, &own);
    network.quote(&bob, "quote", &post);
    network.write(&bob, POST, json!({"text": "@", "facets": mention(&alice)}));
    let until = Datetime::from_ms(network.now().ms() + 1);
    network.repost(&bob, &post);
    network.settle().await;
    let root = AtUri::parse(&post.uri).unwrap().record().unwrap();
    let mute = MuteRow {
        actor: alice.actor(),
        kind: MuteKind::Thread,
        subject: root.0,
        rkey: root.2,
        uri: post.uri.clone().into(),
        only_reposts: 0,
        only_quotes: 0,
        created_at: from,
        version: u64::try_from(from.ms()).unwrap() * 1_000,
        deleted: 0,
    };
    network.store.insert(std::slice::from_ref(&mute)).await.map(drop).unwrap();
    assert_eq!(reasons(&network, &alice).await, ["mention bob", "like bob", "reply bob"]);
    assert_eq!(unread(&network, &alice).await, 3);
    let version = u64::try_from(until.ms()).unwrap() * 1_000;
    network.store.insert(&[MuteRow { version, deleted: 1, ..mute }]).await.map(drop).unwrap();
    let expected = ["repost bob", "mention bob", "like bob", "reply bob"];
    assert_eq!(reasons(&network, &alice).await, expected);
}

#[tokio::test]
async fn blocks_and_mutes_hide_what_is_counted_all_the_same() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol, dan, erin] =
        ["alice", "bob", "carol", "dan", "erin"].map(|name| network.account(name));
    let post = network.post(&alice, "root");
    for who in [&bob, &carol, &dan, &erin] {
        network.like(who, &post);
    }
    network.block(&bob, &alice);
    network.settle().await;
    let target = MuteTarget {
        kind: MuteKind::Account,
        subject: carol.actor(),
        rkey: RkeyId::from(0),
        uri: carol.as_str(),
    };
    network.store.mute(alice.actor(), target, false, false).await.unwrap();
    let target = MuteTarget { subject: dan.actor(), uri: dan.as_str(), ..target };
    network.store.mute(alice.actor(), target, true, false).await.unwrap();
    assert_eq!(reasons(&network, &alice).await, ["like erin", "like dan"]);
    assert_eq!(unread(&network, &alice).await, 4);
}

#[tokio::test]
async fn pages_joined_are_the_whole_also_within_one_millisecond() {
    let Some(mut network) = Network::new().await else { return };
    let alice = network.account("alice");
    let post = network.post(&alice, "root");
    let same = json!("2025-01-01T00:00:00.000Z");
    for n in 0..9 {
        let fan = network.account(&format!("fan{}", ["b", "c", "d"][n % 3]));
        if n < 3 {
            let like = json!({"subject": post.strong_ref(), "createdAt": same});
            network.write(&fan, "app.bsky.feed.like", like);
            network.write(
                &fan,
                "app.bsky.graph.follow",
                json!({"subject": alice.as_str(), "createdAt": same}),
            );
        }
        let reply = json!({"root": post.strong_ref(), "parent": post.strong_ref()});
        let embed = json!({"$type": "app.bsky.embed.record", "record": post.strong_ref()});
        network.write(
            &fan,
            POST,
            json!({"text": "", "reply": reply, "embed": embed, "createdAt": same}),
        );
    }
    network.settle().await;
    let whole = told(&network, &alice, json!({"limit": 100})).await;
    let whole = pluck(&whole["notifications"], "/uri");
    assert_eq!(whole.len(), 15);
    for limit in [1, 2, 4, 7] {
        let (mut joined, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let page = told(&network, &alice, json!({"limit": limit, "cursor": cursor})).await;
            let uris = pluck(&page["notifications"], "/uri");
            assert!(uris.len() <= limit, "{limit}");
            joined.extend(uris);
            cursor = page["cursor"].as_str().map(str::to_owned);
            if cursor.is_none() {
                break;
            }
            assert!(cursor.as_ref().unwrap().starts_with("2025-01-01T00:00:00.000Z"));
        }
        assert_eq!(joined, whole, "{limit}");
    }
    let plain = told(&network, &alice, json!({"cursor": "2025-01-01T00:00:00.000Z"})).await;
    assert_eq!(plain["notifications"], json!([]), "strictly before, as in the reference");
}

#[tokio::test]
async fn what_was_seen_is_read_and_not_counted() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob] = ["alice", "bob"].map(|name| network.account(name));
    let post = network.post(&alice, "root");
    network.like(&bob, &post);
    let between = network.now();
    network.repost(&bob, &post);
    network.settle().await;

    let never = told(&network, &alice, json!({})).await;
    assert_eq!(never["notifications"][0]["isRead"], false);
    assert_eq!(never["notifications"][1]["isRead"], true, "only the newest counts as new");
    assert_eq!(never["seenAt"], never["notifications"][0]["indexedAt"]);
    assert_eq!(unread(&network, &alice).await, 2);

    for at in [between.ms() + 1, between.ms() - 3_600_000] {
        let seen = parameters(json!({"seenAt": Datetime::from_ms(at).to_string()}));
        update_seen(&network.app, &viewer(&alice), seen).await.unwrap();
    }
    let some = told(&network, &alice, json!({})).await;
    assert_eq!(some["seenAt"], json!(Datetime::from_ms(between.ms() + 1).to_string()));
    assert_eq!(some["notifications"][0]["isRead"], false);
    assert_eq!(some["notifications"][1]["isRead"], true);
    assert_eq!(unread(&network, &alice).await, 1);
    let refused = parameters(json!({"seenAt": "2025-01-01T00:00:00Z"}));
    let refused = list_notifications(&network.app, &viewer(&alice), refused).await;
    assert!(
        matches!(&refused, Err(ViewError::InvalidRequest { message }) if message == "The seenAt parameter is unsupported")
    );
}

#[tokio::test]
async fn with_priority_only_the_followed_are_heard() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| network.account(name));
    let post = network.post(&alice, "root");
    network.like(&bob, &post);
    network.like(&carol, &post);
    network.follow(&alice, &carol);
    network.settle().await;
    let some = told(&network, &alice, json!({"priority": true})).await;
    assert_eq!(pluck(&some["notifications"], "/author/handle"), ["carol.test"]);
    assert_eq!(some["priority"], true);
    let wanted = parameters(json!({"priority": true}));
    put_notification_priority(&network.app, &viewer(&alice), wanted).await.unwrap();
    assert_eq!(reasons(&network, &alice).await, ["like carol"]);
    let all = told(&network, &alice, json!({"priority": false})).await;
    assert_eq!(all["notifications"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn preferences_are_kept_part_by_part() {
    let Some(mut network) = Network::new().await else { return };
    let alice = network.account("alice");
    network.settle().await;
    let nsid = "app.bsky.notification.putPreferencesV2";
    for (part, value) in [
        ("like", json!({"include": "follows", "list": false, "push": true})),
        ("verified", json!({"list": true, "push": false})),
    ] {
        let input = parameters(json!({part: value}));
        let answer = put_notification_preferences(&network.app, &viewer(&alice), input).await;
        assert_eq!(json(nsid, answer)["preferences"][part], value);
    }
    let answer =
        get_notification_preferences(&network.app, &viewer(&alice), parameters(json!({}))).await;
    let kept = &json("app.bsky.notification.getPreferences", answer)["preferences"];
    assert_eq!(kept["like"]["include"], "follows");
    assert_eq!(kept["verified"]["push"], false);
    assert_eq!(kept["reply"], json!({"include": "all", "list": true, "push": true}));
}

#[tokio::test]
async fn whoever_subscribed_hears_of_what_is_posted_since_when_the_author_lets_him() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| network.account(name));
    network.follow(&alice, &bob);
    network.follow(&alice, &carol);
    let declared = json!({"allowSubscriptions": "mutuals"});
    network.write_as(&carol, "app.bsky.notification.declaration", Some("self"), declared);
    let root = network.post(&bob, "before");
    let since = network.now();
    network.post(&bob, "post");
    network.reply(&bob, "reply", &root, &root);
    network.write(&bob, POST, json!({"text": "@", "facets": mention(&alice)}));
    network.post(&carol, "carol's");
    network.settle().await;
    for subject in [&bob, &carol] {
        let row = ActivitySubscriptionRow {
            actor: alice.actor(),
            subject: subject.actor(),
            key: Rev::from((u64::try_from(since.ms()).unwrap() * 1_000) << 10),
            did: subject.as_str().into(),
            post: 1,
            reply: 0,
            version: 1,
            deleted: 0,
        };
        network.store.insert(&[row]).await.map(drop).unwrap();
    }
    assert_eq!(reasons(&network, &alice).await, ["mention bob", "subscribed-post bob"]);
    assert_eq!(unread(&network, &alice).await, 2);
    network.follow(&carol, &alice);
    network.settle().await;
    let expected = ["follow carol", "subscribed-post carol", "mention bob", "subscribed-post bob"];
    assert_eq!(reasons(&network, &alice).await, expected);
}

#[tokio::test]
async fn subscriptions_are_listed_latest_first_and_end_when_nothing_is_wanted() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| network.account(name));
    network.settle().await;
    let put = async |subject: &Did, post: bool| {
        let input = json!({"subject": subject.as_str(), "activitySubscription": {"post": post, "reply": false}});
        put_activity_subscription(&network.app, &viewer(&alice), parameters(input)).await
    };
    let nsid = "app.bsky.notification.putActivitySubscription";
    for subject in [&bob, &carol] {
        assert_eq!(json(nsid, put(subject, true).await)["activitySubscription"]["post"], true);
    }
    let list = async |more: Value| {
        let answer =
            list_activity_subscriptions(&network.app, &viewer(&alice), parameters(more)).await;
        json("app.bsky.notification.listActivitySubscriptions", answer)
    };
    let first = list(json!({"limit": 1})).await;
    assert_eq!(pluck(&first["subscriptions"], "/handle"), ["carol.test"]);
    let rest = list(json!({"limit": 1, "cursor": first["cursor"]})).await;
    assert_eq!(pluck(&rest["subscriptions"], "/handle"), ["bob.test"]);
    assert!(rest.get("cursor").is_none());
    assert!(json(nsid, put(&carol, false).await).get("activitySubscription").is_none());
    assert_eq!(pluck(&list(json!({})).await["subscriptions"], "/handle"), ["bob.test"]);
    let own = put(&alice, true).await;
    assert!(
        matches!(&own, Err(ViewError::InvalidRequest { message }) if message == "Cannot subscribe to own activity")
    );
    assert!(
        list_notifications(&network.app, &Caller::default(), parameters(json!({}))).await.is_err()
    );
}

#[tokio::test]
async fn what_does_not_hold_takes_no_place_on_a_page() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob] = ["alice", "bob"].map(|name| network.account(name));
    let mut posts = Vec::new();
    for n in 0..12 {
        let post = network.post(&alice, &n.to_string());
        network.like(&bob, &post);
        posts.push(post);
    }
    // Eight likes in a row are about nothing any more.
    for post in &posts[2..10] {
        network.delete(post);
    }
    network.settle().await;
    let page = told(&network, &alice, json!({"limit": 3})).await;
    assert_eq!(page["notifications"].as_array().unwrap().len(), 3, "{page}");
    let next = told(&network, &alice, json!({"limit": 3, "cursor": page["cursor"]})).await;
    assert_eq!(next["notifications"].as_array().unwrap().len(), 1, "{next}");
    assert!(next["cursor"].is_null());
}
