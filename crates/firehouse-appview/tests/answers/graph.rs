//! Follows, likes, reposts, quotes, lists and relationships: who is in them, counted as they are listed.

use firehouse_appview::{
    Caller, ViewError, get_followers, get_follows, get_likes, get_list, get_lists, get_profile,
    get_profiles, get_profiles_internal, get_quotes, get_relationships, get_reposted_by,
    resolve_handle,
};
use firehouse_schema::ActorStatus;
use serde_json::{Value, json};

use crate::network::{Network, json, parameters, pluck, viewer};

#[tokio::test]
async fn followers_are_listed_latest_first_and_counted_alike() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| network.account(name));
    network.follow(&bob, &alice);
    network.follow(&carol, &alice);
    network.follow(&carol, &alice);
    network.follow(&alice, &carol);
    network.settle().await;

    let asked = parameters(json!({ "actor": "ALICE.test" }));
    let answer = get_followers(&network.app, &viewer(&alice), asked).await;
    let body = json("app.bsky.graph.getFollowers", answer);
    assert_eq!(pluck(&body["followers"], "/handle"), ["carol.test", "bob.test"]);
    assert_eq!(body["subject"]["handle"], "alice.test");
    let carols = &body["followers"][0]["viewer"];
    assert!(carols["following"].is_string() && carols["followedBy"].is_string(), "{carols}");

    let asked = parameters(json!({ "actor": alice.as_str() }));
    let answer = get_follows(&network.app, &Caller::default(), asked).await;
    let body = json("app.bsky.graph.getFollows", answer);
    assert_eq!(pluck(&body["follows"], "/handle"), ["carol.test"]);

    let asked = parameters(json!({ "actor": alice.as_str() }));
    let profile = json(
        "app.bsky.actor.getProfile",
        get_profile(&network.app, &Caller::default(), asked).await,
    );
    assert_eq!((&profile["followersCount"], &profile["followsCount"]), (&json!(2), &json!(1)));
}

#[tokio::test]
async fn a_second_like_of_the_same_account_counts_once_and_the_first_stands() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| network.account(name));
    let post = network.post(&alice, "liked");
    let first = network.like(&bob, &post);
    network.like(&carol, &post);
    network.like(&bob, &post);
    network.repost(&carol, &post);
    network.quote(&bob, "look", &post);
    network.reply(&bob, "yes", &post, &post);
    network.settle().await;

    let asked = parameters(json!({ "uri": post.uri }));
    let answer = get_likes(&network.app, &viewer(&bob), asked).await;
    let body = json("app.bsky.feed.getLikes", answer);
    assert_eq!(pluck(&body["likes"], "/actor/handle"), ["carol.test", "bob.test"]);

    let asked = parameters(json!({ "uri": post.uri }));
    let body = json(
        "app.bsky.feed.getRepostedBy",
        get_reposted_by(&network.app, &Caller::default(), asked).await,
    );
    assert_eq!(pluck(&body["repostedBy"], "/handle"), ["carol.test"]);

    let asked = parameters(json!({ "uri": post.uri }));
    let body =
        json("app.bsky.feed.getQuotes", get_quotes(&network.app, &Caller::default(), asked).await);
    assert_eq!(pluck(&body["posts"], "/record/text"), ["look"]);

    let asked = parameters(json!({ "uris": [post.uri] }));
    let answer = firehouse_appview::get_posts(&network.app, &viewer(&bob), asked).await;
    let view = &json("app.bsky.feed.getPosts", answer)["posts"][0];
    let counts =
        ["likeCount", "repostCount", "replyCount", "quoteCount"].map(|name| view[name].as_u64());
    assert_eq!(counts, [Some(2), Some(1), Some(1), Some(1)]);
    assert_eq!(view["viewer"]["like"], json!(first.uri));
}

#[tokio::test]
async fn a_cursor_that_was_a_did_is_out_of_date() {
    let Some(network) = Network::new().await else { return };
    let check = |cursor: &str| {
        let asked =
            json!({ "uri": "at://did:plc:a/app.bsky.feed.post/3jwdwj2ctlk26", "cursor": cursor });
        let network = &network;
        async move {
            get_likes(&network.app, &Caller::default(), parameters(asked))
                .await
                .map(drop)
                .unwrap_err()
        }
    };
    assert!(check("did:plc:abc").await.to_string().contains("out of date"));
    assert!(matches!(check("garbage").await, ViewError::MalformedCursor));
}

