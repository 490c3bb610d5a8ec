//! A PDS: the repos of its accounts, and the stream of what happens to them.
//!
//! Source: `lexicons/com/atproto/sync/`

use axum::body::Body;
use axum::extract::{Query, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use std::time::Duration;

use crate::faults::fault::Fault;
use crate::model::Status;
use crate::protocol::block::{Block, repeat_blocks};
use crate::servers::answer::{bad_request, refusal};
use crate::servers::handles;
use crate::servers::listening::Host;
use crate::servers::subscription::subscribe;
use crate::world::core::Core;

const CAR: &str = "application/vnd.ipld.car";
const SLOW: Duration = Duration::from_millis(700);

pub(crate) fn router(host: Host) -> Router {
    Router::new()
        .route("/xrpc/_health", get(async || Json(json!({ "version": "firehouse-sim" }))))
        .route("/xrpc/com.atproto.sync.subscribeRepos", get(subscribe_repos))
        .route("/xrpc/com.atproto.sync.listRepos", get(list_repos))
        .route("/xrpc/com.atproto.sync.getRepo", get(get_repo))
        .route("/xrpc/com.atproto.sync.getLatestCommit", get(get_latest_commit))
        .route("/xrpc/com.atproto.sync.getRepoStatus", get(get_repo_status))
        .merge(handles::routes())
        .with_state(host)
}

#[derive(serde::Deserialize)]
pub(crate) struct Cursor {
    pub(crate) cursor: Option<i64>,
}

async fn subscribe_repos(
    State(host): State<Host>,
    Query(cursor): Query<Cursor>,
    request: Request,
) -> Response {
    let stream = {
        let core = host.core();
        core.outlets[core.config.relays + host.number].stream.clone()
    };
    subscribe(&stream, cursor.cursor, request, host.stop.clone())
}

#[derive(serde::Deserialize)]
pub(crate) struct Page {
    pub(crate) limit: Option<usize>,
    pub(crate) cursor: Option<String>,
}

/// What a host says of an account in a list; `None` when it is not one of its own.
fn listed(core: &Core, person: usize, pds: Option<usize>) -> Option<Value> {
    let account = &core.accounts[person];
    let status = match pds {
        Some(pds) if account.left.contains(&pds) && account.pds != pds => Status::Deactivated,
        Some(pds) if account.pds != pds => return None,
        _ => account.status,
    };
    let head = core.life.town.people[person].repo.head()?;
    let mut repo = json!({
        "did": *account.did,
        "head": head.block.cid.to_string(),
        "rev": head.rev,
        "active": status == Status::Active,
    });
    if let Some(reason) = status.reason() {
        repo["status"] = reason.into();
    }
    Some(repo)
}

/// A page of the repos of one PDS, or of all. The cursor is the number of an account, and a mark behind an empty page.
pub(crate) fn page_of_repos(core: &Core, page: &Page, pds: Option<usize>) -> Response {
    let cursor = page.cursor.as_deref().unwrap_or("0");
    let Ok(first) = cursor.trim_end_matches('e').parse::<usize>() else {
        return bad_request("InvalidRequest", "not a cursor of ours");
    };
    if core.ambush.list().is_some() {
        return Json(json!({ "repos": [], "cursor": format!("{first}e") })).into_response();
    }
    let limit = page.limit.unwrap_or(500).clamp(1, 1_000);
    let mut repos = Vec::new();
    let mut next = first;
    while repos.len() < limit && next < core.accounts.len() {
        repos.extend(listed(core, next, pds));
        next += 1;
    }
    let mut answer = json!({ "repos": repos });
    if next < core.accounts.len() {
        answer["cursor"] = next.to_string().into();
    }
    Json(answer).into_response()
}

async fn list_repos(State(host): State<Host>, Query(page): Query<Page>) -> Response {
    page_of_repos(&host.core(), &page, Some(host.number))
}

#[derive(serde::Deserialize)]
pub(crate) struct Asked {
    pub(crate) did: String,
}

/// The number of an account that is to be seen here. Errors: the answer why it is not.
#[expect(clippy::result_large_err, reason = "the error is an answer, sent at once")]
fn resident(core: &Core, did: &str, pds: usize) -> Result<usize, Response> {
    let lives_here = |&person: &usize| {
        let account = &core.accounts[person];
        account.pds == pds || account.left.contains(&pds)
    };
    let person = core.by_did.get(did).copied().filter(lives_here);
    let not_found = || bad_request("RepoNotFound", &format!("Could not find repo for DID: {did}"));
    let person = person.ok_or_else(not_found)?;
    let account = &core.accounts[person];
    if account.pds != pds {
        return Err(bad_request("RepoDeactivated", "the account has moved"));
    }
    match account.status {
        Status::Active => Ok(person),
        Status::Deactivated => Err(bad_request("RepoDeactivated", "Repo has been deactivated")),
        Status::Suspended => Err(bad_request("RepoSuspended", "Repo has been suspended")),
        Status::Takendown => Err(bad_request("RepoTakendown", "Repo has been takendown")),
        Status::Deleted => Err(not_found()),
    }
}

async fn get_latest_commit(State(host): State<Host>, Query(asked): Query<Asked>) -> Response {
    let core = host.core();
    let person = match resident(&core, &asked.did, host.number) {
        Ok(person) => person,
        Err(refusal) => return refusal,
    };
    match core.life.town.people[person].repo.head() {
        Some(head) => {
            Json(json!({ "cid": head.block.cid.to_string(), "rev": head.rev })).into_response()
        }
        None => bad_request("RepoNotFound", "nothing was ever written"),
    }
}

async fn get_repo_status(State(host): State<Host>, Query(asked): Query<Asked>) -> Response {
    let core = host.core();
    let person = core.by_did.get(asked.did.as_str()).copied();
    let here = person.and_then(|person| listed(&core, person, Some(host.number)));
    match here {
        Some(mut repo) => {
            if let Some(fields) = repo.as_object_mut() {
                fields.remove("head");
            }
            Json(repo).into_response()
        }
        None => bad_request("RepoNotFound", "Could not find repo"),
    }
}

async fn get_repo(State(host): State<Host>, Query(asked): Query<Asked>) -> Response {
    let (fault, answer) = {
        let core = host.core();
        let person = match resident(&core, &asked.did, host.number) {
            Ok(person) => person,
            Err(refusal) => return refusal,
        };
        let account = &core.accounts[person];
        let repo = &core.life.town.people[person].repo;
        let head = repo.head().map(|head| head.rev.as_str());
        let stale = account.stale.as_ref().filter(|(rev, _)| Some(rev.as_str()) != head);
        let suits = |fault| fault != Fault::StaleCar || stale.is_some();
        let fault = core.ambush.repo(suits);
        let car = match fault {
            Some(Fault::StaleCar) => stale.map(|(_, car)| car.clone()),
            _ => account.car(repo),
        };
        (fault, car.unwrap_or_default())
    };
    answer_with(fault, answer).await
}

/// The repo, or what a fault makes of it.
async fn answer_with(fault: Option<Fault>, mut car: Vec<u8>) -> Response {
    match fault {
        Some(Fault::SlowHost) => tokio::time::sleep(SLOW).await,
        Some(Fault::RateLimited) => {
            let refusal = refusal(StatusCode::TOO_MANY_REQUESTS, "RateLimitExceeded", "too many");
            let headers = [
                ("retry-after", "1"),
                ("ratelimit-limit", "3000"),
                ("ratelimit-remaining", "0"),
                ("ratelimit-reset", "1"),
                ("ratelimit-policy", "3000;w=300"),
            ];
            return (headers, refusal).into_response();
        }
        Some(Fault::ServerError) => {
            return (StatusCode::SERVICE_UNAVAILABLE, "no healthy upstream").into_response();
        }
        Some(Fault::HtmlBody) => {
            return Html("<!doctype html><html><body>Checking your browser</body></html>")
                .into_response();
        }
        Some(Fault::RepoNotFound) => return bad_request("RepoNotFound", "Could not find repo"),
        Some(Fault::RepoTakendown) => return bad_request("RepoTakendown", "taken down"),
        Some(Fault::RepoDeactivated) => return bad_request("RepoDeactivated", "deactivated"),
        Some(Fault::TruncatedCar) => car.truncate(car.len() * 2 / 3),
        Some(Fault::NoisyCar) => {
            repeat_blocks(&mut car, &[Block::new(vec![0xf6]), Block::new(vec![0x80])]);
        }
        _ => {}
    }
    ([(header::CONTENT_TYPE, CAR)], Body::from(car)).into_response()
}
