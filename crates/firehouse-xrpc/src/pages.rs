//! What is served beside XRPC: health, metrics, our DID document, and a word for people and crawlers.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use firehouse_store::Store;
use firehouse_types::Health;
use moka::future::Cache;
use prometheus::{Encoder, TextEncoder};
use serde_json::json;

use crate::answer::JSON;
use crate::api::Api;
use crate::config::Config;

/// A store that takes longer than this does not answer.
const PING_TIMEOUT: Duration = Duration::from_secs(2);
/// How long what the store last said is good enough: anybody may ask for our health, as often as they like.
const PING_BELIEVED: Duration = Duration::from_secs(1);

const BANNER: &str = "This is firehouse, an AT Protocol AppView.\n\n\
    Most of its methods are under /xrpc/, its health at /xrpc/_health, its metrics at /metrics.\n";

const ROBOTS: &str = "# Hello! Crawl the public API as you like.\n\
    # When an answer has status 429 or 503, wait as long as its Retry-After says.\n\
    User-agent: *\nAllow: /\n";

#[derive(serde::Serialize)]
struct HealthBody {
    #[serde(flatten)]
    health: Health,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
}

/// Whether the store answers, asked once however many want to know it at the moment.
pub(crate) struct StoreAnswers(Cache<(), bool>);

impl Default for StoreAnswers {
    fn default() -> Self {
        Self(Cache::builder().time_to_live(PING_BELIEVED).build())
    }
}

impl StoreAnswers {
    async fn now(&self, store: &Store) -> bool {
        let ping =
            async { matches!(tokio::time::timeout(PING_TIMEOUT, store.ping()).await, Ok(Ok(()))) };
        self.0.get_with((), ping).await
    }
}

/// `GET /xrpc/_health`: 200, or 503 with an `error` while the store does not answer.
pub(crate) async fn health(State(api): State<Arc<Api>>) -> Response {
    let (status, error) = match api.store_answers.now(&api.services.store).await {
        true => (StatusCode::OK, None),
        false => (StatusCode::SERVICE_UNAVAILABLE, Some("Service Unavailable")),
    };
    let body = HealthBody { health: (api.services.health)().await, error };
    (status, [(header::CONTENT_TYPE, JSON)], Json(body)).into_response()
}

/// `GET /metrics` in Prometheus' text format.
pub(crate) async fn metrics(State(api): State<Arc<Api>>) -> Response {
    let encoder = TextEncoder::new();
    let mut text = Vec::new();
    match encoder.encode(&api.services.registry.gather(), &mut text) {
        Ok(()) => {
            ([(header::CONTENT_TYPE, encoder.format_type().to_owned())], text).into_response()
        }
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "cannot encode the metrics");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// `GET /.well-known/did.json`: our DID document when our DID is a did:web, 404 otherwise.
pub(crate) async fn did_document(State(api): State<Arc<Api>>) -> Response {
    match document(&api.config, !api.services.appview.config().saved_searches.is_empty()) {
        Some(document) => Json(document).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

pub(crate) async fn banner() -> &'static str {
    BANNER
}

pub(crate) async fn robots() -> &'static str {
    ROBOTS
}

pub(crate) async fn not_found() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, "Not Found\n")
}

/// `has_feeds`: we are a feed generator, too.
fn document(config: &Config, has_feeds: bool) -> Option<serde_json::Value> {
    // Documents of other methods are kept elsewhere. Whether this is the host a did:web names is for its DNS to say.
    if !config.did.as_str().starts_with("did:web:") {
        return None;
    }
    let endpoint = config.public_url.as_str().trim_end_matches('/');
    let service =
        |id: &str, kind: &str| json!({ "id": id, "type": kind, "serviceEndpoint": endpoint });
    let mut document = json!({
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "id": config.did,
        "service": [
            service("#bsky_notif", "BskyNotificationService"),
            service("#bsky_appview", "BskyAppView"),
        ],
    });
    if has_feeds && let Some(services) = document["service"].as_array_mut() {
        services.push(service("#bsky_fg", "BskyFeedGenerator"));
    }
    if let Some(key) = &config.verification_key {
        document["verificationMethod"] = json!([{
            "id": format!("{}#atproto", config.did),
            "type": "Multikey",
            "controller": config.did,
            "publicKeyMultibase": key,
        }]);
    }
    Some(document)
}
