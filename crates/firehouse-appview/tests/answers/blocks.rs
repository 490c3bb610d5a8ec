//! Blocks, direct and by list, between the viewer and others and between two others.

use firehouse_appview::{
    Caller, ViewError, get_author_feed, get_likes, get_post_thread, get_posts, get_profile,
    get_timeline,
};
use firehouse_types::Did;
use serde_json::{Value, json};

use crate::network::{Network, Written, json, parameters, pluck, viewer};

async fn posts(network: &Network, caller: &Caller, uris: &[&str]) -> Value {
    let answer = get_posts(&network.app, caller, parameters(json!({ "uris": uris }))).await;
    json("app.bsky.feed.getPosts", answer)["posts"].clone()
}

async fn profile(network: &Network, caller: &Caller, who: &Did) -> Value {
    let asked = parameters(json!({ "actor": who.as_str() }));
    json("app.bsky.actor.getProfile", get_profile(&network.app, caller, asked).await)
}

#[tokio::test]
async fn a_block_hides_posts_both_ways_and_ends_the_follow() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| network.account(name));
    let post = network.post(&bob, "bob's");
    network.follow(&alice, &bob);
    let block = network.block(&alice, &bob);
    network.settle().await;

    assert_eq!(posts(&network, &viewer(&alice), &[&post.uri]).await, json!([]));
    assert_eq!(posts(&network, &viewer(&carol), &[&post.uri]).await.as_array().unwrap().len(), 1);
    let seen = profile(&network, &viewer(&alice), &bob).await["viewer"].clone();
    assert_eq!((&seen["blocking"], &seen["blockedBy"]), (&json!(block.uri), &json!(false)));
    assert!(seen.get("following").is_none());
    let seen = profile(&network, &viewer(&bob), &alice).await["viewer"].clone();
    assert_eq!(seen["blockedBy"], true);

    let feed = async |caller: &Caller, actor: &Did| {
        get_author_feed(&network.app, caller, parameters(json!({ "actor": actor.as_str() }))).await
    };
    assert!(matches!(feed(&viewer(&alice), &bob).await, Err(ViewError::BlockedActor { .. })));
    assert!(matches!(feed(&viewer(&bob), &alice).await, Err(ViewError::BlockedByActor { .. })));
    let moderator = Caller { privileged: true, ..viewer(&alice) };
    assert_eq!(feed(&moderator, &bob).await.unwrap().body.feed.len(), 1, "moderators see past it");
    let timeline = get_timeline(&network.app, &viewer(&alice), parameters(json!({}))).await;
    assert_eq!(json("app.bsky.feed.getTimeline", timeline)["feed"], json!([]));
}

#[tokio::test]
async fn a_list_blocks_only_while_it_moderates_and_its_creator_is_there() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol, dan, erin] =
        ["alice", "bob", "carol", "dan", "erin"].map(|name| network.account(name));
    let moderating = network.list(&dan, "modlist", &[&bob, &alice]);
    let curating = network.list(&dan, "curatelist", &[&carol]);
    let subscription = network.list_block(&alice, &moderating);
    network.list_block(&alice, &curating);
    let erins = network.list(&erin, "modlist", &[&carol]);
    network.list_block(&alice, &erins);
    network.set_status(&erin, "erin", firehouse_schema::ActorStatus::Takendown);
    let (bobs, carols) = (network.post(&bob, "bob's"), network.post(&carol, "carol's"));
    network.settle().await;

    let shown = posts(&network, &viewer(&alice), &[&bobs.uri, &carols.uri]).await;
    assert_eq!(pluck(&shown, "/record/text"), ["carol's"]);
    let seen = profile(&network, &viewer(&alice), &bob).await["viewer"].clone();
    assert_eq!(seen["blocking"], json!(moderating.uri));
    assert_eq!(seen["blockingByList"]["listItemCount"], 2);
    assert_eq!(seen["blockingByList"]["viewer"]["blocked"], json!(subscription.uri));
    assert_eq!(profile(&network, &viewer(&bob), &alice).await["viewer"]["blockedBy"], true);
    let own = profile(&network, &viewer(&alice), &alice).await["viewer"].clone();
    assert_eq!((&own["blockedBy"], own.get("blocking")), (&json!(false), None), "one's own list");

    network.delete(&moderating);
    network.settle().await;
    assert_eq!(posts(&network, &viewer(&alice), &[&bobs.uri]).await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_block_whose_record_key_is_no_tid_is_named_all_the_same() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| network.account(name));
    let list = network.list(&carol, "modlist", &[&bob]);
    let by_list = network.write_as(
        &alice,
        "app.bsky.graph.listblock",
        Some("by-hand"),
        json!({ "subject": list.uri }),
    );
    let block = network.write_as(
        &alice,
        "app.bsky.graph.block",
        Some("also-by-hand"),
        json!({ "subject": carol.as_str() }),
    );
    network.settle().await;
    let seen = profile(&network, &viewer(&alice), &bob).await["viewer"].clone();
    assert_eq!(seen["blockingByList"]["viewer"]["blocked"], json!(by_list.uri));
    let seen = profile(&network, &viewer(&alice), &carol).await["viewer"].clone();
    assert_eq!(seen["blocking"], json!(block.uri));
}