#[tokio::test]
async fn a_profile_that_cannot_be_seen_says_why() {
    let Some(mut network) = Network::new().await else { return };
    use ActorStatus::{Deactivated, Deleted, Suspended, Takendown};
    for (name, status) in
        [("gone", Deleted), ("rest", Deactivated), ("susp", Suspended), ("take", Takendown)]
    {
        let did = network.account(name);
        network.set_status(&did, name, status);
    }
    network.settle().await;
    let check = async |actor: &str, expected: &str| {
        let asked = parameters(json!({ "actor": actor }));
        let refused = get_profile(&network.app, &Caller::default(), asked).await;
        assert_eq!(refused.map(drop).unwrap_err().to_string(), expected, "{actor}");
    };
    check("gone.test", "Profile not found").await;
    check("rest.test", "Account is deactivated").await;
    check("susp.test", "Account has been suspended").await;
    check("take.test", "Account has been suspended").await;
    check("nobody.test", "Profile not found").await;
    check("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa", "Profile not found").await;

    let asked = parameters(json!({ "actors": ["gone.test", "rest.test", "nobody.test"] }));
    let body = get_profiles(&network.app, &Caller::default(), asked).await.unwrap().body;
    assert!(body.profiles.is_empty());
}

#[tokio::test]
async fn lists_have_their_members_and_purposes_choose_among_them() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| network.account(name));
    let mods = network.list(&alice, "modlist", &[&bob, &carol]);
    network.list(&alice, "curatelist", &[&carol]);
    network.list(&alice, "referencelist", &[]);
    network.block(&alice, &carol);
    network.settle().await;

    let asked = parameters(json!({ "list": mods.uri }));
    let body =
        json("app.bsky.graph.getList", get_list(&network.app, &Caller::default(), asked).await);
    assert_eq!(pluck(&body["items"], "/subject/handle"), ["carol.test", "bob.test"]);
    assert_eq!(body["list"]["listItemCount"], 2);

    let purposes = async |purposes: Value| {
        let mut asked = json!({ "actor": "alice.test" });
        if !purposes.is_null() {
            asked["purposes"] = purposes;
        }
        let answer = get_lists(&network.app, &Caller::default(), parameters(asked)).await;
        pluck(&json("app.bsky.graph.getLists", answer)["lists"], "/name")
    };
    assert_eq!(purposes(json!(null)).await, ["curatelist", "modlist"]);
    assert_eq!(purposes(json!(["modlist"])).await, ["modlist"]);
    assert!(purposes(json!(["app.bsky.graph.defs#referencelist"])).await.is_empty());

    let missing = format!("at://{bob}/app.bsky.graph.list/3jwdwj2ctlk26");
    let refused =
        get_list(&network.app, &Caller::default(), parameters(json!({ "list": missing }))).await;
    assert_eq!(refused.map(drop).unwrap_err().to_string(), "List not found");
}

#[tokio::test]
async fn members_in_a_block_with_the_creator_show_only_to_him_and_on_moderation_lists() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| network.account(name));
    let list = network.list(&alice, "curatelist", &[&bob, &carol]);
    network.block(&carol, &alice);
    network.settle().await;
    let members = async |caller: &Caller| {
        let answer = get_list(&network.app, caller, parameters(json!({ "list": list.uri }))).await;
        pluck(&json("app.bsky.graph.getList", answer)["items"], "/subject/handle")
    };
    assert_eq!(members(&Caller::default()).await, ["bob.test"]);
    assert_eq!(members(&viewer(&alice)).await, ["carol.test", "bob.test"]);
}

#[tokio::test]
async fn relationships_go_both_ways_and_handles_among_the_others_are_not_found() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| network.account(name));
    let follow = network.follow(&alice, &bob);
    let block = network.block(&carol, &alice);
    let list = network.list(&bob, "modlist", &[&alice]);
    network.list_block(&bob, &list);
    network.settle().await;

    let asked = json!({ "actor": "alice.test", "others": [bob.as_str(), carol.as_str(), "bob.test", alice.as_str()] });
    let answer = get_relationships(&network.app, &Caller::default(), parameters(asked)).await;
    let body = json("app.bsky.graph.getRelationships", answer);
    assert_eq!(body["actor"], json!(alice.as_str()));
    let [to_bob, to_carol, handle, own] = [0, 1, 2, 3].map(|at| &body["relationships"][at]);
    assert_eq!(to_bob["following"], json!(follow.uri));
    assert_eq!(to_bob["blockedByList"], json!(list.uri));
    assert_eq!(to_carol["blockedBy"], json!(block.uri));
    assert_eq!(handle["$type"], "app.bsky.graph.defs#notFoundActor");
    assert_eq!(own.as_object().unwrap().len(), 2, "type and DID only");
}

