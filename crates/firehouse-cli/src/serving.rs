//! The read path as this process runs it.

use std::sync::Arc;

use anyhow::{Context, Result};
use axum::Router;
use firehouse_appview::AppView;
use firehouse_identity::Resolver;
use firehouse_store::Store;
use firehouse_xrpc::{Handles, HealthNow, Repairs, Secret, Selections, Services, Upstreams};
use prometheus::Registry;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::health::Watched;
use crate::network;
use crate::running::Announced;
use crate::settings::Settings;

/// What a process answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers {
    /// Methods, health and metrics.
    Everything,
    /// Health and metrics: the process only writes.
    HealthOnly,
}

/// What all of it is answered from.
pub struct Sources {
    pub store: Store,
    pub resolver: Resolver,
    pub watched: Watched,
    /// `None` where they cannot be changed.
    pub upstreams: Option<Arc<dyn Upstreams>>,
    /// `None` where no repo is fetched.
    pub repairs: Option<Arc<dyn Repairs>>,
    /// `None` where nothing is written.
    pub handles: Option<Arc<dyn Handles>>,
    /// `None` where nothing is written.
    pub selections: Option<Arc<dyn Selections>>,
    pub registry: Registry,
}

impl Sources {
    /// Of a process that only reads, as yet.
    pub fn new(store: &Store, resolver: Resolver, registry: Registry) -> Self {
        let watched = Watched::new(store);
        let store = store.clone();
        let (upstreams, repairs, handles, selections) = (None, None, None, None);
        Self { store, resolver, watched, upstreams, repairs, handles, selections, registry }
    }
}

/// Serves until `stop`.
pub async fn serve(
    settings: Settings,
    answers: Answers,
    sources: Sources,
    stop: CancellationToken,
) -> Result<()> {
    let Sources { store, resolver, watched, upstreams, repairs, handles, selections, registry } =
        sources;
    let public_url = settings.public_url()?;
    let config = appview_config(&settings, public_url.clone());
    let generators = network::generators(&settings)?;
    let shown = match settings.appview.indexed_at_epoch {
        Some(epoch) => store.clone().showing_index_time_after(epoch),
        None => store.clone(),
    };
    let appview = AppView::new(shown, resolver.clone(), config).with_generators(generators);
    let appview = match network::recommender(&settings, &registry)? {
        Some(recommender) => appview.with_recommender(recommender),
        None => appview,
    };
    let health: HealthNow = Arc::new(move || {
        let watched = watched.clone();
        Box::pin(async move { watched.health().await })
    });
    let pages = match answers {
        Answers::Everything => Some(console(&appview, &store, &health, &registry)?),
        Answers::HealthOnly => None,
    };
    let media = match answers {
        Answers::Everything => Some(media(&settings, &store, &resolver, &registry)?),
        Answers::HealthOnly => None,
    };
    let services = Services {
        appview,
        store,
        resolver,
        health,
        upstreams,
        repairs,
        handles,
        selections,
        pages,
        media,
        registry,
    };
    let listener = TcpListener::bind(settings.listen)
        .await
        .with_context(|| format!("cannot listen on {}: is another firehouse running there, or is --listen another machine's address", settings.listen))?;
    let _announced = Announced::at(&settings, listener.local_addr()?)?;
    tracing::info!(listen = %listener.local_addr()?, did = %settings.did, ?answers, "serving");
    firehouse_xrpc::serve(xrpc_config(settings, public_url, answers), services, listener, stop)
        .await
        .context("XRPC server")
}

/// The pages for people.
fn console(
    appview: &AppView,
    store: &Store,
    health: &HealthNow,
    registry: &Registry,
) -> Result<Router> {
    let (appview, store) = (appview.clone(), store.clone());
    let (health, registry) = (Arc::clone(health), registry.clone());
    let sources = firehouse_console::Sources { appview, store, health, registry };
    firehouse_console::router(sources).context("console")
}

