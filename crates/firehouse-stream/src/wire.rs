//! [`Wire`]: how an upstream speaks. What is asked of it, and what its messages are; the rest of following is the same for all.

use std::marker::PhantomData;

use bytes::Bytes;
use firehouse_types::{DropReason, Seq};
use url::Url;

use crate::config::Config;
use crate::decode::{Decoded, seq_of};
use crate::error::StreamError;
use crate::stream_event::StreamEvent;

/// Where a connection begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Resume {
    /// Behind the last event that was passed on, or where the configuration says.
    Passed(Option<Seq>),
    /// So many frames further: there is one between that cannot be read.
    Beyond(Seq, u64),
}

/// One way of speaking. Lives as long as the subscription.
pub(crate) trait Wire: Send + 'static {
    /// What comes out of it.
    type Event: StreamEvent;

    /// Whether seqs rise from event to event and never come again; otherwise they only say from where to resume.
    const COUNTS: bool;

    /// The address to dial.
    fn endpoint(&self, config: &Config, from: Resume) -> Result<Url, StreamError>;

    /// From which distance of two seqs on, over a reconnect, a loss is suspected.
    fn gap_min(config: &Config) -> u64;

    /// The frame in a message.
    fn unpack(&mut self, message: Bytes, is_text: bool) -> Result<Bytes, DropReason>;

    /// What a frame says.
    fn decode(&mut self, frame: &Bytes) -> Result<Decoded<Self::Event>, DropReason>;

    /// The seq of a frame that was dropped for what it says.
    fn seq_of(&self, frame: &[u8]) -> Option<Seq>;

    /// Whether everything behind a frame that breaks the form is to be doubted, too.
    fn is_broken_by(reason: DropReason) -> bool;
}

/// The event streams of the protocol: binary frames of two CBOR maps, counted.
pub(crate) struct Framed<E>(pub(crate) PhantomData<fn() -> E>);

impl<E: StreamEvent> Wire for Framed<E> {
    type Event = E;

    const COUNTS: bool = true;

    fn endpoint(&self, config: &Config, from: Resume) -> Result<Url, StreamError> {
        let cursor = match from {
            Resume::Passed(passed) => passed,
            Resume::Beyond(passed, frames) => {
                let beyond = i64::try_from(passed.get().saturating_add(frames));
                beyond.ok().and_then(Seq::new).or(Some(passed))
            }
        };
        config.endpoint(E::PATH, cursor.map(Seq::get))
    }

    fn gap_min(config: &Config) -> u64 {
        config.gap_seqs_min.max(1)
    }

    fn unpack(&mut self, message: Bytes, is_text: bool) -> Result<Bytes, DropReason> {
        if is_text { Err(DropReason::FrameMalformed) } else { Ok(message) }
    }

    fn decode(&mut self, frame: &Bytes) -> Result<Decoded<E>, DropReason> {
        E::decode(frame)
    }

    fn seq_of(&self, frame: &[u8]) -> Option<Seq> {
        seq_of(frame)
    }

    fn is_broken_by(reason: DropReason) -> bool {
        matches!(reason, DropReason::FrameMalformed | DropReason::FrameTooLarge)
    }
}
