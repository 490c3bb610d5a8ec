//! `firehouse replay`: index recorded frames, or serve them as an upstream.

use std::fs::File;
use std::io::{BufReader, IsTerminal, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use firehouse_identity::{OfflineDocument, Resolver};
use firehouse_ingest::{Status, Upstream};
use firehouse_stream::{ReplayServer, replay_file};
use firehouse_types::UpstreamKind;
use prometheus::Registry;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::commands::run::{ingest, only};
use crate::database::Database;
use crate::serving::Sources;
use crate::settings::Settings;
use crate::signals::stop_on_signal;
use crate::{keeping, network};

/// Events read ahead of the pipeline.
const QUEUE_EVENTS: usize = 1_024;
const NOTICES: usize = 64;
/// How often progress is shown.
const PROGRESS_EVERY: Duration = Duration::from_secs(2);

/// Speaks subscribeRepos at `address` with the frames of `file`, until a signal.
pub async fn serve(file: PathBuf, address: SocketAddr, rate: Option<f64>) -> Result<()> {
    let stop = stop_on_signal()?;
    let server = ReplayServer::bind(&file, address, rate)
        .await
        .with_context(|| file.display().to_string())?;
    if server.is_torn() {
        tracing::warn!(file = %file.display(), "the file ends inside a frame, which is left out");
    }
    let head = server.head().map_or_else(|| "none".into(), |seq| seq.to_string());
    writeln!(
        std::io::stdout(),
        "replay listening on {} ({} frames, last seq {head})",
        server.address(),
        server.frames()
    )?;
    std::io::stdout().flush()?;
    server.run(stop).await;
    Ok(())
}

/// Indexes the frames of `file` and says how fast.
pub async fn index(
    settings: Settings,
    file: PathBuf,
    rate: Option<f64>,
    identities: Option<PathBuf>,
) -> Result<()> {
    let stop = stop_on_signal()?;
    let registry = Registry::new();
    let database = Database::open(&settings, &stop).await?;
    let resolver = match identities {
        Some(path) => {
            let lines =
                BufReader::new(File::open(&path).with_context(|| path.display().to_string())?);
            Resolver::offline(
                OfflineDocument::read_lines(lines).with_context(|| path.display().to_string())?,
            )
        }
        None => network::resolver(&settings, &registry)?,
    };
    let name = format!("file:{}", file.file_name().unwrap_or_default().display());
    let upstream = upstream_of_file(&name, file, rate, &stop);
    let mut sources = Sources::new(&database.store, resolver, registry);
    let status = sources.watched.status.clone();
    let keeper = keeping::keeper(&settings, &database.store, &stop).await?;
    let ingest = ingest(&settings, &mut sources, keeper, None)?;
    let began = Instant::now();
    let running = ingest.run(only(upstream).await, stop.clone());
    let ended = tokio::select! {
        ended = running => ended,
        () = show_progress(&status, began) => unreachable!("progress never ends"),
    };
    database.close().await;
    ended?;
    let events = readable(&status);
    let seconds = began.elapsed().as_secs_f64();
    writeln!(
        std::io::stdout(),
        "up to seq {events} in {seconds:.1} s{}",
        if stop.is_cancelled() { ", stopped early" } else { "" }
    )?;
    Ok(())
}

/// A file's events as an upstream; it ends with the file or with `stop`.
pub fn upstream_of_file(
    name: &str,
    file: PathBuf,
    rate: Option<f64>,
    stop: &CancellationToken,
) -> Upstream {
    let (output, events) = mpsc::channel(QUEUE_EVENTS);
    let (to_watch, notices) = mpsc::channel(NOTICES);
    let (upstream, stop) = (name.to_owned(), stop.clone());
    tokio::spawn(async move {
        match replay_file(&file, rate, output, to_watch, stop).await {
            Ok(replayed) => tracing::info!(
                upstream,
                frames = replayed.frames,
                dropped = replayed.dropped,
                torn = replayed.is_torn,
                "file read"
            ),
            Err(error) => tracing::error!(
                upstream,
                error = &error as &dyn std::error::Error,
                "file not read to its end"
            ),
        }
    });
    let removed = CancellationToken::new();
    Upstream {
        name: name.into(),
        url: name.to_owned(),
        kind: UpstreamKind::Relay,
        cursor: None,
        events,
        notices,
        removed,
    }
}

async fn show_progress(status: &Status, began: Instant) {
    let on_terminal = std::io::stderr().is_terminal();
    loop {
        tokio::time::sleep(PROGRESS_EVERY).await;
        let (seq, seconds) = (readable(status), began.elapsed().as_secs());
        if on_terminal {
            // Progress that cannot be shown is not worth failing for.
            let _ = write!(std::io::stderr(), "\rindexed up to seq {seq}, {seconds} s");
        } else {
            tracing::info!(seq, seconds, "indexed");
        }
    }
}

fn readable(status: &Status) -> u64 {
    status.health().first().and_then(|upstream| upstream.seq_readable).map_or(0, |seq| seq.get())
}
