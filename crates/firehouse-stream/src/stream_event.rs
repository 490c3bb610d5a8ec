//! [`StreamEvent`]: what tells one subscription of the protocol from another. Everything else about them is the same.

use bytes::Bytes;
use firehouse_types::{DropReason, Event, InfoEvent, LabelEvent, Seq};

use crate::config::SUBSCRIBE_REPOS_PATH;
use crate::decode::{Decoded, decode, decode_labels};

/// The events of one kind of stream.
pub trait StreamEvent: Sized + Send + 'static {
    /// Where upstreams serve it.
    const PATH: &'static str;

    /// Decodes one frame.
    fn decode(frame: &Bytes) -> Result<Decoded<Self>, DropReason>;

    /// The upstream's number; `None` for what it says of the stream itself.
    fn seq(&self) -> Option<Seq>;

    /// What the upstream says of the stream itself.
    fn info(&self) -> Option<&InfoEvent>;
}

impl StreamEvent for Event {
    const PATH: &'static str = SUBSCRIBE_REPOS_PATH;

    fn decode(frame: &Bytes) -> Result<Decoded, DropReason> {
        decode(frame)
    }

    fn seq(&self) -> Option<Seq> {
        Self::seq(self)
    }

    fn info(&self) -> Option<&InfoEvent> {
        match self {
            Self::Info(info) => Some(info),
            Self::Commit(_)
            | Self::Unproven(_)
            | Self::Sync(_)
            | Self::Identity(_)
            | Self::Account(_) => None,
        }
    }
}

impl StreamEvent for LabelEvent {
    const PATH: &'static str = "/xrpc/com.atproto.label.subscribeLabels";

    fn decode(frame: &Bytes) -> Result<Decoded<Self>, DropReason> {
        decode_labels(frame)
    }

    fn seq(&self) -> Option<Seq> {
        match self {
            Self::Labels(labels) => Some(labels.seq),
            Self::Info(_) => None,
        }
    }

    fn info(&self) -> Option<&InfoEvent> {
        match self {
            Self::Info(info) => Some(info),
            Self::Labels(_) => None,
        }
    }
}
