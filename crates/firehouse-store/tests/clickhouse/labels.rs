//! Labels: which of two states holds, what a page's subjects are labelled with, and pages of what somebody asks for.

use clickhouse::Client;
use firehouse_schema::LabelRow;
use firehouse_sim::engine;
use firehouse_store::Store;
use firehouse_store::read::{LabelPosition, LabelQuery, LabelRead};
use firehouse_types::{ActorId, AtUri, Datetime, LabelSubject};

const END_OF_TIME: Datetime = Datetime::from_ms(i64::MAX);

fn now() -> Datetime {
    Datetime::parse("2026-06-01T00:00:00Z").unwrap()
}

/// A label as the indexer writes it, but for its version and its id, which are chosen.
pub fn label(labeler: &str, uri: &str, val: &str, version: u128) -> LabelRow {
    let subject = LabelSubject::of(uri).unwrap();
    LabelRow {
        actor: subject.actor,
        collection: subject.collection.into(),
        rkey: subject.rkey,
        src: ActorId::of(labeler),
        id: ActorId::of(&format!("{uri}{val}")).get(),
        version,
        labeler: labeler.into(),
        uri: uri.into(),
        cid: "".into(),
        val: val.into(),
        neg: 0,
        cts: "2026-01-01T00:00:00.000Z".into(),
        exp: "".into(),
        expires_at: END_OF_TIME,
        ver: 1,
        neg_stated: 0,
        sig: [1, 0, 255].into(),
        key: "did:key:z".into(),
        seq: 7,
    }
}

fn negated(row: LabelRow) -> LabelRow {
    LabelRow { neg: 1, version: row.version + 1, ..row }
}

fn expiring(row: LabelRow, exp: &str) -> LabelRow {
    LabelRow { exp: exp.into(), expires_at: Datetime::parse(exp).unwrap(), ..row }
}

fn texts(labels: impl IntoIterator<Item = LabelRead>) -> Vec<(String, String)> {
    let text = |label: LabelRead| (label.uri.to_string(), label.val.to_string());
    let mut texts: Vec<_> = labels.into_iter().map(text).collect();
    texts.sort();
    texts
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(uri, val)| ((*uri).to_owned(), (*val).to_owned())).collect()
}

const A: &str = "did:web:a.test";
const POST: &str = "at://did:web:a.test/app.bsky.feed.post/3jwdwj2ctlk26";
const PROFILE: &str = "at://did:web:a.test/app.bsky.actor.profile/self";
const B: &str = "did:web:b.test";
const MOD: &str = "did:web:mod.test";
const OTHER: &str = "did:web:other.test";

#[tokio::test]
async fn whatever_the_order_of_inserts_the_highest_version_holds() {
    let Some(store) = engine::store().await else { return };
    let (old, huge) = (label(MOD, POST, "spam", 1 << 70), label(MOD, A, "rude", u128::MAX));
    for rows in [
        [negated(old.clone()), LabelRow { version: 5, ..huge.clone() }],
        [old.clone(), huge.clone()],
        [
            LabelRow { version: 1 << 64, ..old },
            LabelRow { version: u128::MAX - 1, ..negated(label(MOD, A, "rude", 1)) },
        ],
    ] {
        let _ = store.insert(&rows).await.unwrap();
    }
    let held = held(&store, &[A], &[POST], &[MOD]).await;
    assert_eq!(texts(held), pairs(&[(A, "rude")]));
    let client = Client::default().with_url(engine::url().unwrap()).with_database(store.database());
    client.query("OPTIMIZE TABLE labels FINAL").execute().await.unwrap();
    let rows: u64 = client.query("SELECT count() FROM labels").fetch_one().await.unwrap();
    assert_eq!(rows, 2, "a negation stays as the row that says so");
}

