//! Answers from the real engine: what the headers say, and which names errors get on their way out.

use std::io::Read;

use axum::body::Body;
use data_encoding::BASE64;
use firehouse_schema::{ActorRow, ActorStatus, RepoRow, RepoState};
use firehouse_sim::engine;
use firehouse_types::{Datetime, Did, Rev};
use serde_json::json;

use crate::world::{ALICE, Answer, BOB, LABELER, PASSWORD, Token, World, get};

const TAKEN_DOWN: &str = "did:plc:takendownnnnnnnnnnnnnnnn";
const PAUSED: &str = "did:plc:pausedddddddddddddddddddd";
const UNKNOWN: &str = "did:plc:nobodyyyyyyyyyyyyyyyyyyy";
const REV: &str = "3jzfcijpj2z2a";

/// A world with a few accounts; `None` without an engine.
async fn world() -> Option<World> {
    let store = engine::store().await?;
    let account = |(did, status): (&str, ActorStatus)| {
        let did = Did::parse(did).expect("a DID");
        let handle = format!("{}.test", &did.as_str()[8..13]);
        let known =
            ActorRow { handle: handle.into(), status, version: 1, ..ActorRow::mentioned(did) };
        ActorRow { first_seen: Datetime::from_ms(1_700_000_000_000), ..known }
    };
    let accounts = [
        (ALICE, ActorStatus::Active),
        (LABELER, ActorStatus::Active),
        (TAKEN_DOWN, ActorStatus::Takendown),
        (PAUSED, ActorStatus::Deactivated),
    ];
    let _ = store.insert(&accounts.map(account)).await.expect("the engine takes rows");
    let repo = RepoRow {
        actor: Did::parse(ALICE).expect("a DID").actor(),
        rev: REV.parse::<Rev>().expect("a TID"),
        data: [0; 32],
        state: RepoState::Synchronized,
        reason: "".into(),
        vouched: Rev::from(0),
    };
    let _ = store.insert(&[repo]).await.expect("the engine takes rows");
    Some(World::new(store, |config| config.default_labelers.clear()))
}

fn profile_of(actor: &str) -> String {
    format!("/xrpc/app.bsky.actor.getProfile?actor={actor}")
}

async fn get_as_alice(world: &World, method: &str, query: &str) -> Answer {
    let token = Token::of(ALICE, method).sign(&world.alice);
    world.get_as(&format!("/xrpc/{method}?{query}"), &format!("Bearer {token}")).await
}

#[tokio::test]
async fn health_is_good_while_the_store_answers() {
    let Some(world) = world().await else { return };
    let answer = world.get("/xrpc/_health").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json(), json!({ "version": "1.2.3", "upstreams": [] }));
}

#[tokio::test]
async fn an_account_is_shown_by_did_and_by_handle() {
    let Some(world) = world().await else { return };
    for actor in [ALICE, "alice.test"] {
        let answer = world.get(&profile_of(actor)).await;
        assert_eq!(answer.status, 200, "{:?}", answer.json());
        assert_eq!(answer.json()["did"], ALICE);
        assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
        assert_eq!(answer.header("atproto-content-labelers"), Some(""));
    }
    let resolved = world.get("/xrpc/com.atproto.identity.resolveHandle?handle=alice.test").await;
    assert_eq!(resolved.json(), json!({ "did": ALICE }));
    assert_eq!(resolved.header("atproto-content-labelers"), None);
}

#[tokio::test]
async fn anonymous_answers_have_a_tag_and_those_for_a_viewer_are_nobody_elses() {
    let Some(world) = world().await else { return };
    let first = world.get(&profile_of(ALICE)).await;
    assert_eq!(first.header("cache-control"), Some("public, no-cache"));
    let tag = first.header("etag").expect("a tag").to_owned();
    let again = get(&profile_of(ALICE)).header("if-none-match", &tag);
    let again = world.ask(again.body(Body::empty()).expect("a request")).await;
    assert_eq!((again.status.as_u16(), again.header("etag")), (304, Some(&*tag)));
    assert!(again.body.is_empty());
    assert!(again.header("vary").is_some_and(|vary| vary.contains("atproto-accept-labelers")));
    let query = format!("actor={ALICE}");
    let own = get_as_alice(&world, "app.bsky.actor.getProfile", &query).await;
    assert_eq!((own.status.as_u16(), own.header("etag")), (200, None));
    assert_eq!(own.header("cache-control"), Some("private, no-store"));
}

#[tokio::test]
async fn sitemaps_list_the_accounts_that_may_be_found() {
    let Some(world) = world().await else { return };
    let text = |answer: &Answer| {
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), Some("application/gzip"));
        assert_eq!(answer.header("content-encoding"), Some("gzip"));
        let mut text = String::new();
        flate2::read::GzDecoder::new(&answer.body[..]).read_to_string(&mut text).expect("gzip");
        text
    };
    let index = text(&world.get("/external/sitemap/users.xml.gz").await);
    let page = "https://appview.example.com/external/sitemap/users/2023-11-14/1.xml.gz";
    assert_eq!(index.matches("<loc>").count(), 1);
    assert!(index.contains(&format!("<loc>{page}</loc>")), "{index}");
    let page = text(&world.get("/external/sitemap/users/2023-11-14/1.xml.gz").await);
    assert!(page.contains("<loc>https://appview.example.com/account/alice.test</loc>"), "{page}");
    // The labeler is the other one; those who are taken down or paused are not shown.
    assert_eq!(page.matches("<loc>").count(), 2);
    for (path, status, message) in [
        ("2023-11-14/2", 404, "Sitemap page not found"),
        ("2023-11-13/1", 404, "Sitemap page not found"),
        ("x/1", 400, "Invalid date format. Expected YYYY-MM-DD"),
        ("2023-11-14/0", 400, "Invalid bucket number"),
        ("2023-11-14/x", 400, "Invalid bucket number"),
    ] {
        let answer = world.get(&format!("/external/sitemap/users/{path}.xml.gz")).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.body, message);
    }
}

