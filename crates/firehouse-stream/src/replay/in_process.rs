//! [`replay_file`]: the events of a file into the queue that a subscription would fill.

use std::path::Path;
use std::time::SystemTime;

use bytes::Bytes;
use firehouse_types::{Event, Seq};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::pace::Pace;
use crate::decode::{Decoded, decode, seq_of};
use crate::error::StreamError;
use crate::frames_file::{FrameReader, FramesFileError};
use crate::notice::{Notice, Received, Told};
use crate::room::Room;

/// Frames read ahead of the decoder.
const READ_AHEAD: usize = 64;

/// What a replay did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replayed {
    /// Frames read.
    pub frames: u64,
    /// Events passed on.
    pub events: u64,
    /// Frames that were dropped, each with a notice.
    pub dropped: u64,
    /// The newest event.
    pub last_seq: Option<Seq>,
    /// Whether the file ended inside a frame, which was left out.
    pub is_torn: bool,
}

/// Replays a file from its beginning to its end, or until `stop`, or until nobody takes the events any more.
/// Units: `rate` in frames per second, `None` for full speed.
/// Errors: the file cannot be read. Frames that cannot be decoded are notices; a torn end is told in the result.
pub async fn replay_file(
    path: impl AsRef<Path>,
    rate: Option<f64>,
    output: mpsc::Sender<Received>,
    notices: mpsc::Sender<Told>,
    stop: CancellationToken,
) -> Result<Replayed, StreamError> {
    let (to_decoder, frames) = mpsc::channel(READ_AHEAD);
    let reader = FrameReader::open(path)?;
    // The reader ends at the file's end, or when it finds that the decoder has gone.
    let reading = tokio::task::spawn_blocking(move || read_all(reader, &to_decoder));
    let mut replayed = Replayed::default();
    stop.run_until_cancelled(pass_all_on(frames, rate, &output, &notices, &mut replayed)).await;
    replayed.is_torn = reading.await??;
    Ok(replayed)
}

/// Whether the end is torn.
fn read_all(
    mut reader: FrameReader,
    frames: &mpsc::Sender<Bytes>,
) -> Result<bool, FramesFileError> {
    loop {
        match reader.next_frame() {
            Ok(Some(frame)) => {
                if frames.blocking_send(frame).is_err() {
                    return Ok(false);
                }
            }
            Ok(None) => return Ok(false),
            Err(FramesFileError::TornTail { .. }) => return Ok(true),
            Err(error) => return Err(error),
        }
    }
}

async fn pass_all_on(
    mut frames: mpsc::Receiver<Bytes>,
    rate: Option<f64>,
    output: &mpsc::Sender<Received>,
    notices: &mpsc::Sender<Told>,
    replayed: &mut Replayed,
) {
    let mut pace = Pace::new(rate);
    while let Some(frame) = frames.recv().await {
        pace.wait().await;
        replayed.frames += 1;
        match decode(&frame) {
            Ok(Decoded::Event(Event::Info(_)) | Decoded::Error(_) | Decoded::Unknown) => {}
            Ok(Decoded::Event(event)) => {
                let seq = event.seq();
                let received = Received {
                    event,
                    frame,
                    received_at: SystemTime::now(),
                    room: Room::default(),
                };
                if output.send(received).await.is_err() {
                    return;
                }
                replayed.events += 1;
                replayed.last_seq = seq.or(replayed.last_seq);
            }
            Err(reason) => {
                replayed.dropped += 1;
                let notice = Notice::Dropped { seq: seq_of(&frame), reason };
                // Nobody has to listen.
                let _ = notices.send(notice.into()).await;
            }
        }
    }
}
