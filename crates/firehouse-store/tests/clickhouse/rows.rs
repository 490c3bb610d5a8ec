//! Each row struct matches its table, and what goes in comes out.

use clickhouse::{Client, Row};
use firehouse_schema::{
    ActivitySubscriptionRow, ActorRow, ActorStatus, BookmarkRow, CursorRow, DraftRow,
    EngagedTextRow, EngagementRow, FeedItemKind, FeedItemRow, IdentityRow, IdentityState, KeptRow,
    LinkRow, ListItemRow, ListRow, MuteKind, MuteRow, NameWordRow, NotificationRow, OfferedTextRow,
    PositionRow, PostArrivalRow, PostGateRow, PostRow, PostTextRow, ProfileRow, Proof, Reason,
    RecordRow, RepoRow, RepoState, SelectionPhase, SelectionRow, SettingName, SettingRow, Table,
    TakedownRow, ThreadGateRow, TrendRow, UnwantedRow, UpstreamRow,
};
use firehouse_sim::engine;
use firehouse_store::{Positions, Store};
use firehouse_types::{ActorId, Datetime, Did, Nsid, Rev, RkeyId, Seq};

use crate::labels::label;

fn nsid(text: &str) -> Nsid {
    Nsid::parse(text).unwrap()
}

pub fn record(rkey: u64, rev: u64, deleted: u8) -> RecordRow {
    RecordRow {
        collection: nsid("app.bsky.feed.post"),
        actor: ActorId::of("did:web:a.test"),
        rkey: RkeyId::from(rkey),
        rev: Rev::from(rev),
        deleted,
        cid: [7; 32],
        rkey_text: "".into(),
        body: vec![0xa1, 0x00, 0xff].into(),
        created_at: Datetime::from_ms(-62_167_219_200_000),
        sort_at: Datetime::from_ms(1_700_000_000_123),
        witnessed_at: 1_700_000_000_123_456,
        proof: Proof::Live,
        valid: 1,
        source: "test".into(),
    }
}

fn link(rkey: u64) -> LinkRow {
    LinkRow {
        target_actor: ActorId::of("did:web:b.test"),
        target_rkey: RkeyId::from(5),
        target_collection: "app.bsky.feed.post".into(),
        collection: nsid("app.bsky.feed.like"),
        path: ".subject.uri".into(),
        actor: ActorId::of("did:web:a.test"),
        rkey: RkeyId::from(rkey),
        rev: Rev::from(1),
        deleted: 0,
        target_cid: [9; 32],
        target_url: "".into(),
        sort_at: Datetime::from_ms(1_700_000_000_123),
    }
}

pub fn post(rkey: u64) -> PostRow {
    PostRow {
        actor: ActorId::of("did:web:a.test"),
        rkey: RkeyId::from(rkey),
        rev: Rev::from(1),
        deleted: 0,
        cid: [7; 32],
        created_at: Datetime::EPOCH,
        sort_at: Datetime::EPOCH,
        root_actor: 1,
        root_rkey: 2,
        parent_actor: 3,
        parent_rkey: 4,
        quote_actor: 0,
        quote_rkey: 0,
        embeds: 5,
        langs: vec!["en".into(), "pt-BR".into()],
        made_at: Datetime::EPOCH,
    }
}

/// Inserts a row and reads it back from its table.
async fn check<T>(store: &Store, row: T)
where
    for<'a> T:
        Table + PartialEq + std::fmt::Debug + Clone + Row<Value<'a> = T> + serde::Deserialize<'a>,
{
    assert_eq!(store.insert(std::slice::from_ref(&row)).await.unwrap().rows, 1);
    let client = Client::default().with_url(engine::url().unwrap()).with_database(store.database());
    let columns = T::COLUMN_NAMES.join(", ");
    let rows: Vec<T> =
        client.query(&format!("SELECT {columns} FROM {}", T::TABLE)).fetch_all().await.unwrap();
    assert_eq!(rows, [row], "{}", T::TABLE);
}

