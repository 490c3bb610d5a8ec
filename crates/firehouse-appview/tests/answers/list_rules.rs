//! Lists that mute and block: while they stand, and no longer when they, or whoever made them, are taken down.

use firehouse_appview::{
    Caller, get_known_followers, get_list_blocks, get_list_mutes, get_profile, get_timeline,
    mute_actor_list,
};
use firehouse_types::Did;
use serde_json::{Value, json};

use crate::network::{Network, json, parameters, pluck, viewer};
use crate::takedowns::decide;

async fn relation(network: &Network, who: &Did, whom: &Did) -> Value {
    let asked = parameters(json!({ "actor": whom.as_str() }));
    let profile = Box::pin(get_profile(&network.app, &viewer(who), asked)).await;
    json("app.bsky.actor.getProfile", profile)["viewer"].clone()
}

async fn timeline(network: &Network, who: &Did) -> Vec<String> {
    let answer = Box::pin(get_timeline(&network.app, &viewer(who), parameters(json!({})))).await;
    pluck(&json("app.bsky.feed.getTimeline", answer)["feed"], "/post/record/text")
}

/// The lists by which an account mutes, then those by which it blocks.
async fn subscriptions(network: &Network, who: &Did) -> [Vec<String>; 2] {
    let (app, me) = (&network.app, viewer(who));
    let mutes = Box::pin(get_list_mutes(app, &me, parameters(json!({})))).await;
    let mutes = json("app.bsky.graph.getListMutes", mutes);
    let blocks = Box::pin(get_list_blocks(app, &me, parameters(json!({})))).await;
    let blocks = json("app.bsky.graph.getListBlocks", blocks);
    [mutes, blocks].map(|answer| pluck(&answer["lists"], "/uri"))
}

#[tokio::test]
async fn a_list_that_is_taken_down_mutes_and_blocks_nobody_until_it_is_given_back() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol, maker] =
        ["alice", "bob", "carol", "maker"].map(|name| network.account(name));
    for (followed, text) in [(&bob, "bob's"), (&carol, "carol's")] {
        network.follow(&alice, followed);
        network.post(followed, text);
    }
    let muting = network.list(&maker, "modlist", &[&bob]);
    let blocking = network.list(&maker, "modlist", &[&carol]);
    network.list_block(&alice, &blocking);
    network.settle().await;
    let muted = parameters(json!({ "list": muting.uri }));
    mute_actor_list(&network.app, &viewer(&alice), muted).await.unwrap();

    let none = Vec::<String>::new();
    let holds = async |holds: bool| {
        let (of_bob, of_carol) =
            (relation(&network, &alice, &bob).await, relation(&network, &alice, &carol).await);
        assert_eq!((&of_bob["muted"], of_bob["mutedByList"].is_object()), (&json!(holds), holds));
        assert_eq!(of_carol["blocking"].is_string(), holds);
        assert_eq!(of_carol["blockingByList"].is_object(), holds);
        assert_eq!(of_carol["following"].is_string(), !holds, "a block hides it");
        assert_eq!(relation(&network, &carol, &alice).await["blockedBy"], holds);
        let (shown, lists) =
            (timeline(&network, &alice).await, subscriptions(&network, &alice).await);
        if holds {
            assert_eq!(shown, none);
            assert_eq!(lists, [vec![muting.uri.clone()], vec![blocking.uri.clone()]]);
        } else {
            assert_eq!(shown, ["carol's", "bob's"]);
            assert_eq!(lists, [none.clone(), none.clone()]);
        }
    };
    holds(true).await;
    let both = [&muting, &blocking].map(
        |list| json!({ "$type": "com.atproto.repo.strongRef", "uri": list.uri, "cid": list.cid }),
    );
    let maker = json!({ "$type": "com.atproto.admin.defs#repoRef", "did": maker.as_str() });
    for subjects in [&both[..], &[maker]] {
        for subject in subjects {
            decide(&network, subject, true).await;
        }
        holds(false).await;
        for subject in subjects {
            decide(&network, subject, false).await;
        }
        holds(true).await;
    }
}

#[tokio::test]
async fn of_several_lists_those_that_stand_go_on() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, maker] = ["alice", "bob", "maker"].map(|name| network.account(name));
    let lists = [(); 3].map(|()| network.list(&maker, "modlist", &[&bob]));
    for list in &lists {
        network.list_block(&alice, list);
    }
    network.settle().await;
    for list in &lists {
        let muted = parameters(json!({ "list": list.uri }));
        mute_actor_list(&network.app, &viewer(&alice), muted).await.unwrap();
    }
    for (at, list) in lists.iter().enumerate() {
        let seen = relation(&network, &alice, &bob).await;
        assert_eq!((&seen["muted"], seen["blocking"].is_string()), (&json!(true), true), "{at}");
        let subject =
            json!({ "$type": "com.atproto.repo.strongRef", "uri": list.uri, "cid": list.cid });
        decide(&network, &subject, true).await;
    }
    let seen = relation(&network, &alice, &bob).await;
    assert_eq!((&seen["muted"], seen["blocking"].is_string()), (&json!(false), false));
}

#[tokio::test]
async fn known_followers_are_not_shown_across_any_block() {
    let Some(mut network) = Network::new().await else { return };
    let names =
        ["alice", "star", "plain", "blocked", "blocker", "listed", "fallen", "enemy", "muted"];
    let all = names.map(|name| network.account(name));
    let [alice, star, _, blocked, blocker, listed, fallen, enemy, muted] = &all;
    for known in &all[2..] {
        network.follow(alice, known);
        network.follow(known, star);
    }
    network.block(alice, blocked);
    network.block(blocker, alice);
    let list = network.list(star, "modlist", &[listed]);
    network.list_block(alice, &list);
    let struck = network.list(star, "modlist", &[fallen]);
    network.list_block(alice, &struck);
    network.block(star, enemy);
    network.settle().await;
    let subject =
        json!({ "$type": "com.atproto.repo.strongRef", "uri": struck.uri, "cid": struck.cid });
    decide(&network, &subject, true).await;
    let input = parameters(json!({ "actor": muted.as_str() }));
    firehouse_appview::mute_actor(&network.app, &viewer(alice), input).await.unwrap();

    let known = async |caller: &Caller| {
        let asked = parameters(json!({ "actor": star.as_str() }));
        let answer = get_known_followers(&network.app, caller, asked).await;
        pluck(&json("app.bsky.graph.getKnownFollowers", answer)["followers"], "/handle")
    };
    let expected = ["muted.test", "fallen.test", "plain.test"];
    assert_eq!(known(&viewer(alice)).await, expected, "who is muted is known all the same");
    assert!(known(&viewer(star)).await.is_empty());
    let asked = parameters(json!({ "actor": star.as_str() }));
    let profile = Box::pin(get_profile(&network.app, &viewer(alice), asked)).await;
    let profile = json("app.bsky.actor.getProfile", profile);
    let mut beside = pluck(&profile["viewer"]["knownFollowers"]["followers"], "/handle");
    beside.retain(|handle| !expected.contains(&&**handle));
    assert!(beside.is_empty(), "{beside:?}");
}