/// Blobs, and images where no CDN has them.
fn media(
    settings: &Settings,
    store: &Store,
    resolver: &Resolver,
    registry: &Registry,
) -> Result<Router> {
    let media = &settings.media;
    let config = firehouse_media::Config {
        images: settings.appview.cdn_url.is_none(),
        cache_folder: settings.data.join("images"),
        cache_bytes_max: media.cache_bytes_max,
        blob_bytes_max: media.blob_bytes_max,
        image_bytes_max: media.image_bytes_max,
        memory_bytes_max: media.memory_bytes_max,
        workers: media.workers,
        queue_max: media.queue_max,
        quality: media.quality,
        fetches_max: media.fetches_max,
        host_fetches_max: media.host_fetches_max,
        image_timeout_s: media.image_timeout_s,
        blob_timeout_s: media.blob_timeout_s,
    };
    let services = firehouse_media::Services {
        resolver: resolver.clone(),
        client: network::blob_client(settings)?,
        standing: Arc::new(store.clone()),
        registry: registry.clone(),
    };
    firehouse_media::router(config, services).context("blobs and images")
}

fn appview_config(settings: &Settings, public_url: Url) -> firehouse_appview::Config {
    let appview = &settings.appview;
    firehouse_appview::Config {
        public_url,
        did: settings.did.clone(),
        cdn_url: appview.cdn_url.clone(),
        video_playlist_pattern: appview.video_playlist_pattern.clone(),
        video_thumbnail_pattern: appview.video_thumbnail_pattern.clone(),
        trusted_verifiers: settings.trusted_verifier.clone(),
        tags: appview.tags.clone(),
        debug_dids: appview.debug_dids.clone(),
        thread_depth_max: appview.thread_depth_max,
        thread_parents_max: appview.thread_parents_max,
        big_threads: appview.big_threads.clone(),
        big_thread_depth: Some(appview.big_thread_depth).filter(|&depth| depth != 0),
        thread_replies_max: appview.thread_replies_max,
        thread_posts_max: appview.thread_posts_max,
        notifications_delay_ms: appview.notifications_delay_ms,
        drafts_max: appview.drafts_max,
        check_email_confirmed: appview.check_email_confirmed,
        topics_enabled: appview.topics_enabled,
        live_now: appview.live_now.clone(),
        saved_searches: settings.search.feeds.clone(),
    }
}

fn xrpc_config(settings: Settings, public_url: Url, answers: Answers) -> firehouse_xrpc::Config {
    let xrpc = settings.xrpc;
    firehouse_xrpc::Config {
        listen: settings.listen,
        methods: answers == Answers::Everything,
        did: settings.did,
        public_url,
        site_url: xrpc.site_url,
        verification_key: xrpc.verification_key,
        alternate_audiences: xrpc.alternate_audiences,
        entryway_key: xrpc.entryway_key,
        admin_password: settings.admin_password.map(Secret::new),
        moderation_did: settings.moderation_did,
        default_labelers: settings.default_labeler,
        connections_max: xrpc.connections_max,
        client_timeout_s: xrpc.client_timeout_s,
        body_bytes_max: xrpc.body_bytes_max,
        request_timeout_s: xrpc.request_timeout_s,
        requests_max: xrpc.requests_max,
        token_lifetime_s_max: xrpc.token_lifetime_s_max,
        token_reuse: xrpc.token_reuse,
        used_tokens_max: xrpc.used_tokens_max,
        rate_viewer_max: xrpc.rate_viewer_max,
        rate_search_max: xrpc.rate_search_max,
        rate_address_max: xrpc.rate_address_max,
        rate_unverified_max: xrpc.rate_unverified_max,
        rate_window_s: xrpc.rate_window_s,
        live_max: settings.search.live_max,
        live_address_max: settings.search.live_address_max,
        trusted_proxies: xrpc.trusted_proxies,
    }
}
