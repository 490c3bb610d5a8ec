//! How often one may ask, who is charged, who may keep an answer, and what a request is called.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use firehouse_identity::Resolver;
use tokio::net::TcpListener;
use url::Url;

use crate::world::{ALICE, Answer, PASSWORD, Token, World, get, parts, store_at};

const TIMELINE: &str = "/xrpc/app.bsky.feed.getTimeline";

/// Asks through a trusted proxy on this machine, or as this machine itself.
async fn ask(
    world: &World,
    client: Option<&str>,
    path: &str,
    authorization: Option<&str>,
) -> Answer {
    let mut request = get(path);
    if let Some(client) = client {
        request = request.header("x-forwarded-for", client);
    }
    if let Some(authorization) = authorization {
        request = request.header("authorization", authorization);
    }
    let request: Request<Body> = request.body(Body::empty()).expect("a request");
    world.ask_from("127.0.0.1", request).await
}

fn left(answer: &Answer) -> Option<u64> {
    answer.header("ratelimit-remaining").map(|left| left.parse().expect("a number"))
}

#[tokio::test]
async fn an_address_has_its_share_and_is_told_when_there_is_more() {
    let world = World::without_store();
    for expected in (0..5).rev() {
        let answer = ask(&world, Some("192.0.2.1"), TIMELINE, None).await;
        assert_eq!((answer.status.as_u16(), left(&answer)), (401, Some(expected)));
        assert_eq!(answer.header("ratelimit-limit"), Some("5"));
        assert_eq!(answer.header("ratelimit-policy"), Some("5;w=300"));
        assert!(answer.header("ratelimit-reset").is_some());
    }
    let refused = ask(&world, Some("192.0.2.1"), TIMELINE, None).await;
    assert_eq!(refused.error(), (429, "RateLimitExceeded".to_owned()));
    assert_eq!(refused.json()["message"], "Rate Limit Exceeded");
    let wait: u64 = refused.header("retry-after").expect("when").parse().expect("seconds");
    assert!((1..=61).contains(&wait), "{wait}");
    assert_eq!(ask(&world, Some("192.0.2.2"), TIMELINE, None).await.status, 401);
    // What a client says of itself is not believed.
    let lying = ask(&world, Some("203.0.113.7, 192.0.2.1"), TIMELINE, None).await;
    assert_eq!(lying.status, 429);
    let unreadable = ask(&world, Some("\u{e9}, 192.0.2.1"), TIMELINE, None).await;
    assert_eq!(unreadable.status, 429);
    // One customer has a whole /64.
    for host in 1..=5 {
        ask(&world, Some(&format!("2001:db8::{host}")), TIMELINE, None).await;
    }
    assert_eq!(ask(&world, Some("2001:db8::6"), TIMELINE, None).await.status, 429);
    assert_eq!(ask(&world, Some("2001:db8:0:1::1"), TIMELINE, None).await.status, 401);
}

#[tokio::test]
async fn this_machine_in_its_own_name_is_not_limited() {
    let world = World::without_store();
    for _ in 0..20 {
        let answer = ask(&world, None, TIMELINE, None).await;
        assert_eq!((answer.status.as_u16(), left(&answer)), (401, None));
    }
}

#[tokio::test]
async fn a_viewer_is_charged_wherever_the_pds_is() {
    let world = World::new(store_at("http://127.0.0.1:1"), |config| config.rate_viewer_max = 2);
    let token = Token::of(ALICE, "app.bsky.feed.getTimeline").sign(&world.alice);
    let alice = format!("Bearer {token}");
    for expected in [1, 0] {
        let answer = ask(&world, Some("192.0.2.1"), TIMELINE, Some(&alice)).await;
        assert_eq!((answer.status.as_u16(), left(&answer)), (503, Some(expected)));
    }
    for client in [Some("192.0.2.1"), Some("192.0.2.2"), None] {
        assert_eq!(ask(&world, client, TIMELINE, Some(&alice)).await.status, 429);
    }
    let anonymous = ask(&world, Some("192.0.2.1"), TIMELINE, None).await;
    assert_eq!(left(&anonymous), Some(4), "the address was not charged for its viewers");
}

