//! Lists of hosts and repos, page by page.

use std::collections::HashMap;

use axum::Router;
use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use firehouse_backfill::{Disposition, FetchError, Gone};
use firehouse_types::{AccountStatus, Nsid};

use crate::make::{Running, client, config, guarded, metric, serve};
use crate::testing::Account;

/// A host that answers one method by its parameters.
async fn host(
    method: &str,
    answer: impl Fn(&HashMap<String, String>) -> Response + Clone + Send + Sync + 'static,
) -> Running {
    let handler =
        move |parameters: Query<HashMap<String, String>>| async move { answer(&parameters) };
    serve(Router::new().route(&format!("/xrpc/com.atproto.sync.{method}"), get(handler))).await
}

#[tokio::test]
async fn pages_follow_each_other_through_empty_ones_to_the_end() {
    let host = host("listRepos", |parameters| {
        let repo =
            |n: u32| format!(r#"{{"did":"did:web:a{n}.test","head":"x","rev":"y","active":true}}"#);
        match parameters.get("cursor").map(String::as_str) {
            None => format!(r#"{{"repos":[{},{{"did":"bad"}}],"cursor":"a b&c=1"}}"#, repo(1)),
            Some("a b&c=1") => r#"{"repos":[],"cursor":"2"}"#.to_owned(),
            Some("2") => format!(r#"{{"repos":[{}]}}"#, repo(2)),
            Some(other) => panic!("cursor {other}"),
        }
        .into_response()
    })
    .await;
    let (client, registry) = client(&config(), &guarded());
    let (mut dids, mut cursor) = (Vec::new(), None::<Box<str>>);
    loop {
        let page = client.list_repos(&host.host(), cursor.as_deref()).await.expect("a page");
        dids.extend(page.items.into_iter().map(|repo| repo.did.to_string()));
        cursor = page.cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(dids, ["did:web:a1.test", "did:web:a2.test"]);
    assert_eq!(metric(&registry, "firehouse_backfill_repos_listed_total", &[]), 2.0);
    assert_eq!(metric(&registry, "firehouse_backfill_list_items_dropped_total", &[]), 1.0);
}

#[tokio::test]
async fn a_collection_is_listed_by_its_name() {
    let host = host("listReposByCollection", |parameters| {
        assert_eq!(
            parameters.get("collection").map(String::as_str),
            Some("community.lexicon.calendar.event")
        );
        r#"{"repos":[{"did":"did:web:a.test"}]}"#.into_response()
    })
    .await;
    let (client, _) = client(&config(), &guarded());
    let collection = Nsid::parse("community.lexicon.calendar.event").expect("an NSID");
    let page =
        client.list_repos_by_collection(&host.host(), &collection, None).await.expect("a page");
    assert_eq!((page.items.len(), page.items[0].rev, page.items[0].active), (1, None, true));
}

#[tokio::test]
async fn a_relay_names_hosts() {
    let host = host("listHosts", |_| {
        r#"{"hosts":[{"hostname":"localhost:2583","status":"active"},{"hostname":"evil.test/?x="}]}"#.into_response()
    })
    .await;
    let (client, _) = client(&config(), &guarded());
    let page = client.list_hosts(&host.host(), None).await.expect("a page");
    assert_eq!((page.items[0].host.as_str(), page.dropped), ("http://localhost:2583", 1));
}

#[tokio::test]
async fn pages_that_are_none_are_errors_and_count_against_the_host() {
    let (client, _) = client(&config(), &guarded());
    let check = async |answer: fn(&HashMap<String, String>) -> Response, blamed: bool| {
        let host = host("listRepos", answer).await;
        let error = client.list_repos(&host.host(), Some("x")).await.expect_err("no page");
        let report = client.hosts().report();
        let health = report.iter().find(|health| health.host == host.host()).expect("it was asked");
        assert_eq!(health.failures > 0, blamed, "{error}");
        error
    };
    let html = check(|_| Html("<html>").into_response(), true).await;
    assert!(matches!(html, FetchError::NotXrpc { status: 200 }), "{html}");
    let repeats = check(|_| r#"{"repos":[],"cursor":"x"}"#.into_response(), false).await;
    assert!(matches!(repeats, FetchError::CursorRepeats), "{repeats}");
    let other = check(|_| r#"{"repos":7}"#.into_response(), false).await;
    assert!(matches!(other, FetchError::Page(_)), "{other}");
    let large = check(|_| "{".repeat(2 << 20).into_response(), false).await;
    assert!(matches!(large, FetchError::TooLarge { .. }), "{large}");
    let down = check(|_| StatusCode::BAD_GATEWAY.into_response(), true).await;
    assert!(matches!(down, FetchError::Unavailable { status: 502, .. }), "{down}");
}

#[tokio::test]
async fn a_host_is_asked_how_it_sees_one_account() {
    let did = Account::new("did:web:someone.test").did;
    let status = host("getRepoStatus", |_| {
        r#"{"did":"did:web:someone.test","active":false,"status":"suspended"}"#.into_response()
    })
    .await;
    let (client, _) = client(&config(), &guarded());
    let found = client.repo_status(&status.host(), &did).await.expect("a status");
    assert_eq!((found.active, found.status), (false, Some(AccountStatus::Suspended)));
    let gone = host("getLatestCommit", |_| {
        (StatusCode::BAD_REQUEST, r#"{"error":"RepoTakendown","message":"x"}"#).into_response()
    })
    .await;
    let error = client.latest_commit(&gone.host(), &did).await.expect_err("gone");
    assert_eq!(error.disposition(), Disposition::Gone(Gone::Takendown));
}
