//! A relay: the stream of everything, lists of hosts and repos, and a way to the PDS for whoever asks for a repo.
//!
//! Source: `lexicons/com/atproto/sync/`

use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::servers::answer::bad_request;
use crate::servers::listening::Host;
use crate::servers::pds::{Asked, Cursor, Page, page_of_repos};
use crate::servers::subscription::subscribe;

pub(crate) fn router(host: Host) -> Router {
    Router::new()
        .route("/xrpc/_health", get(async || Json(json!({ "version": "firehouse-sim" }))))
        .route("/xrpc/com.atproto.sync.subscribeRepos", get(subscribe_repos))
        .route("/xrpc/com.atproto.sync.listHosts", get(list_hosts))
        .route("/xrpc/com.atproto.sync.getHostStatus", get(get_host_status))
        .route("/xrpc/com.atproto.sync.listRepos", get(list_repos))
        .route("/xrpc/com.atproto.sync.listReposByCollection", get(list_repos_by_collection))
        .route("/xrpc/com.atproto.sync.getRepo", get(get_repo))
        .with_state(host)
}

async fn subscribe_repos(
    State(host): State<Host>,
    Query(cursor): Query<Cursor>,
    request: Request,
) -> Response {
    let stream = host.core().outlets[host.number].stream.clone();
    subscribe(&stream, cursor.cursor, request, host.stop.clone())
}

/// What the relay knows of its hosts.
fn hosts(host: &Host) -> Vec<Value> {
    let core = host.core();
    let hosts = core.urls.pdses.iter().enumerate().map(|(number, url)| {
        let outlet = &core.outlets[core.config.relays + number];
        let accounts = core.accounts.iter().filter(|account| account.pds == number).count();
        json!({
            "hostname": url.trim_start_matches("http://"),
            "seq": outlet.stream.last_event(),
            "accountCount": accounts,
            "status": "active",
        })
    });
    hosts.collect()
}

async fn list_hosts(State(host): State<Host>, Query(page): Query<Page>) -> Response {
    let hosts = hosts(&host);
    let first = page.cursor.and_then(|cursor| cursor.parse().ok()).unwrap_or(0);
    let limit = page.limit.unwrap_or(200).clamp(1, 1_000);
    let shown: Vec<&Value> = hosts.iter().skip(first).take(limit).collect();
    let mut answer = json!({ "hosts": shown });
    if first + limit < hosts.len() {
        answer["cursor"] = (first + limit).to_string().into();
    }
    Json(answer).into_response()
}

#[derive(serde::Deserialize)]
struct HostAsked {
    hostname: String,
}

async fn get_host_status(State(host): State<Host>, Query(asked): Query<HostAsked>) -> Response {
    let found = hosts(&host).into_iter().find(|known| known["hostname"] == asked.hostname.as_str());
    match found {
        Some(known) => Json(known).into_response(),
        None => bad_request("HostNotFound", "a host we do not know"),
    }
}

async fn list_repos(State(host): State<Host>, Query(page): Query<Page>) -> Response {
    page_of_repos(&host.core(), &page, None)
}

#[derive(serde::Deserialize)]
struct ByCollection {
    collection: String,
    limit: Option<usize>,
    cursor: Option<String>,
}

async fn list_repos_by_collection(
    State(host): State<Host>,
    Query(asked): Query<ByCollection>,
) -> Response {
    let core = host.core();
    let first = asked.cursor.and_then(|cursor| cursor.parse::<usize>().ok()).unwrap_or(0);
    let limit = asked.limit.unwrap_or(500).clamp(1, 2_000);
    let prefix = format!("{}/", asked.collection);
    let has = |account: &crate::world::account::Account| {
        account
            .records
            .range(prefix.clone()..)
            .next()
            .is_some_and(|(path, _)| path.starts_with(&prefix))
    };
    let all: Vec<Value> = core
        .accounts
        .iter()
        .filter(|account| has(account))
        .map(|account| json!({ "did": *account.did }))
        .collect();
    let shown: Vec<&Value> = all.iter().skip(first).take(limit).collect();
    let mut answer = json!({ "repos": shown });
    if first + limit < all.len() {
        answer["cursor"] = (first + limit).to_string().into();
    }
    Json(answer).into_response()
}

async fn get_repo(State(host): State<Host>, Query(asked): Query<Asked>) -> Response {
    let core = host.core();
    let Some(&person) = core.by_did.get(asked.did.as_str()) else {
        return bad_request("RepoNotFound", "Could not find repo");
    };
    let origin = core.pds_origin(core.accounts[person].pds);
    let target = format!("{origin}/xrpc/com.atproto.sync.getRepo?did={}", asked.did);
    let mut headers = HeaderMap::new();
    headers.extend(target.parse().ok().map(|target| (header::LOCATION, target)));
    (StatusCode::FOUND, headers).into_response()
}
