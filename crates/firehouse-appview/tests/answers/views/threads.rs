//! Threads of both versions, with every kind of node.

use firehouse_appview::{Caller, get_post_thread, get_post_thread_other_v2, get_post_thread_v2};
use serde_json::json;

use super::check;
use crate::network::{Network, Written, json, parameters, viewer};

/// Somebody's root; answers to it by whom Bob blocks, by who blocks Bob, one that is gone and one that the root's author hid.
struct Thread {
    network: Network,
    root: Written,
    middle: Written,
    gone: Written,
    blocked: Written,
}

async fn thread() -> Option<Thread> {
    let mut network = Network::new().await?;
    let [alice, bob, carol, dan] =
        ["alice", "bob", "carol", "dan"].map(|name| network.account(name));
    let root = network.post(&alice, "root");
    let middle = network.reply(&dan, "middle", &root, &root);
    network.reply(&bob, "below", &root, &middle);
    let gone = network.reply(&dan, "gone", &root, &root);
    network.reply(&alice, "below what is gone", &root, &gone);
    let blocked = network.reply(&carol, "of whom Bob blocks", &root, &root);
    let hidden = network.reply(&dan, "hidden", &root, &root);
    let gate = json!({ "post": root.uri, "hiddenReplies": [hidden.uri] });
    network.write_as(&alice, "app.bsky.feed.threadgate", Some(root.rkey()), gate);
    network.like(&alice, &middle);
    network.delete(&gone);
    network.block(&bob, &carol);
    network.settle().await;
    Some(Thread { network, root, middle, gone, blocked })
}

#[tokio::test]
async fn a_thread_is_a_tree() {
    let Some(Thread { network, root, middle, gone, blocked }) = thread().await else { return };
    let bob = firehouse_types::Did::parse("did:plc:bobaaaaaaaaaaaaaaaaaaaaa").unwrap();
    let shown = async |what: &Written| {
        let asked = parameters(json!({ "uri": what.uri }));
        let answer = get_post_thread(&network.app, &viewer(&bob), asked).await;
        json("app.bsky.feed.getPostThread", answer)
    };
    check("thread", shown(&root).await);
    check("thread_with_parent", shown(&middle).await["thread"]["parent"].clone());
    check("thread_blocked", shown(&blocked).await);
    let asked = parameters(json!({ "uri": gone.uri }));
    assert!(get_post_thread(&network.app, &viewer(&bob), asked).await.is_err());
}

#[tokio::test]
async fn a_thread_of_the_second_version_is_a_list() {
    let Some(Thread { network, root, middle, gone, blocked }) = thread().await else { return };
    let bob = firehouse_types::Did::parse("did:plc:bobaaaaaaaaaaaaaaaaaaaaa").unwrap();
    let shown = async |what: &Written, caller: &Caller| {
        let asked = parameters(json!({ "anchor": what.uri }));
        let answer = get_post_thread_v2(&network.app, caller, asked).await;
        json("app.bsky.unspecced.getPostThreadV2", answer)
    };
    check("thread_v2", shown(&root, &viewer(&bob)).await);
    check("thread_v2_above", shown(&middle, &Caller::default()).await["thread"][0].clone());
    check("thread_v2_blocked", shown(&blocked, &viewer(&bob)).await);
    check("thread_v2_gone", shown(&gone, &viewer(&bob)).await);
    let asked = parameters(json!({ "anchor": root.uri }));
    let others = get_post_thread_other_v2(&network.app, &viewer(&bob), asked).await;
    check("thread_others_v2", json("app.bsky.unspecced.getPostThreadOtherV2", others));
}
