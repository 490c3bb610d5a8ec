//! Procedures and their bodies, and the administrator's methods.

use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::Request;
use data_encoding::BASE64;
use firehouse_lexicon::Catalog;
use firehouse_types::{Seq, UpstreamHealth, UpstreamKind, UpstreamState};
use firehouse_xrpc::{Upstream, UpstreamError, Upstreams};
use futures_util::future::BoxFuture;
use serde_json::json;

use crate::world::{ALICE, Answer, PASSWORD, Token, World, store_at};

const ADD: &str = "/xrpc/dev.firehouse.admin.addUpstream";
const LIST: &str = "/xrpc/dev.firehouse.admin.listUpstreams";
const REMOVE: &str = "/xrpc/dev.firehouse.admin.removeUpstream";
const INPUT: &str = r#"{"url":"wss://relay.example.com"}"#;

/// Keeps what it is told.
#[derive(Default)]
struct Told(Mutex<Vec<String>>);

impl Upstreams for Told {
    fn list(&self) -> BoxFuture<'_, Result<Vec<Upstream>, UpstreamError>> {
        let urls = self.0.lock().expect("no panic").clone();
        let upstream = |url: String| Upstream {
            kind: if url.starts_with("pds+") { UpstreamKind::Pds } else { UpstreamKind::Relay },
            configured: false,
            followed: true,
            paused: false,
            health: Some(UpstreamHealth {
                url: url.clone(),
                kind: UpstreamKind::Relay,
                state: UpstreamState::Connected,
                last_error: None,
                seq_received: Seq::new(7),
                seq_readable: None,
                lag_seconds: None,
                gaps: 0,
                queued: 1,
            }),
            url,
        };
        Box::pin(async move { Ok(urls.into_iter().map(upstream).collect()) })
    }

    fn add<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<(), UpstreamError>> {
        Box::pin(async move {
            if url.contains('@') {
                return Err(UpstreamError::Invalid("no credentials".into()));
            }
            self.0.lock().expect("no panic").push(url.to_owned());
            Ok(())
        })
    }

    fn pause<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<(), UpstreamError>> {
        let is_known = self.0.lock().expect("no panic").iter().any(|known| known == url);
        Box::pin(async move { is_known.then_some(()).ok_or(UpstreamError::NotFound) })
    }

    fn resume<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<(), UpstreamError>> {
        self.pause(url)
    }

    fn remove<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<(), UpstreamError>> {
        Box::pin(async move {
            let mut urls = self.0.lock().expect("no panic");
            let index = urls.iter().position(|known| known == url);
            index.map(|index| drop(urls.remove(index))).ok_or(UpstreamError::NotFound)
        })
    }
}

fn following(password: Option<&str>) -> World {
    let password = password.map(firehouse_xrpc::Secret::new);
    World::with(
        store_at("http://127.0.0.1:1"),
        |config| config.admin_password = password,
        |services| services.upstreams = Some(Arc::new(Told::default())),
    )
}

fn basic(password: &str) -> String {
    format!("Basic {}", BASE64.encode(format!("admin:{password}").as_bytes()))
}

async fn post(world: &World, path: &str, body: &str) -> Answer {
    let length = body.len().to_string();
    let headers = [
        ("authorization", &*basic(PASSWORD)),
        ("content-type", "application/json; charset=utf-8"),
        ("content-length", &*length),
    ];
    world.post(path, &headers, body).await
}

/// The refusal of a body that comes with these headers.
async fn check(headers: &[(&str, &str)], body: &str, expected: (u16, &str)) {
    let admin = basic(PASSWORD);
    let headers = [&[("authorization", &*admin)], headers].concat();
    let answer = following(Some(PASSWORD)).post(ADD, &headers, body).await;
    let found = (answer.status.as_u16(), answer.json()["message"].clone());
    assert_eq!(found, (expected.0, expected.1.into()), "{headers:?}: {body}");
}

