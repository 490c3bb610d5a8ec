//! What is not kept is removed, and nothing else.

use clickhouse::Client;
use firehouse_schema::{
    ActorRow, EngagedTextRow, KeptRow, NameWordRow, PostRow, ProfileRow, Proof, RecordRow, RepoRow,
    RepoState, SelectionPhase, SelectionRow,
};
use firehouse_sim::engine;
use firehouse_store::{Accounts, Removal, Store};
use firehouse_types::{ActorId, Datetime, Did, Nsid, Rev, RkeyId};

const POST: &str = "app.bsky.feed.post";

fn did(name: &str) -> Did {
    Did::parse(&format!("did:web:{name}.test")).unwrap()
}

fn record(name: &str, collection: &str, rkey: u64, rev: u64) -> RecordRow {
    RecordRow {
        collection: Nsid::parse(collection).unwrap(),
        actor: did(name).actor(),
        rkey: RkeyId::from(rkey),
        rev: Rev::from(rev),
        deleted: 0,
        cid: [7; 32],
        rkey_text: "".into(),
        body: vec![0xa0].into(),
        created_at: Datetime::from_ms(0),
        sort_at: Datetime::from_ms(0),
        witnessed_at: 0,
        proof: Proof::Live,
        valid: 1,
        source: "test".into(),
    }
}

fn post(rkey: u64, rev: u64, langs: &[&str]) -> PostRow {
    PostRow {
        actor: did("a").actor(),
        rkey: RkeyId::from(rkey),
        rev: Rev::from(rev),
        deleted: 0,
        cid: [7; 32],
        created_at: Datetime::from_ms(0),
        sort_at: Datetime::from_ms(0),
        root_actor: 1,
        root_rkey: 1,
        parent_actor: 1,
        parent_rkey: 1,
        quote_actor: 0,
        quote_rkey: 0,
        embeds: 0,
        langs: langs.iter().map(|&lang| lang.into()).collect(),
        made_at: Datetime::EPOCH,
    }
}

fn profile(actor: ActorId, display_name: &str) -> ProfileRow {
    ProfileRow {
        actor,
        rev: Rev::from(1),
        deleted: 0,
        cid: [7; 32],
        display_name: display_name.into(),
        description: "".into(),
        pronouns: "".into(),
        website: "".into(),
        avatar: "".into(),
        banner: "".into(),
        pinned_post: "".into(),
        pinned_cid: "".into(),
        joined_via: "".into(),
        labels: Vec::new(),
        created_at: Datetime::EPOCH,
        sort_at: Datetime::EPOCH,
    }
}

/// The copy of an often answered post.
pub fn engaged(actor: ActorId, rkey: u64, rev: u64) -> EngagedTextRow {
    EngagedTextRow {
        sort_at: Datetime::from_ms(1),
        actor,
        rkey: RkeyId::from(rkey),
        rev: Rev::from(rev),
        version: rev,
        deleted: 0,
        words: "words".into(),
        runs: "".into(),
        marks: vec!["likes:10".into()],
        answers: 10,
        standing: 0,
    }
}

async fn numbers(store: &Store, query: &str) -> Vec<u64> {
    let client = Client::default().with_url(engine::url().unwrap());
    client.with_database(store.database()).query(query).fetch_all().await.unwrap()
}

/// An account that lives somewhere and has one like and a repo.
async fn settle(store: &Store, name: &str, pds: &str) {
    let actor = ActorRow { pds: pds.into(), version: 1, ..ActorRow::mentioned(did(name)) };
    let repo = RepoRow {
        actor: did(name).actor(),
        rev: Rev::from(1),
        data: [1; 32],
        state: RepoState::Synchronized,
        reason: "".into(),
        vouched: Rev::from(1),
    };
    let _ = store.insert(&[actor]).await.unwrap();
    let _ = store.insert(&[repo]).await.unwrap();
    let _ = store.insert(&[record(name, "app.bsky.feed.like", 1, 1)]).await.unwrap();
}

