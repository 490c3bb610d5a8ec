//! getRepo against hosts that give all of a repo, a part of it, something else, or nothing.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use firehouse_backfill::{Config, Disposition, FetchError, FetchedRepo, Gone, SyncClient};
use firehouse_types::DropReason;

use crate::make::{
    Count, Running, car_answer, client, config, guarded, metric, serve, serve_bytes, slow_answer,
};
use crate::testing::{Account, posts, rev};

const PATH: &str = "/xrpc/com.atproto.sync.getRepo";

#[derive(serde::Deserialize)]
struct Parameters {
    did: String,
}

/// A host whose getRepo answers so, whoever is asked for.
async fn host(answer: impl Fn() -> Response + Clone + Send + Sync + 'static) -> Running {
    let handler = move |parameters: Query<Parameters>| async move {
        assert_eq!(parameters.did, "did:web:someone.test");
        answer()
    };
    serve(Router::new().route(PATH, get(handler))).await
}

fn someone() -> Account {
    Account::new("did:web:someone.test")
}

async fn fetch(client: &SyncClient, host: &Running) -> Result<FetchedRepo, FetchError> {
    let account = someone();
    client.fetch_repo(&host.host(), &account.did, &account.key(), None).await
}

/// With waits that outlast a test.
fn patient() -> Config {
    Config { backoff_min_ms: 600_000, backoff_max_ms: 3_600_000, ..config() }
}

/// Fetches from a host that answers so, and gives the error.
async fn refused(answer: impl Fn() -> Response + Clone + Send + Sync + 'static) -> FetchError {
    let (client, _) = client(&config(), &guarded());
    let host = host(answer).await;
    fetch(&client, &host).await.expect_err("not a repo")
}

fn paths(repo: &FetchedRepo) -> Vec<String> {
    let (mut records, mut paths) = (repo.records(), Vec::new());
    while let Some(record) = records.next().expect("it was verified") {
        paths.push(format!("{}/{}", record.collection, record.rkey));
    }
    paths
}

#[tokio::test]
async fn a_repo_is_the_same_in_memory_and_spilled_and_in_any_pieces() {
    let expected = posts(2_000);
    let car = Arc::new(someone().repo(rev(5), &expected).car());
    for (piece, memory_repo_bytes_max) in
        [(100_000, 1 << 20), (333, 1 << 20), (10_007, 0), (10_007, 50_000)]
    {
        let config = Config { memory_repo_bytes_max, ..config() };
        let (client, registry) = client(&config, &guarded());
        let bytes = car.clone();
        let host = host(move || car_answer(bytes.to_vec(), piece)).await;
        let repo = fetch(&client, &host).await.expect("a repo");
        assert_eq!(paths(&repo), expected.keys().cloned().collect::<Vec<_>>());
        assert_eq!(repo.is_spilled(), memory_repo_bytes_max < 1 << 20);
        assert_eq!((repo.car_bytes(), repo.head().rev), (car.len() as u64, rev(5)));
        assert_eq!(metric(&registry, "firehouse_backfill_records_total", &[]), 2_000.0);
        let ok = metric(&registry, "firehouse_backfill_requests_total", &["get_repo", "ok"]);
        assert_eq!((ok, metric(&registry, "firehouse_backfill_fetches", &[])), (1.0, 0.0));
    }
}

#[tokio::test]
async fn words_about_the_account_are_told_apart_from_troubles_of_the_host() {
    for (status, body, expected) in [
        (400, r#"{"error":"RepoNotFound"}"#, Disposition::Gone(Gone::NotFound)),
        (400, r#"{"error":"RepoDeactivated"}"#, Disposition::Gone(Gone::Deactivated)),
        (403, r#"{"error":"RepoTakendown"}"#, Disposition::Gone(Gone::Takendown)),
        (502, "<html>", Disposition::Retry { after: None }),
    ] {
        let status = StatusCode::from_u16(status).expect("a status");
        let error = refused(move || (status, body).into_response()).await;
        assert_eq!(error.disposition(), expected, "{body}");
    }
    let error = refused(|| Html("<h1>Welcome</h1>").into_response()).await;
    assert!(matches!(error, FetchError::NotXrpc { status: 200 }), "{error}");
    let error =
        refused(|| (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "9")]).into_response()).await;
    assert_eq!(error.disposition(), Disposition::Retry { after: Some(Duration::from_secs(9)) });
}

#[tokio::test]
async fn one_accounts_absence_leaves_the_host_alone_and_a_limit_parks_it() {
    let (client, _) = client(&patient(), &guarded());
    let asked = Count::default();
    let count = asked.clone();
    let host = host(move || match count.up() {
        0..3 => (StatusCode::NOT_FOUND, r#"{"error":"RepoNotFound"}"#).into_response(),
        _ => (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "3600")]).into_response(),
    })
    .await;
    for _ in 0..3 {
        assert!(matches!(fetch(&client, &host).await, Err(FetchError::Gone(Gone::NotFound))));
    }
    assert_eq!(client.hosts().report()[0].failures, 0);
    assert!(matches!(fetch(&client, &host).await, Err(FetchError::RateLimited { .. })));
    let health = &client.hosts().report()[0];
    assert_eq!((health.failures, health.last_failure), (1, Some("rate_limited")));
    assert!(health.parked_for.is_some() && asked.get() == 4);
}

