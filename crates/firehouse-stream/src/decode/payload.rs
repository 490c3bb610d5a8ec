//! [`Payload`]: one map of a frame, read key by key, and what its values must be.

use bytes::Bytes;
use firehouse_repo::cbor::{Item, Malformed, MapKeys, Reader};
use firehouse_repo::drisl::{Profile, pass_over};
use firehouse_types::{Cid, Did, DropReason, Rev, Seq};

/// Longest informal time kept; the lexicon's limit of a datetime.
pub(crate) const TIME_CHARS_MAX: usize = 64;

/// The bytes are not the strict DAG-CBOR maps of a frame, so that nobody knows where the next item begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct BrokenFrame;

impl From<Malformed> for BrokenFrame {
    fn from(_: Malformed) -> Self {
        Self
    }
}

impl From<BrokenFrame> for DropReason {
    fn from(_: BrokenFrame) -> Self {
        Self::FrameMalformed
    }
}

/// A map in reading.
pub(super) struct Payload<'a> {
    pub(super) reader: Reader<'a>,
    keys: MapKeys<'a>,
}

impl<'a> Payload<'a> {
    pub(super) fn new(mut reader: Reader<'a>) -> Result<Self, BrokenFrame> {
        match reader.item()? {
            Item::Map(pairs) => Ok(Self::inside(reader, pairs)),
            _ => Err(BrokenFrame),
        }
    }

    /// As [`Payload::new`] where the map's head has been read already.
    pub(super) fn inside(reader: Reader<'a>, pairs: u64) -> Self {
        Self { reader, keys: MapKeys::new(pairs) }
    }

    #[inline]
    pub(super) fn next_key(&mut self) -> Result<Option<&'a str>, BrokenFrame> {
        Ok(self.keys.next(&mut self.reader)?)
    }

    /// The value of the key just read. Of a container only that it is one: its inside is passed over.
    #[inline]
    pub(super) fn value(&mut self) -> Result<Option<Item<'a>>, BrokenFrame> {
        let item = self.reader.item()?;
        pass_inside(&mut self.reader, item)?;
        Ok(Some(item))
    }

    /// Nothing may follow the payload.
    pub(super) fn end(self) -> Result<(), BrokenFrame> {
        Ok(self.reader.end()?)
    }
}

/// Passes over what is in `item` when it is a container. It is of no interest, so any DAG-CBOR will do.
#[inline]
pub(super) fn pass_inside<'a>(reader: &mut Reader<'a>, item: Item<'a>) -> Result<(), BrokenFrame> {
    match item {
        Item::Array(1..) | Item::Map(1..) => Ok(pass_over(reader, item, Profile::DagCbor)?),
        _ => Ok(()),
    }
}

pub(super) fn text<'a>(item: Option<Item<'a>>) -> Option<&'a str> {
    match item {
        Some(Item::Text(text)) => Some(text),
        _ => None,
    }
}

pub(super) fn boolean(item: Option<Item<'_>>) -> Option<bool> {
    match item {
        Some(Item::Bool(value)) => Some(value),
        _ => None,
    }
}

pub(super) fn seq(item: Option<Item<'_>>) -> Result<Seq, DropReason> {
    match item {
        Some(Item::Integer(value)) => Seq::new(value).ok_or(DropReason::InvalidSeq),
        _ => Err(DropReason::InvalidSeq),
    }
}

pub(super) fn did(item: Option<Item<'_>>) -> Result<Did, DropReason> {
    let did = text(item).and_then(|text| Did::parse(text).ok());
    did.filter(Did::is_resolvable).ok_or(DropReason::InvalidDid)
}

pub(super) fn rev(item: Option<Item<'_>>) -> Result<Rev, DropReason> {
    text(item).and_then(|text| text.parse().ok()).ok_or(DropReason::InvalidRev)
}

/// Absent and null both mean that there is none.
pub(super) fn optional_rev(item: Option<Item<'_>>) -> Result<Option<Rev>, DropReason> {
    match item {
        None | Some(Item::Null) => Ok(None),
        item => rev(item).map(Some),
    }
}

pub(super) fn cid(item: Option<Item<'_>>) -> Result<Cid, DropReason> {
    match item {
        Some(Item::Link(bytes)) => Cid::from_bytes(bytes).map_err(|_| DropReason::InvalidEnvelope),
        _ => Err(DropReason::InvalidEnvelope),
    }
}

/// Absent and null both mean that there is none.
pub(super) fn optional_cid(item: Option<Item<'_>>) -> Result<Option<Cid>, DropReason> {
    match item {
        None | Some(Item::Null) => Ok(None),
        item => cid(item).map(Some),
    }
}

/// A slice that shares the frame.
pub(super) fn blocks(
    frame: &Bytes,
    item: Option<Item<'_>>,
    bytes_max: usize,
) -> Result<Bytes, DropReason> {
    match item {
        Some(Item::Bytes(bytes)) if bytes.len() <= bytes_max => Ok(frame.slice_ref(bytes)),
        _ => Err(DropReason::InvalidEnvelope),
    }
}

/// Informal, so never a reason to drop: what is no text of a datetime's length is kept as empty.
pub(super) fn time(item: Option<Item<'_>>) -> Box<str> {
    text(item).filter(|time| time.len() <= TIME_CHARS_MAX).unwrap_or_default().into()
}
