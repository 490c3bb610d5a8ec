//! What one frame of `com.atproto.label.subscribeLabels` says.
//!
//! Labels stay the slices of the frame that they are: what is wrong with one must not hurt its siblings, so each is decoded by itself.
//! Source: lexicon `com.atproto.label.subscribeLabels`.

use bytes::Bytes;

use crate::{InfoEvent, Seq};

/// One decoded frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LabelEvent {
    /// Something was labelled.
    Labels(LabelsEvent),
    /// The labeler speaks about the stream itself. Has no seq.
    Info(InfoEvent),
}

/// `#labels`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelsEvent {
    /// The labeler's number.
    pub seq: Seq,
    /// Each one item of strict DAG-CBOR, of whatever kind.
    pub labels: Vec<Bytes>,
}
