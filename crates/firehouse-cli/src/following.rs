//! [`Following`]: the upstreams of this process, those of the configuration and those an admin adds while it runs.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::{Context, Result};
use firehouse_ingest::Upstream;
use firehouse_store::Store;
use firehouse_stream::{Config, JetstreamDictionary, Metrics, Reach, Received, StreamError, Told};
use firehouse_types::{Seq, UpstreamKind};
use tokio::sync::{Mutex, mpsc};
use tokio_util::sync::CancellationToken;

use crate::database::answered;
use crate::network::stream_config;
use crate::settings::Settings;
use crate::upstream_url::UpstreamUrl;

/// Notices wait here while they are logged.
const NOTICES: usize = 64;

/// Follows upstreams for as long as it is asked to. Cheap to clone.
#[derive(Clone)]
pub struct Following {
    settings: Arc<Settings>,
    store: Store,
    metrics: Metrics,
    /// Without one, Jetstreams are not asked to compress.
    dictionary: Option<JetstreamDictionary>,
    /// To the write path.
    upstreams: mpsc::Sender<Upstream>,
    /// Why one of the configured upstreams can never be followed.
    failed: mpsc::Sender<anyhow::Error>,
    /// By the name of the cursor.
    running: Arc<Mutex<HashMap<String, CancellationToken>>>,
    stop: CancellationToken,
}

/// What of [`Following`] the write path takes.
pub struct Followed {
    /// Each upstream when it begins to be followed. Closed when the last clone of [`Following`] is gone.
    pub upstreams: mpsc::Receiver<Upstream>,
    /// Errors that trying again cannot heal.
    pub failed: mpsc::Receiver<anyhow::Error>,
}

impl Following {
    /// Follows nothing yet. Every upstream ends with `stop`. Errors: the configured dictionary is none.
    pub fn new(
        settings: &Settings,
        store: &Store,
        metrics: Metrics,
        stop: &CancellationToken,
    ) -> Result<(Self, Followed)> {
        let (to_ingest, upstreams) = mpsc::channel(1);
        let (to_fail, failed) = mpsc::channel(1);
        let following = Self {
            settings: Arc::new(settings.clone()),
            store: store.clone(),
            metrics,
            dictionary: dictionary(settings)?,
            upstreams: to_ingest,
            failed: to_fail,
            running: Arc::default(),
            stop: stop.clone(),
        };
        Ok((following, Followed { upstreams, failed }))
    }

    /// Follows an upstream from its saved cursor; one that is followed already stays as it is.
    /// `reach`: the only addresses that are dialled, for one the configuration does not name.
    pub async fn add(&self, url: &UpstreamUrl, reach: Option<Reach>) -> Result<()> {
        let config = stream_config(&self.settings, &url.url);
        let name = url.authority();
        let mut running = self.running.lock().await;
        if running.contains_key(&name) {
            return Ok(());
        }
        let cursor = answered(|| self.store.saved_cursor(&name)).await?;
        tracing::info!(upstream = %name, cursor = cursor.map(|seq| seq.get()), "following");
        let (output, events) = config.queue();
        let (to_watch, notices) = mpsc::channel(NOTICES);
        let removed = CancellationToken::new();
        let upstream = Upstream {
            name: name.as_str().into(),
            url: url.to_string(),
            kind: url.kind,
            cursor,
            events,
            notices,
            removed: removed.clone(),
        };
        self.upstreams.send(upstream).await.context("the write path has ended")?;
        running.insert(name.clone(), removed.clone());
        let (failed, stop) = (self.failed.clone(), self.stop.clone());
        let to = To { output, notices: to_watch, metrics: self.metrics.clone() };
        let dictionary = self.dictionary.clone();
        let kind = url.kind;
        tokio::spawn(async move {
            let stopped = stop.child_token();
            let jetstream = (kind == UpstreamKind::Jetstream).then_some(dictionary.as_ref());
            let following = subscribe(jetstream, reach, config, cursor, to, stopped.clone());
            tokio::pin!(following);
            let ended = tokio::select! {
                ended = &mut following => ended,
                () = removed.cancelled() => {
                    stopped.cancel();
                    following.await
                }
            };
            if let Err(error) = ended {
                // Somebody who no longer listens has failed already.
                let _ = failed
                    .send(anyhow::Error::new(error).context(format!("upstream {name}")))
                    .await;
            }
        });
        Ok(())
    }

    /// Follows the upstream with this cursor name no longer. Its cursor is kept, and what it brought so far is still written.
    pub async fn remove(&self, name: &str) {
        if let Some(removed) = self.running.lock().await.remove(name) {
            tracing::info!(upstream = %name, "no longer followed");
            removed.cancel();
        }
    }
}

/// Where events, notices and counts go.
struct To {
    output: mpsc::Sender<Received>,
    notices: mpsc::Sender<Told>,
    metrics: Metrics,
}

/// Speaks with an upstream as its kind wants. `jetstream`: it is one, with this dictionary.
async fn subscribe(
    jetstream: Option<Option<&JetstreamDictionary>>,
    reach: Option<Reach>,
    config: Config,
    cursor: Option<Seq>,
    to: To,
    stop: CancellationToken,
) -> Result<(), StreamError> {
    let To { output, notices, metrics } = to;
    match jetstream {
        Some(dictionary) => {
            let following = firehouse_stream::subscribe_jetstream(
                reach, config, dictionary, cursor, metrics, output, notices, stop,
            );
            following.await
        }
        None => {
            let following = firehouse_stream::subscribe_within(
                reach, config, cursor, metrics, output, notices, stop,
            );
            following.await
        }
    }
}

fn dictionary(settings: &Settings) -> Result<Option<JetstreamDictionary>> {
    let Some(path) = &settings.stream.jetstream_dictionary else { return Ok(None) };
    let named = || format!("stream.jetstream_dictionary {}", path.display());
    let bytes = std::fs::read(path).with_context(named)?;
    JetstreamDictionary::new(bytes).with_context(named).map(Some)
}
