//! Where handles lead: `com.atproto.identity.resolveHandle`, and `/.well-known/atproto-did` with the handle as `Host`.
//!
//! Source: <https://atproto.com/specs/handle>

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use crate::servers::answer::bad_request;
use crate::servers::listening::Host;

#[derive(serde::Deserialize)]
struct Asked {
    handle: String,
}

pub(crate) fn routes() -> Router<Host> {
    Router::new()
        .route("/xrpc/com.atproto.identity.resolveHandle", get(resolve))
        .route("/.well-known/atproto-did", get(well_known))
}

async fn resolve(State(host): State<Host>, Query(asked): Query<Asked>) -> Response {
    match host.core().handles.get(&asked.handle) {
        Some(did) => Json(json!({ "did": **did })).into_response(),
        None => bad_request("HandleNotFound", "Unable to resolve handle"),
    }
}

async fn well_known(State(host): State<Host>, headers: HeaderMap) -> Response {
    let name = headers.get(header::HOST).and_then(|name| name.to_str().ok()).unwrap_or_default();
    let handle = name.split(':').next().unwrap_or_default();
    match host.core().handles.get(handle) {
        Some(did) => did.to_string().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
