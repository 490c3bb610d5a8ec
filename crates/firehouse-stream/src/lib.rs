//! The only websocket: frames of `com.atproto.sync.subscribeRepos` and `com.atproto.label.subscribeLabels`, and lines of Jetstream, to
//! events, reconnecting from the cursor.
//!
//! Knows framing and nothing of what is inside of `blocks` or a label; verifying is the next hop's work, and of its crate only the CBOR reader and
//! the limits of an event are used. Beside the client stand the two ways to do without a relay: recorded frames replayed in this process,
//! or served to others.
//! Source: <https://atproto.com/specs/event-stream>, <https://atproto.com/specs/sync>
//!
//! ```
//! use bytes::Bytes;
//! use firehouse_stream::{Decoded, decode};
//! use firehouse_types::Event;
//!
//! // {"t":"#info","op":1} and {"name":"OutdatedCursor"}
//! let frame = Bytes::from_static(b"\xa2at\x65#infobop\x01\xa1dname\x6eOutdatedCursor");
//! let Ok(Decoded::Event(Event::Info(info))) = decode(&frame) else { panic!("an #info frame") };
//! assert_eq!(&*info.name, "OutdatedCursor");
//! ```

// What comes from upstream must not be able to stop us.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

mod decode;
mod config;
mod room;
mod notice;
mod error;
mod backoff;
mod dial;
mod connection;
mod stream_event;
mod wire;
mod jetstream;
mod plc;
mod subscribe;
mod frames_file;
mod record;
mod replay;
mod metrics;

pub use config::{Config, Start};
pub use decode::{Decoded, FRAME_BYTES_MAX, StreamErrorFrame, decode, decode_labels, seq_of};
pub use error::StreamError;
pub use frames_file::{FrameReader, FrameWriter, FramesFileError};
pub use jetstream::{
    InvalidDictionary, JetstreamDictionary, decode_jetstream, subscribe_jetstream,
};
pub use metrics::{Metrics, UpstreamMetrics};
pub use notice::{Hold, Notice, QuarantinedFrame, Received, Told};
pub use plc::{PlcEvent, subscribe_plc};
pub use record::{RecordLimits, Recorded, Recording, record};
pub use replay::{ReplayServer, Replayed, replay_file};
pub use room::Room;
pub use stream_event::StreamEvent;
pub use subscribe::{Reach, subscribe, subscribe_within};
