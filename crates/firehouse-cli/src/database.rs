//! [`Database`]: the store of this process, with the engine under it when it is ours.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use firehouse_store::{Config, Disposition, Store, StoreError};
use tokio_util::sync::CancellationToken;

use crate::engine_child::{ChildConfig, EngineChild};
use crate::running::{Running, forget_announced};
use crate::settings::Settings;

/// Pause before a store that did not answer is asked again.
const RETRY_AFTER: std::time::Duration = std::time::Duration::from_millis(500);

/// A store that answers and has this build's schema.
pub struct Database {
    pub store: Store,
    engine: Option<EngineChild>,
}

impl Database {
    /// Starts the embedded engine unless a server is configured, waits until it answers, and migrates.
    pub async fn open(settings: &Settings, stop: &CancellationToken) -> Result<Self> {
        let database = match &settings.clickhouse_url {
            Some(_) => Self::connect(settings).await?,
            None => tokio::select! {
                started = Self::start(settings) => started?,
                () = stop.cancelled() => anyhow::bail!("stopped before the engine was up"),
            },
        };
        let migrated = tokio::select! {
            migrated = answered(|| database.store.migrate()) => migrated?,
            () = stop.cancelled() => anyhow::bail!("stopped before the store was ready"),
        };
        if migrated.from != migrated.to {
            tracing::info!(
                database = settings.database,
                from = migrated.from,
                to = migrated.to,
                "migrated"
            );
        }
        Ok(database)
    }

    /// As [`Database::open`], for a command that writes what a running firehouse would have to know of: refuses a store that one writes to.
    pub async fn open_alone(settings: &Settings, stop: &CancellationToken) -> Result<Self> {
        if let Some(running) = Running::on_store(settings).await? {
            anyhow::bail!(
                "a firehouse runs at {}: its events and what this command writes would cross; stop it first, or let it fetch by itself ([backfill] network = true)",
                running.address
            );
        }
        Self::open(settings, stop).await
    }

    /// Connects to the configured server, as it is.
    pub async fn connect(settings: &Settings) -> Result<Self> {
        let url = settings.clickhouse_url.as_ref().context("no clickhouse_url")?;
        let store = Store::new(&store_config(settings, url.as_str().trim_end_matches('/')));
        store.ping().await?;
        Ok(Self { store, engine: None })
    }

    async fn start(settings: &Settings) -> Result<Self> {
        // Said here, before a child says it in its log.
        firehouse_engine::locate_library()?;
        tracing::info!(data = %settings.data.display(), "starting the embedded engine");
        let mut config = ChildConfig::new(&settings.data, settings.engine.listen)?;
        if let Some(file) = &settings.file {
            config.arguments.extend(["--config".into(), file.clone().into_os_string()]);
        }
        let engine = EngineChild::start(config);
        let url = engine.ready().await?;
        forget_announced(&settings.data);
        tracing::info!(%url, "engine ready");
        Ok(Self { store: Store::new(&store_config(settings, &url)), engine: Some(engine) })
    }

    /// Lets the engine finish and waits for its end.
    pub async fn close(self) {
        if let Some(engine) = self.engine {
            engine.stop().await;
        }
    }
}

/// Asks again while the store is out of reach: an engine that dies while we start is started again like at any other time.
pub async fn answered<T, F: Future<Output = Result<T, StoreError>>>(
    ask: impl Fn() -> F,
) -> Result<T> {
    loop {
        match ask().await {
            Err(error) if error.disposition() == Disposition::Retry => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the store does not answer; trying again"
                );
                tokio::time::sleep(RETRY_AFTER).await;
            }
            answer => return Ok(answer?),
        }
    }
}

/// Where the engine keeps its files, below the data directory.
pub fn engine_folder(data: &Path) -> PathBuf {
    data.join("clickhouse")
}

fn store_config(settings: &Settings, url: &str) -> Config {
    let store = &settings.store;
    Config {
        url: url.to_owned(),
        database: settings.database.clone(),
        user: store.user.clone(),
        password: store.password.clone(),
        insert_timeout_s: store.insert_timeout_s,
        query_timeout_s: store.query_timeout_s,
    }
}
