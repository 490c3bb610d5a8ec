//! [`router`]: the two routes, and what both are served with.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use firehouse_identity::{GuardedClient, Resolver};

use crate::config::Config;
use crate::error::MediaError;
use crate::failure::Failure;
use crate::images::Images;
use crate::metrics::{Kind, Metrics};
use crate::origin::Origin;
use crate::path::BlobKey;
use crate::standing::Standing;
use crate::{blobs, images};

/// What blobs and images are served with.
#[derive(Clone)]
pub struct Services {
    /// Where accounts live.
    pub resolver: Resolver,
    /// Asks their PDSes.
    pub client: GuardedClient,
    /// Says what may be shown.
    pub standing: Arc<dyn Standing>,
    /// Every metric of this process; ours are added to it.
    pub registry: prometheus::Registry,
}

/// Shared by all requests.
pub(crate) struct Media {
    pub(crate) config: Config,
    pub(crate) origin: Origin,
    pub(crate) images: Images,
    standing: Arc<dyn Standing>,
    metrics: Metrics,
}

impl Media {
    /// Errors: 404 for what moderators or the account's state hide, as if it were not there; 503 while nobody knows.
    pub(crate) async fn check_shown(&self, key: &BlobKey) -> Result<(), Failure> {
        match self.standing.shows(&key.did, key.cid).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Failure::BlobNotFound),
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                // Not louder: the store fails for every request while it is gone, and each is counted.
                tracing::debug!(error, "cannot look up whether a blob may be shown");
                Err(Failure::NoStore)
            }
        }
    }
}

/// `/blob/{did}/{cid}`, and unless a CDN is configured `/img/{preset}/plain/{did}/{cid}`. Must be called inside of a Tokio runtime.
/// Errors: [`MediaError`].
pub fn router(config: Config, services: Services) -> Result<Router, MediaError> {
    let Services { resolver, client, standing, registry } = services;
    let metrics = Metrics::new(&registry)?;
    let images = Images::new(&config, &metrics)?;
    let origin = Origin::new(&config, resolver, client);
    let makes_images = config.images;
    let media = Arc::new(Media { config, origin, images, standing, metrics });
    let mut router = Router::new().route("/blob/{did}/{cid}", any(blob));
    if makes_images {
        router = router.route("/img/{*path}", any(image));
    }
    Ok(router.with_state(media))
}

async fn blob(
    State(media): State<Arc<Media>>,
    method: Method,
    Path((did, cid)): Path<(String, String)>,
) -> Response {
    if !is_read(&method) {
        return not_found();
    }
    let answer = blobs::serve(&media, &did, &cid).await;
    media.metrics.answered(Kind::Blob, answer.as_ref().err().map_or("sent", |f| f.outcome()));
    answer.into_response()
}

async fn image(
    State(media): State<Arc<Media>>,
    method: Method,
    headers: HeaderMap,
    Path(path): Path<String>,
) -> Response {
    if !is_read(&method) {
        return not_found();
    }
    let answer = images::serve(&media, &path, &headers).await;
    let outcome =
        answer.as_ref().map_or_else(|failure| failure.outcome(), |(_, from)| from.as_str());
    media.metrics.answered(Kind::Image, outcome);
    answer.map(|(response, _)| response).into_response()
}

fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, "Not Found\n").into_response()
}
