//! What the settings say about upstreams and identities.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use firehouse_backfill::{Scheduler, SyncClient};
use firehouse_identity::{GuardedClient, GuardedConfig, Resolver};
use firehouse_ingest::{
    Asked, Backfill, Directory, Exported, Fetch, RecordedIdentities, Standings,
};
use firehouse_store::Store;
use firehouse_xrpc::{HttpGenerators, HttpRecommender};
use prometheus::Registry;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::settings::{Repos, Settings, Start};

/// The resolver that the settings describe.
pub fn resolver(settings: &Settings, registry: &Registry) -> Result<Resolver> {
    Ok(Resolver::new(&identity_config(settings), firehouse_identity::Metrics::new(registry)?)?)
}

fn identity_config(settings: &Settings) -> firehouse_identity::Config {
    let identity = &settings.identity;
    firehouse_identity::Config {
        plc: settings.plc.clone(),
        handle_resolver: settings.handle_resolver.clone(),
        allow_private_addresses: settings.allow_private_addresses,
        dns_servers: Vec::new(),
        cache_entries: identity.cache_entries,
        ttl_s: identity.ttl_s,
        error_ttl_s: identity.error_ttl_s,
        transient_ttl_s: identity.transient_ttl_s,
        refresh_min_interval_s: identity.refresh_min_interval_s,
        lookups_max: identity.lookups_max,
        connect_timeout_ms: identity.connect_timeout_ms,
        request_timeout_ms: identity.request_timeout_ms,
        document_bytes_max: identity.document_bytes_max,
    }
}

/// A client that reaches these origins without the checks, and everybody else with them.
fn guarded_client(settings: &Settings, trusted: Vec<Url>) -> Result<GuardedClient> {
    let guarded = GuardedConfig { trusted, ..identity_config(settings).guarded() };
    Ok(GuardedClient::new(&guarded)?)
}

/// The client that fetches blobs. Trusts nobody by name: an account says where its blobs are.
pub fn blob_client(settings: &Settings) -> Result<GuardedClient> {
    guarded_client(settings, Vec::new()).context("client of blobs")
}

/// Where whole repos come from, as the settings describe it; `None` when none is fetched. Ends with `stop`.
pub fn backfill(
    settings: &Settings,
    resolver: &Resolver,
    registry: &Registry,
    stop: &CancellationToken,
) -> Result<Option<(Backfill, firehouse_ingest::Repairs)>> {
    let follows_public_relay = settings.relay.iter().any(|relay| is_public_relay(&relay.url));
    let fetch = match settings.backfill.repos {
        Repos::Off if settings.backfill.network => Fetch::Asked,
        Repos::Off => return Ok(None),
        Repos::Auto if follows_public_relay => Fetch::Broken,
        Repos::Broken => Fetch::Broken,
        Repos::Auto | Repos::Seen => Fetch::Seen,
    };
    fetching(settings, fetch, resolver, registry, stop).map(Some)
}

/// Where these repos come from. Ends with `stop`.
pub fn fetching(
    settings: &Settings,
    fetch: Fetch,
    resolver: &Resolver,
    registry: &Registry,
    stop: &CancellationToken,
) -> Result<(Backfill, firehouse_ingest::Repairs)> {
    let config = backfill_config(settings)?;
    let mut guarded = identity_config(settings).guarded();
    let relays = settings.relay.iter().filter(|relay| relay.has_repos());
    guarded.trusted.extend(relays.map(|relay| relay.url.clone()));
    let client = GuardedClient::new(&guarded).context("client of PDSes")?;
    let client = SyncClient::new(&config, client, firehouse_backfill::Metrics::new(registry)?);
    let (scheduler, outcomes) = Scheduler::start(client.clone(), resolver.clone(), stop);
    let sweep_every = Duration::from_secs(settings.backfill.sweep_interval_s);
    let asked = Asked::default();
    let (repairs, repairs_end) = firehouse_ingest::Repairs::new(asked.clone());
    let (standings, questions) = Standings::new();
    let backfill = Backfill {
        fetch,
        sweep_every,
        client,
        scheduler,
        outcomes,
        asked,
        repairs: repairs_end,
        standings,
        questions,
    };
    Ok((backfill, repairs))
}

/// Whose export is read, and who is told when its end is reached; followed behind that where `metrics` count what the stream brings.
pub fn directory(
    settings: &Settings,
    metrics: Option<firehouse_stream::Metrics>,
) -> Result<(Directory, oneshot::Receiver<Exported>)> {
    let guarded = identity_config(settings).guarded();
    let client = GuardedClient::new(&guarded).context("client of the directory")?;
    let config = firehouse_stream::Config {
        // Where nothing is known yet, the stream begins where the export does.
        start: firehouse_stream::Start::Oldest,
        // A directory may have nothing to say for hours.
        silence_timeout_s: None,
        ..stream_config(settings, &settings.plc)
    };
    let (exported, is_exported) = oneshot::channel();
    let stream = metrics.map(|metrics| (config, metrics));
    Ok((Directory { plc: settings.plc.clone(), client, stream, exported }, is_exported))
}

