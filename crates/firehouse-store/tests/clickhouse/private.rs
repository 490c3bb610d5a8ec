//! What accounts tell only us: durable, seen by the next read, one account's own, and gone when it is erased.

use firehouse_schema::{ActorRow, ActorStatus, ListItemRow, ListRow, MuteKind};
use firehouse_sim::engine;
use firehouse_store::read::{LinkPosition, RecordKey};
use firehouse_store::{Bookmark, Deletion, MuteTarget, PrivatePosition, PrivateState, Store};
use firehouse_types::{ActorId, Datetime, Did, Rev, RkeyId};

const END: u64 = u64::MAX;

fn did(name: &str) -> Did {
    Did::parse(&format!("did:web:{name}.test")).unwrap()
}

fn actor(name: &str) -> ActorId {
    did(name).actor()
}

fn account(subject: ActorId) -> MuteTarget<'static> {
    MuteTarget { kind: MuteKind::Account, subject, rkey: RkeyId::from(0), uri: "did:web:x.test" }
}

fn record(kind: MuteKind, key: RecordKey) -> MuteTarget<'static> {
    MuteTarget { kind, subject: key.0, rkey: key.1, uri: "at://did:web:x.test/a.b.c/d" }
}

async fn bookmark(store: &Store, who: &str, subject: RecordKey) {
    let uri = format!("at://did:web:x.test/app.bsky.feed.post/{}", subject.1.get());
    store.bookmark(actor(who), Bookmark { subject, uri: &uri, cid: "bafy" }).await.unwrap();
}

#[tokio::test]
async fn a_mute_said_again_changes_what_it_hides_and_stays_where_it_is_in_the_list() {
    let Some(store) = engine::store().await else { return };
    let (me, first, second) = (actor("me"), actor("first"), actor("second"));
    store.mute(me, account(first), false, false).await.unwrap();
    store.mute(me, account(second), false, false).await.unwrap();
    let listed = async |before, limit| store.muted_accounts(me, before, limit).await.unwrap();
    let rows = listed(LinkPosition::START, 1).await;
    let rest = listed(rows[0].position(), 9).await;
    assert_eq!((rows.len(), rest.len()), (1, 1));
    let mut all = [rows[0].actor, rest[0].actor];
    all.sort_unstable();
    let mut expected = [first, second];
    expected.sort_unstable();
    assert_eq!(all, expected);

    store.mute(me, account(first), true, false).await.unwrap();
    assert_eq!(listed(LinkPosition::START, 9).await.len(), 1, "mutes in part are not listed");
    let found = store.account_mutes(me, &[first, actor("other")]).await.unwrap();
    assert!(
        matches!(found[..], [row] if row.subject == first && row.only_reposts() && !row.is_full())
    );
    assert!(store.account_mutes(second, &[first, me]).await.unwrap().is_empty());

    store.mute(me, account(first), false, false).await.unwrap();
    let after: Vec<_> = listed(LinkPosition::START, 9).await;
    assert_eq!(after.len(), 2);
    store.unmute(me, account(first)).await.unwrap();
    store.unmute(me, account(first)).await.unwrap();
    assert!(store.account_mutes(me, &[first]).await.unwrap().is_empty());
    assert_eq!(listed(LinkPosition::START, 9).await.len(), 1);
}

#[tokio::test]
async fn lists_and_threads_are_muted_apart_and_a_list_only_mutes_while_it_may() {
    let Some(store) = engine::store().await else { return };
    let (me, owner, member) = (actor("me"), actor("owner"), actor("member"));
    let list = |rkey| (owner, RkeyId::from(rkey));
    let row = |rkey: u64, purpose: &str| ListRow {
        actor: owner,
        rkey: RkeyId::from(rkey),
        rev: Rev::from(1),
        deleted: 0,
        cid: [1; 32],
        name: "n".into(),
        purpose: format!("app.bsky.graph.defs#{purpose}").into(),
        description: "".into(),
        avatar: "".into(),
        created_at: Datetime::from_ms(i64::try_from(rkey).unwrap()),
        sort_at: Datetime::from_ms(0),
    };
    let item = |list: u64, subject, rkey| ListItemRow {
        list_actor: owner,
        list_rkey: RkeyId::from(list),
        subject,
        rkey: RkeyId::from(rkey),
        rev: Rev::from(1),
        deleted: 0,
        sort_at: Datetime::from_ms(1),
    };
    let known =
        ActorRow { status: ActorStatus::Active, version: 1, ..ActorRow::mentioned(did("owner")) };
    let _ = store.insert(std::slice::from_ref(&known)).await.unwrap();
    let _ =
        store.insert(&[row(1, "curatelist"), row(2, "modlist"), row(3, "modlist")]).await.unwrap();
    let items = [item(1, member, 1), item(2, member, 2), item(3, member, 3), item(2, me, 4)];
    let _ = store.insert(&items).await.unwrap();

    let muted = async || store.list_mutes(me, &[member, me, owner]).await.unwrap();
    store.mute(me, record(MuteKind::List, list(1)), false, false).await.unwrap();
    assert!(muted().await.is_empty());
    store.mute(me, record(MuteKind::List, list(2)), false, false).await.unwrap();
    store.mute(me, record(MuteKind::List, list(3)), false, false).await.unwrap();
    store.mute(me, record(MuteKind::List, list(4)), false, false).await.unwrap();
    let mut by: Vec<_> = muted().await.iter().map(|row| (row.subject, row.list())).collect();
    by.sort_unstable();
    assert_eq!(by, [(member, list(2)), (member, list(3))]);
    assert!(store.list_mutes(member, &[me, member]).await.unwrap().is_empty());
    assert_eq!(store.muted_lists(me, &[list(2), list(9)]).await.unwrap(), [list(2)]);
    assert!(store.thread_mutes(me, &[list(2)]).await.unwrap().is_empty());

    let mut pages = Vec::new();
    let mut before = LinkPosition::START;
    while let [row] = store.lists_muted_by(me, before, 1).await.unwrap()[..] {
        pages.push(row.rkey.get());
        before = row.position();
    }
    assert_eq!(pages, [3, 2, 1], "the latest made first, and none that does not exist");
    assert!(store.lists_blocked_by(me, LinkPosition::START, 9).await.unwrap().is_empty());

    let gone = ActorRow { status: ActorStatus::Deactivated, version: 2, ..known };
    let _ = store.insert(&[gone]).await.unwrap();
    assert!(muted().await.is_empty());

    let root = (member, RkeyId::from(7));
    store.mute(me, record(MuteKind::Thread, root), false, false).await.unwrap();
    assert_eq!(store.thread_mutes(me, &[root, list(2)]).await.unwrap(), [root]);
    store.unmute(me, record(MuteKind::Thread, root)).await.unwrap();
    assert!(store.thread_mutes(me, &[root]).await.unwrap().is_empty());
}

