//! [`serve`] and [`router`]: the routes, and what every answer passes through on its way out.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderName, Method, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::IntoResponse;
use axum::routing::{any, get};
use firehouse_appview::AppView;
use firehouse_identity::Resolver;
use firehouse_store::Store;
use firehouse_types::Health;
use futures_util::future::BoxFuture;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;
use tower_http::cors::{AllowHeaders, Any, CorsLayer};

use crate::admin::Upstreams;
use crate::answer::REPO_REV;
use crate::api::{Api, dispatch};
use crate::config::Config;
use crate::connections::{Limits, accept};
use crate::error::XrpcError;
use crate::failure::Failure;
use crate::handles::Handles;
use crate::repairs::Repairs;
use crate::selection::Selections;
use crate::{
    labelers, limits, live, pages, request_id, search_facets, search_feeds, sitemap, websocket,
};

/// How long a browser may remember what it may send. Units: seconds.
const CORS_MAX_AGE: Duration = Duration::from_secs(86_400);
/// Smaller answers are sent as they are.
const COMPRESSED_BYTES_MIN: u64 = 1024;
/// What a request that is being answered has on top of its own time limit when we stop.
const STOP_GRACE: Duration = Duration::from_secs(2);

/// Asks for the state of this process.
pub type HealthNow = Arc<dyn Fn() -> BoxFuture<'static, Health> + Send + Sync>;

/// What requests are answered with.
#[derive(Clone)]
pub struct Services {
    /// Makes the views.
    pub appview: AppView,
    /// The store behind it, asked whether it is there.
    pub store: Store,
    /// Keys of those who send tokens.
    pub resolver: Resolver,
    /// The state of this process, made anew for each `/xrpc/_health`.
    pub health: HealthNow,
    /// The upstreams of this process; `None` where it follows none.
    pub upstreams: Option<Arc<dyn Upstreams>>,
    /// Which part of the network is kept; `None` where nothing is written.
    pub selections: Option<Arc<dyn Selections>>,
    /// Compares and repairs whole repos; `None` where none is fetched.
    pub repairs: Option<Arc<dyn Repairs>>,
    /// Looks at handles; `None` where nothing is written.
    pub handles: Option<Arc<dyn Handles>>,
    /// Pages for people, `/` among them; without any there is a banner at `/`.
    pub pages: Option<Router>,
    /// Blobs and images; limited as all else, and never compressed again.
    pub media: Option<Router>,
    /// Every metric of this process; ours are added to it.
    pub registry: prometheus::Registry,
}

impl Services {
    /// The same for one request: what it asks the store side by side goes as one statement.
    pub(crate) fn for_request(&self) -> Self {
        Self { appview: self.appview.for_request(), ..self.clone() }
    }
}

/// Answers requests until `shutdown`, then finishes those that are being answered. Errors: [`XrpcError`], and nothing has been served.
pub async fn serve(
    config: Config,
    services: Services,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), XrpcError> {
    let limits = Limits {
        connections_max: config.connections_max,
        client_timeout: Duration::from_secs(config.client_timeout_s),
        stop: Duration::from_secs(config.request_timeout_s) + STOP_GRACE,
    };
    let api = Arc::new(Api::new(config, services, shutdown.clone())?);
    let open = api.metrics.connections.clone();
    accept(listener, routes(api), limits, open, shutdown).await;
    Ok(())
}

/// All routes, ready to be called. Errors: [`XrpcError::Metrics`] when the registry already has ours.
pub fn router(config: Config, services: Services) -> Result<Router, XrpcError> {
    Ok(routes(Arc::new(Api::new(config, services, CancellationToken::new())?)))
}

fn routes(api: Arc<Api>) -> Router {
    let pages = api.services.pages.clone();
    let caught = || CatchPanicLayer::custom(|_| Failure::internal().into_response());
    let pages = pages.unwrap_or_else(|| Router::new().route("/", get(pages::banner)));
    let media = api.services.media.clone().unwrap_or_default();
    let limited = from_fn_with_state(Arc::clone(&api), limits::media);
    let pages = pages.layer(from_fn_with_state(Arc::clone(&api), limits::pages));
    let (mut sitemaps, mut streams) = (Router::new(), Router::new());
    let mut feeds = Router::new();
    if api.config.methods {
        streams = streams
            .route("/search/live", get(live::events))
            .route(&format!("/xrpc/{}", live::NSID), get(websocket::subscribe));
        feeds = feeds
            .route("/search/rss", get(search_feeds::rss))
            .route("/search/atom", get(search_feeds::atom))
            .route("/search/facets.csv", get(search_facets::csv));
        sitemaps = sitemaps
            .route("/external/sitemap/users.xml.gz", get(sitemap::index))
            .route("/external/sitemap/users/{date}/{bucket}", get(sitemap::page));
    }
    let feeds = feeds.with_state(Arc::clone(&api));
    let feeds = feeds.layer(from_fn_with_state(Arc::clone(&api), limits::searches));
    let streams = streams.with_state(Arc::clone(&api)).layer(caught()).layer(cors());
    let sitemaps = sitemaps.with_state(Arc::clone(&api));
    let media = media.merge(sitemaps).layer(limited).layer(caught()).layer(cors());
    Router::new()
        .route("/robots.txt", get(pages::robots))
        .route("/.well-known/did.json", get(pages::did_document))
        .route("/metrics", get(pages::metrics))
        .route("/xrpc/_health", get(pages::health))
        .route("/xrpc/", any(dispatch))
        .route("/xrpc/{*method}", any(dispatch))
        .fallback(pages::not_found)
        .with_state(Arc::clone(&api))
        .layer(caught())
        .layer(cors())
        .merge(pages.layer(caught()))
        .merge(feeds.layer(caught()).layer(cors()))
        .layer(CompressionLayer::new().compress_when(SizeAbove::new(COMPRESSED_BYTES_MIN)))
        .merge(media)
        // Compressed, they would wait until there is more of them.
        .merge(streams)
        .layer(from_fn(request_id::named))
}

fn cors() -> CorsLayer {
    const READABLE: [HeaderName; 8] = [
        REPO_REV,
        labelers::CONTENT,
        request_id::REQUEST_ID,
        limits::LIMIT,
        limits::REMAINING,
        limits::RESET,
        limits::POLICY,
        header::RETRY_AFTER,
    ];
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::HEAD, Method::POST])
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(READABLE)
        .max_age(CORS_MAX_AGE)
}
