//! getFeed over HTTP: a generator that really listens, what it hears, and what callers get of what it says.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get as route;
use firehouse_identity::{GuardedClient, GuardedConfig};
use firehouse_indexer::Rows;
use firehouse_sim::engine;
use firehouse_xrpc::HttpGenerators;
use serde_json::{Value, json};

use crate::records::{account, insert, write};
use crate::world::{ALICE, Answer, BOB, Token, World, get};

const FEED: &str = "at://did:plc:aliceaaaaaaaaaaaaaaaaaaa/app.bsky.feed.generator/whatever";
const GENERATOR: &str = "did:web:feeds.example.com";

/// What the generator was asked last, and what it answers.
#[derive(Clone, Default)]
struct Generator {
    heard: Arc<Mutex<(HeaderMap, Value)>>,
    says: Arc<Mutex<(u16, Value)>>,
}

async fn answer(
    State(generator): State<Generator>,
    Query(query): Query<std::collections::BTreeMap<String, String>>,
    headers: HeaderMap,
) -> impl IntoResponse {
    *generator.heard.lock().unwrap() = (headers, json!(query));
    let (status, said) = generator.says.lock().unwrap().clone();
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CONTENT_LANGUAGE, "pt")];
    (StatusCode::from_u16(status).unwrap(), headers, said.to_string())
}

/// Alice has a post and a feed; its generator listens at 127.0.0.1. `None` without an engine.
async fn world() -> Option<(World, Generator, String)> {
    let store = engine::store().await?;
    let mut rows = Rows::default();
    let post =
        write(&mut rows, ALICE, "app.bsky.feed.post", "3lebsxaigos2a", json!({ "text": "hello" }));
    let feed = json!({ "did": GENERATOR, "displayName": "Whatever" });
    write(&mut rows, ALICE, "app.bsky.feed.generator", "whatever", feed);
    insert(&store, rows, &[account(ALICE, "alice.test")]).await;

    let generator = Generator::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let routes = Router::new()
        .route("/xrpc/app.bsky.feed.getFeedSkeleton", route(answer))
        .with_state(generator.clone());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    let client = GuardedClient::new(&GuardedConfig {
        allow_private_addresses: true,
        trusted: Vec::new(),
        dns_servers: Vec::new(),
        connect_timeout_ms: 2_000,
        request_timeout_ms: 2_000,
        body_bytes_max: 1_000,
        redirects_max: 3,
    });
    let generators = Arc::new(HttpGenerators::new(client.unwrap(), 8));
    let document = json!({ "did": GENERATOR, "doc": { "id": GENERATOR, "service": [
        { "id": "#bsky_fg", "type": "BskyFeedGenerator", "serviceEndpoint": endpoint }] } });
    let world = World::known(
        store,
        &[document],
        |_| (),
        |services| {
            services.appview = services.appview.clone().with_generators(generators);
        },
    );
    Some((world, generator, post))
}

async fn ask(world: &World, more: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = get(&format!("/xrpc/app.bsky.feed.getFeed?feed={FEED}{more}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    world.ask(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_generator_hears_the_caller_and_the_caller_the_generator() {
    let Some((world, generator, post)) = world().await else { return };
    let said = json!({ "cursor": "2", "reqId": "r", "extra": { "a": 1 },
        "feed": [{ "post": post, "feedContext": "c" }, { "post": post }] });
    *generator.says.lock().unwrap() = (200, said);
    let token = Token::of(ALICE, "app.bsky.feed.getFeedSkeleton").with("aud", GENERATOR);
    let bearer = format!("Bearer {}", token.sign(&world.alice));
    let headers = [
        ("authorization", bearer.as_str()),
        ("accept-language", "en"),
        ("x-bsky-topics", "art"),
        ("cookie", "secret"),
    ];
    let answer = ask(&world, "&limit=7&cursor=1", &headers).await;
    let body = answer.json();
    assert_eq!(answer.status, 200, "{body}");
    assert_eq!(body["feed"].as_array().map(Vec::len), Some(2), "{body}");
    assert_eq!(body["feed"][0]["feedContext"], "c");
    assert_eq!(body["feed"][1]["reqId"], "r");
    assert_eq!((&body["cursor"], &body["extra"]["a"]), (&json!("2"), &json!(1)));
    assert!(body.get("reqId").is_none());
    assert_eq!(answer.header("content-language"), Some("pt"));
    assert!(answer.header("server-timing").unwrap().starts_with("skele;dur="));
    assert!(answer.header("atproto-content-labelers").is_some());
    let (heard, query) = generator.heard.lock().unwrap().clone();
    assert_eq!(query, json!({ "feed": FEED, "limit": "7", "cursor": "1" }));
    for (name, value) in [
        ("authorization", bearer.as_str()),
        ("accept-language", "en"),
        ("x-bsky-topics", "art"),
        ("user-agent", "BskyAppView"),
    ] {
        assert_eq!(heard.get(name).and_then(|value| value.to_str().ok()), Some(value), "{name}");
    }
    assert!(heard.get("cookie").is_none());
}

#[tokio::test]
async fn whose_token_it_is_is_checked_and_for_whom_is_not() {
    let Some((world, generator, post)) = world().await else { return };
    *generator.says.lock().unwrap() = (200, json!({ "feed": [{ "post": post }] }));
    let as_alice = |token: Token| format!("Bearer {}", token.sign(&world.alice));
    let other = as_alice(Token::of(ALICE, "app.bsky.feed.getPosts"));
    let mut session = Token::of(ALICE, "app.bsky.feed.getFeed");
    session.header["typ"] = "at+jwt".into();
    for (bearer, expected) in [
        (as_alice(Token::of(ALICE, "app.bsky.feed.getFeed")), (200, "")),
        (as_alice(Token::of(BOB, "app.bsky.feed.getFeed")), (401, "BadJwtSignature")),
        (other, (401, "BadJwtLexiconMethod")),
        (as_alice(session), (401, "InvalidToken")),
    ] {
        let answer = ask(&world, "", &[("authorization", &bearer)]).await;
        assert_eq!(answer.error(), (expected.0, expected.1.to_owned()));
    }
}

#[tokio::test]
async fn what_goes_wrong_is_said_as_the_reference_says_it() {
    let Some((world, generator, _)) = world().await else { return };
    for (status, said, expected, message) in [
        (401, json!({ "error": "AuthMissing", "message": "who" }), (401, "AuthMissing"), "who"),
        (400, json!({ "error": "UnknownFeed", "message": "no" }), (400, "UnknownFeed"), "no"),
        (500, json!({ "error": "Broken", "message": "me" }), (502, "Broken"), "me"),
        (
            200,
            json!({ "feed": "none" }),
            (502, "InvalidFeedResponse"),
            "feed provided an invalid response",
        ),
    ] {
        *generator.says.lock().unwrap() = (status, said);
        let answer = ask(&world, "", &[]).await;
        assert_eq!(answer.error(), (expected.0, expected.1.to_owned()));
        assert_eq!(answer.json()["message"], message);
    }
    let unknown = world
        .get(&format!("/xrpc/app.bsky.feed.getFeed?feed={}", FEED.replace("whatever", "other")))
        .await;
    assert_eq!(unknown.error(), (400, "InvalidRequest".to_owned()));
    assert_eq!(unknown.json()["message"], "could not find feed");
    for method in ["getFeedSkeleton", "describeFeedGenerator"] {
        let answer = world.get(&format!("/xrpc/app.bsky.feed.{method}?feed={FEED}")).await;
        assert_eq!(answer.error(), (501, "MethodNotImplemented".to_owned()), "{method}");
    }
}
