//! DIDs through a directory and did:web: cached, coalesced, refreshed, forgotten.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use firehouse_identity::{Config, Disposition, IdentityError, OfflineDocument, Resolver, Verified};
use tokio::sync::Semaphore;

use crate::make::{Count, KEY, OTHER_KEY, config, did, document, metric, resolver, serve, until};

/// A directory with one good account, and one of each way to be none.
fn directory(asked: Count) -> Router {
    let answer = move |Path(did): Path<String>| async move {
        let asked = asked.up();
        match did.as_str() {
            "did:plc:good" => document(&did, "good.test", KEY).into_response(),
            "did:plc:rotated" => {
                let key = if asked == 0 { KEY } else { OTHER_KEY };
                document(&did, "good.test", key).into_response()
            }
            "did:plc:tombstoned" => StatusCode::GONE.into_response(),
            "did:plc:down" => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            "did:plc:flaky" if asked == 0 => StatusCode::BAD_GATEWAY.into_response(),
            "did:plc:flaky" => document(&did, "good.test", KEY).into_response(),
            "did:plc:other" => document("did:plc:good", "good.test", KEY).into_response(),
            "did:plc:html" => "<html>".into_response(),
            "did:plc:large" => vec![b' '; 100_000].into_response(),
            _ => StatusCode::NOT_FOUND.into_response(),
        }
    };
    Router::new().route("/{did}", get(answer))
}

#[tokio::test]
async fn the_directory_is_asked_once_however_often_and_however_many_ask() {
    let asked = Count::default();
    let server = serve(directory(asked.clone())).await;
    let (resolver, registry) = resolver(&config(server.url("/")));
    let good = did("did:plc:good");
    let (one, two) = tokio::join!(resolver.resolve(&good), resolver.resolve(&good));
    let identity = one.expect("it resolves");
    assert!(Arc::ptr_eq(&identity, &two.expect("it resolves")));
    resolver.resolve(&good).await.expect("from the cache");
    assert_eq!(asked.get(), 1);
    assert_eq!(identity.handle.as_ref().map(|h| h.as_str()), Some("good.test"));
    assert_eq!(identity.pds.as_ref().map(url::Url::as_str), Some("https://pds.example/"));
    assert!(identity.key.is_some());
    assert_eq!(metric(&registry, "firehouse_identity_lookups_total", &["plc", "found"]), 1.0);
    assert_eq!(metric(&registry, "firehouse_identity_cache_total", &["hit"]), 2.0);
}

#[tokio::test]
async fn every_way_of_not_being_there_is_told_apart() {
    let server = serve(directory(Count::default())).await;
    let (resolver, _) = resolver(&config(server.url("/")));
    let failed = async |text: &str| resolver.resolve(&did(text)).await.expect_err("no identity");
    assert!(matches!(failed("did:plc:absent").await, IdentityError::NotFound));
    assert!(matches!(failed("did:plc:tombstoned").await, IdentityError::Tombstoned));
    assert!(matches!(failed("did:plc:other").await, IdentityError::Document(_)));
    assert!(matches!(failed("did:plc:html").await, IdentityError::Document(_)));
    assert!(matches!(failed("did:plc:large").await, IdentityError::Fetch(_)));
    assert!(matches!(failed("did:key:abc").await, IdentityError::UnsupportedDid));
    for definitive in ["did:plc:absent", "did:plc:other", "did:plc:html", "did:plc:large"] {
        assert_eq!(failed(definitive).await.disposition(), Disposition::Definitive, "{definitive}");
    }
    assert_eq!(failed("did:plc:down").await.disposition(), Disposition::Transient);
}

#[tokio::test]
async fn there_is_none_is_kept_and_nobody_knows_is_asked_again() {
    let asked = Count::default();
    let server = serve(directory(asked.clone())).await;
    let (resolver, registry) = resolver(&config(server.url("/")));
    let flaky = did("did:plc:flaky");
    assert!(resolver.resolve(&flaky).await.is_err());
    assert!(resolver.resolve(&flaky).await.is_ok());
    assert_eq!(asked.get(), 2);
    let absent = did("did:plc:absent");
    assert!(resolver.resolve(&absent).await.is_err());
    assert!(resolver.resolve(&absent).await.is_err());
    assert_eq!(asked.get(), 3);
    assert_eq!(metric(&registry, "firehouse_identity_lookups_total", &["plc", "failed"]), 1.0);
    assert_eq!(metric(&registry, "firehouse_identity_lookups_total", &["plc", "absent"]), 1.0);
}

