//! The guarded client against hosts that mean us harm.

use std::net::Ipv4Addr;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use firehouse_identity::{Disposition, FetchError, GuardedClient, GuardedConfig, Request};
use futures_util::stream;

use crate::make::{Says, config, name_server, serve};

fn guarded(change: impl FnOnce(&mut GuardedConfig)) -> GuardedClient {
    let plc = "http://127.0.0.1:1".parse().expect("a URL");
    let mut guarded = config(plc).guarded();
    guarded.trusted.clear();
    change(&mut guarded);
    GuardedClient::new(&guarded).expect("a client")
}

#[tokio::test]
async fn strangers_cannot_name_private_addresses_in_any_spelling() {
    let names = [
        ("rebound.attacker.com", Says::A(Ipv4Addr::LOCALHOST)),
        ("metadata.attacker.com", Says::A(Ipv4Addr::new(169, 254, 169, 254))),
        ("router.attacker.com", Says::A(Ipv4Addr::new(192, 168, 0, 1))),
    ];
    let dns = name_server(&names).await;
    let client = guarded(|config| {
        config.allow_private_addresses = false;
        config.dns_servers = vec![dns.address];
    });
    for url in [
        "https://127.0.0.1/",
        "https://127.1/",
        "https://0x7f000001/",
        "https://2130706433/",
        "https://017700000001/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[fd00::1]/",
        "https://[fe80::1]/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://0.0.0.0/",
        "https://100.64.0.1/",
        "https://localhost/",
        "https://localhost:8443/",
        "https://rebound.attacker.com/",
        "https://metadata.attacker.com/",
        "https://router.attacker.com/",
    ] {
        let error = client.get_bytes(url.parse().expect("a URL")).await;
        let error = error.expect_err("no stranger gets there");
        assert!(matches!(error, FetchError::BlockedAddress), "{url}: {error:?}");
        assert_eq!(error.disposition(), Disposition::Definitive);
    }
    for url in [
        "http://somewhere.com/",
        "https://somewhere.com:22/",
        "https://user:password@somewhere.com/",
        "file:///etc/passwd",
        "ftp://somewhere.com/",
        "data:text/plain,hello",
    ] {
        let error = client.get_bytes(url.parse().expect("a URL")).await;
        assert!(matches!(error, Err(FetchError::UnsupportedUrl)), "{url}: {error:?}");
    }
}

