//! getListFeed and getActorLikes, and what feeds leave out.

use firehouse_appview::{
    Caller, ViewError, get_actor_likes, get_author_feed, get_list_feed, get_timeline,
};
use firehouse_schema::MuteKind;
use firehouse_store::MuteTarget;
use firehouse_types::{Did, RkeyId};
use serde_json::{Value, json};

use crate::network::{Network, json, parameters, pluck, viewer};

fn texts(feed: &Value) -> Vec<String> {
    pluck(&feed["feed"], "/post/record/text")
}

async fn list_feed(network: &Network, caller: &Caller, list: &str) -> Value {
    let asked = parameters(json!({ "list": list }));
    json("app.bsky.feed.getListFeed", get_list_feed(&network.app, caller, asked).await)
}

async fn timeline(network: &Network, whose: &Did) -> Value {
    let answer = get_timeline(&network.app, &viewer(whose), parameters(json!({}))).await;
    json("app.bsky.feed.getTimeline", answer)
}

#[tokio::test]
async fn a_list_feed_has_the_members_posts_and_replies_and_no_reposts() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol, dan] =
        ["alice", "bob", "carol", "dan"].map(|name| network.account(name));
    let root = network.post(&alice, "root");
    network.reply(&bob, "bob's reply", &root, &root);
    network.post(&carol, "carol's");
    network.repost(&carol, &root);
    network.post(&dan, "dan's");
    network.block(&carol, &alice);
    let list = network.list(&alice, "curatelist", &[&bob, &carol]);
    network.settle().await;

    // Carol and the list's creator are in a block.
    let anyone = Caller::default();
    assert_eq!(texts(&list_feed(&network, &anyone, &list.uri).await), ["bob's reply"]);
    let moderator = Caller { privileged: true, ..Caller::default() };
    assert_eq!(
        texts(&list_feed(&network, &moderator, &list.uri).await),
        ["carol's", "bob's reply"]
    );
    let unknown = list.uri.replace("graph.list/", "graph.list/3k");
    assert!(texts(&list_feed(&network, &anyone, &unknown).await).is_empty());
}

#[tokio::test]
async fn likes_are_shown_to_who_gave_them_latest_first_without_those_behind_a_block() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| network.account(name));
    let (one, two) = (network.post(&bob, "one"), network.post(&bob, "two"));
    let (blocked, gone) = (network.post(&carol, "carol's"), network.post(&bob, "gone"));
    for post in [&two, &one, &blocked, &gone, &two] {
        network.like(&alice, post);
    }
    network.delete(&gone);
    network.block(&carol, &alice);
    network.settle().await;

    let likes = async |caller: &Caller, actor: &Did| {
        let asked = parameters(json!({ "actor": actor.as_str() }));
        get_actor_likes(&network.app, caller, asked).await
    };
    let own = likes(&viewer(&alice), &alice).await;
    assert!(own.as_ref().unwrap().repo_rev.is_some());
    let own = json("app.bsky.feed.getActorLikes", own);
    assert_eq!(texts(&own), ["one", "two"]);
    assert!(own.get("cursor").is_none());
    for caller in [viewer(&bob), Caller::default()] {
        let refused = likes(&caller, &alice).await;
        assert!(
            matches!(&refused, Err(ViewError::InvalidRequest { message }) if message == "Profile not found"),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn a_timeline_leaves_out_who_is_blocked_down_to_the_grandparent() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol, dan] =
        ["alice", "bob", "carol", "dan"].map(|name| network.account(name));
    network.follow(&alice, &bob);
    network.block(&alice, &dan);
    let dans = network.post(&dan, "dan's");
    let carols = network.reply(&carol, "carol's", &dans, &dans);
    let below = network.reply(&bob, "below carol's", &dans, &carols);
    network.reply(&bob, "further below", &dans, &below);
    network.reply(&bob, "below dan's", &dans, &dans);
    network.repost(&bob, &dans);
    network.post(&bob, "bob's");
    network.settle().await;

    assert_eq!(texts(&timeline(&network, &alice).await), ["bob's", "further below"]);
}

