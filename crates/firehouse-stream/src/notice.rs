//! What the client tells beside the events: [`Received`] frames and [`Notice`]s about the connection.

use std::convert::Infallible;
use std::fmt;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use firehouse_types::{DropReason, Event, Seq};
use tokio::sync::mpsc;

use crate::room::Room;

/// One event with the frame it came in.
#[derive(Debug)]
pub struct Received<E = Event> {
    /// What happened. Always has a seq: `#info` becomes a notice.
    pub event: E,
    /// The frame, shared with the event's byte fields.
    pub frame: Bytes,
    /// When it was read from the socket, by our clock.
    pub received_at: SystemTime,
    /// What the frame takes of [`queue_bytes_max`](crate::Config::queue_bytes_max); given back when dropped.
    pub room: Room,
}

/// A notice on its way to whoever listens.
#[derive(Debug)]
pub struct Told {
    /// What happened.
    pub notice: Notice,
    /// There where something may be lost: keeps the stream where it is.
    pub hold: Option<Hold>,
}

impl From<Notice> for Told {
    fn from(notice: Notice) -> Self {
        Self { notice, hold: None }
    }
}

/// Keeps a stream where it is until whoever must not forget what is missing has taken note. Dropping it lets the stream go on.
#[derive(Debug)]
pub struct Hold {
    _held: mpsc::Sender<Infallible>,
}

impl Hold {
    /// A hold, and what ends when it is dropped.
    pub(crate) fn new() -> (Self, mpsc::Receiver<Infallible>) {
        let (held, let_go) = mpsc::channel(1);
        (Self { _held: held }, let_go)
    }
}

/// What happened to the connection, so that it can be counted, logged and shown.
#[derive(Clone, Debug)]
pub enum Notice {
    /// Frames can arrive.
    Connected {
        /// Host, and port where it is not the usual one.
        host: String,
    },
    /// The connection ended or could not be made.
    Disconnected {
        /// Why, for people.
        reason: String,
        /// When it is tried again.
        retry_in: Duration,
    },
    /// The upstream no longer has what follows our cursor: events are lost, and every repo must be compared.
    OutdatedCursor {
        /// The upstream's words.
        message: String,
    },
    /// The upstream's numbers end below our cursor. It is another upstream than it was; nothing is reset, somebody must decide.
    FutureCursor {
        /// The upstream's words.
        message: String,
    },
    /// The upstream closed because we read too slowly.
    ConsumerTooSlow,
    /// Seqs are missing behind a reconnect: events may be lost.
    Gap {
        /// The last one before.
        after: Seq,
        /// The first one behind.
        first: Seq,
    },
    /// A frame broke the framing.
    Quarantined {
        /// The frame; empty when it was too large to be read.
        frame: QuarantinedFrame,
        /// What is wrong with it.
        reason: DropReason,
        /// The event before it.
        after: Option<Seq>,
        /// Whether it was given up: the stream goes on behind it, and what it held may be lost.
        stepped_over: bool,
    },
    /// An event was dropped for its own fault. Its seq may be passed.
    Dropped {
        /// Its number, when it can be read.
        seq: Option<Seq>,
        /// What is wrong with it.
        reason: DropReason,
    },
}

/// The bytes of a frame that nobody could read. Logged by its size: it may be five megabytes of anything.
#[derive(Clone, PartialEq, Eq)]
pub struct QuarantinedFrame(pub Bytes);

impl fmt::Debug for QuarantinedFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}
