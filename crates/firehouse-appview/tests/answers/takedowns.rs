//! Takedowns by a moderator: what they hide in which view, from whom, and that nothing which is indexed undoes them.

use firehouse_appview::{
    Caller, ViewError, get_account_infos, get_author_feed, get_feed_generators, get_list,
    get_post_thread, get_posts, get_profile, get_record, get_reposted_by, get_services,
    get_starter_packs, get_subject_status, update_subject_status,
};
use firehouse_schema::ActorStatus;
use firehouse_types::Did;
use serde_json::{Value, json};

use crate::network::{Network, Written, json, parameters, pluck, viewer};
use crate::offered::{generator, labeler, starter_pack};

const BLOB: &str = "bafkreih6ma7g5tjvsd4mtq6ygzxfh6ifhevqz4dgvqkovkzqjskrt2tq2e";

pub fn moderator() -> Caller {
    Caller { privileged: true, ..Caller::default() }
}

fn account(did: &Did) -> Value {
    json!({ "$type": "com.atproto.admin.defs#repoRef", "did": did.as_str() })
}

fn record(written: &Written) -> Value {
    json!({ "$type": "com.atproto.repo.strongRef", "uri": written.uri, "cid": written.cid })
}

/// Takes down, or gives back.
pub async fn decide(network: &Network, subject: &Value, applied: bool) {
    let takedown = json!({ "applied": applied, "ref": "42" });
    let input = parameters(json!({ "subject": subject, "takedown": takedown }));
    let answer = Box::pin(update_subject_status(&network.app, &moderator(), input)).await;
    let answer = json("com.atproto.admin.updateSubjectStatus", answer);
    assert_eq!(answer, json!({ "subject": subject, "takedown": takedown }));
}

async fn status(network: &Network, asked: Value) -> Result<Value, ViewError> {
    let answer =
        Box::pin(get_subject_status(&network.app, &moderator(), parameters(asked))).await?;
    Ok(json("com.atproto.admin.getSubjectStatus", Ok(answer)))
}

async fn texts(network: &Network, caller: &Caller, posts: &[&Written]) -> Vec<String> {
    let uris: Vec<_> = posts.iter().map(|post| &post.uri).collect();
    let answer =
        Box::pin(get_posts(&network.app, caller, parameters(json!({ "uris": uris })))).await;
    pluck(&json("app.bsky.feed.getPosts", answer)["posts"], "/record/text")
}

#[tokio::test]
async fn an_account_vanishes_and_comes_back_as_it_was() {
    let Some(mut network) = Network::new().await else { return };
    let (alice, bob) = (network.account("alice"), network.account("bob"));
    network.write_as(&bob, "app.bsky.actor.profile", Some("self"), json!({ "displayName": "Bob" }));
    let (root, of_bob) = (network.post(&alice, "root"), network.post(&bob, "of bob"));
    network.reply(&bob, "reply", &root, &root);
    network.settle().await;
    let anyone = Caller::default();
    let profile = async |caller: &Caller| {
        let asked = parameters(json!({ "actor": bob.as_str() }));
        Box::pin(get_profile(&network.app, caller, asked)).await.map(drop)
    };
    let replies = async |caller: &Caller| {
        let asked = parameters(json!({ "uri": root.uri }));
        let thread = Box::pin(get_post_thread(&network.app, caller, asked)).await;
        let thread = json("app.bsky.feed.getPostThread", thread);
        pluck(&thread["thread"]["replies"], "/post/record/text")
    };
    let infos = async |caller: &Caller| {
        let asked = parameters(json!({ "dids": [bob.as_str(), "did:plc:nobody", alice.as_str()] }));
        let answer = Box::pin(get_account_infos(&network.app, caller, asked)).await;
        pluck(&json("com.atproto.admin.getAccountInfos", answer)["infos"], "/handle")
    };
    let repo = async |caller: &Caller| {
        let asked =
            json!({ "repo": "bob.test", "collection": "app.bsky.actor.profile", "rkey": "self" });
        Box::pin(get_record(&network.app, caller, parameters(asked))).await.map(drop)
    };

    decide(&network, &account(&bob), true).await;
    assert!(matches!(profile(&anyone).await, Err(ViewError::AccountTakedown)));
    assert!(matches!(profile(&viewer(&bob)).await, Err(ViewError::AccountTakedown)));
    assert_eq!(texts(&network, &anyone, &[&root, &of_bob]).await, ["root"]);
    assert_eq!(replies(&anyone).await, Vec::<String>::new());
    assert_eq!(infos(&anyone).await, ["alice.test"]);
    assert!(repo(&anyone).await.is_err());
    assert!(profile(&moderator()).await.is_ok());
    assert_eq!(texts(&network, &moderator(), &[&root, &of_bob]).await, ["root", "of bob"]);
    assert_eq!(replies(&moderator()).await, ["reply"]);
    assert_eq!(infos(&moderator()).await, ["bob.test", "alice.test"]);
    assert!(repo(&moderator()).await.is_ok());
    let said = status(&network, json!({ "did": bob.as_str() })).await.unwrap();
    assert_eq!(said["takedown"], json!({ "applied": true, "ref": "42" }));

    decide(&network, &account(&bob), false).await;
    assert!(profile(&anyone).await.is_ok());
    assert_eq!(texts(&network, &anyone, &[&root, &of_bob]).await, ["root", "of bob"]);
    assert_eq!(replies(&anyone).await, ["reply"]);
    assert_eq!(infos(&anyone).await, ["bob.test", "alice.test"]);
    let said = status(&network, json!({ "did": bob.as_str() })).await.unwrap();
    assert_eq!(said["takedown"], json!({ "applied": false }));
}