#[tokio::test]
async fn a_refresh_asks_the_directory_once_and_gives_the_new_key() {
    let asked = Count::default();
    let server = serve(directory(asked.clone())).await;
    let (resolver, _) = resolver(&config(server.url("/")));
    let rotated = did("did:plc:rotated");
    let before = resolver.resolve(&rotated).await.expect("it resolves");
    let after = resolver.refresh(&rotated).await.expect("it resolves");
    assert_ne!(format!("{:?}", before.key), format!("{:?}", after.key));
    let again = resolver.refresh(&rotated).await.expect("it resolves");
    assert!(Arc::ptr_eq(&after, &again), "not looked up a third time");
    assert!(Arc::ptr_eq(&after, &resolver.resolve(&rotated).await.expect("from the cache")));
    assert_eq!(asked.get(), 2);
}

#[tokio::test]
async fn a_refresh_that_fails_leaves_the_cache_alone_and_may_be_repeated() {
    let asked = Count::default();
    let counted = asked.clone();
    let answer = move |Path(did): Path<String>| async move {
        match counted.up() {
            1 | 2 => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            _ => document(&did, "good.test", KEY).into_response(),
        }
    };
    let server = serve(Router::new().route("/{did}", get(answer))).await;
    let (resolver, _) = resolver(&config(server.url("/")));
    let good = did("did:plc:good");
    let before = resolver.resolve(&good).await.expect("it resolves");
    for _ in 0..2 {
        let error = resolver.refresh(&good).await.expect_err("the directory is down");
        assert_eq!(error.disposition(), Disposition::Transient);
    }
    assert!(Arc::ptr_eq(&before, &resolver.resolve(&good).await.expect("from the cache")));
    assert!(resolver.refresh(&good).await.is_ok());
    assert_eq!(asked.get(), 4);
}

#[tokio::test]
async fn a_forgotten_identity_is_looked_up_again() {
    let asked = Count::default();
    let server = serve(directory(asked.clone())).await;
    let (resolver, _) = resolver(&config(server.url("/")));
    let (good, absent) = (did("did:plc:good"), did("did:plc:absent"));
    resolver.resolve(&good).await.expect("it resolves");
    resolver.resolve(&absent).await.expect_err("there is none");
    resolver.forget(&good);
    resolver.resolve(&good).await.expect("it resolves");
    resolver.resolve(&good).await.expect("from the cache");
    resolver.resolve(&absent).await.expect_err("from the cache");
    assert_eq!(asked.get(), 3);
}

#[tokio::test]
async fn an_answer_on_its_way_when_its_did_was_forgotten_is_not_believed() {
    let (asked, gate) = (Count::default(), Arc::new(Semaphore::new(0)));
    let (counted, held) = (asked.clone(), Arc::clone(&gate));
    let answer = move |Path(did): Path<String>| async move {
        let key = if counted.up() == 0 { KEY } else { OTHER_KEY };
        let _permit = held.acquire().await;
        document(&did, "good.test", key)
    };
    let server = serve(Router::new().route("/{did}", get(answer))).await;
    let (resolver, _) = resolver(&config(server.url("/")));
    let good = did("did:plc:good");
    let (early, did_early) = (resolver.clone(), good.clone());
    let early = tokio::spawn(async move { early.resolve(&did_early).await });
    until(|| asked.get() == 1).await;
    resolver.forget(&good);
    gate.add_permits(10);
    let early = early.await.expect("no panic").expect("it resolves");
    let late = resolver.resolve(&good).await.expect("it resolves");
    assert_ne!(format!("{:?}", early.key), format!("{:?}", late.key));
    assert_eq!(asked.get(), 2);
}

