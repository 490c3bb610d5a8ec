//! A PLC directory and a handle resolver over HTTP, for the accounts of a simulation.
//!
//! `GET /{did}` gives the DID document; handles resolve by `com.atproto.identity.resolveHandle` and by `/.well-known/atproto-did` with the
//! handle as `Host`. Sources: <https://web.plc.directory/api/redoc>, <https://atproto.com/specs/handle>

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::identity::IdentityLine;

struct Directory {
    documents: HashMap<String, Value>,
    handles: HashMap<String, String>,
}

/// Serves these identities until `stop` is there. Errors: the listener's.
pub async fn serve(
    identities: impl IntoIterator<Item = IdentityLine>,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, router(identities)).with_graceful_shutdown(stop).await
}

/// The routes of the directory, for tests that add their own.
pub fn router(identities: impl IntoIterator<Item = IdentityLine>) -> Router {
    let mut directory = Directory { documents: HashMap::new(), handles: HashMap::new() };
    for line in identities {
        directory.handles.insert(line.handle, line.did.clone());
        directory.documents.insert(line.did, line.doc);
    }
    Router::new()
        .route("/{did}", get(document))
        .route("/xrpc/com.atproto.identity.resolveHandle", get(resolve_handle))
        .route("/.well-known/atproto-did", get(well_known))
        .with_state(Arc::new(directory))
}

async fn document(State(directory): State<Arc<Directory>>, Path(did): Path<String>) -> Response {
    match directory.documents.get(&did) {
        Some(document) => {
            ([(header::CONTENT_TYPE, "application/did+ld+json")], document.to_string())
                .into_response()
        }
        None => {
            let message = format!("DID not registered: {did}");
            (StatusCode::NOT_FOUND, Json(json!({ "message": message }))).into_response()
        }
    }
}

#[derive(serde::Deserialize)]
struct Handle {
    handle: String,
}

async fn resolve_handle(
    State(directory): State<Arc<Directory>>,
    Query(asked): Query<Handle>,
) -> Response {
    match directory.handles.get(&asked.handle) {
        Some(did) => Json(json!({ "did": did })).into_response(),
        None => {
            let error = json!({ "error": "HandleNotFound", "message": "Unable to resolve handle" });
            (StatusCode::BAD_REQUEST, Json(error)).into_response()
        }
    }
}

async fn well_known(State(directory): State<Arc<Directory>>, headers: HeaderMap) -> Response {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let handle = host.split(':').next().unwrap_or_default();
    match directory.handles.get(handle) {
        Some(did) => did.clone().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
