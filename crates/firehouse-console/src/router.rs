//! [`router`]: the pages and what they are made of, ready to be merged into a server.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use firehouse_appview::AppView;
use firehouse_store::Store;
use firehouse_types::Health;
use futures_util::future::BoxFuture;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::metrics::Metrics;
use crate::page::{Problem, with_headers};
use crate::{account, start};

/// Pages that ask the store at once; one more is refused, so that people who reload cost the API little.
const PAGES_MAX: usize = 8;
/// Longest time for one page.
const PAGE_PATIENCE: Duration = Duration::from_secs(10);

const STYLE: &str = include_str!("../assets/console.css");
const ICON: &str = include_str!("../assets/icon.svg");

/// Asks for the state of this process.
pub type HealthNow = Arc<dyn Fn() -> BoxFuture<'static, Health> + Send + Sync>;

/// What pages are made from.
#[derive(Clone)]
pub struct Sources {
    /// Makes the answers.
    pub appview: AppView,
    /// The store behind it.
    pub store: Store,
    /// The state of this process.
    pub health: HealthNow,
    /// Every metric of this process; ours are added to it.
    pub registry: prometheus::Registry,
}

/// Shared by all pages.
pub(crate) struct Console {
    pub(crate) sources: Sources,
    places: Semaphore,
    metrics: Metrics,
}

/// All pages. Errors: the registry already has our metrics.
pub fn router(sources: Sources) -> Result<Router, prometheus::Error> {
    let metrics = Metrics::new(&sources.registry)?;
    let console = Arc::new(Console { sources, places: Semaphore::new(PAGES_MAX), metrics });
    let pages = Router::new()
        .route("/", get(start::show))
        .route("/account", get(account::find))
        .route("/account/{actor}", get(account::show))
        .layer(middleware::from_fn_with_state(Arc::clone(&console), bounded));
    let assets = Router::new()
        .route("/console.css", get(|| asset("text/css; charset=utf-8", STYLE)))
        .route("/console.svg", get(|| asset("image/svg+xml", ICON)));
    Ok(pages.merge(assets).layer(middleware::map_response(with_headers)).with_state(console))
}

/// Keeps pages few and short, and counts them.
async fn bounded(State(console): State<Arc<Console>>, request: Request, next: Next) -> Response {
    let answer = match console.places.try_acquire() {
        Ok(_place) => timeout(PAGE_PATIENCE, next.run(request))
            .await
            .unwrap_or_else(|_| Problem::Slow.into_response()),
        Err(_) => Problem::Busy.into_response(),
    };
    console.metrics.shown(answer.status());
    answer
}

async fn asset(kind: &'static str, text: &'static str) -> Response {
    // Short, since the name stays the same when a new version brings another one.
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "public, max-age=300")];
    (headers, text).into_response()
}
