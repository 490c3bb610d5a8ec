//! What deleted accounts wrote is removed, and nothing of those that came back.

use firehouse_schema::{ActorRow, ActorStatus, FeedItemKind, FeedItemRow, RepoRow, RepoState};
use firehouse_sim::engine;
use firehouse_store::Store;
use firehouse_types::{ActorId, Datetime, Did, Rev, RkeyId};

fn row(name: &str, status: ActorStatus, version: u64) -> ActorRow {
    let did = Did::parse(&format!("did:web:{name}.test")).unwrap();
    ActorRow { status, version, ..ActorRow::mentioned(did) }
}

fn item(actor: ActorId) -> FeedItemRow {
    FeedItemRow {
        sort_at: Datetime::from_ms(1),
        actor,
        kind: FeedItemKind::Post,
        rkey: RkeyId::from(1),
        post_actor: actor,
        post_rkey: RkeyId::from(1),
        root_actor: 0,
        embeds: 0,
        rev: Rev::from(1),
        deleted: 0,
    }
}

fn repo(actor: ActorId) -> RepoRow {
    RepoRow {
        actor,
        rev: Rev::from(1),
        data: [1; 32],
        state: RepoState::Synchronized,
        reason: "".into(),
        vouched: Rev::from(1),
    }
}

/// Whether anything is held of an account's feed, and whether it is among those that are still to be purged.
async fn left(store: &Store, actor: ActorId, before_us: u64) -> (bool, bool) {
    use firehouse_store::read::{AuthorFeed, FeedPosition};
    let all = AuthorFeed { reposts: true, media: 0, replies: 2 };
    let items = store.author_items(actor, all, FeedPosition::START, 1).await.unwrap();
    let deleted = store.deleted_accounts(before_us, 10).await.unwrap();
    (!items.is_empty(), deleted.contains(&actor))
}

#[tokio::test]
async fn who_comes_back_while_others_are_purged_keeps_what_is_there() {
    let Some(store) = engine::store().await else { return };
    use ActorStatus::{Active, Deleted};
    let (gone, back, flapping) =
        (row("gone", Deleted, 10), row("back", Deleted, 10), row("flaps", Deleted, 10));
    let actors = [gone.actor, back.actor, flapping.actor];
    let _ = store.insert(&[gone, back, flapping]).await.unwrap();
    let _ = store.insert(&actors.map(item)).await.unwrap();
    let _ = store.insert(&actors.map(repo)).await.unwrap();
    let mut listed = store.deleted_accounts(20, 10).await.unwrap();
    listed.sort_unstable();
    let mut all = actors.to_vec();
    all.sort_unstable();
    assert_eq!(listed, all);

    // Behind the look, and in front of the purge.
    let returned = [row("back", Active, 30), row("flaps", Active, 30), row("flaps", Deleted, 31)];
    let _ = store.insert(&returned).await.unwrap();
    store.purge(&listed, 20).await.unwrap();
    assert_eq!(left(&store, actors[0], 20).await, (false, false));
    assert_eq!(left(&store, actors[1], 40).await, (true, false));
    assert_eq!(left(&store, actors[2], 20).await, (true, false));
    assert_eq!(left(&store, actors[2], 40).await, (true, true));
    store.purge(&listed, 40).await.unwrap();
    assert_eq!(left(&store, actors[1], 50).await, (true, false));
    assert_eq!(left(&store, actors[2], 50).await, (false, false));
}
