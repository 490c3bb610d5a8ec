//! [`Following`]: the upstreams of this process, those of the configuration and those an admin adds while it runs.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::{Context, Result};
use firehouse_ingest::Upstream;
use firehouse_store::Store;
use firehouse_stream::{Metrics, Reach};
use tokio::sync::{Mutex, mpsc};
use tokio_util::sync::CancellationToken;

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
    /// Follows nothing yet. Every upstream ends with `stop`.
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
        let name = config.authority();
        let mut running = self.running.lock().await;
        if running.contains_key(&name) {
            return Ok(());
        }
        let cursor = self.store.saved_cursor(&name).await?;
        tracing::info!(upstream = %name, cursor = cursor.map(|seq| seq.get()), "following");
        let (output, events) = config.queue();
        let (to_watch, notices) = mpsc::channel(NOTICES);
        let removed = CancellationToken::new();
        let upstream = Upstream {
            name: name.as_str().into(),
            url: url.to_string(),
            is_pds: url.is_pds,
            cursor,
            events,
            notices,
            removed: removed.clone(),
        };
        self.upstreams.send(upstream).await.context("the write path has ended")?;
        running.insert(name.clone(), removed.clone());
        let (metrics, failed, stop) =
            (self.metrics.clone(), self.failed.clone(), self.stop.clone());
        tokio::spawn(async move {
            let stopped = stop.child_token();
            let following = firehouse_stream::subscribe_within(
                reach,
                config,
                cursor,
                metrics,
                output,
                to_watch,
                stopped.clone(),
            );
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
