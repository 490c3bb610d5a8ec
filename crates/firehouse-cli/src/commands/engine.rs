//! `firehouse engine`: the embedded ClickHouse alone.

use std::io::Write;

use anyhow::{Context, Result};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use crate::database::engine_folder;
use crate::settings::Settings;
use crate::signals::stop_on_signal;

/// Serves ClickHouse's HTTP interface until a signal; with `stop_with_stdin` also until standard input closes, because whoever started
/// us is gone.
pub async fn run(settings: Settings, stop_with_stdin: bool) -> Result<()> {
    let stop = stop_on_signal()?;
    let library = firehouse_engine::locate_library()?;
    let mut config = firehouse_engine::Config::new(engine_folder(&settings.data), library);
    config.pool_size = settings.engine.pool_size;
    config.user.clone_from(&settings.store.user);
    config.password.clone_from(&settings.store.password);
    if settings.engine.memory_bytes_max > 0 {
        config.server_settings.insert("max_server_memory_usage".into(), settings.engine.memory_bytes_max.to_string());
    }
    let listener = TcpListener::bind(settings.engine.listen).await.with_context(|| format!("cannot listen on {}", settings.engine.listen))?;
    writeln!(std::io::stdout(), "engine listening on {}", listener.local_addr()?)?;
    std::io::stdout().flush()?;
    let stopped = async move {
        tokio::select! {
            () = stop.cancelled() => {}
            () = stdin_closed(), if stop_with_stdin => {}
        }
    };
    firehouse_engine::serve(config, listener, stopped).await.context("engine")
}

async fn stdin_closed() {
    let mut stdin = tokio::io::stdin();
    let mut ignored = [0; 64];
    while matches!(stdin.read(&mut ignored).await, Ok(1..)) {}
}