#[tokio::test]
async fn every_row_struct_matches_its_table_and_comes_back_as_it_was() {
    let Some(store) = engine::store().await else { return };
    // Before there is a handle, which has words too.
    check(&store, NameWordRow { word: "a".into(), actor: ActorId::from(1) }).await;
    let did = Did::parse("did:web:a.test").unwrap();
    let actor = did.actor();
    check(&store, record(3, 1, 0)).await;
    check(&store, link(3)).await;
    check(&store, post(3)).await;
    check(
        &store,
        NotificationRow {
            recipient: ActorId::from(1),
            newest_first: -1_700_000_000_123,
            actor: ActorId::from(2),
            rkey: RkeyId::from(3),
            reason: Reason::RepostViaRepost,
            collection: nsid("app.bsky.feed.repost"),
            rev: Rev::from(4),
            deleted: 1,
            lag_ms: -5,
            subject_collection: "app.bsky.feed.repost".into(),
            subject_rkey: RkeyId::from(6),
            root_actor: 7,
            root_rkey: 8,
            between: vec![(9, 10), (11, 12)],
        },
    )
    .await;
    check(
        &store,
        ActorRow {
            status: ActorStatus::Active,
            handle: "a.test".into(),
            version: 8,
            ..ActorRow::mentioned(did)
        },
    )
    .await;
    let (rev, data) = (Rev::from(4), [1; 32]);
    check(
        &store,
        RepoRow {
            actor,
            rev,
            data,
            state: RepoState::Desynchronized,
            reason: "chain_broken".into(),
            vouched: Rev::from(0),
        },
    )
    .await;
    let position = PositionRow {
        walk: "network".into(),
        host: "https://a.test".into(),
        round: 2,
        cursor: "next".into(),
        done: 0,
        version: 1,
    };
    check(&store, position).await;
    check(&store, KeptRow { actor, left_at: 3, version: 1 }).await;
    check(&store, UnwantedRow { actor, rkey: RkeyId::from(2), rev }).await;
    let selection = SelectionRow {
        number: 1,
        rules: "{}".into(),
        said: 1,
        refetch: 0,
        walk: 1,
        phase: SelectionPhase::Marked,
        marked: actor,
        version: 1,
    };
    check(&store, selection).await;
    let takedown = TakedownRow {
        actor,
        collection: "app.bsky.feed.post".into(),
        rkey: RkeyId::from(2),
        blob: "".into(),
        subject: "at://did:web:a.test/app.bsky.feed.post/2222222222224".into(),
        cid: "bafy".into(),
        applied: 1,
        reference: "42".into(),
        version: 1,
    };
    check(&store, takedown).await;
    check(&store, CursorRow { upstream: "wss://a.test".into(), seq: 9, version: 1 }).await;
    let (upstream, url) = ("a.test".into(), "pds+wss://a.test".into());
    check(&store, UpstreamRow { upstream, url, followed: 1, version: 1, paused: 1 }).await;
    check(
        &store,
        IdentityRow {
            actor,
            did: Did::parse("did:web:a.test").unwrap(),
            seq: 5,
            state: IdentityState::Open,
            cid: [3; 32],
            rotation_keys: vec!["did:key:a".into(), "did:key:b".into()],
            handle: "a.test".into(),
            pds: "https://pds.test".into(),
            key: "did:key:c".into(),
            document: "{}".into(),
        },
    )
    .await;
    let (sort_at, created_at, rkey, cid, deleted) =
        (Datetime::from_ms(5), Datetime::from_ms(-1), RkeyId::from(6), [2; 32], 0);
    check(
        &store,
        FeedItemRow {
            sort_at,
            actor,
            kind: FeedItemKind::Repost,
            rkey,
            post_actor: actor,
            post_rkey: rkey,
            root_actor: 0,
            embeds: 0,
            rev,
            deleted,
        },
    )
    .await;
    let text = |text: &str| Box::<str>::from(text);
    let (words, runs, marks) = (text("a b"), text("東京 "), vec!["#b".into(), "lang:ja".into()]);
    check(&store, PostTextRow { sort_at, actor, rkey, rev, deleted, words, runs, marks }).await;
    let like = crate::keep::engaged(actor, rkey.get(), rev.get());
    let (runs, standing) = (text("東京 "), 1_301);
    check(&store, EngagedTextRow { sort_at, version: 7, deleted, runs, standing, ..like }).await;
    let offered = OfferedTextRow {
        collection: nsid("app.bsky.graph.list"),
        actor,
        rkey,
        rev,
        deleted,
        sort_at,
        purpose: text("p"),
        name: text("a"),
        words: text("a . b"),
        runs: text("東京 "),
    };
    check(&store, offered).await;
    let trend = TrendRow {
        id: 3,
        terms: vec!["a b".into(), "#b".into()],
        actors: vec![actor],
        samples: vec![(actor, rkey)],
        score: 1.5,
        all_posts: 9,
        ..TrendRow::heading(sort_at, 900, 1)
    };
    check(&store, trend).await;
    // Older ones are gone by themselves.
    let number = 1_000_000 * 4_000_000_000;
    check(&store, PostArrivalRow { number, sort_at, actor, rkey, rev, deleted }).await;
    check(&store, EngagementRow { number, target_actor: actor, target_rkey: rkey }).await;
    let profile = ProfileRow {
        actor,
        rev,
        deleted,
        cid,
        display_name: text("A \u{0}"),
        description: text("d"),
        pronouns: text("they"),
        website: text("https://a.test"),
        avatar: text("bafk"),
        banner: text(""),
        pinned_post: text(""),
        pinned_cid: text(""),
        joined_via: text(""),
        labels: vec![text("bot")],
        created_at,
        sort_at,
    };
    check(&store, profile).await;
    let (name, purpose, description, avatar) =
        (text("n"), text("app.bsky.graph.defs#modlist"), text(""), text(""));
    check(
        &store,
        ListRow {
            actor,
            rkey,
            rev,
            deleted,
            cid,
            name,
            purpose,
            description,
            avatar,
            created_at,
            sort_at,
        },
    )
    .await;
    check(
        &store,
        ListItemRow {
            list_actor: actor,
            list_rkey: rkey,
            subject: actor,
            rkey,
            rev,
            deleted,
            sort_at,
        },
    )
    .await;
    let key = Rev::from(7);
    let mute = MuteRow {
        actor,
        kind: MuteKind::List,
        subject: actor,
        rkey,
        uri: text("at://did:web:a.test/app.bsky.graph.list/a"),
        only_reposts: 1,
        only_quotes: 0,
        created_at,
        version: 1,
        deleted,
    };
    check(&store, mute).await;
    let bookmark = BookmarkRow {
        actor,
        subject_actor: actor,
        subject_rkey: rkey,
        key,
        uri: text("at://did:web:a.test/app.bsky.feed.post/a"),
        cid: text("bafy"),
        version: 1,
        deleted,
    };
    check(&store, bookmark).await;
    let draft = DraftRow { actor, id: key, draft: text("{}"), created_at: 3, version: 1, deleted };
    check(&store, draft).await;
    let (name, value) = (SettingName::NotificationPreferences, text("{}"));
    check(&store, SettingRow { actor, name, value, version: 1, deleted }).await;
    let (subject, did) = (actor, text("did:web:a.test"));
    let subscription = ActivitySubscriptionRow {
        actor,
        subject,
        key,
        did,
        post: 1,
        reply: 0,
        version: 1,
        deleted,
    };
    check(&store, subscription).await;
    let (made_at, lists) = (sort_at, vec![(actor, rkey)]);
    check(&store, ThreadGateRow { actor, rkey, rev, made_at, is_closed: 1, rules: 5, lists }).await;
    check(&store, PostGateRow { actor, rkey, rev, made_at, is_closed: 1 }).await;
    check(&store, label("did:web:mod.test", "did:web:a.test", "!warn", u128::MAX)).await;
}