#[tokio::test]
async fn upstreams_are_added_listed_and_removed() {
    let world = following(Some(PASSWORD));
    for url in ["wss://relay.example.com", "pds+wss://pds.example.com"] {
        let answer = post(&world, ADD, &json!({ "url": url }).to_string()).await;
        assert_eq!((answer.status.as_u16(), answer.body.len()), (200, 0));
    }
    let answer = world.get_as(LIST, &basic(PASSWORD)).await;
    let catalog = Catalog::embedded();
    catalog
        .validate_output("dev.firehouse.admin.listUpstreams", &answer.body)
        .expect("as its lexicon says");
    let first = json!({
        "url": "wss://relay.example.com", "kind": "relay", "configured": false, "followed": true, "paused": false,
        "state": "connected", "seqReceived": 7, "gaps": 0, "queued": 1,
    });
    assert_eq!(answer.json()["upstreams"][0], first);
    assert_eq!(answer.json()["upstreams"][1]["kind"], "pds");
    assert_eq!(post(&world, REMOVE, INPUT).await.status, 200);
    let error = post(&world, REMOVE, INPUT).await.error();
    assert_eq!(error, (400, "UpstreamNotFound".to_owned()));
    let error = post(&world, ADD, r#"{"url":"wss://me:secret@a.test"}"#).await.error();
    assert_eq!(error, (400, "InvalidUpstream".to_owned()));
}

#[tokio::test]
async fn nobody_but_the_administrator_may_ask() {
    let world = following(Some(PASSWORD));
    let token = Token::of(ALICE, "dev.firehouse.admin.listUpstreams").sign(&world.alice);
    for authorization in [basic("wrong"), format!("Bearer {token}"), "Basic !".to_owned()] {
        let error = world.get_as(LIST, &authorization).await.error();
        assert_eq!(error, (401, "AuthenticationRequired".to_owned()), "{authorization}");
    }
    assert_eq!(world.get(LIST).await.status, 401);
    let nobody = following(None);
    for password in [PASSWORD, "", "undefined"] {
        assert_eq!(nobody.get_as(LIST, &basic(password)).await.status, 401);
    }
    assert_eq!(post(&nobody, ADD, INPUT).await.status, 401);
}

#[tokio::test]
async fn a_process_that_only_writes_still_lets_its_upstreams_be_changed() {
    let world = World::with(
        store_at("http://127.0.0.1:1"),
        |config| config.methods = false,
        |services| services.upstreams = Some(Arc::new(Told::default())),
    );
    assert_eq!(world.get_as(LIST, &basic(PASSWORD)).await.status, 200);
    assert_eq!(world.get(&format!("/xrpc/app.bsky.feed.getPosts?uris={ALICE}")).await.status, 501);
    let error = World::without_store().get_as(LIST, &basic(PASSWORD)).await.error();
    assert_eq!(error, (400, "NotFollowing".to_owned()), "and one that only reads has none");
}

#[tokio::test]
async fn a_procedure_is_called_with_post() {
    let world = following(Some(PASSWORD));
    let answer = world.get_as(ADD, &basic(PASSWORD)).await;
    assert_eq!(answer.error(), (400, "InvalidRequest".to_owned()));
    assert_eq!(answer.json()["message"], "Incorrect HTTP method (GET) expected POST");
}

#[tokio::test]
async fn a_procedure_has_a_body_and_says_what_it_is() {
    let json = ("content-type", "application/json");
    let length = ("content-length", "33");
    check(&[json], "", (400, "A request body is expected but none was provided")).await;
    let message = "Request encoding (Content-Type) required but not provided";
    check(&[length], INPUT, (400, message)).await;
    let message = "Wrong request encoding (Content-Type): text/plain";
    check(&[length, ("content-type", "text/plain; charset=utf-8")], INPUT, (400, message)).await;
    let message = "unsupported content encoding \"gzip\"";
    check(&[json, length, ("content-encoding", "gzip")], INPUT, (415, message)).await;
}

#[tokio::test]
async fn a_body_keeps_to_its_lexicon() {
    let json = ("content-type", "application/json");
    let chunked = ("transfer-encoding", "chunked");
    let message = "Missing required key \"url\" at $";
    check(&[json, ("content-length", "2")], "{}", (400, message)).await;
    let message = "Expected string value type (got 1) at $.url";
    check(&[json, chunked], r#"{"url":1}"#, (400, message)).await;
    let answer = post(&following(Some(PASSWORD)), ADD, "{").await;
    assert_eq!(answer.error(), (400, "InvalidRequest".to_owned()));
}

#[tokio::test]
async fn a_body_is_bounded_whatever_length_it_announces() {
    let long = format!(r#"{{"url":"wss://a.test","more":"{}"}}"#, "x".repeat(1_000));
    let json = ("content-type", "application/json");
    check(&[json, ("content-length", "1001")], INPUT, (413, "request entity too large")).await;
    check(&[json, ("content-length", "33")], &long, (413, "request entity too large")).await;
    check(&[json, ("transfer-encoding", "chunked")], &long, (413, "request entity too large"))
        .await;
}

#[tokio::test]
async fn who_is_no_administrator_is_told_so_before_the_body_is_read() {
    let world = following(Some(PASSWORD));
    let request = Request::builder().method("POST").uri(ADD).header("content-length", "5000");
    let answer = world.ask(request.body(Body::empty()).expect("a request")).await;
    assert_eq!(answer.status, 401);
}
