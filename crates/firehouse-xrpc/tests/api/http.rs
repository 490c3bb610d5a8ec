//! Everything around a method: verbs, bodies, unknown names, browsers, compression, and the pages beside XRPC.

use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use crate::world::{ALICE, World, get, store_at};

#[tokio::test]
async fn an_unknown_method_is_not_implemented_and_a_bad_path_is_no_method() {
    let world = World::without_store();
    for path in
        ["/xrpc/app.bsky.nosuch.method", "/xrpc/not-an-nsid", "/xrpc/app.bsky.actor.getPreferences"]
    {
        let answer = world.get(path).await;
        assert_eq!(answer.error(), (501, "MethodNotImplemented".to_owned()), "{path}");
        assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
    }
    for path in ["/xrpc/", "/xrpc/a..b", "/xrpc/app.bsky.feed.getPosts/more"] {
        assert_eq!(world.get(path).await.error(), (400, "InvalidRequest".to_owned()), "{path}");
    }
    assert_eq!(world.get("/nothing/here").await.status, 404);
}

#[tokio::test]
async fn a_query_is_asked_with_get() {
    let world = World::without_store();
    let request = Request::builder()
        .method("POST")
        .uri(format!("/xrpc/app.bsky.actor.getProfile?actor={ALICE}"));
    let answer = world.ask(request.body(Body::empty()).expect("a request")).await;
    let message = "Incorrect HTTP method (POST) expected GET";
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json(), json!({ "error": "InvalidRequest", "message": message }));
}

#[tokio::test]
async fn a_query_has_no_body() {
    let world = World::without_store();
    let path = format!("/xrpc/app.bsky.actor.getProfile?actor={ALICE}");
    for (length, expected) in [("3", (400, "InvalidRequest")), ("1001", (413, "PayloadTooLarge"))] {
        let request = get(&path).header("content-length", length).body(Body::from("abc"));
        let answer = world.ask(request.expect("a request")).await;
        assert_eq!(answer.error(), (expected.0, expected.1.to_owned()));
    }
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_busy_and_says_nothing_about_itself() {
    let world = World::without_store();
    let answer = world.get(&format!("/xrpc/app.bsky.actor.getProfile?actor={ALICE}")).await;
    assert_eq!(answer.error(), (503, "NotEnoughResources".to_owned()));
    assert!(answer.header("retry-after").is_some());
    let text = String::from_utf8_lossy(&answer.body).to_lowercase();
    assert!(!text.contains("select") && !text.contains("127.0.0.1"), "{text}");
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_logged_once_and_counted_for_every_request() {
    let lines = Lines::default();
    let written = lines.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || written.clone()).finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    let world = World::without_store();
    for _ in 0..20 {
        let answer = world.get(&format!("/xrpc/app.bsky.actor.getProfile?actor={ALICE}")).await;
        assert_eq!(answer.status, 503);
        assert_eq!(world.get("/external/sitemap/users.xml.gz").await.status, 503);
    }
    let log = String::from_utf8(lines.0.lock().expect("no panic").clone()).expect("UTF-8");
    assert_eq!(log.matches("the store does not answer").count(), 1, "{log}");
    assert_eq!(log.lines().count(), 1, "{log}");
    let metrics = String::from_utf8(world.get("/metrics").await.body.to_vec()).expect("UTF-8");
    assert!(metrics.contains("firehouse_xrpc_store_failures_total{fault=\"no_answer\"} 40"));
}

/// Where log lines of one test go.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no panic").write(line)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn health_says_that_the_store_is_gone() {
    let answer = World::without_store().get("/xrpc/_health").await;
    assert_eq!(answer.status, 503);
    assert_eq!(
        answer.json(),
        json!({ "version": "1.2.3", "upstreams": [], "error": "Service Unavailable" })
    );
}

#[tokio::test]
async fn more_requests_than_configured_are_refused() {
    let world = World::new(store_at("http://127.0.0.1:1"), |config| config.requests_max = 0);
    let answer = world.get(&format!("/xrpc/app.bsky.actor.getProfile?actor={ALICE}")).await;
    assert_eq!(answer.error(), (503, "NotEnoughResources".to_owned()));
    assert!(answer.header("retry-after").is_some());
}

