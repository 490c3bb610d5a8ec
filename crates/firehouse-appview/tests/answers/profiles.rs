//! Profiles and posts: verifications, what the viewer told only us, and what only some callers are shown.

use firehouse_appview::{Caller, get_posts, get_profile, get_timeline};
use firehouse_schema::MuteKind;
use firehouse_store::{Bookmark, MuteTarget};
use firehouse_types::{AtUri, Did, RkeyId};
use serde_json::{Value, json};

use crate::network::{Network, Written, json, parameters, pluck, viewer};

async fn profile(network: &Network, caller: &Caller, did: &Did) -> Value {
    let asked = parameters(json!({ "actor": did.as_str() }));
    json("app.bsky.actor.getProfile", get_profile(&network.app, caller, asked).await)
}

fn verify(network: &mut Network, issuer: &Did, subject: &Did, handle: &str, name: &str) -> String {
    let record = json!({ "subject": subject.as_str(), "handle": handle, "displayName": name });
    network.write(issuer, "app.bsky.graph.verification", record).uri
}

#[tokio::test]
async fn verifications_of_trusted_issuers_hold_while_the_names_are_the_same() {
    let Some(mut network) = Network::new().await else { return };
    let [trusted, other, alice, bob, carol] =
        ["trusted", "other", "alice", "bob", "carol"].map(|name| network.account(name));
    for (did, name) in [(&trusted, "Trusted"), (&alice, "Alice"), (&bob, "Robert")] {
        let record = json!({ "displayName": name });
        network.write_as(did, "app.bsky.actor.profile", Some("self"), record);
    }
    let uri = verify(&mut network, &trusted, &alice, "alice.test", "Alice");
    // Of two by one issuer the first stands.
    verify(&mut network, &trusted, &alice, "alice.test", "Alicia");
    verify(&mut network, &other, &alice, "alice.test", "Alice");
    verify(&mut network, &trusted, &bob, "bob.test", "Bob");
    verify(&mut network, &other, &carol, "carol.test", "Carol");
    network.settle().await;
    let verification =
        async |did: &Did| profile(&network, &Caller::default(), did).await["verification"].clone();
    let of_alice = verification(&alice).await;
    assert_eq!(of_alice["verifiedStatus"], "valid");
    assert_eq!(of_alice["trustedVerifierStatus"], "none");
    assert_eq!(of_alice["verifications"].as_array().map(Vec::len), Some(1));
    let first = &of_alice["verifications"][0];
    assert_eq!((&first["uri"], &first["isValid"]), (&json!(uri), &json!(true)));
    let issuer = (&first["issuerHandle"], &first["issuerDisplayName"]);
    assert_eq!(issuer, (&json!("trusted.test"), &json!("Trusted")));
    let of_bob = verification(&bob).await;
    assert_eq!(
        (&of_bob["verifiedStatus"], &of_bob["verifications"][0]["isValid"]),
        (&json!("invalid"), &json!(false))
    );
    assert_eq!(verification(&carol).await, Value::Null);
    let expected =
        json!({ "verifications": [], "verifiedStatus": "none", "trustedVerifierStatus": "valid" });
    assert_eq!(verification(&trusted).await, expected);
}

#[tokio::test]
async fn only_those_who_are_to_see_it_get_the_debug_field() {
    let Some(mut network) = Network::new().await else { return };
    let [debugger, alice] = ["debugger", "alice"].map(|name| network.account(name));
    let post = network.post(&alice, "post");
    network.settle().await;
    let debug = async |caller: &Caller| {
        let asked = parameters(json!({ "uris": [post.uri] }));
        let posts = json("app.bsky.feed.getPosts", get_posts(&network.app, caller, asked).await);
        (
            profile(&network, caller, &alice).await["debug"].clone(),
            posts["posts"][0]["debug"].clone(),
        )
    };
    let of_actor = json!({ "accountTags": [], "profileTags": [] });
    let of_post = json!({ "post": { "tags": [] }, "author": of_actor });
    assert_eq!(debug(&viewer(&debugger)).await, (of_actor, of_post));
    assert_eq!(debug(&viewer(&alice)).await, (Value::Null, Value::Null));
}

async fn mute(network: &Network, who: &Did, whom: &Did, only: (bool, bool)) {
    let target = MuteTarget {
        kind: MuteKind::Account,
        subject: whom.actor(),
        rkey: RkeyId::from(0),
        uri: whom.as_str(),
    };
    network.store.mute(who.actor(), target, only.0, only.1).await.unwrap();
}

async fn mute_record(network: &Network, who: &Did, kind: MuteKind, what: &Written) {
    let (subject, _, rkey) = AtUri::parse(&what.uri).unwrap().record().unwrap();
    let target = MuteTarget { kind, subject, rkey, uri: &what.uri };
    network.store.mute(who.actor(), target, false, false).await.unwrap();
}

