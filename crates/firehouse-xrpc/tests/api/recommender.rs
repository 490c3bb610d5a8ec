//! A recommender that really listens: what it hears, what callers get of what it says, and that nobody sees it fail.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use firehouse_identity::{GuardedClient, GuardedConfig};
use firehouse_indexer::Rows;
use firehouse_lexicon::Catalog;
use firehouse_sim::engine;
use firehouse_xrpc::HttpRecommender;
use serde_json::{Value, json};

use crate::records::{account, insert, write};
use crate::world::{ALICE, BOB, Token, World, get};

const FOLLOWED: &str = "did:plc:followeddddddddddddddddd";
const BLOCKED: &str = "did:plc:blockeddddddddddddddddddd";
const BLOCKER: &str = "did:plc:blockerrrrrrrrrrrrrrrrrrr";
const UNKNOWN: &str = "did:plc:nobodyyyyyyyyyyyyyyyyyyy";
const USERS: &str = "app.bsky.unspecced.getSuggestedUsers";
/// Every method that asks a recommender, and what it asks.
const ASKING: [(&str, &str); 10] = [
    (USERS, "getSuggestedUsersSkeleton"),
    ("app.bsky.unspecced.getSuggestedUsersForDiscover", "getSuggestedUsersForDiscoverSkeleton"),
    ("app.bsky.unspecced.getSuggestedUsersForExplore", "getSuggestedUsersForExploreSkeleton"),
    ("app.bsky.unspecced.getSuggestedUsersForSeeMore", "getSuggestedUsersForSeeMoreSkeleton"),
    ("app.bsky.unspecced.getSuggestedOnboardingUsers", "getOnboardingSuggestedUsersSkeleton"),
    ("app.bsky.unspecced.getSuggestedFeeds", "getSuggestedFeedsSkeleton"),
    ("app.bsky.unspecced.getSuggestedStarterPacks", "getSuggestedStarterPacksSkeleton"),
    (
        "app.bsky.unspecced.getOnboardingSuggestedStarterPacks",
        "getOnboardingSuggestedStarterPacksSkeleton",
    ),
    ("app.bsky.unspecced.getTrends", "getTrendsSkeleton"),
    ("app.bsky.unspecced.getTrendingTopics", "getTrendingTopics"),
];

/// What the recommender was asked last: method, parameters, headers; and what it answers, after how long.
#[derive(Clone, Default)]
struct Service {
    heard: Arc<Mutex<(String, Value, HeaderMap)>>,
    says: Arc<Mutex<(u16, String, Duration)>>,
}

impl Service {
    fn says(&self, status: u16, said: &str) {
        *self.says.lock().unwrap() = (status, said.to_owned(), Duration::ZERO);
    }
}

