//! The stream of the PLC directory's export: one operation as a JSON line per message. What is in a line is for others to judge.
//!
//! Source: <https://web.plc.directory/api/redoc>

use bytes::Bytes;
use firehouse_types::{DropReason, InfoEvent, Seq};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::config::Config;
use crate::decode::Decoded;
use crate::error::StreamError;
use crate::metrics::Metrics;
use crate::notice::{Received, Told};
use crate::stream_event::StreamEvent;
use crate::subscribe::follow;
use crate::wire::{Resume, Wire};

/// One line; [`Received::frame`] has its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlcEvent {
    /// The directory's number.
    pub seq: Seq,
}

/// Follows the export of a directory. Shape: lines as they come; some may come twice.
pub async fn subscribe_plc(
    config: Config,
    cursor: Option<Seq>,
    metrics: Metrics,
    output: mpsc::Sender<Received<PlcEvent>>,
    notices: mpsc::Sender<Told>,
    stop: CancellationToken,
) -> Result<(), StreamError> {
    follow(Plc, None, config, cursor, metrics, output, notices, stop).await
}

struct Plc;

impl Wire for Plc {
    type Event = PlcEvent;

    const COUNTS: bool = false;

    fn endpoint(&self, config: &Config, from: Resume) -> Result<Url, StreamError> {
        let cursor = match from {
            Resume::Passed(passed) => passed.map(Seq::get),
            Resume::Beyond(passed, lines) => Some(passed.get().saturating_add(lines)),
        };
        config.endpoint(PlcEvent::PATH, cursor)
    }

    /// The directory leaves numbers out.
    fn gap_min(_: &Config) -> u64 {
        u64::MAX
    }

    fn unpack(&mut self, message: Bytes, _: bool) -> Result<Bytes, DropReason> {
        Ok(message)
    }

    fn decode(&mut self, line: &Bytes) -> Result<Decoded<PlcEvent>, DropReason> {
        PlcEvent::decode(line)
    }

    fn seq_of(&self, _: &[u8]) -> Option<Seq> {
        None
    }

    fn is_broken_by(_: DropReason) -> bool {
        false
    }
}

impl StreamEvent for PlcEvent {
    const PATH: &'static str = "/export/stream";

    fn decode(line: &Bytes) -> Result<Decoded<Self>, DropReason> {
        #[derive(serde::Deserialize)]
        struct Numbered {
            seq: i64,
        }
        let line: Numbered =
            serde_json::from_slice(line).map_err(|_| DropReason::FrameMalformed)?;
        let seq = Seq::new(line.seq).ok_or(DropReason::InvalidSeq)?;
        Ok(Decoded::Event(Self { seq }))
    }

    fn seq(&self) -> Option<Seq> {
        Some(self.seq)
    }

    fn info(&self) -> Option<&InfoEvent> {
        None
    }
}
