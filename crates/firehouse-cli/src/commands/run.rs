//! `firehouse run`: consumer, API and embedded store in one process.

use std::sync::Arc;

use anyhow::{Context, Result};
use firehouse_identity::Resolver;
use firehouse_indexer::Indexer;
use firehouse_ingest::{Ingest, Metrics, Status, Upstream};
use firehouse_lexicon::Catalog;
use firehouse_store::Store;
use prometheus::Registry;
use tokio_util::sync::CancellationToken;

use crate::database::Database;
use crate::serving::{Answers, Sources};
use crate::settings::Settings;
use crate::signals::stop_on_signal;
use crate::{demo, network, serving};

/// Follows the configured upstreams and serves what there is, until a signal.
pub async fn run(settings: Settings, answers: Answers) -> Result<()> {
    let stop = stop_on_signal()?;
    let registry = Registry::new();
    let database = Database::open(&settings, &stop).await?;
    let resolver = network::resolver(&settings, &registry)?;
    let (upstreams, mut streams) =
        network::follow(&settings, &database.store, &registry, &stop).await?;
    let ended = index_and_serve(
        settings,
        answers,
        Sources {
            store: database.store.clone(),
            resolver,
            status: status_of(&upstreams),
            registry,
        },
        upstreams,
        &stop,
    );
    let ended = tokio::select! {
        ended = ended => ended,
        Some(ended) = streams.join_next(), if !stop.is_cancelled() => ended.context("upstream task").flatten(),
    };
    stop.cancel();
    database.close().await;
    ended
}

/// Replays the recording that comes with firehouse and serves it, until a signal. Touches no network.
pub async fn demo(mut settings: Settings) -> Result<()> {
    settings.data.push("demo");
    let stop = stop_on_signal()?;
    let database = Database::open(&settings, &stop).await?;
    let upstream = demo::upstream(&settings.data, &stop)?;
    tracing::info!(
        "try: curl '{}xrpc/app.bsky.feed.getAuthorFeed?actor={}'",
        settings.public_url()?,
        demo::AN_ACTOR
    );
    let upstreams = vec![upstream];
    let sources = Sources {
        store: database.store.clone(),
        resolver: demo::resolver()?,
        status: status_of(&upstreams),
        registry: Registry::new(),
    };
    let ended = index_and_serve(settings, Answers::Everything, sources, upstreams, &stop).await;
    database.close().await;
    ended
}

fn status_of(upstreams: &[Upstream]) -> Status {
    let status = Status::new(upstreams.iter().map(|upstream| upstream.url.clone()));
    for (index, upstream) in upstreams.iter().enumerate() {
        status.resume(index, upstream.cursor);
    }
    status
}

async fn index_and_serve(
    settings: Settings,
    answers: Answers,
    sources: Sources,
    upstreams: Vec<Upstream>,
    stop: &CancellationToken,
) -> Result<()> {
    let ingest =
        ingest(&settings, &sources.store, &sources.resolver, &sources.status, &sources.registry)?;
    let ingest_ended = async {
        ingest.run(upstreams, stop.clone()).await.context("ingest")?;
        // A finite upstream ended: what it brought is still served.
        stop.cancelled().await;
        anyhow::Ok(())
    };
    let serving = serving::serve(settings, answers, sources, stop.clone());
    let ended = tokio::try_join!(ingest_ended, serving);
    stop.cancel();
    ended.map(drop)
}

/// The write path on this store.
pub fn ingest(
    settings: &Settings,
    store: &Store,
    resolver: &Resolver,
    status: &Status,
    registry: &Registry,
) -> Result<Ingest> {
    Ok(Ingest {
        config: settings.ingest.clone(),
        store: store.clone(),
        resolver: resolver.clone(),
        indexer: Arc::new(Indexer::new(Catalog::embedded())),
        status: status.clone(),
        metrics: Metrics::new(registry)?,
    })
}