#[tokio::test]
async fn the_same_rows_twice_and_in_any_order_count_once_and_the_higher_rev_wins() {
    let Some(store) = engine::store().await else { return };
    for rows in [
        [record(1, 2, 0), record(2, 2, 0)],
        [record(2, 3, 1), record(1, 1, 0)],
        [record(1, 2, 0), record(2, 2, 0)],
    ] {
        let _ = store.insert(&rows).await.unwrap();
    }
    let client = Client::default().with_url(engine::url().unwrap()).with_database(store.database());
    let rows: Vec<(u64, u64)> = client
        .query("SELECT rkey, rev FROM records FINAL ORDER BY rkey")
        .fetch_all()
        .await
        .unwrap();
    assert_eq!(rows, [(1, 2)]);
}

#[tokio::test]
async fn previous_rows_are_the_newest_versions_tombstones_included() {
    let Some(store) = engine::store().await else { return };
    let gone = LinkRow { rev: Rev::from(2), deleted: 1, ..link(4) };
    let _ = store.insert(&[link(3), link(4), gone.clone()]).await.unwrap();
    let _ = store.insert(&[post(3), post(4)]).await.unwrap();
    let actor = ActorId::of("did:web:a.test");
    let like = |rkey| (actor, nsid("app.bsky.feed.like"), RkeyId::from(rkey));
    let mut keys = vec![like(3), like(4), (actor, nsid("app.bsky.feed.post"), RkeyId::from(4))];
    // More keys than one query takes.
    keys.extend((100..1_000).map(like));
    let mut previous = store.previous(&keys).await.unwrap();
    previous.links.sort_by_key(|link| link.rkey);
    assert_eq!(previous.links, [link(3), gone].map(|link| LinkRow { target_cid: [0; 32], ..link }));
    assert_eq!(previous.posts, [post(4)]);
}