#[tokio::test]
async fn errors_have_the_names_of_the_reference() {
    let Some(world) = world().await else { return };
    for (actor, name) in [
        (UNKNOWN, "InvalidRequest"),
        (TAKEN_DOWN, "AccountTakedown"),
        (PAUSED, "AccountDeactivated"),
    ] {
        assert_eq!(world.get(&profile_of(actor)).await.error(), (400, name.to_owned()), "{actor}");
    }
    let record = format!(
        "/xrpc/com.atproto.repo.getRecord?repo={ALICE}&collection=app.bsky.feed.post&rkey=3jzfcijpj2z2b"
    );
    assert_eq!(world.get(&record).await.error(), (400, "RecordNotFound".to_owned()));
    let followers = format!("/xrpc/app.bsky.graph.getFollowers?actor={ALICE}&cursor=garbage");
    assert_eq!(world.get(&followers).await.error(), (400, "InvalidRequest".to_owned()));
}

#[tokio::test]
async fn those_who_may_see_what_is_taken_down_do() {
    let Some(world) = world().await else { return };
    let admin = format!("Basic {}", BASE64.encode(format!("admin:{PASSWORD}").as_bytes()));
    let token = Token::of(LABELER, "app.bsky.actor.getProfile").sign(&world.labeler);
    for authorization in [admin, format!("Bearer {token}")] {
        let answer = world.get_as(&profile_of(TAKEN_DOWN), &authorization).await;
        assert_eq!(answer.status, 200, "{:?}", answer.json());
    }
    let alice =
        get_as_alice(&world, "app.bsky.actor.getProfile", &format!("actor={TAKEN_DOWN}")).await;
    assert_eq!(alice.error(), (400, "AccountTakedown".to_owned()));
}

#[tokio::test]
async fn a_viewer_learns_how_far_their_own_repo_is_readable() {
    let Some(world) = world().await else { return };
    let profile =
        get_as_alice(&world, "app.bsky.actor.getProfile", &format!("actor={LABELER}")).await;
    assert_eq!(profile.header("atproto-repo-rev"), Some(REV));
    let timeline = get_as_alice(&world, "app.bsky.feed.getTimeline", "").await;
    assert_eq!((timeline.status.as_u16(), timeline.header("atproto-repo-rev")), (200, Some(REV)));
    let uri = format!("uri=at://{ALICE}/app.bsky.feed.post/3jzfcijpj2z2b");
    let thread = get_as_alice(&world, "app.bsky.feed.getPostThread", &uri).await;
    assert_eq!(thread.error(), (400, "NotFound".to_owned()));
    assert_eq!(thread.header("atproto-repo-rev"), Some(REV));
    assert_eq!(world.get(&profile_of(ALICE)).await.header("atproto-repo-rev"), None);
    let followers =
        get_as_alice(&world, "app.bsky.graph.getFollowers", &format!("actor={ALICE}")).await;
    assert_eq!((followers.status.as_u16(), followers.header("atproto-repo-rev")), (200, None));
}

#[tokio::test]
async fn the_look_at_labelers_is_counted_among_the_statements_of_the_method() {
    let Some(world) = world().await else { return };
    let counted = async || {
        let metrics = String::from_utf8(world.get("/metrics").await.body.to_vec()).expect("UTF-8");
        let name = "firehouse_xrpc_statements_total{method=\"app.bsky.actor.getProfile\"} ";
        let count = metrics.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("0");
        count.parse::<u64>().expect("a number")
    };
    let ask = async || {
        let request = get(&profile_of(ALICE)).header("atproto-accept-labelers", LABELER);
        world.ask(request.body(Body::empty()).expect("a request")).await
    };
    // Who is trusted as a verifier is asked by the first.
    assert_eq!(world.get(&profile_of(ALICE)).await.status, 200);
    let before = counted().await;
    ask().await;
    let between = counted().await;
    ask().await;
    // The second time it is known.
    assert_eq!(between - before, counted().await - between + 1);
}

#[tokio::test]
async fn labelers_that_are_no_accounts_are_not_applied() {
    let Some(world) = world().await else { return };
    for (named, applied) in [
        (LABELER.to_owned(), LABELER.to_owned()),
        (format!("{LABELER};redact, {UNKNOWN}"), format!("{LABELER};redact")),
        (format!("{PAUSED}, {BOB}, {ALICE}"), ALICE.to_owned()),
        (String::new(), String::new()),
    ] {
        // Asked twice: the second time nothing has to be looked up.
        for _ in 0..2 {
            let request = get(&profile_of(ALICE)).header("atproto-accept-labelers", &named);
            let answer = world.ask(request.body(Body::empty()).expect("a request")).await;
            assert_eq!(
                answer.header("atproto-content-labelers"),
                Some(applied.as_str()),
                "{named}"
            );
        }
    }
}
