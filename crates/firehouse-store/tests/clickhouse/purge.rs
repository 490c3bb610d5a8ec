//! What deleted accounts wrote is removed, and nothing of those that came back.

use firehouse_schema::{ActorRow, ActorStatus, FeedItemKind, FeedItemRow, RepoRow, RepoState};
use firehouse_sim::engine;
use firehouse_store::{Deletion, Store};
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
    use firehouse_store::read::{
        Among, AuthorFeed, Condition, FeedPosition, LinkPosition, PostSearch,
    };
    let all = AuthorFeed { reposts: true, media: 0, replies: 2 };
    let items = store.author_items(actor, all, FeedPosition::START, 1).await.unwrap();
    let condition = Condition::By(vec![actor]);
    let (after, until) = (Datetime::from_ms(i64::MIN), Datetime::from_ms(i64::MAX));
    let search = PostSearch { condition, after, until };
    let texts = store.search_posts(&search, Among::Engaged, LinkPosition::START, 1).await.unwrap();
    assert_eq!(texts.len(), items.len());
    let deletions = store.deletions(before_us, 10).await.unwrap();
    (!items.is_empty(), deletions.iter().any(|deletion| deletion.actor == actor))
}

#[tokio::test]
async fn who_comes_back_while_others_are_purged_keeps_what_is_there() {
    let Some(store) = engine::store().await else { return };
    use ActorStatus::{Active, Deleted};
    let names = ["gone", "back", "flaps", "flaps-late"];
    let rows = names.map(|name| row(name, Deleted, 10));
    let actors = rows.each_ref().map(|row| row.actor);
    let _ = store.insert(&rows).await.unwrap();
    let _ = store.insert(&actors.map(item)).await.unwrap();
    let _ = store.insert(&actors.map(repo)).await.unwrap();
    let _ = store.insert(&actors.map(|actor| crate::keep::engaged(actor, 1, 1))).await.unwrap();
    let mut listed = store.deletions(20, 10).await.unwrap();
    listed.sort_unstable();
    let mut all = actors.map(|actor| Deletion { actor, version: 10 });
    all.sort_unstable();
    assert_eq!(listed, all);

    // Behind the look, and in front of the purge. The last two happened before the look, and were on their way.
    let returned = [
        row("back", Active, 30),
        row("flaps", Active, 30),
        row("flaps", Deleted, 31),
        row("flaps-late", Active, 12),
        row("flaps-late", Deleted, 13),
    ];
    let _ = store.insert(&returned).await.unwrap();
    store.purge(&listed).await.unwrap();
    assert_eq!(left(&store, actors[0], 20).await, (false, false));
    assert_eq!(left(&store, actors[1], 40).await, (true, false));
    assert_eq!(left(&store, actors[2], 20).await, (true, false));
    assert_eq!(left(&store, actors[2], 40).await, (true, true));
    assert_eq!(left(&store, actors[3], 20).await, (true, true));
    store.purge(&store.deletions(40, 10).await.unwrap()).await.unwrap();
    assert_eq!(left(&store, actors[1], 50).await, (true, false));
    assert_eq!(left(&store, actors[2], 50).await, (false, false));
    assert_eq!(left(&store, actors[3], 50).await, (false, false));
}