/// A thread of three authors, the second and third in a block with each other.
async fn quarrel() -> Option<(Network, [Did; 4], [Written; 4])> {
    let mut network = Network::new().await?;
    let people = ["alice", "bob", "carol", "dan"].map(|name| network.account(name));
    let [alice, bob, carol, _] = &people;
    let root = network.post(alice, "root");
    let reply = network.reply(bob, "bob's", &root, &root);
    let answer = network.reply(carol, "carol's", &root, &reply);
    let quote = network.quote(carol, "quote", &reply);
    network.block(bob, carol);
    network.settle().await;
    Some((network, people, [root, reply, answer, quote]))
}

#[tokio::test]
async fn a_block_between_others_cuts_replies_and_quotes() {
    let Some((network, [_, bob, carol, dan], [root, _, answer, quote])) = quarrel().await else {
        return;
    };
    let thread = async |caller: &Caller, uri: &str| {
        let answer = get_post_thread(&network.app, caller, parameters(json!({ "uri": uri }))).await;
        json("app.bsky.feed.getPostThread", answer)["thread"].clone()
    };
    let below = thread(&viewer(&dan), &root.uri).await;
    assert_eq!(below["replies"][0]["post"]["record"]["text"], "bob's");
    assert_eq!(
        below["replies"][0]["replies"],
        json!([]),
        "the answer across the block is left out"
    );
    let above = thread(&viewer(&dan), &answer.uri).await;
    assert_eq!(above["parent"]["$type"], "app.bsky.feed.defs#blockedPost");
    assert_eq!(above["parent"]["author"]["did"], json!(bob.as_str()));

    let quoting = posts(&network, &viewer(&dan), &[&quote.uri]).await;
    assert_eq!(quoting[0]["embed"]["record"]["$type"], "app.bsky.embed.record#viewBlocked");
    let moderator = Caller { privileged: true, ..Caller::default() };
    let quoting = posts(&network, &moderator, &[&quote.uri]).await;
    assert_eq!(quoting[0]["embed"]["record"]["$type"], "app.bsky.embed.record#viewRecord");
    let own = thread(&viewer(&carol), &root.uri).await;
    assert_eq!(own["replies"][0]["$type"], "app.bsky.feed.defs#blockedPost", "for those in it too");

    let feed = get_author_feed(
        &network.app,
        &viewer(&dan),
        parameters(json!({ "actor": carol.as_str() })),
    )
    .await;
    let feed = json("app.bsky.feed.getAuthorFeed", feed)["feed"].clone();
    let reply = feed.as_array().unwrap().iter().find(|item| item.get("reply").is_some()).unwrap();
    assert_eq!(reply["reply"]["parent"]["$type"], "app.bsky.feed.defs#blockedPost");
    assert_eq!(reply["reply"]["root"]["$type"], "app.bsky.feed.defs#postView");
}

#[tokio::test]
async fn likes_across_a_block_with_the_author_are_left_out() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| network.account(name));
    let post = network.post(&alice, "liked");
    network.like(&bob, &post);
    network.like(&carol, &post);
    network.block(&alice, &bob);
    network.settle().await;
    let answer =
        get_likes(&network.app, &Caller::default(), parameters(json!({ "uri": post.uri }))).await;
    assert_eq!(
        pluck(&json("app.bsky.feed.getLikes", answer)["likes"], "/actor/handle"),
        ["carol.test"]
    );
}
