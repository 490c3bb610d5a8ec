//! [`Api`]: everything a request may need; and the dispatcher, which finds the method a path names.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use firehouse_appview::LiveSearches;
use firehouse_lexicon::Catalog;
use firehouse_store::StoreError;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::answer::answer;
use crate::auth::Authenticator;
use crate::config::Config;
use crate::error::XrpcError;
use crate::failure::Failure;
use crate::labeler_accounts::LabelerAccounts;
use crate::limits::RateLimits;
use crate::listeners::Listeners;
use crate::method::Method;
use crate::methods::{METHODS, OPERATIONS};
use crate::metrics::Metrics;
use crate::outage::Outage;
use crate::pages::StoreAnswers;
use crate::server::Services;
use crate::sitemap::Sitemaps;

/// Shared by all requests.
pub(crate) struct Api {
    pub(crate) config: Config,
    pub(crate) services: Services,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) authenticator: Authenticator,
    pub(crate) labeler_accounts: LabelerAccounts,
    pub(crate) permits: Semaphore,
    pub(crate) metrics: Metrics,
    pub(crate) limits: RateLimits,
    pub(crate) sitemaps: Sitemaps,
    pub(crate) store_answers: StoreAnswers,
    pub(crate) live: LiveSearches,
    pub(crate) listeners: Listeners,
    /// Cancelled when we stop: streams end then.
    pub(crate) stopping: CancellationToken,
    methods: HashMap<&'static str, &'static Method>,
    outage: Arc<Outage>,
}

impl Api {
    pub(crate) fn new(
        config: Config,
        services: Services,
        stopping: CancellationToken,
    ) -> Result<Self, XrpcError> {
        let catalog = Catalog::embedded();
        if let Some(method) = METHODS.iter().find(|method| !catalog.has_method(method.nsid)) {
            return Err(XrpcError::NoLexicon { nsid: method.nsid });
        }
        Ok(Self {
            authenticator: Authenticator::new(&config, services.resolver.clone()),
            labeler_accounts: LabelerAccounts::new(&config.default_labelers),
            permits: Semaphore::new(config.requests_max.min(Semaphore::MAX_PERMITS)),
            metrics: Metrics::new(&services.registry)?,
            limits: RateLimits::new(&config),
            sitemaps: Sitemaps::new(&config),
            store_answers: StoreAnswers::default(),
            // Some are asked for a while after the last of those who listened has gone.
            live: LiveSearches::new(services.appview.clone(), 2 * config.live_max),
            listeners: Listeners::new(config.live_max, config.live_address_max),
            stopping,
            outage: Arc::default(),
            methods: METHODS
                .iter()
                .filter(|method| config.methods || method.nsid.starts_with(OPERATIONS))
                .map(|method| (method.nsid, method))
                .collect(),
            config,
            services,
            catalog,
        })
    }
}

impl Api {
    /// A request failed at the store: counted, and logged if it is the first one.
    pub(crate) fn store_failed(&self, error: &StoreError) {
        self.metrics.store_failed(error.disposition());
        self.outage.failed(error, &self.services.store);
    }
}

/// Answers everything below `/xrpc/`.
pub(crate) async fn dispatch(State(api): State<Arc<Api>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Some(nsid) = method_name(head.uri.path()) else {
        return Failure::invalid_request("invalid xrpc path").into_response();
    };
    let method = api.methods.get(nsid).copied();
    let mut in_flight = api.metrics.begin(method.map_or("other", |method| method.nsid));
    let mut meter = api.limits.meter(&head);
    let answered = match (meter.enter(), method) {
        (Err(too_often), _) => Err(too_often),
        (Ok(()), Some(method)) => answer(&api, method, &head, body, &mut meter).await,
        (Ok(()), None) => Err(Failure::not_implemented()),
    };
    let mut response = answered.unwrap_or_else(|failure| {
        if let Some(error) = &failure.store_error {
            api.store_failed(error);
        }
        failure.into_response()
    });
    if let Some(charge) = meter.end() {
        charge.tell(response.headers_mut());
    }
    in_flight.answered(response.status());
    response
}

/// What stands behind `/xrpc/`, when it could be a name at all: letters and digits, with single dots and hyphens between them.
fn method_name(path: &str) -> Option<&str> {
    let name = path.strip_prefix("/xrpc/")?;
    let name = name.strip_suffix('/').unwrap_or(name);
    let is_part = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric());
    (name.len() >= 2 && name.split(['.', '-']).all(is_part)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_a_method_or_nothing() {
        for (path, name) in [
            ("/xrpc/app.bsky.feed.getPosts", Some("app.bsky.feed.getPosts")),
            ("/xrpc/app.bsky.feed.getPosts/", Some("app.bsky.feed.getPosts")),
            ("/xrpc/not-an-nsid", Some("not-an-nsid")),
            ("/xrpc/", None),
            ("/xrpc/a", None),
            ("/xrpc/a..b", None),
            ("/xrpc/a.b.c/d", None),
            ("/xrpc/a%20b", None),
            ("/xrpc/.a", None),
        ] {
            assert_eq!(method_name(path), name, "{path}");
        }
    }
}