async fn answer(
    State(service): State<Service>,
    Path(method): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> impl IntoResponse {
    *service.heard.lock().unwrap() = (method, json!(query), headers);
    let (status, said, after) = service.says.lock().unwrap().clone();
    tokio::time::sleep(after).await;
    let headers = [(header::CONTENT_TYPE, "application/json")];
    (StatusCode::from_u16(status).unwrap(), headers, said)
}

/// Alice follows one, blocks one and is blocked by one; Bob and each of those have a feed and a starter pack. `None` without an engine.
async fn world() -> Option<(World, Service)> {
    let store = engine::store().await?;
    let mut rows = Rows::default();
    let mut one = |did: &str, collection: &str, key: &str, record: Value| {
        write(&mut rows, did, collection, key, record)
    };
    one(ALICE, "app.bsky.graph.follow", "3lebsxaigos2a", json!({ "subject": FOLLOWED }));
    one(FOLLOWED, "app.bsky.graph.follow", "3lebsxaigos2a", json!({ "subject": BOB }));
    one(ALICE, "app.bsky.graph.block", "3lebsxaigos2a", json!({ "subject": BLOCKED }));
    one(BLOCKER, "app.bsky.graph.block", "3lebsxaigos2a", json!({ "subject": ALICE }));
    for did in [BOB, FOLLOWED, BLOCKED, BLOCKER] {
        let feed = json!({ "did": "did:web:feeds.example.com", "displayName": "feed" });
        one(did, "app.bsky.feed.generator", "feed", feed);
        let purpose = "app.bsky.graph.defs#referencelist";
        let list = json!({ "name": "list", "purpose": purpose });
        let list = one(did, "app.bsky.graph.list", "3lebsxaigos2a", list);
        let pack = json!({ "name": "pack", "list": list });
        one(did, "app.bsky.graph.starterpack", "3lebsxaigos2a", pack);
    }
    let accounts = [ALICE, BOB, FOLLOWED, BLOCKED, BLOCKER];
    let accounts = accounts.map(|did| account(did, &format!("{}.test", &did[8..15])));
    insert(&store, rows, &accounts).await;

    let service = Service::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
    let routes = Router::new()
        .route("/xrpc/{method}", axum::routing::get(answer))
        .with_state(service.clone());
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
    let registry = prometheus::Registry::new();
    let recommender = HttpRecommender::new(client.unwrap(), origin, &registry).unwrap();
    let recommender = Arc::new(recommender);
    let world = World::with(
        store,
        |config| {
            config.rate_viewer_max = 1_000;
            config.default_labelers.clear();
        },
        |services| {
            services.appview = services.appview.clone().with_recommender(recommender);
            services.registry = registry;
        },
    );
    Some((world, service))
}

/// What Alice is answered, which the lexicon must allow.
async fn ask(world: &World, method: &str, query: &str, headers: &[(&str, &str)]) -> Value {
    let token = Token::of(ALICE, method).sign(&world.alice);
    let mut request = get(&format!("/xrpc/{method}?{query}"));
    request = request.header("authorization", format!("Bearer {token}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = world.ask(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, 200, "{method}: {:?}", answer.json());
    let checked = Catalog::embedded().validate_output(method, &answer.body);
    assert!(checked.is_ok(), "{method}: {checked:?}");
    answer.json()
}

/// The strings under a pointer in each item.
fn pluck(items: &Value, pointer: &str) -> Vec<String> {
    let items = items.as_array().unwrap().iter();
    items.map(|item| item.pointer(pointer).unwrap().as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn it_hears_who_asks_and_for_what_but_no_token() {
    let Some((world, service)) = world().await else { return };
    service.says(200, &json!({ "dids": [] }).to_string());
    let headers = [
        ("accept-language", "pt"),
        ("x-bsky-topics", "art"),
        ("cookie", "secret"),
        ("user-agent", "mine"),
    ];
    ask(&world, USERS, "limit=7&category=art", &headers).await;
    let (method, asked, heard) = service.heard.lock().unwrap().clone();
    assert_eq!(method, "app.bsky.unspecced.getSuggestedUsersSkeleton");
    assert_eq!(asked, json!({ "limit": "7", "category": "art", "viewer": ALICE }));
    let header = |name: &str| heard.get(name).map(|value| value.to_str().unwrap());
    assert_eq!((header("accept-language"), header("x-bsky-topics")), (Some("pt"), Some("art")));
    assert_eq!(header("user-agent"), Some("BskyAppView"));
    assert_eq!((header("authorization"), header("cookie")), (None, None));

    world.get(&format!("/xrpc/{USERS}")).await;
    let (_, asked, _) = service.heard.lock().unwrap().clone();
    assert_eq!(asked, json!({ "limit": "25" }), "nobody in particular");
    for (method, skeleton) in ASKING {
        ask(&world, method, "", &[]).await;
        let (heard, ..) = service.heard.lock().unwrap().clone();
        assert_eq!(heard, format!("app.bsky.unspecced.{skeleton}"));
    }
}

#[tokio::test]
async fn accounts_are_shown_but_for_who_is_followed_or_behind_a_block() {
    let Some((world, service)) = world().await else { return };
    let mut dids: Vec<String> =
        [UNKNOWN, "no DID", "", FOLLOWED, BLOCKED, BLOCKER, ALICE, BOB, BOB]
            .map(String::from)
            .into();
    dids.extend((0..9_000).map(|number| format!("did:plc:{number:a>24}")));
    let said =
        json!({ "dids": dids, "recId": "1", "recIdStr": "one", "more": { "is": "ignored" } });
    service.says(200, &said.to_string());
    for (method, _) in &ASKING[..5] {
        let shown = ask(&world, method, "", &[]).await;
        assert_eq!(pluck(&shown["actors"], "/did"), [BOB], "{method}");
        assert_eq!(shown["recIdStr"], "one", "{method}");
    }
    // Who is nobody in particular has no blocks.
    let anyone = world.get(&format!("/xrpc/{USERS}")).await.json();
    assert_eq!(anyone["actors"].as_array().map(Vec::len), Some(5));
}

#[tokio::test]
async fn feeds_starter_packs_and_trends_are_shown_likewise() {
    let Some((world, service)) = world().await else { return };
    let everybody = [UNKNOWN, BLOCKED, BLOCKER, BOB, BOB];
    let uris = |collection: &str, key: &str| {
        let mut uris = vec!["no URI".to_owned(), format!("at://{BOB}/app.bsky.feed.post/{key}")];
        uris.extend(everybody.map(|did| format!("at://{did}/{collection}/{key}")));
        let many = |n| format!("at://did:plc:{n:a>24}/{collection}/{key}");
        uris.extend((0..5_000).map(many));
        uris
    };
    service.says(200, &json!({ "feeds": uris("app.bsky.feed.generator", "feed") }).to_string());
    let shown = ask(&world, "app.bsky.unspecced.getSuggestedFeeds", "", &[]).await;
    // A feed is no account: its creator's blocks do not hide it, here as elsewhere.
    assert_eq!(pluck(&shown["feeds"], "/creator/did"), [BLOCKED, BLOCKER, BOB]);

    let packs = uris("app.bsky.graph.starterpack", "3lebsxaigos2a");
    service.says(200, &json!({ "starterPacks": packs }).to_string());
    for (method, _) in &ASKING[6..8] {
        let shown = ask(&world, method, "", &[]).await;
        assert_eq!(pluck(&shown["starterPacks"], "/creator/did"), [BOB], "{method}");
    }

    let trend = |topic: &str, at: &str| {
        let dids = [UNKNOWN, "no DID", BLOCKED, BLOCKER, BOB, BOB];
        json!({ "topic": topic, "displayName": topic, "link": "/hashtag/a", "startedAt": at, "postCount": 3,
            "status": "hot", "dids": dids })
    };
    let mut trends = vec![trend("odd", "yesterday")];
    trends.extend((0..1_000).map(|number| trend(&format!("{number}"), "2025-01-01T00:00:00Z")));
    service.says(200, &json!({ "trends": trends, "recIdStr": "one" }).to_string());
    let shown = ask(&world, "app.bsky.unspecced.getTrends", "limit=2", &[]).await;
    assert_eq!(pluck(&shown["trends"], "/topic"), ["0", "1"]);
    assert_eq!(pluck(&shown["trends"][0]["actors"], "/did"), [BOB]);
    assert_eq!(shown["recIdStr"], "one");

    let topics: Vec<_> =
        (0..1_000).map(|number| json!({ "topic": format!("{number}"), "link": "/a" })).collect();
    service.says(200, &json!({ "topics": topics, "suggested": topics }).to_string());
    let shown = ask(&world, "app.bsky.unspecced.getTrendingTopics", "limit=2", &[]).await;
    let lengths = ["topics", "suggested"].map(|name| shown[name].as_array().unwrap().len());
    assert_eq!(lengths, [25, 25], "as many as anybody may ask for");
}

#[tokio::test]
async fn whatever_it_does_wrong_our_own_answer_stands_in_for_it() {
    let Some((world, service)) = world().await else { return };
    let mut own = Vec::new();
    service.says(503, "");
    for (method, _) in ASKING {
        own.push(ask(&world, method, "", &[]).await);
    }
    // There is something to show without it.
    assert!(own[0]["actors"].as_array().unwrap().iter().any(|actor| actor["did"] == BOB));
    assert!(!own[6]["starterPacks"].as_array().unwrap().is_empty());
    let too_long = json!({ "dids": ["did:plc:a".repeat(200_000)] }).to_string();
    let wrong = [
        (500, "{}"),
        (404, "{\"dids\": []}"),
        (302, ""),
        (200, ""),
        (200, "<html>"),
        (200, "[]"),
        (200, "null"),
        (
            200,
            "{\"dids\": [1], \"feeds\": [{}], \"starterPacks\": \"a\", \"trends\": [{}], \"topics\": 1}",
        ),
        (
            200,
            "{\"dids\": {}, \"feeds\": null, \"starterPacks\": null, \"trends\": [], \"topics\": []",
        ),
        (200, &too_long),
    ];
    for (status, said) in wrong {
        service.says(status, said);
        for ((method, _), own) in ASKING.iter().zip(&own) {
            let shown = ask(&world, method, "", &[]).await;
            assert_eq!(shown, *own, "{method}: {status} {}", &said[..said.len().min(40)]);
        }
    }
    let said = json!({ "dids": [BOB], "recIdStr": "late" }).to_string();
    *service.says.lock().unwrap() = (200, said, Duration::from_secs(60));
    let started = std::time::Instant::now();
    assert_eq!(ask(&world, USERS, "", &[]).await, own[0]);
    assert!(started.elapsed() < Duration::from_secs(30), "who is slow is not waited for");
    let metrics = String::from_utf8(world.get("/metrics").await.body.to_vec()).unwrap();
    let counted = |outcome: &str| {
        let name = format!("firehouse_xrpc_recommender_requests_total{{outcome=\"{outcome}\"}} ");
        let count = metrics.lines().find_map(|line| line.strip_prefix(&name)).unwrap();
        count.parse::<usize>().unwrap()
    };
    // 503, 500 and 404 to each; then a redirect to nowhere, what is no JSON or too long, and who is slow.
    assert_eq!(counted("refused"), 3 * ASKING.len());
    assert_eq!(counted("failed"), 5 * ASKING.len() + 1);
    assert_eq!(counted("answered"), 3 * ASKING.len());
}
