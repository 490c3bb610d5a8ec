//! The PLC directory: documents, logs, the export and its stream.
//!
//! Source: <https://web.plc.directory/api/redoc>

use std::sync::atomic::Ordering;

use axum::extract::{Path, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::faults::directory::DirectoryFault;
use crate::servers::handles;
use crate::servers::listening::Host;
use crate::servers::socket::{Socket, agree};
use crate::servers::stream::Next;
use crate::world::core::Core;

const EXPORT_LINES_MAX: usize = 1_000;

pub(crate) fn router(host: Host) -> Router {
    Router::new()
        .route("/_health", get(async || Json(json!({ "version": "firehouse-sim" }))))
        .route("/export", get(export))
        .route("/export/stream", get(stream))
        .route("/{did}", get(document))
        .route("/{did}/data", get(data))
        .route("/{did}/log", get(log))
        .route("/{did}/log/audit", get(audit))
        .merge(handles::routes())
        .with_state(host)
}

/// What is to be said of an account, unless the directory is down.
fn answer(host: &Host, did: &str, say: impl FnOnce(&Core, usize) -> Value) -> Response {
    let core = host.core();
    if core.ambush.directory_is_down() {
        return (StatusCode::SERVICE_UNAVAILABLE, "try again later").into_response();
    }
    match core.by_did.get(did) {
        Some(&person) => {
            let body = say(&core, person).to_string();
            ([(header::CONTENT_TYPE, "application/did+ld+json")], body).into_response()
        }
        None => {
            let message = format!("DID not registered: {did}");
            (StatusCode::NOT_FOUND, Json(json!({ "message": message }))).into_response()
        }
    }
}

async fn document(State(host): State<Host>, Path(did): Path<String>) -> Response {
    host.core().documents_asked.fetch_add(1, Ordering::Relaxed);
    answer(&host, &did, |core, person| core.accounts[person].document())
}

async fn data(State(host): State<Host>, Path(did): Path<String>) -> Response {
    answer(&host, &did, |core, person| {
        let operation = core.accounts[person].operations.last().map(|o| o.json());
        let mut data = operation.unwrap_or_default();
        if let Some(data) = data.as_object_mut() {
            data.remove("sig");
            data.remove("prev");
            data.insert("did".into(), did.as_str().into());
        }
        data
    })
}

async fn log(State(host): State<Host>, Path(did): Path<String>) -> Response {
    answer(&host, &did, |core, person| {
        core.accounts[person].operations.iter().map(|operation| operation.json()).collect()
    })
}

async fn audit(State(host): State<Host>, Path(did): Path<String>) -> Response {
    answer(&host, &did, |core, _| {
        let lines = lines(core, 0, usize::MAX).into_iter();
        let own = lines.filter(|line| line["did"] == did.as_str()).map(|mut line| {
            if let Some(line) = line.as_object_mut() {
                line.remove("type");
                line.remove("seq");
                line.insert("nullified".into(), false.into());
            }
            line
        });
        own.collect()
    })
}

/// The operations behind a seq.
fn lines(core: &Core, after: i64, count: usize) -> Vec<Value> {
    let texts = texts(core, after, count).into_iter();
    texts.filter_map(|text| serde_json::from_str(&text).ok()).collect()
}

/// The lines of the export behind a seq, as they stand.
fn texts(core: &Core, mut after: i64, count: usize) -> Vec<String> {
    let mut lines = Vec::new();
    while lines.len() < count
        && let Next::Frame { seq, frame, .. } = core.plc.next(after)
    {
        lines.extend(String::from_utf8(frame.to_vec()).ok());
        after = seq;
    }
    lines
}

#[derive(serde::Deserialize)]
struct Page {
    after: Option<String>,
    count: Option<usize>,
}

/// Only the mode by seq: without `after`, from the beginning.
async fn export(State(host): State<Host>, Query(page): Query<Page>) -> Response {
    let core = host.core();
    if core.ambush.directory_is_down() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let Ok(after) = page.after.as_deref().unwrap_or("0").parse() else {
        return (StatusCode::BAD_REQUEST, "after is a seq here").into_response();
    };
    let count = page.count.unwrap_or(10).min(EXPORT_LINES_MAX);
    let lines = texts(&core, after, count);
    ([(header::CONTENT_TYPE, "application/jsonlines")], lines.join("\n")).into_response()
}

#[derive(serde::Deserialize)]
struct Cursor {
    cursor: Option<i64>,
}

async fn stream(
    State(host): State<Host>,
    Query(cursor): Query<Cursor>,
    mut request: Request,
) -> Response {
    let agreed = match agree(&mut request) {
        Ok(agreed) => agreed,
        Err(answer) => return answer,
    };
    let (answer, socket) = agreed.split();
    tokio::spawn(async move {
        let Some(socket) = socket.await else { return };
        let after = host.core().plc.open(cursor.cursor).after;
        tokio::select! {
            _ = follow(&host, socket, after) => {}
            () = host.stop.cancelled() => {}
        }
    });
    answer
}

/// Ends a stream as the directory does, with its reason in the close frame.
async fn close(socket: &mut Socket, reason: &'static str) -> Option<()> {
    let frame = CloseFrame { code: CloseCode::Policy, reason: reason.into() };
    socket.close(Some(frame)).await.ok()
}

async fn follow(host: &Host, mut socket: Socket, mut after: i64) -> Option<()> {
    if host.core().befalls_plc(DirectoryFault::OutdatedCursor) {
        return close(&mut socket, "OutdatedCursor").await;
    }
    let mut head = host.core().plc.watch();
    loop {
        head.mark_unchanged();
        loop {
            let next = host.core().plc.next(after);
            let Next::Frame { seq, frame, .. } = next else { break };
            if host.core().befalls_plc(DirectoryFault::TooSlow) {
                return close(&mut socket, "ConsumerTooSlow").await;
            }
            if host.core().befalls_plc(DirectoryFault::LeftOut) {
                after = seq;
                continue;
            }
            let line = String::from_utf8(frame.to_vec()).ok()?;
            socket.send(Message::Text(line.into())).await.ok()?;
            after = seq;
        }
        tokio::select! {
            message = socket.next() => drop(message?.ok()?),
            changed = head.changed() => changed.ok()?,
        }
    }
}