#[tokio::test]
async fn a_browser_may_ask_from_anywhere_and_remembers_it_for_a_day() {
    let world = World::without_store();
    let preflight = Request::builder()
        .method("OPTIONS")
        .uri("/xrpc/app.bsky.feed.getTimeline")
        .header("origin", "https://client.example.com")
        .header("access-control-request-method", "GET")
        .header("access-control-request-headers", "authorization,atproto-accept-labelers");
    let answer = world.ask(preflight.body(Body::empty()).expect("a request")).await;
    assert!(answer.status.is_success());
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("access-control-max-age"), Some("86400"));
    assert_eq!(
        answer.header("access-control-allow-headers"),
        Some("authorization,atproto-accept-labelers")
    );
    assert!(
        answer.header("access-control-allow-methods").is_some_and(|verbs| verbs.contains("GET"))
    );
    let refusal =
        get("/xrpc/app.bsky.feed.getTimeline").header("origin", "https://client.example.com");
    let answer = world.ask(refusal.body(Body::empty()).expect("a request")).await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    let exposed = answer.header("access-control-expose-headers").unwrap_or_default();
    assert!(exposed.contains("atproto-repo-rev") && exposed.contains("atproto-content-labelers"));
}

#[tokio::test]
async fn long_answers_are_compressed_as_the_client_likes_and_short_ones_are_not() {
    let world = World::without_store();
    // Enough methods have been asked for the metrics to be longer than a kilobyte.
    world.get("/xrpc/app.bsky.feed.getTimeline").await;
    for encoding in ["gzip", "zstd"] {
        let request = get("/metrics").header("accept-encoding", encoding);
        let answer = world.ask(request.body(Body::empty()).expect("a request")).await;
        assert_eq!(answer.header("content-encoding"), Some(encoding));
    }
    let request = get("/xrpc/app.bsky.nosuch.method").header("accept-encoding", "gzip");
    let answer = world.ask(request.body(Body::empty()).expect("a request")).await;
    assert_eq!(answer.header("content-encoding"), None);
}

#[tokio::test]
async fn metrics_name_methods_we_have_and_no_others() {
    let world = World::without_store();
    world.get("/xrpc/app.bsky.feed.getTimeline").await;
    world.get("/xrpc/app.evil.method").await;
    let text = String::from_utf8(world.get("/metrics").await.body.to_vec()).expect("UTF-8");
    let counted = |method: &str, status: &str| {
        let line =
            format!("firehouse_xrpc_requests_total{{method=\"{method}\",status=\"{status}\"}} 1");
        text.lines().any(|found| found == line)
    };
    assert!(counted("app.bsky.feed.getTimeline", "4xx"), "{text}");
    assert!(counted("other", "5xx"), "{text}");
    assert!(!text.contains("app.evil.method"));
    assert!(text.contains("firehouse_xrpc_requests_in_flight 0"));
}

#[tokio::test]
async fn our_did_document_names_our_services_and_our_key() {
    let world = World::new(store_at("http://127.0.0.1:1"), |config| {
        config.verification_key = Some("zQ3shExample".to_owned());
    });
    let answer = world.get("/.well-known/did.json").await;
    assert_eq!(answer.status, 200);
    let document = answer.json();
    assert_eq!(document["id"], "did:web:appview.example.com");
    assert_eq!(document["service"][1]["id"], "#bsky_appview");
    assert_eq!(document["service"][1]["type"], "BskyAppView");
    assert_eq!(document["service"][1]["serviceEndpoint"], "https://appview.example.com");
    assert_eq!(document["service"][0]["type"], "BskyNotificationService");
    assert_eq!(document["verificationMethod"][0]["publicKeyMultibase"], "zQ3shExample");
    let plc = World::new(store_at("http://127.0.0.1:1"), |config| {
        config.did = firehouse_types::Did::parse(ALICE).expect("a DID");
    });
    assert_eq!(plc.get("/.well-known/did.json").await.status, 404);
}

#[tokio::test]
async fn people_and_crawlers_are_greeted() {
    let world = World::without_store();
    assert!(String::from_utf8_lossy(&world.get("/").await.body).contains("firehouse"));
    assert!(
        String::from_utf8_lossy(&world.get("/robots.txt").await.body).contains("User-agent: *")
    );
}