#[tokio::test]
async fn an_author_feed_walks_past_a_thousand_reposts_of_what_is_gone() {
    let Some(mut network) = Network::new().await else { return };
    let (alice, bob) = (network.account("alice"), network.account("bob"));
    network.post(&alice, "first");
    let gone = network.post(&bob, "gone");
    for _ in 0..1_200 {
        network.repost(&alice, &gone);
    }
    network.delete(&gone);
    network.settle().await;

    let asked = parameters(json!({ "actor": alice.as_str(), "limit": 10 }));
    let answer = get_author_feed(&network.app, &Caller::default(), asked).await;
    let feed = json("app.bsky.feed.getAuthorFeed", answer);
    assert_eq!(texts(&feed), ["first"]);
    assert!(feed.get("cursor").is_none());
}

/// `who` mutes `whom`: all, or only reposts or quotes.
async fn mute(network: &Network, who: &Did, whom: &Did, only_reposts: bool, only_quotes: bool) {
    let (subject, rkey) = (whom.actor(), RkeyId::from(0));
    let target = MuteTarget { kind: MuteKind::Account, subject, rkey, uri: whom.as_str() };
    network.store.mute(who.actor(), target, only_reposts, only_quotes).await.unwrap();
}

#[tokio::test]
async fn a_timeline_leaves_out_who_is_muted_and_what_is_muted_of_others() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol, dan, eve, frank] =
        ["alice", "bob", "carol", "dan", "eve", "frank"].map(|name| network.account(name));
    for followed in [&bob, &carol, &dan, &eve] {
        network.follow(&alice, followed);
    }
    let bobs = network.post(&bob, "muted");
    network.repost(&carol, &bobs);
    let carols = network.post(&carol, "carol's");
    network.repost(&dan, &carols);
    network.post(&dan, "dan's");
    network.quote(&eve, "eve quotes", &carols);
    network.post(&eve, "eve's");
    let franks = network.post(&frank, "on a list");
    network.repost(&carol, &franks);
    let list = network.list(&dan, "modlist", &[&frank]);
    network.settle().await;
    mute(&network, &alice, &bob, false, false).await;
    mute(&network, &alice, &dan, true, false).await;
    mute(&network, &alice, &eve, false, true).await;
    let rkey = list.uri.rsplit('/').next().unwrap();
    let (subject, rkey) = (dan.actor(), RkeyId::of(rkey));
    let target = MuteTarget { kind: MuteKind::List, subject, rkey, uri: &list.uri };
    network.store.mute(alice.actor(), target, false, false).await.unwrap();

    assert_eq!(texts(&timeline(&network, &alice).await), ["eve's", "dan's", "carol's"]);
    // An author feed only loses what somebody who is not muted reposts of somebody who is.
    let author_feed = async |actor: &Did| {
        let asked = parameters(json!({ "actor": actor.as_str() }));
        let answer = get_author_feed(&network.app, &viewer(&alice), asked).await;
        texts(&json("app.bsky.feed.getAuthorFeed", answer))
    };
    assert_eq!(author_feed(&carol).await, ["carol's"]);
    assert_eq!(author_feed(&bob).await, ["muted"]);
    assert_eq!(author_feed(&dan).await, ["dan's", "carol's"]);
    assert_eq!(author_feed(&eve).await, ["eve's", "eve quotes"]);
}

#[tokio::test]
async fn whoever_opted_out_of_a_reference_list_is_not_in_its_feed_either() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| network.account(name));
    let list = network.list(&alice, "referencelist", &[&bob, &carol]);
    let curated = network.list(&alice, "curatelist", &[&bob, &carol]);
    network.post(&bob, "bob's");
    network.post(&carol, "carol's");
    let out = "app.bsky.graph.referencelistoptout";
    let opted_out = network.write(&bob, out, json!({ "subject": list.uri }));
    network.write(&carol, out, json!({ "subject": curated.uri }));
    network.settle().await;
    for caller in [Caller::default(), viewer(&alice), viewer(&bob)] {
        let feed = list_feed(&network, &caller, &list.uri).await;
        assert_eq!(texts(&feed), ["carol's"]);
        let feed = list_feed(&network, &caller, &curated.uri).await;
        assert_eq!(texts(&feed), ["carol's", "bob's"], "only reference lists can be left so");
    }
    network.delete(&opted_out);
    network.settle().await;
    let feed = list_feed(&network, &Caller::default(), &list.uri).await;
    assert_eq!(texts(&feed), ["carol's", "bob's"]);
}