#[tokio::test]
async fn accounts_are_kept_by_number_or_by_host_and_everybody_else_is_removed() {
    let Some(store) = engine::store().await else { return };
    let homes = [
        ("named", "https://elsewhere.test"),
        ("left", "https://elsewhere.test"),
        ("graced", "https://elsewhere.test"),
        ("housed", "https://PDS.a.test:8443"),
        ("below", "https://x.b.test"),
        ("beside", "https://xb.test"),
        ("evil", "https://evil.test?.b.test"),
        ("unknown", ""),
    ];
    for (name, pds) in homes {
        settle(&store, name, pds).await;
    }
    let kept = |name, left_at| KeptRow { actor: did(name).actor(), left_at, version: 1 };
    store.save_kept(&[kept("named", 0), kept("left", 500), kept("graced", 1_500)]).await.unwrap();
    let accounts = Accounts {
        since_us: 1_000,
        hosts: vec!["pds.a.test".into()],
        suffixes: vec![".b.test".into()],
    };
    assert_eq!(store.held_unkept(&accounts).await.unwrap(), 3);
    store.part(&accounts).await.unwrap();
    assert_eq!(store.held_unkept(&accounts).await.unwrap(), 0);
    let removal = Removal { accounts: Some(accounts), ..Removal::default() };
    store.remove(&removal, 10, |_| true).await.unwrap();
    store.remove(&removal, 10, |_| true).await.unwrap();
    let mut expected: Vec<u64> = ["named", "graced", "housed", "below", "unknown"]
        .map(|name| did(name).actor().get())
        .to_vec();
    expected.sort_unstable();
    for table in ["records", "repos"] {
        let held = numbers(&store, &format!("SELECT actor FROM {table} ORDER BY actor")).await;
        assert_eq!(held, expected, "{table}");
    }
    assert_eq!(store.kept().await.unwrap().len(), 2);

    // Without hosts nobody needs to know who the others are.
    let accounts = Accounts { since_us: 1_000, ..Accounts::default() };
    let removal = Removal { accounts: Some(accounts.clone()), ..Removal::default() };
    store.part(&accounts).await.unwrap();
    store.remove(&removal, 10, |_| true).await.unwrap();
    let known = "SELECT actor FROM actors FINAL WHERE status != 'mentioned' ORDER BY actor";
    let held = numbers(&store, "SELECT actor FROM records ORDER BY actor").await;
    assert_eq!(held.len(), 2);
    assert!(numbers(&store, known).await.iter().all(|actor| held.contains(actor)));
}

#[tokio::test]
async fn whoever_is_kept_and_not_held_is_wanted() {
    let Some(store) = engine::store().await else { return };
    settle(&store, "held", "https://a.test").await;
    for (name, pds) in [("named", ""), ("housed", "https://a.test"), ("other", "https://c.test")] {
        let actor = ActorRow { pds: pds.into(), ..ActorRow::mentioned(did(name)) };
        let _ = store.insert(&[actor]).await.unwrap();
    }
    let kept = KeptRow { actor: did("named").actor(), left_at: 0, version: 1 };
    store.save_kept(&[kept]).await.unwrap();
    let accounts = Accounts { since_us: 1, hosts: vec!["a.test".into()], suffixes: vec![] };
    let mut found = Vec::new();
    let mut after = ActorId::from(0);
    while let Some(candidate) = store.wanted(&accounts, after, 1).await.unwrap().pop() {
        after = candidate.actor;
        found.push(candidate.did);
    }
    found.sort();
    assert_eq!(found, [did("housed"), did("named")]);
    let in_step = store.in_step(ActorId::from(0), 10).await.unwrap();
    assert_eq!(in_step.into_iter().map(|c| c.did).collect::<Vec<_>>(), [did("held")]);
}

#[tokio::test]
async fn a_post_in_another_language_goes_with_all_its_versions_and_a_newer_one_stays() {
    let Some(store) = engine::store().await else { return };
    let posts = [
        post(1, 1, &["de"]),
        post(1, 2, &["en"]),
        post(2, 1, &["en"]),
        post(2, 2, &["DE-at"]),
        post(3, 1, &["en", "de"]),
        post(4, 1, &[]),
        post(5, 1, &["den"]),
    ];
    let _ = store.insert(&posts[1..]).await.unwrap();
    let _ = store.insert(&posts[..1]).await.unwrap();
    for post in &posts {
        let rkey = post.rkey.get();
        let _ = store.insert(&[record("a", POST, rkey, post.rev.get())]).await.unwrap();
    }
    let invalid = RecordRow { valid: 0, body: vec![1].into(), ..record("a", POST, 6, 1) };
    let kept = RecordRow { valid: 0, body: vec![2].into(), ..record("a", POST, 7, 1) };
    let _ = store.insert(&[invalid, kept, record("a", "app.bsky.feed.like", 1, 1)]).await.unwrap();
    let copies = posts.each_ref().map(|post| engaged(post.actor, post.rkey.get(), post.rev.get()));
    let _ = store.insert(&copies).await.unwrap();
    let removal = Removal { languages: vec!["de".into()], ..Removal::default() };
    store.remove(&removal, 1, |body| body != [1]).await.unwrap();
    let left = "SELECT DISTINCT rkey FROM engaged_texts ORDER BY rkey";
    assert_eq!(numbers(&store, left).await, [2, 3, 4]);
    let left = "SELECT DISTINCT rkey FROM posts ORDER BY rkey";
    assert_eq!(numbers(&store, left).await, [2, 3, 4]);
    assert_eq!(
        numbers(&store, "SELECT DISTINCT rkey FROM thread_items ORDER BY rkey").await,
        [2, 3, 4]
    );
    let left =
        format!("SELECT DISTINCT rkey FROM records WHERE collection = '{POST}' ORDER BY rkey");
    assert_eq!(numbers(&store, &left).await, [2, 3, 4, 7]);
    assert_eq!(numbers(&store, "SELECT count() FROM unwanted").await, [0]);
    assert_eq!(
        numbers(&store, "SELECT count() FROM records WHERE collection = 'app.bsky.feed.like'")
            .await,
        [1]
    );
}