#[tokio::test]
async fn metadata_services_stay_out_of_reach_on_private_networks_too() {
    let names = [("metadata.attacker.com", Says::A(Ipv4Addr::new(169, 254, 169, 254)))];
    let dns = name_server(&names).await;
    let client = guarded(|config| config.dns_servers = vec![dns.address]);
    for url in ["http://169.254.169.254/", "http://metadata.attacker.com/"] {
        let error = client.get_bytes(url.parse().expect("a URL")).await;
        assert!(matches!(error, Err(FetchError::BlockedAddress)), "{url}: {error:?}");
    }
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_told_from_one_nobody_answers_for() {
    let dns = name_server(&[("broken.com", Says::ServerFailure)]).await;
    let client = guarded(|config| config.dns_servers = vec![dns.address]);
    let absent = client.get_bytes("https://absent.com/".parse().expect("a URL")).await;
    assert!(matches!(absent, Err(FetchError::NameNotFound)), "{absent:?}");
    let broken = client.get_bytes("https://broken.com/".parse().expect("a URL")).await;
    let broken = broken.expect_err("no address");
    assert_eq!(broken.disposition(), Disposition::Transient, "{broken:?}");
}

#[tokio::test]
async fn a_trusted_service_is_reached_but_may_not_send_us_elsewhere() {
    let inside = serve(Router::new().route("/", get(|| async { "secret" }))).await;
    let target = inside.url("/").to_string();
    let trusted = serve(
        Router::new()
            .route("/own", get(|| async { "own" }))
            .route("/there", get(move || async move { Redirect::temporary(&target) }))
            .route("/here", get(|| async { Redirect::permanent("/own") })),
    )
    .await;
    let client = guarded(|config| {
        config.allow_private_addresses = false;
        config.trusted = vec![trusted.url("/")];
    });
    let body = client.get_bytes(trusted.url("/here")).await;
    assert_eq!(body.expect("our own service").as_ref(), b"own");
    let elsewhere = client.get_bytes(trusted.url("/there")).await;
    assert!(matches!(elsewhere, Err(FetchError::UnsupportedUrl)), "{elsewhere:?}");
    let direct = client.get_bytes(inside.url("/")).await;
    assert!(matches!(direct, Err(FetchError::UnsupportedUrl)), "{direct:?}");
}

#[tokio::test]
async fn redirects_end_and_take_no_secrets_to_another_origin() {
    let shown = |headers: HeaderMap| async move {
        headers
            .get("authorization")
            .map_or("none".to_owned(), |v| v.to_str().expect("text").to_owned())
    };
    let other = serve(Router::new().route("/", get(shown))).await;
    let target = other.url("/").to_string();
    let server = serve(
        Router::new()
            .route("/loop", get(|| async { Redirect::temporary("/loop") }))
            .route("/nowhere", get(|| async { StatusCode::FOUND }))
            .route("/shown", get(shown))
            .route("/same", get(|| async { Redirect::temporary("/shown") }))
            .route("/other", get(move || async move { Redirect::temporary(&target) })),
    )
    .await;
    let client = guarded(|_| {});
    let endless = client.get_bytes(server.url("/loop")).await;
    assert!(matches!(endless, Err(FetchError::TooManyRedirects { redirects_max: 3 })));
    let nowhere = client.get_bytes(server.url("/nowhere")).await;
    assert!(matches!(nowhere, Err(FetchError::InvalidRedirect)));
    for (path, expected) in [("/same", "Bearer secret"), ("/other", "none")] {
        let mut request = Request::get(server.url(path));
        request.headers.insert("authorization", "Bearer secret".parse().expect("a header"));
        let answer = client.send(request).await.expect("an answer");
        assert_eq!(answer.bytes().await.expect("a body"), expected, "{path}");
    }
}

#[tokio::test]
async fn bodies_are_bounded_by_what_arrives_and_not_by_what_is_announced() {
    let endless = || async {
        let chunk = Bytes::from_static(&[b'x'; 1_000]);
        Body::from_stream(stream::repeat_with(move || Ok::<_, std::io::Error>(chunk.clone())))
    };
    let server = serve(
        Router::new()
            .route("/endless", get(endless))
            .route("/fits", get(|| async { vec![b'x'; 1_000] }))
            .route("/over", get(|| async { vec![b'x'; 1_001] })),
    )
    .await;
    let client = guarded(|config| config.body_bytes_max = 1_000);
    assert_eq!(client.get_bytes(server.url("/fits")).await.expect("it fits").len(), 1_000);
    for path in ["/endless", "/over"] {
        let error = client.get_bytes(server.url(path)).await;
        assert!(matches!(error, Err(FetchError::BodyTooLarge { bytes_max: 1_000 })), "{error:?}");
    }
    let larger = Request { body_bytes_max: Some(2_000), ..Request::get(server.url("/over")) };
    let answer = client.send(larger).await.expect("an answer");
    assert_eq!(answer.bytes().await.expect("it fits now").len(), 1_001);
}

#[tokio::test]
async fn slow_servers_are_given_up() {
    let never = || async {
        std::future::pending::<()>().await;
    };
    let trickle = || async {
        Body::from_stream(stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            Some((Ok::<_, std::io::Error>(Bytes::from_static(b"x")), ()))
        }))
    };
    let server =
        serve(Router::new().route("/never", get(never)).route("/trickle", get(trickle))).await;
    let client = guarded(|config| config.request_timeout_ms = 500);
    for path in ["/never", "/trickle"] {
        let error = client.get_bytes(server.url(path)).await;
        assert!(matches!(error, Err(FetchError::Timeout)), "{path}: {error:?}");
    }
}

#[tokio::test]
async fn a_status_says_whether_to_ask_again_and_when() {
    let busy = || async { (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "7")]).into_response() };
    let gone = || async { StatusCode::GONE };
    let down = || async { StatusCode::BAD_GATEWAY };
    let routes = Router::new().route("/busy", get(busy)).route("/gone", get(gone));
    let server =
        serve(routes.route("/down", get(down)).route("/json", get(|| async { "[1" }))).await;
    let client = guarded(|_| {});
    for (path, status, retry_after, disposition) in [
        ("/busy", 429, Some(Duration::from_secs(7)), Disposition::Transient),
        ("/gone", 410, None, Disposition::Definitive),
        ("/absent", 404, None, Disposition::Definitive),
        ("/down", 502, None, Disposition::Transient),
    ] {
        let error = client.get_bytes(server.url(path)).await.expect_err("no success");
        assert_eq!(error.disposition(), disposition, "{path}");
        match error {
            FetchError::Status { status: given, retry_after: asked } => {
                assert_eq!((given, asked), (status, retry_after), "{path}");
            }
            other => panic!("{path}: {other:?}"),
        }
    }
    let json = client.get_json::<Vec<u8>>(server.url("/json")).await;
    assert!(matches!(json, Err(FetchError::Json(_))));
}
