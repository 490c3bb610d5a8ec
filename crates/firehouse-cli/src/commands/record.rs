//! `firehouse record`: the frames of an upstream into a file.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use anyhow::{Context, Result};
use firehouse_stream::{Metrics, RecordLimits, Recorded, Recording, record};
use firehouse_types::Seq;
use prometheus::Registry;
use tokio::sync::mpsc;

use crate::network::stream_config;
use crate::settings::Settings;
use crate::signals::stop_on_signal;

/// When a recording begins and ends.
pub struct Bounds {
    pub frames: Option<u64>,
    pub seconds: Option<u64>,
    pub cursor: Option<u64>,
}

/// Records until a bound or a signal.
pub async fn run(settings: Settings, file: PathBuf, bounds: Bounds) -> Result<()> {
    let stop = stop_on_signal()?;
    let relay = settings.relay.first().context("no relay is configured")?;
    anyhow::ensure!(relay.has_repos(), "a Jetstream has no frames: record a relay or a PDS");
    let config = stream_config(&settings, &relay.url);
    let cursor = bounds.cursor.and_then(|cursor| Seq::new(i64::try_from(cursor).ok()?));
    let config = match (bounds.cursor, cursor) {
        // Seqs begin at 1; 0 asks for the oldest event there is.
        (Some(0), _) => {
            firehouse_stream::Config { start: firehouse_stream::Start::Oldest, ..config }
        }
        (Some(_), None) => anyhow::bail!("--cursor: a seq is below 2^53"),
        (Some(_), Some(_)) => config,
        (None, _) => firehouse_stream::Config { start: firehouse_stream::Start::Live, ..config },
    };
    let limits = RecordLimits { frames: bounds.frames, seconds: bounds.seconds };
    let (notices, mut heard) = mpsc::channel(64);
    tokio::spawn(async move {
        while let Some(notice) = heard.recv().await {
            tracing::info!(?notice, "upstream");
        }
    });
    let recording = Recording { config, cursor, path: file, limits };
    let recorded = record(recording, Metrics::new(&Registry::new())?, notices, stop, show).await?;
    let last = recorded.last_seq.map_or_else(|| "none".into(), |seq| seq.to_string());
    writeln!(
        std::io::stdout(),
        "{} frames, {} bytes, last seq {last}",
        recorded.frames,
        recorded.bytes
    )?;
    Ok(())
}

fn show(recorded: &Recorded) {
    if std::io::stderr().is_terminal() {
        // Progress that cannot be shown is not worth failing for.
        let _ = write!(std::io::stderr(), "\r{} frames, {} bytes", recorded.frames, recorded.bytes);
    } else {
        tracing::info!(frames = recorded.frames, bytes = recorded.bytes, "recorded");
    }
}