#[tokio::test]
async fn searches_in_posts_have_a_smaller_share_of_their_own_for_each_address_and_each_viewer() {
    let world = World::new(store_at("http://127.0.0.1:1"), |config| config.rate_search_max = 2);
    let search = "/xrpc/app.bsky.feed.searchPosts?q=cats";
    let token = Token::of(ALICE, "app.bsky.feed.searchPosts").sign(&world.alice);
    let alice = format!("Bearer {token}");
    for authorization in [None, Some(&*alice)] {
        for expected in [1, 0] {
            let answer = ask(&world, Some("192.0.2.1"), search, authorization).await;
            assert_eq!((answer.status.as_u16(), left(&answer)), (503, Some(expected)));
            assert_eq!(answer.header("ratelimit-limit"), Some("2"));
        }
        assert_eq!(ask(&world, Some("192.0.2.1"), search, authorization).await.status, 429);
    }
    let table = "/search/facets.csv?q=cats";
    assert_eq!(ask(&world, Some("192.0.2.1"), table, None).await.status, 429);
    // What is left to it otherwise is less by what it asked: three searches, and the table.
    assert_eq!(left(&ask(&world, Some("192.0.2.1"), TIMELINE, None).await), Some(0));
    assert_eq!(ask(&world, Some("192.0.2.2"), search, None).await.status, 503);
}

#[tokio::test]
async fn searches_without_a_share_of_their_own_have_that_of_all_else() {
    let world = World::new(store_at("http://127.0.0.1:1"), |config| config.rate_search_max = 0);
    for (client, path) in [
        ("192.0.2.1", "/xrpc/app.bsky.feed.searchPosts?q=cats"),
        ("192.0.2.2", "/search/rss?q=cats"),
        ("192.0.2.3", "/search/atom?q=cats"),
        ("192.0.2.4", "/search/facets.csv?q=cats"),
    ] {
        for expected in (0..5).rev() {
            let answer = ask(&world, Some(client), path, None).await;
            assert_eq!((answer.status.as_u16(), left(&answer)), (503, Some(expected)), "{path}");
        }
        let refused = ask(&world, Some(client), path, None).await;
        assert_eq!(refused.error(), (429, "RateLimitExceeded".to_owned()), "{path}");
    }
}

#[tokio::test]
async fn guessing_has_an_end_and_the_administrator_has_no_limit() {
    let world = World::without_store();
    let profile = format!("/xrpc/app.bsky.actor.getProfile?actor={ALICE}");
    let basic = |password: &str| {
        format!("Basic {}", data_encoding::BASE64.encode(format!("admin:{password}").as_bytes()))
    };
    let right = basic(PASSWORD);
    for _ in 0..20 {
        let answer = ask(&world, Some("192.0.2.1"), &profile, Some(&right)).await;
        assert_eq!((answer.status.as_u16(), left(&answer)), (503, None));
    }
    for guess in 0..5 {
        let wrong = basic(&guess.to_string());
        assert_eq!(ask(&world, Some("192.0.2.1"), &profile, Some(&wrong)).await.status, 401);
    }
    assert_eq!(ask(&world, Some("192.0.2.1"), &profile, Some(&basic("6"))).await.status, 429);
    // Also the right one: otherwise the answer would tell the two apart.
    assert_eq!(ask(&world, Some("192.0.2.1"), &profile, Some(&right)).await.status, 429);
    assert_eq!(ask(&world, Some("192.0.2.1"), &profile, None).await.status, 503);
}

#[tokio::test]
async fn tokens_that_nobody_can_verify_have_an_end_and_known_accounts_are_served_on() {
    let (directory, asked) = server_that_fails().await;
    let config = identity_config(directory);
    let metrics = firehouse_identity::Metrics::new(&prometheus::Registry::new()).expect("metrics");
    let resolver = Resolver::new(&config, metrics).expect("a resolver");
    let known = World::without_store();
    resolver.remember(Arc::new(known.identity_of_alice())).await;
    let (config, services) = parts(store_at("http://127.0.0.1:1"), resolver, |_| ());
    let router = firehouse_xrpc::router(config, services).expect("a new registry");
    let world = World { router, ..known };
    let method = "app.bsky.feed.getTimeline";
    let of = |did: &str, key| format!("Bearer {}", Token::of(did, method).sign(key));
    let alice = of(ALICE, &world.alice);
    let stranger = |n: u32| of(&format!("did:plc:{n:0>24}"), &world.alice);
    let client = Some("192.0.2.1");
    assert_eq!(ask(&world, client, TIMELINE, Some(&alice)).await.status, 503);
    for n in 0..5 {
        let answer = ask(&world, client, TIMELINE, Some(&stranger(n))).await;
        assert_eq!((answer.status.as_u16(), left(&answer)), (502, Some(4 - u64::from(n))));
    }
    let before = asked.load(Ordering::SeqCst);
    for n in 5..8 {
        let answer = ask(&world, client, TIMELINE, Some(&stranger(n))).await;
        assert_eq!(answer.error(), (429, "RateLimitExceeded".to_owned()));
        assert!(answer.header("retry-after").is_some());
    }
    // One that is forged would have the key looked up again.
    let forged = of(ALICE, &world.labeler);
    assert_eq!(ask(&world, client, TIMELINE, Some(&forged)).await.status, 429);
    assert_eq!(asked.load(Ordering::SeqCst), before, "nobody is asked any more");
    assert_eq!(ask(&world, client, TIMELINE, Some("Bearer garbage")).await.status, 429);
    assert_eq!(ask(&world, client, TIMELINE, Some(&alice)).await.status, 503);
    assert_eq!(ask(&world, Some("192.0.2.2"), TIMELINE, Some(&stranger(9))).await.status, 502);
}

