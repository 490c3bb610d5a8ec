//! `firehouse engine`: the embedded ClickHouse alone.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use firehouse_engine::StopWith;
use tokio::time::sleep;

use crate::database::engine_folder;
use crate::running::forget_announced;
use crate::settings::Settings;

/// How long an engine that is ending may keep its data.
const PREDECESSOR_PATIENCE: Duration = Duration::from_secs(30);

/// Serves ClickHouse's HTTP interface until a signal; with `stop_with_stdin` also until standard input closes, because whoever started
/// us is gone.
pub async fn run(settings: Settings, stop_with_stdin: bool) -> Result<()> {
    let library = firehouse_engine::locate_library()?;
    let mut config = firehouse_engine::Config::new(engine_folder(&settings.data), library);
    config.pool_size = settings.engine.pool_size;
    config.user.clone_from(&settings.store.user);
    config.password.clone_from(&settings.store.password);
    if settings.engine.memory_bytes_max > 0 {
        config.limit_memory(settings.engine.memory_bytes_max);
    }
    wait_for_predecessor(&config.data).await?;
    if !stop_with_stdin {
        forget_announced(&settings.data);
    }
    let stop_with = if stop_with_stdin { StopWith::Stdin } else { StopWith::Signals };
    firehouse_engine::run(config, settings.engine.listen, stop_with).await.context("engine")
}

/// An engine whose parent was killed finishes what it does before it gives up its data. Whoever is started at once waits for that.
async fn wait_for_predecessor(data: &Path) -> Result<()> {
    std::fs::create_dir_all(data).with_context(|| format!("cannot make {}", data.display()))?;
    let lock = File::create(data.join("firehouse.lock"))?;
    let began = Instant::now();
    while matches!(lock.try_lock(), Err(TryLockError::WouldBlock))
        && began.elapsed() < PREDECESSOR_PATIENCE
    {
        sleep(Duration::from_millis(50)).await;
    }
    // Taken or not, the engine itself says what is wrong.
    Ok(())
}
