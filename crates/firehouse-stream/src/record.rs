//! [`record`]: an upstream's frames into a file, as they came.

use std::path::PathBuf;
use std::time::Duration;

use firehouse_types::Seq;
use tokio::select;
use tokio::sync::mpsc;
use tokio::time::{Instant, interval, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::config::Config;
use crate::error::StreamError;
use crate::frames_file::FrameWriter;
use crate::metrics::Metrics;
use crate::notice::{Received, Told};
use crate::subscribe::subscribe;

/// How often the file is flushed and progress is told.
const FLUSH_EVERY: Duration = Duration::from_secs(1);

/// What to record.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The upstream.
    pub config: Config,
    /// Where to begin; otherwise as the upstream's configuration says.
    pub cursor: Option<Seq>,
    /// The file, compressed when its name ends in `.zst`.
    pub path: PathBuf,
    /// When to end.
    pub limits: RecordLimits,
}

/// When a recording ends by itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct RecordLimits {
    /// After so many frames.
    pub frames: Option<u64>,
    /// After so long. Units: seconds.
    pub seconds: Option<u64>,
}

/// What was recorded so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Frames.
    pub frames: u64,
    /// Their bytes with their lengths, before compression.
    pub bytes: u64,
    /// The newest event; resume from it.
    pub last_seq: Option<Seq>,
}

/// What ends a recording.
struct Inputs {
    events: mpsc::Receiver<Received>,
    limits: RecordLimits,
    stop: CancellationToken,
}

/// Records frames of events until a limit or `stop`; reconnects like any subscription. An existing file is replaced.
/// Shape: `progress` is called about once a second and at the end.
pub async fn record(
    recording: Recording,
    metrics: Metrics,
    notices: mpsc::Sender<Told>,
    stop: CancellationToken,
    mut progress: impl FnMut(&Recorded),
) -> Result<Recorded, StreamError> {
    let Recording { config, cursor, path, limits } = recording;
    let mut writer = FrameWriter::create(path)?;
    let (output, events) = config.queue();
    // Its own token: the end of the recording stops the subscription but not whoever shares `stop`.
    let ours = stop.child_token();
    let subscription = subscribe(config, cursor, metrics, output, notices, ours.clone());
    let inputs = Inputs { events, limits, stop };
    let writing = async {
        let recorded = write_all(inputs, &mut writer, &mut progress).await;
        ours.cancel();
        recorded
    };
    let (subscribed, recorded) = tokio::join!(subscription, writing);
    subscribed?;
    let recorded = recorded?;
    writer.finish()?;
    progress(&recorded);
    Ok(recorded)
}

async fn write_all(
    mut inputs: Inputs,
    writer: &mut FrameWriter,
    progress: &mut impl FnMut(&Recorded),
) -> Result<Recorded, StreamError> {
    let mut recorded = Recorded::default();
    let mut ticks = interval(FLUSH_EVERY);
    let end = inputs.limits.seconds.map(|s| Instant::now() + Duration::from_secs(s));
    while inputs.limits.frames.is_none_or(|frames| recorded.frames < frames) {
        select! {
            () = inputs.stop.cancelled() => break,
            () = at(end) => break,
            _ = ticks.tick() => {
                writer.flush()?;
                progress(&recorded);
            }
            received = inputs.events.recv() => {
                let Some(received) = received else { break };
                writer.write(&received.frame)?;
                let last_seq = received.event.seq();
                recorded = Recorded { frames: writer.frames(), bytes: writer.bytes(), last_seq };
            }
        }
    }
    Ok(recorded)
}

async fn at(end: Option<Instant>) {
    match end {
        Some(end) => sleep_until(end).await,
        None => std::future::pending().await,
    }
}