/// What `sources` say about accounts, and about records by their URIs.
async fn held(store: &Store, accounts: &[&str], uris: &[&str], sources: &[&str]) -> Vec<LabelRead> {
    let numbers = |dids: &[&str]| dids.iter().map(|did| ActorId::of(did)).collect::<Vec<_>>();
    let records: Vec<_> = uris.iter().filter_map(|uri| AtUri::parse(uri).ok()?.record()).collect();
    store.labels(&numbers(accounts), &records, &numbers(sources), now()).await.unwrap()
}

#[tokio::test]
async fn a_page_s_subjects_get_what_the_sources_say_now() {
    let Some(store) = engine::store().await else { return };
    let rows = [
        label(MOD, A, "rude", 1),
        label(MOD, POST, "spam", 1),
        label(OTHER, POST, "gore", 1),
        label(MOD, PROFILE, "porn", 1),
        label(MOD, B, "rude", 1),
        negated(label(MOD, POST, "taken-back", 1)),
        expiring(label(MOD, POST, "expired", 1), "2026-05-31T23:59:59Z"),
        expiring(label(MOD, POST, "expires", 1), "2026-06-01T00:00:00.001Z"),
    ];
    let _ = store.insert(&rows).await.unwrap();
    let check = async |accounts: &[&str], uris: &[&str], sources: &[&str], expected: &[_]| {
        let held = held(&store, accounts, uris, sources).await;
        assert_eq!(texts(held), pairs(expected), "{accounts:?} {uris:?}");
    };
    check(&[A], &[], &[MOD], &[(PROFILE, "porn"), (A, "rude")]).await;
    check(&[], &[POST], &[MOD], &[(POST, "expires"), (POST, "spam")]).await;
    check(&[], &[POST], &[MOD, OTHER], &[(POST, "expires"), (POST, "gore"), (POST, "spam")]).await;
    check(&[A], &[POST], &[], &[]).await;
    check(&[], &[], &[MOD], &[]).await;
    // More than one query takes.
    let many: Vec<_> = (0..1_200).map(|n| format!("at://{B}/app.bsky.feed.post/{n}")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).chain([POST]).collect();
    let wanted = [(POST, "expires"), (POST, "spam"), (B, "rude")];
    check(&[B], &many, &[MOD], &wanted).await;
}

#[tokio::test]
async fn pages_of_labels_join_to_the_whole() {
    let Some(store) = engine::store().await else { return };
    let values = ["a", "b", "c", "d", "e"];
    let mut rows: Vec<_> = [A, POST, PROFILE, B]
        .iter()
        .flat_map(|uri| values.map(|val| label(MOD, uri, val, 1)))
        .collect();
    rows.push(label(OTHER, B, "a", 1));
    rows.push(negated(label(OTHER, B, "b", 1)));
    let _ = store.insert(&rows).await.unwrap();
    let actors = |dids: &[&str]| dids.iter().map(|did| ActorId::of(did)).collect::<Vec<_>>();
    let ask = async |uris: &[&str], of: &[&str], by: &[&str]| {
        let mut query = LabelQuery {
            uris: uris.iter().map(|uri| (*uri).into()).collect(),
            actors: actors(of),
            sources: actors(by),
            after: LabelPosition::default(),
            limit: 100,
        };
        let whole = store.query_labels(&query, now()).await.unwrap();
        let mut joined = Vec::new();
        query.limit = 3;
        loop {
            let page = store.query_labels(&query, now()).await.unwrap();
            let Some((last, _)) = page.last() else { break };
            query.after = last.clone();
            joined.extend(page);
        }
        assert_eq!(joined, whole);
        whole.len()
    };
    assert_eq!(ask(&[A], &[A], &[MOD]).await, 5);
    assert_eq!(ask(&[A, POST], &[A], &[MOD]).await, 10);
    assert_eq!(ask(&[POST, PROFILE, B], &[A, B], &[MOD, OTHER]).await, 16);
    assert_eq!(ask(&[B], &[B], &[OTHER]).await, 1);
    assert_eq!(ask(&[A], &[A], &[]).await, 0);
    assert_eq!(ask(&[], &[], &[MOD]).await, 0);
}
