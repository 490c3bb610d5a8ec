//! Handles, both directions, by DNS and by a service.

use std::net::Ipv4Addr;

use axum::Router;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::routing::get;
use firehouse_identity::{Config, Disposition, Identity, IdentityError, Verified};
use firehouse_types::Handle;

use crate::make::{Count, KEY, Running, Says, config, did, document, name_server, resolver, serve};

fn handle(text: &str) -> Handle {
    Handle::parse(text).expect("a handle")
}

fn settings(dns: &Running) -> Config {
    let nowhere = "http://127.0.0.1:1".parse().expect("a URL");
    Config { dns_servers: vec![dns.address], ..config(nowhere) }
}

fn claims(text: &str) -> Identity {
    let did = did("did:plc:one");
    let document = document("did:plc:one", text, KEY);
    Identity::from_document(&did, document.as_bytes()).expect("a document")
}

#[tokio::test]
async fn dns_alone_is_enough_and_its_other_records_do_not_matter() {
    let dns = name_server(&[
        ("_atproto.one.somewhere.com", Says::Txt("v=spf1 -all")),
        ("_atproto.one.somewhere.com", Says::Txt("did=did:plc:one")),
        ("_atproto.both.somewhere.com", Says::Txt("did=did:plc:one")),
        ("_atproto.both.somewhere.com", Says::Txt("did=did:plc:two")),
    ])
    .await;
    let (resolver, _) = resolver(&settings(&dns));
    let found = resolver.resolve_handle(&handle("one.somewhere.com")).await;
    assert_eq!(found.expect("it resolves"), did("did:plc:one"));
    let both = resolver.resolve_handle(&handle("both.somewhere.com")).await;
    assert!(matches!(both, Err(IdentityError::AmbiguousHandle)), "{both:?}");
}

#[tokio::test]
async fn nothing_is_certain_only_when_dns_and_the_host_both_say_so() {
    let dns = name_server(&[
        ("unreachable.com", Says::A(Ipv4Addr::LOCALHOST)),
        ("_atproto.unsure.com", Says::ServerFailure),
    ])
    .await;
    let disposition = async |text: &str| {
        let (resolver, _) = resolver(&settings(&dns));
        resolver.resolve_handle(&handle(text)).await.expect_err("no answer").disposition()
    };
    assert_eq!(disposition("absent.com").await, Disposition::Definitive);
    assert_eq!(disposition("unsure.com").await, Disposition::Transient);
    // The name exists, but no HTTPS server answers on this machine's port 443, or not with our certificate.
    assert_eq!(disposition("unreachable.com").await, Disposition::Transient);
}

#[tokio::test]
async fn a_handle_whose_host_is_private_does_not_exist_for_strangers() {
    let dns = name_server(&[("private.com", Says::A(Ipv4Addr::LOCALHOST))]).await;
    let config = Config { allow_private_addresses: false, ..settings(&dns) };
    let (resolver, _) = resolver(&config);
    let found = resolver.resolve_handle(&handle("private.com")).await;
    assert!(matches!(found, Err(IdentityError::NotFound)), "{found:?}");
    for reserved in ["a.test", "a.local", "a.internal", "a.localhost", "handle.invalid"] {
        let found = resolver.resolve_handle(&handle(reserved)).await;
        assert!(matches!(found, Err(IdentityError::UnsupportedHandle)), "{reserved}: {found:?}");
    }
}

#[tokio::test]
async fn a_configured_service_is_asked_instead() {
    let asked = Count::default();
    let counted = asked.clone();
    let answer = move |Query(query): Query<Vec<(String, String)>>| async move {
        counted.up();
        match query.first().map(|(name, value)| (name.as_str(), value.as_str())) {
            Some(("handle", "one.test")) => Ok(r#"{"did":"did:plc:one"}"#),
            Some(("handle", "down.test")) => Err(StatusCode::BAD_GATEWAY),
            _ => Err(StatusCode::BAD_REQUEST),
        }
    };
    let routes = Router::new().route("/xrpc/com.atproto.identity.resolveHandle", get(answer));
    let server = serve(routes).await;
    let config = Config {
        handle_resolver: Some(server.url("/")),
        allow_private_addresses: false,
        ..config("http://127.0.0.1:1".parse().expect("a URL"))
    };
    let (resolver, _) = resolver(&config);
    for _ in 0..3 {
        let found = resolver.resolve_handle(&handle("one.test")).await;
        assert_eq!(found.expect("it resolves"), did("did:plc:one"));
    }
    assert_eq!(asked.get(), 1, "the answer is kept");
    let absent = resolver.resolve_handle(&handle("absent.test")).await;
    assert!(matches!(absent, Err(IdentityError::NotFound)), "{absent:?}");
    let down = resolver.resolve_handle(&handle("down.test")).await.expect_err("no answer");
    assert_eq!(down.disposition(), Disposition::Transient);

    assert_eq!(
        resolver.verified_handle(&claims("one.test")).await,
        Verified::Valid(handle("one.test"))
    );
    assert_eq!(resolver.verified_handle(&claims("absent.test")).await, Verified::Invalid);
    assert_eq!(resolver.verified_handle(&claims("down.test")).await, Verified::Unknown);
    assert_eq!(resolver.verified_handle(&claims("no handle")).await, Verified::Invalid);
}

#[tokio::test]
async fn a_handle_of_another_account_is_invalid_and_forgetting_asks_again() {
    let asked = Count::default();
    let counted = asked.clone();
    // First another account's, then ours.
    let answer = move || async move {
        if counted.up() == 0 { r#"{"did":"did:plc:two"}"# } else { r#"{"did":"did:plc:one"}"# }
    };
    let routes = Router::new().route("/xrpc/com.atproto.identity.resolveHandle", get(answer));
    let server = serve(routes).await;
    let config = Config {
        handle_resolver: Some(server.url("/")),
        ..config("http://127.0.0.1:1".parse().expect("a URL"))
    };
    let (resolver, _) = resolver(&config);
    let identity = claims("one.test");
    assert_eq!(resolver.verified_handle(&identity).await, Verified::Invalid);
    assert_eq!(resolver.verified_handle(&identity).await, Verified::Invalid);
    resolver.forget(&identity.did);
    assert_eq!(resolver.verified_handle(&identity).await, Verified::Valid(handle("one.test")));
    assert_eq!(asked.get(), 2);
}