#[tokio::test]
async fn a_caller_who_gives_up_does_not_spoil_it_for_the_others() {
    let (asked, gate) = (Count::default(), Arc::new(Semaphore::new(0)));
    let (counted, held) = (asked.clone(), Arc::clone(&gate));
    let answer = move |Path(did): Path<String>| async move {
        counted.up();
        let _permit = held.acquire().await;
        document(&did, "good.test", KEY)
    };
    let server = serve(Router::new().route("/{did}", get(answer))).await;
    let (resolver, _) = resolver(&config(server.url("/")));
    let good = did("did:plc:good");
    let asking =
        |resolver: Resolver, did| tokio::spawn(async move { resolver.resolve(&did).await });
    let impatient = asking(resolver.clone(), good.clone());
    until(|| asked.get() == 1).await;
    let patient = asking(resolver.clone(), good.clone());
    impatient.abort();
    gate.add_permits(10);
    assert!(patient.await.expect("no panic").is_ok());
}

#[tokio::test]
async fn handles_that_nobody_answers_for_keep_nobody_from_the_directory() {
    let asked = Count::default();
    let counted = asked.clone();
    let never = move || async move {
        counted.up();
        std::future::pending::<()>().await;
    };
    let resolve_handle = "/xrpc/com.atproto.identity.resolveHandle";
    let server = serve(directory(Count::default()).route(resolve_handle, get(never))).await;
    let config = Config {
        handle_resolver: Some(server.url("/")),
        lookups_max: 1,
        ..config(server.url("/"))
    };
    let (resolver, _) = resolver(&config);
    let stuck = resolver.clone();
    let handle = firehouse_types::Handle::parse("stuck.test").expect("a handle");
    let stuck = tokio::spawn(async move { stuck.resolve_handle(&handle).await });
    until(|| asked.get() == 1).await;
    assert!(resolver.resolve(&did("did:plc:good")).await.is_ok());
    stuck.abort();
}

#[tokio::test]
async fn a_web_did_is_its_hosts_document() {
    let asked = Count::default();
    let counted = asked.clone();
    let answer = move |headers: axum::http::HeaderMap| async move {
        counted.up();
        let host = headers.get("host").and_then(|host| host.to_str().ok()).expect("a host");
        document(&format!("did:web:{}", host.replace(':', "%3A")), "good.test", KEY)
    };
    let server = serve(Router::new().route("/.well-known/did.json", get(answer))).await;
    let nowhere: url::Url = "http://127.0.0.1:1".parse().expect("a URL");
    let web = did(&format!("did:web:localhost%3A{}", server.address.port()));
    let (resolver, registry) = resolver(&config(nowhere.clone()));
    let identity = resolver.resolve(&web).await.expect("it resolves");
    assert_eq!(identity.did, web);
    assert_eq!(metric(&registry, "firehouse_identity_lookups_total", &["web", "found"]), 1.0);

    let public = Config { allow_private_addresses: false, ..config(nowhere) };
    let (resolver, _) = crate::make::resolver(&public);
    let refused = resolver.resolve(&web).await;
    assert!(matches!(refused, Err(IdentityError::UnsupportedDid)), "{refused:?}");
    assert_eq!(asked.get(), 1, "a stranger's localhost is never asked");
}

#[tokio::test]
async fn an_offline_resolver_answers_from_its_file_alone() {
    let line = |did: &str, handle: &str| {
        let document: serde_json::Value =
            serde_json::from_str(&document(did, handle, KEY)).expect("a document");
        serde_json::json!({ "did": did, "handle": handle, "doc": document }).to_string()
    };
    let file = [line("did:plc:one", "one.test"), String::new(), line("did:plc:two", "two.test")];
    let documents = OfflineDocument::read_lines(file.join("\n").as_bytes()).expect("a good file");
    let resolver = Resolver::offline(documents);
    let one = resolver.resolve(&did("did:plc:one")).await.expect("it is in the file");
    let handle = one.handle.clone().expect("it claims one");
    assert_eq!(resolver.verified_handle(&one).await, Verified::Valid(handle));
    let absent = resolver.resolve(&did("did:plc:three")).await;
    assert!(matches!(absent, Err(IdentityError::NotFound)));
    resolver.forget(&one.did);
    assert!(resolver.refresh(&one.did).await.is_ok());
    let broken = OfflineDocument::read_lines("{}".as_bytes()).expect_err("no document");
    assert_eq!(broken.to_string(), "line 1 is not a recorded document");
}