#[tokio::test]
async fn who_is_muted_by_name_or_by_a_live_list_is_marked_and_stays_out_of_the_timeline() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol, dan, erin] =
        ["alice", "bob", "carol", "dan", "erin"].map(|name| network.account(name));
    for whom in [&bob, &carol, &dan, &erin] {
        network.follow(&alice, whom);
    }
    let of_bob = network.post(&bob, "of bob");
    network.post(&carol, "of carol");
    network.post(&dan, "of dan");
    network.quote(&dan, "quote of dan", &of_bob);
    let of_erin = network.post(&erin, "of erin");
    network.repost(&erin, &of_erin);
    let list = network.list(&bob, "modlist", &[&carol, &alice]);
    let curated = network.list(&bob, "curatelist", &[&dan]);
    network.settle().await;
    mute(&network, &alice, &bob, (false, false)).await;
    mute(&network, &alice, &dan, (false, true)).await;
    mute(&network, &alice, &erin, (true, false)).await;
    mute_record(&network, &alice, MuteKind::List, &list).await;
    mute_record(&network, &alice, MuteKind::List, &curated).await;

    let state = async |did: &Did| profile(&network, &viewer(&alice), did).await["viewer"].clone();
    assert_eq!(state(&bob).await["muted"], true);
    let of_carol = state(&carol).await;
    assert_eq!(
        (&of_carol["muted"], &of_carol["mutedByList"]["uri"]),
        (&json!(true), &json!(list.uri))
    );
    assert_eq!(of_carol["mutedByList"]["viewer"], json!({ "muted": true }));
    let of_dan = state(&dan).await;
    let flags =
        ["muted", "mutedOnlyReposts", "mutedOnlyQuoteposts"].map(|name| of_dan[name] == true);
    assert_eq!((flags, &of_dan["mutedByList"]), ([false, false, true], &Value::Null));
    assert_eq!(state(&erin).await["mutedOnlyReposts"], true);
    assert_eq!(state(&alice).await["muted"], false);

    let timeline = get_timeline(&network.app, &viewer(&alice), parameters(json!({}))).await;
    let timeline = json("app.bsky.feed.getTimeline", timeline);
    assert_eq!(pluck(&timeline["feed"], "/post/record/text"), ["of erin", "of dan"]);
}

#[tokio::test]
async fn posts_say_whether_the_viewer_bookmarked_them_muted_their_thread_or_pinned_them() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob] = ["alice", "bob"].map(|name| network.account(name));
    let root = network.post(&bob, "root");
    let reply = network.reply(&alice, "reply", &root, &root);
    let profile = json!({ "pinnedPost": reply.strong_ref() });
    network.write_as(&alice, "app.bsky.actor.profile", Some("self"), profile);
    network.settle().await;
    mute_record(&network, &alice, MuteKind::Thread, &root).await;
    let subject = (bob.actor(), AtUri::parse(&root.uri).unwrap().record().unwrap().2);
    for who in [&alice, &bob] {
        let bookmark = Bookmark { subject, uri: &root.uri, cid: &root.cid };
        network.store.bookmark(who.actor(), bookmark).await.unwrap();
    }
    let views = async |caller: &Caller| {
        let asked = parameters(json!({ "uris": [root.uri, reply.uri] }));
        json("app.bsky.feed.getPosts", get_posts(&network.app, caller, asked).await)["posts"]
            .clone()
    };
    let anonymous = views(&Caller::default()).await;
    assert_eq!(
        (&anonymous[0]["bookmarkCount"], &anonymous[0]["viewer"]),
        (&json!(2), &Value::Null)
    );
    let shown = views(&viewer(&alice)).await;
    let states = [0, 1].map(|at| {
        let state = &shown[at]["viewer"];
        (state["bookmarked"] == true, state["threadMuted"] == true, state["pinned"] == true)
    });
    assert_eq!(states, [(true, true, false), (false, true, true)]);
    assert_eq!(views(&viewer(&bob)).await[1]["viewer"]["threadMuted"], false);
}

#[tokio::test]
async fn a_subscription_is_shown_while_the_other_one_allows_it() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| network.account(name));
    network.follow(&alice, &bob);
    network.follow(&alice, &carol);
    let declaration = json!({ "allowSubscriptions": "mutuals" });
    network.write_as(&carol, "app.bsky.notification.declaration", Some("self"), declaration);
    network.settle().await;
    for subject in [&bob, &carol] {
        network.store.subscribe(alice.actor(), subject, true, false).await.unwrap();
    }
    let subscription = async |network: &Network, did: &Did| {
        profile(network, &viewer(&alice), did).await["viewer"]["activitySubscription"].clone()
    };
    let expected = json!({ "post": true, "reply": false });
    assert_eq!(subscription(&network, &bob).await, expected);
    assert_eq!(subscription(&network, &carol).await, Value::Null);
    network.follow(&carol, &alice);
    network.settle().await;
    assert_eq!(subscription(&network, &carol).await, expected);
}