/// A directory or a store that answers nothing but 500, and how often it was asked.
async fn server_that_fails() -> (Url, Arc<AtomicU32>) {
    let asked = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&asked);
    let fail = move || {
        counted.fetch_add(1, Ordering::SeqCst);
        async { StatusCode::INTERNAL_SERVER_ERROR }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(fail)).await });
    (url.parse().expect("a URL"), asked)
}

fn identity_config(plc: Url) -> firehouse_identity::Config {
    firehouse_identity::Config {
        plc,
        handle_resolver: None,
        allow_private_addresses: true,
        dns_servers: Vec::new(),
        cache_entries: 100,
        ttl_s: 300,
        error_ttl_s: 300,
        transient_ttl_s: 300,
        refresh_min_interval_s: 0,
        lookups_max: 8,
        connect_timeout_ms: 2_000,
        request_timeout_ms: 2_000,
        document_bytes_max: 10_000,
    }
}

#[tokio::test]
async fn pages_for_people_and_sitemaps_are_limited_and_health_and_metrics_are_not() {
    let pages = || Router::new().route("/account/{actor}", axum::routing::get(|| async { "page" }));
    let store = store_at("http://127.0.0.1:1");
    let world = World::with(store, |_| (), |services| services.pages = Some(pages()));
    for (client, path) in [
        ("192.0.2.1", "/account/alice.test"),
        ("192.0.2.2", "/external/sitemap/users.xml.gz"),
        ("192.0.2.3", "/external/sitemap/users/2023-11-14/1.xml.gz"),
    ] {
        for expected in (0..5).rev() {
            let answer = ask(&world, Some(client), path, None).await;
            assert!(answer.status != 429 && left(&answer) == Some(expected), "{path}");
        }
        let refused = ask(&world, Some(client), path, None).await;
        assert_eq!(refused.error(), (429, "RateLimitExceeded".to_owned()), "{path}");
        assert!(refused.header("retry-after").is_some());
        for (free, status) in [("/xrpc/_health", 503), ("/metrics", 200)] {
            assert_eq!(ask(&world, Some(client), free, None).await.status, status, "{free}");
        }
    }
}

#[tokio::test]
async fn the_store_is_asked_once_a_second_however_many_ask_for_our_health() {
    let (url, asked) = server_that_fails().await;
    let world = World::new(store_at(url.as_str()), |_| ());
    let health = || world.get("/xrpc/_health");
    let began = std::time::Instant::now();
    let answers = futures_util::future::join_all((0..20).map(|_| health())).await;
    assert!(answers.iter().all(|answer| answer.status == 503));
    for _ in 0..20 {
        assert_eq!(health().await.status, 503);
    }
    let asked = || asked.load(Ordering::SeqCst);
    let once = asked();
    // A machine that is very slow may ask again.
    assert!(once >= 1 && u64::from(once) <= 1 + began.elapsed().as_secs(), "{once}");
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    health().await;
    assert!(asked() > once, "what is believed is a second old at most");
}

#[tokio::test]
async fn a_request_keeps_its_name_if_it_has_a_sane_one() {
    let world = World::without_store();
    let asked = |id: &'static str| {
        let request = get("/robots.txt").header("x-request-id", id).body(Body::empty());
        world.ask(request.expect("a request"))
    };
    assert_eq!(asked("a-7_b.c").await.header("x-request-id"), Some("a-7_b.c"));
    for id in ["", "a b", "<script>", "{}"] {
        let answer = asked(id).await;
        let made = answer.header("x-request-id").expect("a name");
        assert!(made.len() == 32 && made != id, "{made}");
    }
}

#[tokio::test]
async fn no_answer_to_a_failed_request_is_kept() {
    let world = World::without_store();
    for path in ["/xrpc/app.bsky.nosuch.method", TIMELINE] {
        assert_eq!(world.get(path).await.header("cache-control"), Some("no-store"));
    }
}
