//! A labeler: the stream of its labels, and a way to ask for some of them.
//!
//! Source: `lexicons/com/atproto/label/`

use axum::extract::{Query, RawQuery, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::servers::listening::Host;
use crate::servers::pds::Cursor;
use crate::servers::subscription::subscribe;

const LABELS_MAX: usize = 250;

pub(crate) fn router(host: Host) -> Router {
    Router::new()
        .route("/xrpc/_health", get(async || Json(json!({ "version": "firehouse-sim" }))))
        .route("/xrpc/com.atproto.label.subscribeLabels", get(subscribe_labels))
        .route("/xrpc/com.atproto.label.queryLabels", get(query_labels))
        .with_state(host)
}

async fn subscribe_labels(
    State(host): State<Host>,
    Query(cursor): Query<Cursor>,
    request: Request,
) -> Response {
    let stream = host.core().labelers[host.number].stream.clone();
    subscribe(&stream, cursor.cursor, request, host.stop.clone())
}

async fn query_labels(State(host): State<Host>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let asked: Vec<(String, String)> =
        url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let values = |name: &'static str| {
        asked.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    };
    let fits = |uri: &str| {
        values("uriPatterns").any(|pattern| match pattern.strip_suffix('*') {
            Some(prefix) => uri.starts_with(prefix),
            None => uri == pattern,
        })
    };
    let number = |name| values(name).next().and_then(|value| value.parse::<usize>().ok());
    let (first, limit) = (number("cursor").unwrap_or(0), number("limit").unwrap_or(50));
    let core = host.core();
    let said = core.labelers[host.number].said.iter();
    let all: Vec<Value> =
        said.filter(|signed| fits(&signed.label.uri)).map(|signed| signed.value().json()).collect();
    let limit = limit.clamp(1, LABELS_MAX);
    let shown: Vec<&Value> = all.iter().skip(first).take(limit).collect();
    let mut answer = json!({ "labels": shown });
    if first + limit < all.len() {
        answer["cursor"] = (first + limit).to_string().into();
    }
    Json(answer).into_response()
}