#[tokio::test]
async fn accounts_that_are_only_mentioned_are_not_accounts_yet() {
    let Some(store) = engine::store().await else { return };
    let did = |name: &str| Did::parse(&format!("did:web:{name}.test")).unwrap();
    let seen =
        ActorRow { status: ActorStatus::Active, version: 5, ..ActorRow::mentioned(did("seen")) };
    let _ = store
        .insert(&[
            seen.clone(),
            ActorRow::mentioned(did("seen")),
            ActorRow::mentioned(did("mentioned")),
        ])
        .await
        .unwrap();
    let repo = |rev| RepoRow {
        actor: seen.actor,
        rev: Rev::from(rev),
        data: [u8::try_from(rev).unwrap(); 32],
        state: RepoState::Synchronized,
        reason: "".into(),
        vouched: Rev::from(0),
    };
    let _ = store.insert(&[repo(2), repo(1)]).await.unwrap();
    let accounts = store
        .accounts(&[did("seen").actor(), did("mentioned").actor(), did("unheard").actor()])
        .await
        .unwrap();
    assert_eq!(accounts.len(), 1);
    assert_eq!((&accounts[0].actor, &accounts[0].repo), (&seen, &Some(repo(2))));
}

#[tokio::test]
async fn a_cursor_is_the_one_saved_last_and_each_upstream_has_its_own() {
    let Some(store) = engine::store().await else { return };
    let seq = |value| Seq::new(value).unwrap();
    assert_eq!(store.saved_cursor("wss://a.test").await.unwrap(), None);
    store.save_cursor("wss://a.test", seq(5)).await.unwrap();
    store.save_cursor("wss://b.test", seq(50)).await.unwrap();
    store.save_cursor("wss://a.test", seq(7)).await.unwrap();
    assert_eq!(store.saved_cursor("wss://a.test").await.unwrap(), Some(seq(7)));
    assert_eq!(store.saved_cursor("wss://b.test").await.unwrap(), Some(seq(50)));
}

