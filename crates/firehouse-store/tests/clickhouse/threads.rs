//! A thread is what its posts say now, not what they said once.

use firehouse_schema::{LinkRow, PostRow};
use firehouse_sim::engine;
use firehouse_store::Store;
use firehouse_store::read::RecordKey;
use firehouse_types::{ActorId, Datetime, Nsid, Rev, RkeyId};

const FIRST_ROOT: u64 = 10;
const SECOND_ROOT: u64 = 20;

fn author() -> ActorId {
    ActorId::of("did:web:a.test")
}

/// A reply to the first post of a thread.
fn reply(rkey: u64, root: u64, rev: u64) -> PostRow {
    PostRow {
        actor: author(),
        rkey: RkeyId::from(rkey),
        rev: Rev::from(rev),
        deleted: 0,
        cid: [7; 32],
        created_at: Datetime::EPOCH,
        sort_at: Datetime::EPOCH,
        root_actor: author().get(),
        root_rkey: root,
        parent_actor: author().get(),
        parent_rkey: root,
        quote_actor: 0,
        quote_rkey: 0,
        embeds: 0,
        langs: Vec::new(),
        made_at: Datetime::EPOCH,
    }
}

/// What a version of the reply says of its root.
fn root_link(post: &PostRow) -> LinkRow {
    LinkRow {
        target_actor: post.root_actor.into(),
        target_rkey: post.root_rkey.into(),
        target_collection: "app.bsky.feed.post".into(),
        collection: Nsid::parse("app.bsky.feed.post").unwrap(),
        path: ".reply.root.uri".into(),
        actor: post.actor,
        rkey: post.rkey,
        rev: post.rev,
        deleted: post.deleted,
        target_cid: [0; 32],
        target_url: "".into(),
        sort_at: post.sort_at,
    }
}

/// The replies of a thread, each with what it answers.
async fn thread(store: &Store, root: u64) -> Vec<(RecordKey, RecordKey)> {
    let rows = store.thread_replies((author(), root.into()), 10).await.unwrap();
    rows.iter().map(|row| (row.key(), row.parent())).collect()
}

#[tokio::test]
async fn a_reply_that_an_edit_moved_is_in_its_new_thread_alone() {
    let Some(store) = engine::store().await else { return };
    let (stays, before, after) =
        (reply(1, FIRST_ROOT, 1), reply(2, FIRST_ROOT, 1), reply(2, SECOND_ROOT, 2));
    let root = |rkey| PostRow { root_actor: 0, root_rkey: 0, parent_actor: 0, ..reply(rkey, 0, 1) };
    let _ = store.insert(&[root(FIRST_ROOT), root(SECOND_ROOT)]).await.unwrap();
    let _ = store.insert(&[stays.clone(), before.clone()]).await.unwrap();
    let _ = store.insert(&[root_link(&stays), root_link(&before)]).await.unwrap();
    let post = |rkey: u64| (author(), RkeyId::from(rkey));
    let first = |rkey| (post(rkey), post(FIRST_ROOT));
    assert_eq!(thread(&store, FIRST_ROOT).await, [first(2), first(1)]);

    // What the writer makes of the edit: the new version in posts, the new root in links, a tombstone for the old one.
    let gone = LinkRow { rev: after.rev, deleted: 1, ..root_link(&before) };
    let _ = store.insert(&[root_link(&after), gone]).await.unwrap();
    let _ = store.insert(std::slice::from_ref(&after)).await.unwrap();
    assert_eq!(thread(&store, FIRST_ROOT).await, [first(1)]);
    assert_eq!(thread(&store, SECOND_ROOT).await, [(post(2), post(SECOND_ROOT))]);

    let deleted = PostRow { rev: Rev::from(3), deleted: 1, ..after };
    let _ = store.insert(&[root_link(&deleted)]).await.unwrap();
    let _ = store.insert(&[deleted]).await.unwrap();
    assert_eq!(thread(&store, SECOND_ROOT).await, []);
}