#[tokio::test]
async fn collections_that_are_not_kept_go_with_what_was_derived_from_them() {
    let Some(store) = engine::store().await else { return };
    let _ = store.insert(&[post(1, 1, &[])]).await.unwrap();
    let _ = store.insert(&[engaged(did("a").actor(), 1, 1)]).await.unwrap();
    let records =
        ["app.bsky.feed.post", "app.bsky.feed.like", "app.bsky.graph.follow", "com.example.x"];
    for collection in records {
        let _ = store.insert(&[record("a", collection, 1, 1)]).await.unwrap();
    }
    let names = vec!["app.bsky.feed.like".to_owned()];
    let prefixes = vec!["app.bsky.graph.".to_owned()];
    let removal = Removal { collections: Some((names, prefixes)), ..Removal::default() };
    store.remove(&removal, 1, |_| true).await.unwrap();
    assert_eq!(numbers(&store, "SELECT count() FROM records").await, [2]);
    for table in ["posts", "thread_items", "engaged_texts"] {
        assert_eq!(numbers(&store, &format!("SELECT count() FROM {table}")).await, [0], "{table}");
    }
}

#[tokio::test]
async fn words_of_display_names_go_with_profiles_and_those_of_handles_stay() {
    let Some(store) = engine::store().await else { return };
    let handle = |name: &str| ActorRow {
        handle: format!("{name}.bsky.social").into(),
        version: 1,
        ..ActorRow::mentioned(did(name))
    };
    let _ = store.insert(&[handle("kept-one"), handle("other")]).await.unwrap();
    let words = async || {
        let client = Client::default().with_url(engine::url().unwrap());
        let client = client.with_database(store.database());
        let query = "SELECT DISTINCT word FROM name_words ORDER BY word";
        client.query(query).fetch_all::<String>().await.unwrap()
    };
    let of_handles = words().await;
    assert_eq!(of_handles, ["kept", "kept-one.bsky.social", "one", "other", "other.bsky.social"]);
    let actor = did("kept-one").actor();
    let named = ["display", "name"].map(|word| NameWordRow { word: word.into(), actor });
    let _ = store.insert(&[profile(actor, "Display Name")]).await.unwrap();
    let _ = store.insert(&named).await.unwrap();
    assert_eq!(words().await.len(), of_handles.len() + 2);
    let likes = Some((vec!["app.bsky.feed.like".to_owned()], Vec::new()));
    let removal = Removal { collections: likes.clone(), ..Removal::default() };
    store.remove(&removal, 1, |_| true).await.unwrap();
    assert_eq!(words().await, of_handles);
    store.remove(&removal, 1, |_| true).await.unwrap();
    assert_eq!(words().await, of_handles);

    // With the profile of one, the words of whoever is not kept are not written again.
    let _ = store.insert(&[profile(actor, "Display Name")]).await.unwrap();
    let _ = store.insert(&named).await.unwrap();
    store.save_kept(&[KeptRow { actor, left_at: 0, version: 1 }]).await.unwrap();
    let accounts = Some(Accounts { since_us: 1_000, ..Accounts::default() });
    let removal = Removal { accounts, collections: likes, ..Removal::default() };
    store.remove(&removal, 1, |_| true).await.unwrap();
    assert_eq!(words().await, ["kept", "kept-one.bsky.social", "one"]);
}

#[tokio::test]
async fn the_selection_said_last_is_in_force() {
    let Some(store) = engine::store().await else { return };
    assert_eq!(store.selection().await.unwrap(), None);
    let row = |number, phase, version| SelectionRow {
        number,
        rules: "{}".into(),
        said: 1,
        refetch: 0,
        walk: 1,
        phase,
        marked: ActorId::from(5),
        version,
    };
    let rows = [
        row(1, SelectionPhase::Applied, 9),
        row(2, SelectionPhase::Begun, 3),
        row(2, SelectionPhase::Marked, 4),
    ];
    for row in &rows {
        store.save_selection(row).await.unwrap();
    }
    assert_eq!(store.selection().await.unwrap().as_ref(), rows.last());
}
