//! [`Jetstream`]: events as JSON lines, optionally compressed, without any proof. Version 1 of its protocol.
//!
//! Its cursor is the time at which its host saw an event, in the order of a relay and so not even rising: what we count by is the latest
//! time so far, and a connection begins a little before it. What comes twice is seen by its rev further on. A message that cannot be read
//! is asked for again, and stepped over when that does not help, as a frame is.
//! Source: <https://github.com/bluesky-social/jetstream>

mod dictionary;
mod line;

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use firehouse_types::{DropReason, Event, Seq};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::config::Config;
use crate::decode::Decoded;
use crate::error::StreamError;
use crate::metrics::Metrics;
use crate::notice::{Received, Told};
use crate::subscribe::{Reach, follow};
use crate::wire::{Resume, Wire};

use dictionary::Unpacker;
pub use dictionary::{InvalidDictionary, JetstreamDictionary};
pub use line::decode_jetstream;

/// Where it is served.
const PATH: &str = "/subscribe";

/// How far before the latest time a connection begins: hosts see events in another order than their clocks say. Units: microseconds.
const REWIND_US: u64 = 5_000_000;
/// How much time is left out for each message that is too large to be read, so that we get behind it. Units: microseconds.
const STEP_US: u64 = 1_000_000;
/// A network that says nothing for so long has lost something on the way. Units: microseconds.
const GAP_US: u64 = 60_000_000;

/// Follows a Jetstream as [`subscribe_within`](crate::subscribe_within) follows a relay. With a dictionary it is asked to compress.
/// Shape: events in the order they come; seqs are times that never fall, and some events come again after each reconnect.
#[expect(
    clippy::too_many_arguments,
    reason = "those of subscribe_within, and what it needs to unpack"
)]
pub async fn subscribe_jetstream(
    reach: Option<Reach>,
    config: Config,
    dictionary: Option<&JetstreamDictionary>,
    cursor: Option<Seq>,
    metrics: Metrics,
    output: mpsc::Sender<Received>,
    notices: mpsc::Sender<Told>,
    stop: CancellationToken,
) -> Result<(), StreamError> {
    let unpacker = dictionary.map(Unpacker::new).transpose()?;
    let wire = Jetstream { unpacker, frame_bytes_max: config.frame_bytes_max, latest: cursor };
    follow(wire, reach, config, cursor, metrics, output, notices, stop).await
}

struct Jetstream {
    /// `None` when nothing is compressed.
    unpacker: Option<Unpacker>,
    frame_bytes_max: usize,
    /// The latest time so far.
    latest: Option<Seq>,
}

impl Jetstream {
    /// The latest time, this one included. A time to come is taken for now: it must not make us skip what happens until then.
    fn advance(&mut self, time_us: i64) -> Result<Seq, DropReason> {
        let now_us = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
        let time_us = time_us.min(i64::try_from(now_us).unwrap_or(i64::MAX));
        let time = Seq::new(time_us).ok_or(DropReason::InvalidSeq)?;
        let latest = self.latest.map_or(time, |latest| latest.max(time));
        self.latest = Some(latest);
        Ok(latest)
    }
}

impl Wire for Jetstream {
    type Event = Event;

    const COUNTS: bool = false;

    fn endpoint(&self, config: &Config, from: Resume) -> Result<Url, StreamError> {
        let cursor_us = match from {
            Resume::Passed(passed) => {
                passed.map(|passed| passed.get().saturating_sub(REWIND_US).max(1))
            }
            Resume::Beyond(passed, frames) => {
                Some(passed.get().saturating_add(frames.saturating_mul(STEP_US)))
            }
        };
        let mut url = config.endpoint(PATH, cursor_us)?;
        let mut query = url.query_pairs_mut();
        // What is larger would end the connection.
        query.append_pair("maxMessageSizeBytes", &self.frame_bytes_max.to_string());
        if self.unpacker.is_some() {
            query.append_pair("compress", "true");
        }
        drop(query);
        Ok(url)
    }

    fn gap_min(_: &Config) -> u64 {
        GAP_US
    }

    fn unpack(&mut self, message: Bytes, is_text: bool) -> Result<Bytes, DropReason> {
        match &mut self.unpacker {
            _ if is_text => Ok(message),
            Some(unpacker) => unpacker.unpack(&message, self.frame_bytes_max),
            None => Err(DropReason::FrameMalformed),
        }
    }

    fn decode(&mut self, line: &Bytes) -> Result<Decoded, DropReason> {
        line::read(line, |time_us| self.advance(time_us))
    }

    fn seq_of(&self, _: &[u8]) -> Option<Seq> {
        None
    }

    fn is_broken_by(reason: DropReason) -> bool {
        reason == DropReason::FrameMalformed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jetstream(latest: Option<i64>) -> Jetstream {
        let latest = latest.and_then(Seq::new);
        Jetstream { unpacker: None, frame_bytes_max: 1_000, latest }
    }

    #[test]
    fn times_never_fall_and_none_lies_ahead() {
        let mut jetstream = jetstream(None);
        let mut advance = |time_us| jetstream.advance(time_us).map(Seq::get);
        assert_eq!(advance(100), Ok(100));
        assert_eq!(advance(90), Ok(100));
        assert_eq!(advance(110), Ok(110));
        assert_eq!(advance(0), Err(DropReason::InvalidSeq));
        assert!(advance(i64::MAX).is_ok_and(|latest| latest < 1 << 52));
    }

    #[test]
    fn it_is_resumed_a_little_before_and_beyond_what_cannot_be_read() {
        let passed = Seq::new(1_700_000_000_000_000).unwrap();
        let config = crate::config::tests::config("wss://jetstream.test");
        let query = |from| {
            let url = jetstream(None).endpoint(&config, from).unwrap();
            assert_eq!(url.path(), "/subscribe");
            url.query().unwrap().to_owned()
        };
        assert_eq!(
            query(Resume::Passed(Some(passed))),
            "cursor=1699999995000000&maxMessageSizeBytes=1000"
        );
        assert_eq!(
            query(Resume::Beyond(passed, 2)),
            "cursor=1700000002000000&maxMessageSizeBytes=1000"
        );
        assert_eq!(query(Resume::Passed(None)), "cursor=0&maxMessageSizeBytes=1000");
    }
}