#[tokio::test]
async fn records_are_taken_down_one_by_one() {
    let Some(mut network) = Network::new().await else { return };
    let (alice, bob) = (network.account("alice"), network.account("bob"));
    let profile = network.write_as(
        &alice,
        "app.bsky.actor.profile",
        Some("self"),
        json!({ "displayName": "Alice" }),
    );
    let live = json!({ "status": "app.bsky.actor.status#live", "durationMinutes": 60 });
    let live = network.write_as(&alice, "app.bsky.actor.status", Some("self"), live);
    let (one, two) = (network.post(&alice, "one"), network.post(&alice, "two"));
    let repost = network.repost(&bob, &two);
    let list = network.list(&alice, "modlist", &[&bob]);
    network.list_block(&alice, &list);
    network.settle().await;
    let anyone = Caller::default();
    let seen = async |caller: &Caller| {
        let asked = parameters(json!({ "actor": alice.as_str() }));
        json("app.bsky.actor.getProfile", Box::pin(get_profile(&network.app, caller, asked)).await)
    };
    let feed = async || {
        let asked = parameters(json!({ "actor": bob.as_str() }));
        let feed = Box::pin(get_author_feed(&network.app, &anyone, asked)).await;
        pluck(&json("app.bsky.feed.getAuthorFeed", feed)["feed"], "/post/record/text")
    };
    let reposters = async || {
        let asked = parameters(json!({ "uri": two.uri }));
        let answer = Box::pin(get_reposted_by(&network.app, &anyone, asked)).await;
        pluck(&json("app.bsky.feed.getRepostedBy", answer)["repostedBy"], "/handle")
    };
    assert_eq!(seen(&viewer(&bob)).await["viewer"]["blockedBy"], true);
    assert_eq!(feed().await, ["two"]);
    assert_eq!(reposters().await, ["bob.test"]);
    for written in [&profile, &live, &one, &repost, &list] {
        decide(&network, &record(written), true).await;
    }
    assert_eq!(seen(&anyone).await["displayName"], Value::Null);
    assert_eq!(seen(&anyone).await["status"], Value::Null);
    assert_eq!(seen(&viewer(&alice)).await["status"]["isDisabled"], true);
    assert_eq!(seen(&moderator()).await["displayName"], "Alice");
    assert_eq!(seen(&viewer(&bob)).await["viewer"]["blockedBy"], false);
    assert_eq!(texts(&network, &anyone, &[&one, &two]).await, ["two"]);
    assert_eq!(texts(&network, &moderator(), &[&one, &two]).await, ["one", "two"]);
    assert_eq!(feed().await, Vec::<String>::new());
    assert_eq!(reposters().await, Vec::<String>::new());
    let asked = || parameters(json!({ "list": list.uri }));
    assert!(get_list(&network.app, &anyone, asked()).await.is_err());
    assert!(get_list(&network.app, &moderator(), asked()).await.is_ok());
    for written in [&profile, &live, &one, &repost, &list] {
        decide(&network, &record(written), false).await;
    }
    assert_eq!(seen(&anyone).await["displayName"], "Alice");
    assert_eq!(seen(&viewer(&alice)).await["status"]["isDisabled"], false);
    assert_eq!(seen(&viewer(&bob)).await["viewer"]["blockedBy"], true);
    assert_eq!(texts(&network, &anyone, &[&one, &two]).await, ["one", "two"]);
    assert_eq!(feed().await, ["two"]);
    assert!(get_list(&network.app, &anyone, asked()).await.is_ok());
}

