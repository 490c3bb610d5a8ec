//! Serves the folder: a directory, a relay that knows everybody, and PDSes that read their files.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use axum::body::Body;
use axum::extract::{Path, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio_util::io::ReaderStream;
use tokio_util::sync::CancellationToken;

use crate::bulk::make::{Bulk, BulkRepo, file_name};
use crate::faults::ledger::Ledger;
use crate::servers::answer::bad_request;
use crate::servers::listening::listen;
use crate::servers::pds::{Asked, Cursor, Page};
use crate::servers::stream::Stream;
use crate::servers::subscription::subscribe;
use crate::world::Urls;

const CHUNK_BYTES: usize = 256 * 1024;

struct Shared {
    bulk: Bulk,
    by_did: HashMap<String, usize>,
    by_handle: HashMap<String, usize>,
    urls: OnceLock<Urls>,
    /// Nothing ever happens there.
    stream: Arc<Stream>,
    stop: CancellationToken,
}

/// One host; a PDS has a number.
#[derive(Clone)]
struct Host {
    shared: Arc<Shared>,
    pds: Option<usize>,
}

pub(super) async fn serve(bulk: Bulk) -> std::io::Result<Urls> {
    let numbers = |name: fn(&BulkRepo) -> &String| {
        bulk.repos.iter().enumerate().map(move |(number, repo)| (name(repo).clone(), number))
    };
    let (by_did, by_handle) = (numbers(|r| &r.did).collect(), numbers(|r| &r.handle).collect());
    let pdses = bulk.config.pdses.max(1);
    let shared = Arc::new(Shared {
        by_did,
        by_handle,
        bulk,
        urls: OnceLock::new(),
        stream: Arc::new(Stream::new(Ledger::default())),
        stop: CancellationToken::new(),
    });
    let host = |pds| Host { shared: Arc::clone(&shared), pds };
    let stop = &shared.stop;
    let mut urls = Urls { plc: listen(directory(host(None)), stop).await?, ..Urls::default() };
    for number in 0..pdses {
        urls.pdses.push(listen(repos(host(Some(number))), stop).await?);
    }
    urls.relays.push(listen(repos(host(None)), stop).await?);
    // Nobody asks before this function has returned.
    let _ = shared.urls.set(urls.clone());
    Ok(urls)
}

fn directory(host: Host) -> Router {
    Router::new()
        .route("/{did}", get(document))
        .route("/xrpc/com.atproto.identity.resolveHandle", get(resolve_handle))
        .with_state(host)
}

fn repos(host: Host) -> Router {
    Router::new()
        .route("/xrpc/_health", get(async || Json(json!({ "version": "firehouse-sim" }))))
        .route("/xrpc/com.atproto.sync.subscribeRepos", get(subscribe_repos))
        .route("/xrpc/com.atproto.sync.listHosts", get(list_hosts))
        .route("/xrpc/com.atproto.sync.listRepos", get(list_repos))
        .route("/xrpc/com.atproto.sync.getRepo", get(get_repo))
        .route("/xrpc/com.atproto.sync.getLatestCommit", get(get_latest_commit))
        .route("/xrpc/com.atproto.sync.getRepoStatus", get(get_repo_status))
        .with_state(host)
}

impl Host {
    fn pds_url(&self, number: usize) -> &str {
        let pdses = self.shared.urls.get().map_or(&[][..], |urls| &urls.pdses);
        pdses.get(number % pdses.len().max(1)).map_or("", String::as_str)
    }

    /// A repo that is here, by its DID.
    fn repo(&self, did: &str) -> Option<(usize, &BulkRepo)> {
        let number = *self.shared.by_did.get(did)?;
        let is_here = self.pds.is_none_or(|pds| self.pds_of(number) == pds);
        is_here.then(|| (number, &self.shared.bulk.repos[number]))
    }

    fn pds_of(&self, number: usize) -> usize {
        number % self.shared.bulk.config.pdses.max(1)
    }
}

async fn document(State(host): State<Host>, Path(did): Path<String>) -> Response {
    let Some(&number) = host.shared.by_did.get(&did) else {
        return (StatusCode::NOT_FOUND, Json(json!({ "message": "DID not registered" })))
            .into_response();
    };
    let repo = &host.shared.bulk.repos[number];
    Json(json!({
        "id": did,
        "alsoKnownAs": [format!("at://{}", repo.handle)],
        "verificationMethod": [{
            "id": format!("{did}#atproto"),
            "type": "Multikey",
            "controller": did,
            "publicKeyMultibase": repo.key,
        }],
        "service": [{
            "id": "#atproto_pds",
            "type": "AtprotoPersonalDataServer",
            "serviceEndpoint": host.pds_url(host.pds_of(number)),
        }],
    }))
    .into_response()
}

#[derive(serde::Deserialize)]
struct Handle {
    handle: String,
}

async fn resolve_handle(State(host): State<Host>, Query(asked): Query<Handle>) -> Response {
    match host.shared.by_handle.get(&asked.handle) {
        Some(&number) => Json(json!({ "did": host.shared.bulk.repos[number].did })).into_response(),
        None => bad_request("HandleNotFound", "Unable to resolve handle"),
    }
}

async fn subscribe_repos(
    State(host): State<Host>,
    Query(cursor): Query<Cursor>,
    request: Request,
) -> Response {
    subscribe(&host.shared.stream, cursor.cursor, request, host.shared.stop.clone())
}

async fn list_hosts(State(host): State<Host>) -> Response {
    let count = host.shared.bulk.config.pdses.max(1);
    let hosts: Vec<Value> = (0..count)
        .map(|number| {
            let name = host.pds_url(number).trim_start_matches("http://");
            json!({ "hostname": name, "status": "active" })
        })
        .collect();
    Json(json!({ "hosts": hosts })).into_response()
}

async fn list_repos(State(host): State<Host>, Query(page): Query<Page>) -> Response {
    let first = page.cursor.and_then(|cursor| cursor.parse::<usize>().ok()).unwrap_or(0);
    let limit = page.limit.unwrap_or(500).clamp(1, 1_000);
    let all = &host.shared.bulk.repos;
    let here = |&number: &usize| host.pds.is_none_or(|pds| host.pds_of(number) == pds);
    let mut shown: Vec<usize> = (first..all.len()).filter(here).take(limit + 1).collect();
    let next = (shown.len() > limit).then(|| shown.pop()).flatten();
    let repos: Vec<Value> = shown
        .iter()
        .map(|&number| {
            let repo = &all[number];
            json!({ "did": repo.did, "head": repo.head, "rev": repo.rev, "active": true })
        })
        .collect();
    let mut answer = json!({ "repos": repos });
    if let Some(next) = next {
        answer["cursor"] = next.to_string().into();
    }
    Json(answer).into_response()
}

async fn get_repo(State(host): State<Host>, Query(asked): Query<Asked>) -> Response {
    let Some((number, repo)) = host.repo(&asked.did) else {
        return bad_request("RepoNotFound", "Could not find repo");
    };
    if host.pds.is_none() {
        let url = host.pds_url(host.pds_of(number));
        let target = format!("{url}/xrpc/com.atproto.sync.getRepo?did={}", asked.did);
        return (StatusCode::FOUND, [(header::LOCATION, target)]).into_response();
    }
    match tokio::fs::File::open(host.shared.bulk.folder.join(file_name(number))).await {
        Ok(file) => {
            let headers = [
                (header::CONTENT_TYPE, "application/vnd.ipld.car".to_owned()),
                (header::CONTENT_LENGTH, repo.bytes.to_string()),
            ];
            let body = Body::from_stream(ReaderStream::with_capacity(file, CHUNK_BYTES));
            (headers, body).into_response()
        }
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

async fn get_latest_commit(State(host): State<Host>, Query(asked): Query<Asked>) -> Response {
    match host.repo(&asked.did) {
        Some((_, repo)) => Json(json!({ "cid": repo.head, "rev": repo.rev })).into_response(),
        None => bad_request("RepoNotFound", "Could not find repo"),
    }
}

async fn get_repo_status(State(host): State<Host>, Query(asked): Query<Asked>) -> Response {
    match host.repo(&asked.did) {
        Some((_, repo)) => {
            Json(json!({ "did": repo.did, "active": true, "rev": repo.rev })).into_response()
        }
        None => bad_request("RepoNotFound", "Could not find repo"),
    }
}
