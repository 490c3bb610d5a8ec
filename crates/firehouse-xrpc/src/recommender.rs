//! [`HttpRecommender`]: a recommender over HTTP, as the reference asks its services.

use std::time::Duration;

use axum::http::header::AUTHORIZATION;
use firehouse_appview::{Recommender, RecommenderFuture, RecommenderRequest};
use firehouse_identity::{GuardedClient, Request};
use serde_json::Value;
use url::Url;

use crate::generators;

/// How long an answer may take: ours stands in for it, and the caller waits.
const TIMEOUT: Duration = Duration::from_secs(3);
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// Asks one service. Cheap to clone.
#[derive(Clone)]
pub struct HttpRecommender {
    client: GuardedClient,
    url: Url,
}

impl HttpRecommender {
    /// `url`: its origin; methods are below `/xrpc/`.
    pub fn new(client: GuardedClient, url: Url) -> Self {
        Self { client, url }
    }

    async fn answer(&self, asked: RecommenderRequest<'_>) -> Option<Value> {
        let mut url = self.url.join(&format!("/xrpc/{}", asked.method)).ok()?;
        url.query_pairs_mut().extend_pairs(asked.parameters);
        let mut headers = generators::headers(asked.forwarded);
        // It learns who asks, and nothing by which it could ask in their name.
        headers.remove(AUTHORIZATION);
        let (timeout, body_bytes_max) = (Some(TIMEOUT), Some(BODY_BYTES_MAX));
        let request = Request { headers, timeout, body_bytes_max, ..Request::get(url) };
        let failed = |error: &(dyn std::error::Error + 'static)| {
            tracing::warn!(error, method = asked.method, "the recommender does not answer");
        };
        let answered = self.client.send(request).await.inspect_err(|error| failed(error)).ok()?;
        if !answered.status.is_success() {
            tracing::warn!(status = %answered.status, method = asked.method, "the recommender refuses");
            return None;
        }
        let body = answered.bytes().await.inspect_err(|error| failed(error)).ok()?;
        serde_json::from_slice(&body).inspect_err(|error| failed(error)).ok()
    }
}

impl Recommender for HttpRecommender {
    fn ask<'a>(&'a self, request: RecommenderRequest<'a>) -> RecommenderFuture<'a> {
        Box::pin(self.answer(request))
    }
}

/// Whether a method may ask a recommender, who then hears in which languages the caller reads, and about what.
pub(crate) fn hears(nsid: &str) -> bool {
    nsid.starts_with("app.bsky.unspecced.get")
}