/// Who asks feed generators. What they name is reached with every check, also where it is a service that we trust: half of the requests
/// answered at once may wait for them.
pub fn generators(settings: &Settings) -> Result<Arc<HttpGenerators>> {
    let client = guarded_client(settings, Vec::new()).context("client of feed generators")?;
    Ok(Arc::new(HttpGenerators::new(client, settings.xrpc.requests_max / 2)))
}

/// Who asks the recommender, where there is one: the operator's choice, so wherever it is.
pub fn recommender(
    settings: &Settings,
    registry: &Registry,
) -> Result<Option<Arc<HttpRecommender>>> {
    let Some(url) = settings.appview.recommender.clone() else { return Ok(None) };
    let client =
        guarded_client(settings, vec![url.clone()]).context("client of the recommender")?;
    let recommender = HttpRecommender::new(client, url, registry).context("recommender")?;
    Ok(Some(Arc::new(recommender)))
}

/// Has identities looked up in the store before the directory is asked for them.
pub fn use_records(settings: &Settings, resolver: &Resolver, store: &Store) {
    let believed = Duration::from_secs(settings.identity.ttl_s);
    resolver.use_records(Arc::new(RecordedIdentities::new(store, &settings.plc, believed)));
}

fn backfill_config(settings: &Settings) -> Result<firehouse_backfill::Config> {
    let backfill = &settings.backfill;
    let spill_dir = settings.data.join("spill");
    std::fs::create_dir_all(&spill_dir)
        .with_context(|| format!("cannot make {}", spill_dir.display()))?;
    Ok(firehouse_backfill::Config {
        fetches_max: backfill.fetches_max,
        host_fetches_max: backfill.host_fetches_max,
        repo_bytes_max: backfill.repo_bytes_max,
        memory_repo_bytes_max: backfill.memory_repo_bytes_max,
        memory_bytes_max: backfill.memory_bytes_max,
        index_bytes_max: backfill.index_bytes_max,
        spilled_repos_max: backfill.spilled_repos_max,
        spill_dir,
        queue_jobs_max: backfill.queue_jobs_max,
        queue_host_jobs_max: backfill.queue_host_jobs_max,
        attempts_max: backfill.attempts_max,
        host_wait_ms_max: backfill.host_wait_ms_max,
        requests_per_host_per_s: backfill.requests_per_host_per_s,
        hosts_max: backfill.hosts_max,
        request_timeout_ms: backfill.request_timeout_ms,
        fetch_timeout_ms: backfill.fetch_timeout_ms,
        rate_bytes_per_s_min: backfill.rate_bytes_per_s_min,
        rate_grace_ms: backfill.rate_grace_ms,
        page_bytes_max: backfill.page_bytes_max,
        backoff_min_ms: backfill.backoff_min_ms,
        backoff_max_ms: backfill.backoff_max_ms,
        list_hosts_max: backfill.list_hosts_max,
        list_pages_max: backfill.list_pages_max,
    })
}

fn is_public_relay(relay: &Url) -> bool {
    relay.host_str().is_some_and(|host| host == "bsky.network" || host.ends_with(".bsky.network"))
}

/// How one upstream is followed.
pub fn stream_config(settings: &Settings, relay: &Url) -> firehouse_stream::Config {
    let stream = &settings.stream;
    // A cursor in the configured URL would contradict the saved one.
    let mut url = relay.clone();
    url.set_query(None);
    let start = match stream.start {
        Start::Live => firehouse_stream::Start::Live,
        Start::Auto if is_public_relay(relay) => firehouse_stream::Start::Live,
        Start::Auto | Start::Oldest => firehouse_stream::Start::Oldest,
    };
    firehouse_stream::Config {
        url,
        start,
        frame_bytes_max: stream.frame_bytes_max,
        queue_frames: stream.queue_frames,
        queue_bytes_max: stream.queue_bytes_max,
        ping_interval_s: stream.ping_interval_s,
        idle_timeout_s: stream.idle_timeout_s,
        silence_timeout_s: Some(stream.silence_timeout_s).filter(|&seconds| seconds > 0),
        connect_timeout_s: stream.connect_timeout_s,
        backoff_min_ms: stream.backoff_min_ms,
        backoff_max_ms: stream.backoff_max_ms,
        backoff_long_ms: stream.backoff_long_ms,
        stable_after_s: stream.stable_after_s,
        gap_seqs_min: stream.gap_seqs_min,
    }
}
