//! [`HttpRecommender`]: a recommender over HTTP, as the reference asks its services.

use std::time::Duration;

use axum::http::header::AUTHORIZATION;
use firehouse_appview::{Recommender, RecommenderFuture, RecommenderRequest};
use firehouse_identity::{GuardedClient, Request};
use prometheus::{IntCounterVec, Opts, Registry};
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
    asked: IntCounterVec,
}

/// What came of asking, as the metric says it.
#[derive(Clone, Copy)]
enum Outcome {
    Answered,
    /// With another status than that of success.
    Refused,
    /// With no answer, or one that is no JSON.
    Failed,
}

impl HttpRecommender {
    /// `url`: its origin; methods are below `/xrpc/`. Errors: the registry already has our metric.
    pub fn new(
        client: GuardedClient,
        url: Url,
        registry: &Registry,
    ) -> Result<Self, prometheus::Error> {
        let asked = IntCounterVec::new(
            Opts::new(
                "firehouse_xrpc_recommender_requests_total",
                "How often the recommender was asked, by what came of it.",
            ),
            &["outcome"],
        )?;
        registry.register(Box::new(asked.clone()))?;
        for outcome in [Outcome::Answered, Outcome::Refused, Outcome::Failed] {
            asked.with_label_values(&[outcome.as_str()]);
        }
        Ok(Self { client, url, asked })
    }

    async fn counted(&self, asked: RecommenderRequest<'_>) -> Option<Value> {
        let answered = self.answer(asked).await;
        let outcome = answered.as_ref().err().copied().unwrap_or(Outcome::Answered);
        self.asked.with_label_values(&[outcome.as_str()]).inc();
        answered.ok()
    }

    async fn answer(&self, asked: RecommenderRequest<'_>) -> Result<Value, Outcome> {
        let path = format!("/xrpc/{}", asked.method);
        let mut url = self.url.join(&path).map_err(|_| Outcome::Failed)?;
        url.query_pairs_mut().extend_pairs(asked.parameters);
        let mut headers = generators::headers(asked.forwarded);
        // It learns who asks, and nothing by which it could ask in their name.
        headers.remove(AUTHORIZATION);
        let (timeout, body_bytes_max) = (Some(TIMEOUT), Some(BODY_BYTES_MAX));
        let request = Request { headers, timeout, body_bytes_max, ..Request::get(url) };
        let failed = |error: &(dyn std::error::Error + 'static)| {
            tracing::debug!(error, method = asked.method, "the recommender does not answer");
            Outcome::Failed
        };
        let answered = self.client.send(request).await.map_err(|error| failed(&error))?;
        if !answered.status.is_success() {
            tracing::debug!(status = %answered.status, method = asked.method, "the recommender refuses");
            return Err(Outcome::Refused);
        }
        let body = answered.bytes().await.map_err(|error| failed(&error))?;
        serde_json::from_slice(&body).map_err(|error| failed(&error))
    }
}

impl Outcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

impl Recommender for HttpRecommender {
    fn ask<'a>(&'a self, request: RecommenderRequest<'a>) -> RecommenderFuture<'a> {
        Box::pin(self.counted(request))
    }
}

/// Whether a method may ask a recommender, who then hears in which languages the caller reads, and about what.
pub(crate) fn hears(nsid: &str) -> bool {
    nsid.starts_with("app.bsky.unspecced.get")
}
