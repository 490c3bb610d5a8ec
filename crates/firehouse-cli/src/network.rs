//! Where events and identities come from: upstreams with their cursors, and the resolver.

use anyhow::{Context, Result};
use firehouse_identity::Resolver;
use firehouse_ingest::Upstream;
use firehouse_store::Store;
use firehouse_stream::Metrics;
use prometheus::Registry;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::settings::{Settings, Start};

/// Notices wait here while they are logged.
const NOTICES: usize = 64;

/// The resolver that the settings describe.
pub fn resolver(settings: &Settings, registry: &Registry) -> Result<Resolver> {
    let identity = &settings.identity;
    let config = firehouse_identity::Config {
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
    };
    Ok(Resolver::new(&config, firehouse_identity::Metrics::new(registry)?)?)
}

/// How one upstream is followed.
pub fn stream_config(settings: &Settings, relay: &Url) -> firehouse_stream::Config {
    let stream = &settings.stream;
    // A cursor in the configured URL would contradict the saved one.
    let mut url = relay.clone();
    url.set_query(None);
    let is_public_relay = url
        .host_str()
        .is_some_and(|host| host == "bsky.network" || host.ends_with(".bsky.network"));
    let start = match stream.start {
        Start::Live => firehouse_stream::Start::Live,
        Start::Auto if is_public_relay => firehouse_stream::Start::Live,
        Start::Auto | Start::Oldest => firehouse_stream::Start::Oldest,
    };
    firehouse_stream::Config {
        url,
        start,
        frame_bytes_max: stream.frame_bytes_max,
        queue_frames: stream.queue_frames,
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

/// Follows every configured upstream from its saved cursor. The tasks end with `stop`, or with an error that trying again cannot heal.
pub async fn follow(
    settings: &Settings,
    store: &Store,
    registry: &Registry,
    stop: &CancellationToken,
) -> Result<(Vec<Upstream>, JoinSet<Result<()>>)> {
    let metrics = Metrics::new(registry)?;
    let (mut upstreams, mut tasks) = (Vec::new(), JoinSet::new());
    for relay in &settings.relay {
        let config = stream_config(settings, relay);
        let name = config.authority();
        let cursor = store.saved_cursor(&name).await?;
        tracing::info!(upstream = %name, cursor = cursor.map(|seq| seq.get()), "following");
        let (output, events) = config.queue();
        let (to_watch, notices) = mpsc::channel(NOTICES);
        let (metrics, stop) = (metrics.clone(), stop.clone());
        let context = format!("upstream {name}");
        tasks.spawn(async move {
            firehouse_stream::subscribe(config, cursor, metrics, output, to_watch, stop)
                .await
                .context(context)
        });
        upstreams.push(Upstream {
            name: name.into(),
            url: relay.to_string(),
            cursor,
            events,
            notices,
        });
    }
    Ok((upstreams, tasks))
}