#[tokio::test]
async fn what_was_said_last_of_an_upstream_counts() {
    let Some(store) = engine::store().await else { return };
    for (version, upstream, url, followed) in [
        (1, "b.test", "wss://b.test/", 1),
        (2, "a.test", "wss://a.test/", 1),
        (3, "b.test", "https://b.test/", 0),
    ] {
        let row = UpstreamRow {
            upstream: upstream.into(),
            url: url.into(),
            followed,
            version,
            paused: 0,
        };
        store.save_upstream(row).await.unwrap();
    }
    let found = store.upstreams().await.unwrap();
    let found: Vec<_> = found.iter().map(|row| (&*row.upstream, &*row.url, row.followed)).collect();
    assert_eq!(found, [("a.test", "wss://a.test/", 1), ("b.test", "https://b.test/", 0)]);
}

#[tokio::test]
async fn repos_out_of_step_are_counted_by_reason_as_they_stand_now() {
    let Some(store) = engine::store().await else { return };
    let repo = |actor: u64, rev: u64, reason: &'static str| RepoRow {
        actor: ActorId::from(actor),
        rev: Rev::from(rev),
        data: [0; 32],
        state: if reason.is_empty() { RepoState::Synchronized } else { RepoState::Desynchronized },
        reason: reason.into(),
        vouched: Rev::from(0),
    };
    assert_eq!(store.repo_counts().await.unwrap().len(), 0);
    let broken = [repo(1, 1, "chain_broken"), repo(2, 1, "chain_broken"), repo(3, 1, "too_big")];
    let _ = store.insert(&broken).await.unwrap();
    let _ = store.insert(&[repo(2, 2, ""), repo(4, 1, "")]).await.unwrap();
    let counts = store.repo_counts().await.unwrap();
    let counts: Vec<_> = counts.iter().map(|(reason, count)| (&**reason, *count)).collect();
    assert_eq!(counts, [("chain_broken", 1), ("too_big", 1)]);
}

#[tokio::test]
async fn a_walk_is_resumed_where_each_list_was_left_and_a_new_round_begins_at_the_beginning() {
    let Some(store) = engine::store().await else { return };
    assert_eq!(store.positions("network").await.unwrap(), Positions::default());
    store.save_position("network", 0, "https://a.test", Some("1")).await.unwrap();
    store.save_position("network", 0, "https://a.test", Some("2")).await.unwrap();
    store.save_position("network", 0, "https://b.test", None).await.unwrap();
    store.save_position("collection", 4, "https://a.test", Some("9")).await.unwrap();
    let mut found = store.positions("network").await.unwrap();
    found.lists.sort();
    let lists = vec![("https://a.test".into(), Some("2".into())), ("https://b.test".into(), None)];
    assert_eq!(found, Positions { round: 0, lists });
    store.begin_round("network", 1).await.unwrap();
    let begun = Positions { round: 1, lists: Vec::new() };
    assert_eq!(store.positions("network").await.unwrap(), begun);
}

#[tokio::test]
async fn of_however_many_issuers_the_oldest_verification_comes_first() {
    let Some(store) = engine::store().await else { return };
    let collection = "app.bsky.graph.verification";
    let issuers: Vec<ActorId> = (0..4_500).map(|n| ActorId::from(u64::MAX - n)).collect();
    let said = [(issuers[0], 3), (issuers[2_200], 1), (issuers[4_499], 2)];
    for (issuer, at) in said {
        let sort_at = Datetime::from_ms(at);
        let record =
            RecordRow { collection: nsid(collection), actor: issuer, sort_at, ..record(1, 1, 0) };
        let link = LinkRow {
            target_rkey: RkeyId::from(0),
            target_collection: "".into(),
            collection: nsid(collection),
            path: ".subject".into(),
            actor: issuer,
            sort_at,
            ..link(1)
        };
        let _ = store.insert(&[record]).await.unwrap();
        let _ = store.insert(&[link]).await.unwrap();
    }
    let of = [ActorId::of("did:web:b.test")];
    let found = store.verifications(&of, &issuers).await.unwrap();
    let found: Vec<_> = found.iter().map(|record| record.actor).collect();
    assert_eq!(found, [said[1].0, said[2].0, said[0].0]);
    assert!(store.verifications(&of, &[]).await.unwrap().is_empty());
}