#[tokio::test]
async fn what_a_deleted_account_did_is_no_relation() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob] = ["alice", "bob"].map(|name| network.account(name));
    let follow = network.follow(&alice, &bob);
    network.follow(&bob, &alice);
    network.set_status(&bob, "bob", ActorStatus::Deleted);
    network.settle().await;
    let asked = json!({ "actor": alice.as_str(), "others": [bob.as_str()] });
    let answer = get_relationships(&network.app, &Caller::default(), parameters(asked)).await;
    let body = json("app.bsky.graph.getRelationships", answer);
    assert_eq!(body["relationships"][0]["following"], json!(follow.uri));
    assert!(body["relationships"][0].get("followedBy").is_none(), "{body}");
}

#[tokio::test]
async fn a_post_that_is_deleted_has_no_quotes() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob] = ["alice", "bob"].map(|name| network.account(name));
    let post = network.post(&alice, "quote me");
    network.quote(&bob, "quoted", &post);
    let quotes = async |network: &Network| {
        let asked = parameters(json!({ "uri": post.uri }));
        let answer = Box::pin(get_quotes(&network.app, &Caller::default(), asked)).await;
        json("app.bsky.feed.getQuotes", answer)["posts"].as_array().unwrap().len()
    };
    network.settle().await;
    assert_eq!(quotes(&network).await, 1);
    network.delete(&post);
    network.settle().await;
    assert_eq!(quotes(&network).await, 0);
}

#[tokio::test]
async fn a_handle_resolves_in_any_case_and_only_while_it_is_held() {
    let Some(mut network) = Network::new().await else { return };
    let alice = network.account("alice");
    network.settle().await;
    network.set_status(&alice, "renamed", ActorStatus::Active);
    network.settle().await;
    let resolve = async |network: &Network, handle: &str| {
        let asked = parameters(json!({ "handle": handle }));
        let answer = resolve_handle(&network.app, &Caller::default(), asked).await;
        answer.map(|answer| answer.body.did).map_err(|error| error.to_string())
    };
    let nobody = Err("Unable to resolve handle".to_owned());
    assert_eq!(resolve(&network, "ReNamed.test").await.as_ref(), Ok(&alice));
    assert_eq!(resolve(&network, "alice.test").await, nobody);
    network.set_status(&alice, "renamed", ActorStatus::Deleted);
    network.settle().await;
    assert_eq!(resolve(&network, "renamed.test").await, nobody);
}

#[tokio::test]
async fn a_service_of_the_operator_sees_profiles_as_somebody_else_does() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol, dan] =
        ["alice", "bob", "carol", "dan"].map(|name| network.account(name));
    for whom in [&bob, &dan] {
        network.follow(&alice, whom);
    }
    for whom in [&carol, &dan] {
        network.follow(&bob, whom);
    }
    let gone = network.account("gone");
    network.set_status(&gone, "gone", ActorStatus::Takendown);
    network.settle().await;

    let profiles = async |more: Value| {
        let dids: Vec<&str> = [&carol, &dan, &gone].map(|did| did.as_str()).to_vec();
        let mut asked = json!({ "dids": dids });
        asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let admin = Caller { privileged: true, ..Caller::default() };
        let answer = get_profiles_internal(&network.app, &admin, parameters(asked)).await;
        json("internal.bsky.actor.getProfiles", answer)["profiles"].clone()
    };
    let seen = profiles(json!({ "viewer": alice.as_str(), "socialProof": [carol.as_str()] })).await;
    assert_eq!(pluck(&seen, "/did"), [carol.as_str(), dan.as_str()]);
    assert_eq!(seen[0]["viewer"]["knownFollowers"]["count"], 1);
    assert!(seen[1]["viewer"]["following"].is_string());
    assert!(seen[1]["viewer"].get("knownFollowers").is_none(), "nobody asked for them");
    let seen = profiles(json!({ "includeTakedowns": true })).await;
    assert_eq!(seen.as_array().map(Vec::len), Some(3));
    assert!(seen[0].get("viewer").is_none());
}