#[tokio::test]
async fn what_is_left_of_the_hosts_limit_is_kept_without_calling_it_a_failure() {
    let (client, _) = client(&patient(), &guarded());
    let limits = [
        ("ratelimit-limit", "3000"),
        ("ratelimit-remaining", "0"),
        ("ratelimit-reset", "3000"),
        ("ratelimit-policy", "3000;w=300"),
    ];
    let car = someone().repo(rev(1), &posts(3)).car();
    let host = host(move || (limits, car_answer(car.clone(), 1_000)).into_response()).await;
    assert!(fetch(&client, &host).await.is_ok());
    let health = &client.hosts().report()[0];
    assert!(health.failures == 0 && health.parked_for.is_some(), "{health:?}");
    assert!(matches!(fetch(&client, &host).await, Err(FetchError::Parked { .. })));
}

#[tokio::test]
async fn a_repo_that_breaks_off_is_tried_again_and_never_believed() {
    let car = someone().repo(rev(1), &posts(50)).car();
    for len in [0, 1, 100, car.len() - 1] {
        let cut = car[..len].to_vec();
        let error = refused(move || car_answer(cut.clone(), 1_000)).await;
        assert_eq!(error.disposition(), Disposition::Retry { after: None }, "{len}: {error}");
    }
    // The length says more than there is: the connection ends early.
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n";
    let host = serve_bytes([&head[..], &car[..200]].concat()).await;
    let (client, _) = client(&config(), &guarded());
    let error = fetch(&client, &host).await.expect_err("not a repo");
    assert!(matches!(error, FetchError::Interrupted(_)), "{error}");
}

#[tokio::test]
async fn other_bytes_and_other_repos_are_refused() {
    let error = refused(|| car_answer(b"this is no CAR at all ".repeat(20), 5)).await;
    assert!(matches!(error, FetchError::Refused(DropReason::CarMalformed)), "{error}");
    let other = Account::new("did:web:other.test").repo(rev(1), &posts(3)).car();
    let error = refused(move || car_answer(other.clone(), 100)).await;
    assert!(matches!(error, FetchError::Refused(DropReason::CommitMismatch)), "{error}");
    assert_eq!(error.disposition(), Disposition::Refused);
}

#[tokio::test]
async fn a_host_that_drips_is_given_up_and_one_that_never_ends_too() {
    let begin = someone().repo(rev(1), &posts(3)).car();
    let config = Config { rate_bytes_per_s_min: 1_000_000, rate_grace_ms: 200, ..config() };
    let (client, _) = client(&config, &guarded());
    let dripping = host(move || slow_answer(begin.clone(), b"x", Duration::from_millis(10))).await;
    let error = fetch(&client, &dripping).await.expect_err("too slow");
    assert!(matches!(error, FetchError::TooSlow { .. }), "{error}");

    let block = |n: u32| crate::testing::block([n.to_le_bytes(); 20_000].concat());
    let car = crate::testing::car(block(0).cid, &(0..20).map(block).collect::<Vec<_>>());
    let limited = Config { repo_bytes_max: 1_000_000, ..crate::make::config() };
    let (client, _) = crate::make::client(&limited, &guarded());
    let large = host(move || car_answer(car.clone(), 10_000)).await;
    let error = fetch(&client, &large).await.expect_err("too large");
    assert!(matches!(error, FetchError::TooLarge { bytes_max: 1_000_000 }), "{error}");
    assert_eq!(error.disposition(), Disposition::Refused);
}

#[tokio::test]
async fn a_relay_may_send_us_to_a_pds_and_not_into_our_own_network() {
    let car = someone().repo(rev(1), &posts(3)).car();
    let pds = host(move || car_answer(car.clone(), 1_000)).await;
    let target = pds.url(&format!("{PATH}?did=did:web:someone.test"));
    let relay = host(move || Redirect::temporary(&target).into_response()).await;
    let (allowing, _) = client(&config(), &guarded());
    assert_eq!(fetch(&allowing, &relay).await.expect("by a detour").record_count(), 3);

    let mut strict = guarded();
    strict.allow_private_addresses = false;
    strict.trusted = vec![relay.url("").parse().expect("a URL")];
    let (strict, _) = client(&config(), &strict);
    let error = fetch(&strict, &relay).await.expect_err("not there");
    assert!(matches!(error, FetchError::Request(_)), "{error}");
}

#[tokio::test]
async fn a_disk_that_cannot_be_written_is_our_trouble_and_not_the_hosts() {
    let car = someone().repo(rev(1), &posts(100)).car();
    let missing = std::env::temp_dir().join("firehouse-backfill-there-is-no-such-folder");
    let config = Config { spill_dir: missing, memory_repo_bytes_max: 10, ..config() };
    let (client, _) = client(&config, &guarded());
    let host = host(move || car_answer(car.clone(), 1_000)).await;
    let error = fetch(&client, &host).await.expect_err("no folder");
    assert!(matches!(error, FetchError::Spill(_)), "{error}");
    assert_eq!(client.hosts().report()[0].failures, 0);
}

#[tokio::test]
async fn fetches_wait_for_the_memory_that_finished_ones_hold() {
    let car = someone().repo(rev(1), &posts(100)).car();
    let config =
        Config { memory_repo_bytes_max: 1 << 20, memory_bytes_max: (1 << 20) + 4_096, ..config() };
    let (client, _) = client(&config, &guarded());
    let host = host(move || car_answer(car.clone(), 1_000)).await;
    let first = fetch(&client, &host).await.expect("a repo");
    let second = fetch(&client, &host);
    tokio::pin!(second);
    let waiting = tokio::time::timeout(Duration::from_millis(300), &mut second).await;
    assert!(waiting.is_err(), "the first holds memory");
    drop(first);
    assert_eq!(second.await.expect("a repo").record_count(), 100);
}