#[tokio::test]
async fn what_is_indexed_again_deleted_or_made_anew_stays_taken_down() {
    let Some(mut network) = Network::new().await else { return };
    let (alice, bob) = (network.account("alice"), network.account("bob"));
    let write = |network: &mut Network, text: &str| {
        let key = Some("3jwdwj2ctlk26");
        network.write_as(&alice, "app.bsky.feed.post", key, json!({ "text": text }))
    };
    let post = write(&mut network, "first");
    let of_bob = network.post(&bob, "of bob");
    network.settle().await;
    decide(&network, &record(&post), true).await;
    decide(&network, &account(&bob), true).await;
    let anyone = Caller::default();
    let none = Vec::<String>::new();
    write(&mut network, "edited");
    network.settle().await;
    assert_eq!(texts(&network, &anyone, &[&post]).await, none);
    assert_eq!(texts(&network, &moderator(), &[&post]).await, ["edited"]);
    network.delete(&post);
    network.set_status(&bob, "bob", ActorStatus::Deleted);
    network.settle().await;
    let gone = status(&network, json!({ "uri": post.uri })).await;
    assert!(matches!(gone, Err(ViewError::SubjectNotFound)));
    let gone = status(&network, json!({ "did": bob.as_str() })).await;
    assert!(matches!(gone, Err(ViewError::SubjectNotFound)));
    write(&mut network, "again");
    network.set_status(&bob, "bob", ActorStatus::Active);
    network.settle().await;
    assert_eq!(texts(&network, &anyone, &[&post, &of_bob]).await, none);
    assert_eq!(texts(&network, &moderator(), &[&post, &of_bob]).await, ["again", "of bob"]);
    let said = status(&network, json!({ "uri": post.uri })).await.unwrap();
    assert_eq!(said["takedown"], json!({ "applied": true, "ref": "42" }));
}

#[tokio::test]
async fn blobs_are_taken_down_with_their_account_or_alone() {
    let Some(mut network) = Network::new().await else { return };
    let (alice, bob) = (network.account("alice"), network.account("bob"));
    network.settle().await;
    let blob = |did: &Did| json!({ "$type": "com.atproto.admin.defs#repoBlobRef", "did": did.as_str(), "cid": BLOB });
    let is_down =
        async |did: &Did| network.store.is_taken_down_blob(did.actor(), BLOB).await.unwrap();
    let asked = json!({ "did": alice.as_str(), "blob": BLOB });
    assert_eq!(status(&network, asked.clone()).await.unwrap()["takedown"]["applied"], false);
    decide(&network, &blob(&alice), true).await;
    decide(&network, &account(&bob), true).await;
    assert!(is_down(&alice).await && is_down(&bob).await);
    let said = status(&network, asked).await.unwrap();
    assert_eq!(said["takedown"], json!({ "applied": true, "ref": "TAKEDOWN" }));
    decide(&network, &blob(&alice), false).await;
    decide(&network, &account(&bob), false).await;
    assert!(!is_down(&alice).await && !is_down(&bob).await);
}

#[tokio::test]
async fn what_names_nothing_is_refused_in_the_references_words() {
    let Some(network) = Network::new().await else { return };
    let check = async |asked: Value, expected: &str| {
        assert_eq!(status(&network, asked).await.unwrap_err().to_string(), expected);
    };
    check(json!({}), "No provided subject").await;
    check(json!({ "blob": BLOB }), "Must provide a did to request blob state").await;
    check(json!({ "did": "did:plc:nobody" }), "Subject not found").await;
    check(
        json!({ "uri": "at://did:plc:nobody/app.bsky.feed.post/3jwdwj2ctlk26" }),
        "Subject not found",
    )
    .await;
    let subject = json!({ "$type": "com.example.thing" });
    let input = parameters(json!({ "subject": subject, "takedown": { "applied": true } }));
    let refused =
        Box::pin(update_subject_status(&network.app, &moderator(), input)).await.unwrap_err();
    assert_eq!(refused.to_string(), "Invalid subject type: com.example.thing");
}

#[tokio::test]
async fn what_accounts_offer_is_taken_down_one_by_one() {
    let Some(mut network) = Network::new().await else { return };
    let alice = network.account("alice");
    let (feed, service) = (generator(&mut network, &alice, "hot"), labeler(&mut network, &alice));
    let list = network.list(&alice, "referencelist", &[&alice]);
    let pack = starter_pack(&mut network, &alice, &list, &[]);
    network.settle().await;
    let shown = async |caller: &Caller| {
        let asked = parameters(json!({ "feeds": [feed.uri] }));
        let feeds = Box::pin(get_feed_generators(&network.app, caller, asked)).await;
        let feeds = json("app.bsky.feed.getFeedGenerators", feeds)["feeds"].clone();
        let asked = parameters(json!({ "uris": [pack.uri] }));
        let packs = Box::pin(get_starter_packs(&network.app, caller, asked)).await;
        let packs = json("app.bsky.graph.getStarterPacks", packs)["starterPacks"].clone();
        let asked = parameters(json!({ "dids": [alice.as_str()] }));
        let services = Box::pin(get_services(&network.app, caller, asked)).await;
        let services = json("app.bsky.labeler.getServices", services)["views"].clone();
        [feeds, packs, services].map(|views| views.as_array().map_or(0, Vec::len))
    };
    let anyone = Caller::default();
    assert_eq!(shown(&anyone).await, [1, 1, 1]);
    decide(&network, &record(&feed), true).await;
    assert_eq!(shown(&anyone).await, [0, 1, 1]);
    decide(&network, &record(&pack), true).await;
    decide(&network, &record(&service), true).await;
    assert_eq!(shown(&anyone).await, [0, 0, 0]);
    assert_eq!(shown(&moderator()).await, [1, 1, 1]);
    for written in [&feed, &pack, &service] {
        decide(&network, &record(written), false).await;
    }
    assert_eq!(shown(&anyone).await, [1, 1, 1]);
}
