//! `firehouse run`: consumer, API and embedded store in one process.

use std::sync::Arc;

use anyhow::{Context, Result};
use firehouse_indexer::Indexer;
use firehouse_ingest::{
    Backfill, Directory, Fetch, Ingest, Keeper, Metrics, Rechecks, Repairs, Trends, Upstream,
    Verifier, Walk, Walked,
};
use firehouse_lexicon::Catalog;
use firehouse_types::Did;
use prometheus::Registry;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::database::Database;
use crate::following::{Followed, Following};
use crate::gaps::Gaps;
use crate::handles::Handles;
use crate::keeping::Administered;
use crate::proving::{PATHS_NAMED, Proving};
use crate::serving::{Answers, Sources};
use crate::settings::Settings;
use crate::signals::stop_on_signal;
use crate::sweeping::{PATIENCE, sweep};
use crate::upstreams::Changeable;
use crate::{demo, keeping, labelers, network, serving};

/// Follows the configured upstreams and serves what there is, until a signal.
pub async fn run(settings: Settings, answers: Answers) -> Result<()> {
    let stop = stop_on_signal()?;
    let registry = Registry::new();
    let database = Database::open(&settings, &stop).await?;
    let resolver = network::resolver(&settings, &registry)?;
    network::use_records(&settings, &resolver, &database.store);
    let stream_metrics = firehouse_stream::Metrics::new(&registry)?;
    let (following, Followed { upstreams, mut failed }) =
        Following::new(&settings, &database.store, stream_metrics.clone(), &stop)?;
    let backfill = network::backfill(&settings, &resolver, &registry, &stop)?;
    let relays = settings.relay.clone();
    let mut sources = Sources::new(&database.store, resolver, registry);
    let keeper = keeping::keeper(&settings, &database.store, &stop).await?;
    let backfill = backfill.map(|(backfill, repairs)| {
        sources.repairs = Some(Arc::new(proving(&sources, &backfill, repairs, &keeper)));
        backfill
    });
    let changeable =
        Changeable::new(&settings, &database.store, &sources.watched.status, following);
    sources.upstreams = Some(Arc::new(changeable.clone()));
    sources.selections = Some(Arc::new(Administered(keeper.clone())));
    let followed = async {
        changeable.start(&relays).await?;
        // Only what can never work comes back.
        failed.recv().await.map_or(Ok(()), Err)
    };
    let directory = settings
        .identity
        .plc_export
        .then(|| network::directory(&settings, Some(stream_metrics.clone())))
        .transpose()?
        .map(|(directory, _exported)| directory);
    let from = From { upstreams, backfill, keeper, directory, labelers: Some(stream_metrics) };
    let served = index_and_serve(settings, answers, sources, from, &stop);
    let ended = tokio::select! {
        ended = served => ended,
        failed = followed, if !stop.is_cancelled() => failed,
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
    let (resolver, registry) = (demo::resolver()?, Registry::new());
    let sources = Sources::new(&database.store, resolver, registry);
    let keeper = Keeper::everything(&database.store, keeping::limits(&settings));
    let upstreams = only(upstream).await;
    let from = From { upstreams, backfill: None, keeper, directory: None, labelers: None };
    let ended = index_and_serve(settings, Answers::Everything, sources, from, &stop).await;
    database.close().await;
    ended
}

/// What is indexed.
struct From {
    upstreams: mpsc::Receiver<Upstream>,
    backfill: Option<Backfill>,
    keeper: Keeper,
    /// Whose export is followed, if any.
    directory: Option<Directory>,
    /// Counts what labelers send; without it none is followed.
    labelers: Option<firehouse_stream::Metrics>,
}

async fn index_and_serve(
    settings: Settings,
    answers: Answers,
    mut sources: Sources,
    from: From,
    stop: &CancellationToken,
) -> Result<()> {
    let fetched_from = from.backfill.as_ref().map(|backfill| {
        let (scheduler, asked) = (backfill.scheduler.clone(), backfill.asked.clone());
        let standings = backfill.standings.clone();
        (backfill.fetch, backfill.client.clone(), scheduler, asked, standings)
    });
    let keeper = from.keeper.clone();
    let mut ingest = ingest(&settings, &mut sources, from.keeper, from.backfill)?;
    ingest.directory = from.directory;
    ingest.trends = Some(trends(&settings)?);
    let (rechecks, asked) = Rechecks::new();
    ingest.rechecks = Some(asked);
    sources.handles = Some(Arc::new(Handles::new(rechecks, &sources.store)));
    let looks = match fetched_from {
        None => None,
        Some((fetch, client, scheduler, asked, standings)) => {
            let (store, metrics) = (sources.store.clone(), ingest.metrics.clone());
            let (patience, walked) = (PATIENCE, Walked::default());
            let held_only = false;
            let walk = Walk {
                store,
                client,
                scheduler,
                asked,
                standings,
                held_only,
                patience,
                walked,
                keeper,
                metrics,
            };
            let relays = settings.relay.iter().filter(|relay| relay.has_repos());
            let relays: Vec<_> = relays.map(|relay| relay.url.clone()).collect();
            // Whoever takes only what comes by did not ask for repos that never did.
            let missed = Walk { held_only: fetch == Fetch::Broken, ..walk.clone() };
            let gaps = Gaps::left(missed, sources.watched.status.clone()).await?;
            let daily = settings.backfill.network;
            Some(async move {
                let sweep = async { if daily { sweep(walk, &relays).await } else { Ok(()) } };
                tokio::try_join!(gaps.close(), sweep).map(drop)
            })
        }
    };
    let stopped = stop.clone();
    let sweeping = async move {
        let Some(looks) = looks else { return Ok(()) };
        tokio::select! {
            failed = looks => failed,
            () = stopped.cancelled() => Ok(()),
        }
    };
    let metrics = ingest.metrics.clone();
    let labels =
        from.labelers.map(|counted| labelers::labels(&settings, &sources, metrics, counted));
    let labels_ended = async {
        match labels {
            Some(labels) => labels.run(stop.clone()).await.context("ingest of labels"),
            None => Ok(()),
        }
    };
    let ingest_ended = async {
        ingest.run(from.upstreams, stop.clone()).await.context("ingest")?;
        // A finite upstream ended: what it brought is still served.
        stop.cancelled().await;
        anyhow::Ok(())
    };
    let serving = serving::serve(settings, answers, sources, stop.clone());
    let ended = tokio::try_join!(ingest_ended, labels_ended, serving, sweeping);
    stop.cancel();
    ended.map(drop)
}

/// Whole repos, fetched as `backfill` does, held against this store.
fn proving(sources: &Sources, backfill: &Backfill, repairs: Repairs, keeper: &Keeper) -> Proving {
    let verifier = Verifier {
        store: sources.store.clone(),
        client: backfill.client.clone(),
        resolver: sources.resolver.clone(),
        keeper: keeper.clone(),
        paths_max: PATHS_NAMED,
    };
    Proving::new(verifier, repairs)
}

/// One upstream and no more.
pub async fn only(upstream: Upstream) -> mpsc::Receiver<Upstream> {
    let (output, upstreams) = mpsc::channel(1);
    // There is room for one.
    let _ = output.send(upstream).await;
    upstreams
}

/// The write path on this store; from now on the health tells of it.
pub fn ingest(
    settings: &Settings,
    sources: &mut Sources,
    keeper: Keeper,
    backfill: Option<Backfill>,
) -> Result<Ingest> {
    let metrics = Metrics::new(&sources.registry)?;
    let watched = &mut sources.watched;
    watched.ingest = Some(metrics.clone());
    watched.keeper = Some(keeper.clone());
    watched.fetches = backfill.as_ref().map(|b| (b.scheduler.clone(), b.client.clone()));
    Ok(Ingest {
        config: settings.ingest.clone(),
        store: sources.store.clone(),
        resolver: sources.resolver.clone(),
        backfill,
        keeper,
        lists: keeping::lists(settings)?,
        directory: None,
        rechecks: None,
        trends: None,
        indexer: Arc::new(Indexer::new(Catalog::embedded())),
        status: sources.watched.status.clone(),
        metrics,
    })
}

/// What makes a trend: the labelers and tags that count are those that do in answers.
fn trends(settings: &Settings) -> Result<Trends> {
    let labelers = settings.default_labeler.iter().map(Did::actor).collect();
    let rules = &settings.appview.tags;
    let tags = rules.search_hide.iter().chain(&rules.search_hide_all);
    let tags = tags.chain([&rules.visibility_hide]).cloned().collect();
    Ok(Trends::new(settings.trends.clone(), labelers, tags)?)
}