#[tokio::test]
async fn bookmarks_are_counted_for_all_and_listed_for_their_owner() {
    let Some(store) = engine::store().await else { return };
    let posts: Vec<RecordKey> = (1..=5).map(|rkey| (actor("author"), RkeyId::from(rkey))).collect();
    for &post in &posts {
        bookmark(&store, "me", post).await;
    }
    bookmark(&store, "me", posts[0]).await;
    bookmark(&store, "other", posts[0]).await;
    let of = async |viewer: Option<&str>| {
        let rows = store.bookmarks_of(viewer.map(actor), &posts[..1]).await.unwrap();
        rows.iter().map(|row| (row.subject(), row.count, row.by_viewer())).collect::<Vec<_>>()
    };
    assert_eq!(of(Some("me")).await, [(posts[0], 2, true)]);
    assert_eq!(of(Some("third")).await, [(posts[0], 2, false)]);
    assert_eq!(of(None).await, [(posts[0], 2, false)]);

    let mut pages = Vec::new();
    let mut before = Rev::from(END);
    loop {
        let page = store.bookmarks_by(actor("me"), before, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        before = last.key;
        pages.extend(page.iter().map(|row| row.subject().1.get()));
    }
    assert_eq!(pages, [5, 4, 3, 2, 1]);

    store.unbookmark(actor("me"), posts[0]).await.unwrap();
    store.unbookmark(actor("me"), posts[0]).await.unwrap();
    assert_eq!(of(Some("me")).await, [(posts[0], 1, false)]);
    bookmark(&store, "me", posts[0]).await;
    let first = &store.bookmarks_by(actor("me"), Rev::from(END), 1).await.unwrap()[0];
    assert_eq!(first.subject(), posts[0], "bookmarked anew, it is the latest");
}

#[tokio::test]
async fn drafts_made_at_once_have_names_of_their_own_and_no_more_than_the_limit_are_kept() {
    let Some(store) = engine::store().await else { return };
    let me = actor("me");
    let making = (0..4).map(|n| {
        let store = store.clone();
        tokio::spawn(async move { store.create_draft(me, &format!("{{\"n\":{n}}}"), 3).await })
    });
    let mut made = Vec::new();
    for task in making.collect::<Vec<_>>() {
        made.extend(task.await.unwrap().unwrap());
    }
    made.sort_unstable();
    made.dedup();
    assert_eq!(made.len(), 3);
    store.update_draft(me, made[0], "{}").await.unwrap();
    store.update_draft(me, Rev::from(5), "{}").await.unwrap();
    let page = store.drafts(me, END, 1).await.unwrap();
    assert_eq!((page[0].id, &*page[0].draft, page.len()), (made[0], "{}", 1));
    assert!(page[0].updated_at > page[0].created_at);
    assert_eq!(store.drafts(me, page[0].updated_at, 9).await.unwrap().len(), 2);
    store.delete_draft(me, made[0]).await.unwrap();
    store.update_draft(me, made[0], "{\"back\":1}").await.unwrap();
    assert_eq!(store.drafts(me, END, 9).await.unwrap().len(), 2);
    assert!(store.create_draft(me, "{}", 3).await.unwrap().is_some());
    assert!(store.drafts(actor("other"), END, 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn settings_are_what_was_said_last_of_each() {
    let Some(store) = engine::store().await else { return };
    let me = actor("me");
    assert_eq!(store.notification_settings(me).await.unwrap(), Default::default());
    store.save_notifications_seen(me, Datetime::from_ms(9)).await.unwrap();
    store.save_notifications_seen(me, Datetime::from_ms(5)).await.unwrap();
    store.save_notification_priority(me, true).await.unwrap();
    let saved = store
        .change_notification_preferences(me, |held| {
            assert_eq!(held, None);
            "1".into()
        })
        .await;
    assert_eq!(saved.unwrap(), "1");
    let added = store.change_notification_preferences(me, |held| format!("{}2", held.unwrap()));
    assert_eq!(added.await.unwrap(), "12");
    let found = store.notification_settings(me).await.unwrap();
    assert_eq!(found.seen_at, Some(Datetime::from_ms(5)));
    assert_eq!((found.priority, found.preferences.as_deref()), (true, Some("12")));
}

#[tokio::test]
async fn subscriptions_are_found_by_who_has_them() {
    let Some(store) = engine::store().await else { return };
    let (me, author) = (actor("me"), did("author"));
    store.subscribe(me, &author, false, false).await.unwrap();
    store.subscribe(me, &author, true, false).await.unwrap();
    store.subscribe(me, &did("second"), false, true).await.unwrap();
    let first = store.activity_subscriptions(me, &[author.actor()]).await.unwrap();
    assert!(
        matches!(&first[..], [row] if row.post() && !row.reply() && &*row.did == author.as_str())
    );
    store.subscribe(me, &author, true, true).await.unwrap();
    let page = store.activity_subscriptions_by(me, Rev::from(END), 1).await.unwrap();
    assert_eq!(page[0].subject, actor("second"), "a change leaves it where it is");
    let rest = store.activity_subscriptions_by(me, page[0].key, 9).await.unwrap();
    assert!(matches!(&rest[..], [row] if row.key == first[0].key && row.reply()));
    let changed = store.activity_subscriptions(me, &[author.actor()]).await.unwrap();
    assert!(matches!(&changed[..], [row] if row.post() && row.reply()));
    store.subscribe(me, &author, false, false).await.unwrap();
    assert!(store.activity_subscriptions(me, &[author.actor()]).await.unwrap().is_empty());
    assert!(store.activity_subscriptions(author.actor(), &[me]).await.unwrap().is_empty());
}

async fn say_all(store: &Store, who: &str) {
    let me = actor(who);
    store.mute(me, account(actor("x")), false, false).await.unwrap();
    bookmark(store, who, (actor("author"), RkeyId::from(1))).await;
    store.create_draft(me, "{}", 9).await.unwrap();
    store.save_notification_priority(me, true).await.unwrap();
    store.subscribe(me, &did("author"), true, true).await.unwrap();
}

#[tokio::test]
async fn what_is_erased_or_of_a_deleted_account_is_gone_and_that_of_others_stays() {
    let Some(store) = engine::store().await else { return };
    for who in ["me", "other", "leaver"] {
        say_all(&store, who).await;
    }
    let start = PrivatePosition::default();
    let state = async |who| store.private_state(actor(who), start, 9).await.unwrap();
    let sizes = |state: &PrivateState| {
        let PrivateState { mutes, bookmarks, drafts, settings, subscriptions, next: _ } = state;
        [mutes.len(), bookmarks.len(), drafts.len(), settings.len(), subscriptions.len()]
    };
    assert_eq!((sizes(&state("me").await), state("me").await.next), ([1; 5], None));
    let (mut pages, mut after) = ([0; 5], Some(start));
    while let Some(position) = after {
        let page = store.private_state(actor("me"), position, 2).await.unwrap();
        let page_sizes = sizes(&page);
        assert!(page_sizes.iter().sum::<usize>() <= 2);
        pages = std::array::from_fn(|at| pages[at] + page_sizes[at]);
        after = page.next;
    }
    assert_eq!(pages, [1; 5], "pages joined are the whole");
    store.erase_private_state(actor("me")).await.unwrap();
    assert_eq!(state("me").await, PrivateState::default());

    // Nobody keeps the repo of who leaves, and who only deactivated comes back.
    let row = |who, status| ActorRow { status, version: 10, ..ActorRow::mentioned(did(who)) };
    let rows = [row("leaver", ActorStatus::Deleted), row("other", ActorStatus::Deactivated)];
    let _ = store.insert(&rows).await.unwrap();
    let deletions = store.deletions(20, 10).await.unwrap();
    assert_eq!(deletions, [Deletion { actor: actor("leaver"), version: 10 }]);
    store.purge(&deletions).await.unwrap();
    assert_eq!(state("leaver").await, PrivateState::default());
    assert!(store.deletions(20, 10).await.unwrap().is_empty());
    assert_eq!(state("other").await.mutes.len(), 1);
    let post = (actor("author"), RkeyId::from(1));
    assert_eq!(store.bookmarks_of(None, &[post]).await.unwrap()[0].count, 1);
    assert_eq!(state("other").await.subscriptions.len(), 1);
}
