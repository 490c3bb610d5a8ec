//! One frame to one [`Event`]: two strict DAG-CBOR maps, header and payload, read without copying `blocks`.
//!
//! What breaks the framing is [`DropReason::FrameMalformed`] (or too large): the stream cannot be trusted any further. Every other reason
//! concerns this one event. Source: <https://atproto.com/specs/event-stream#message-framing>, lexicons `com.atproto.sync.subscribeRepos`
//! and `com.atproto.label.subscribeLabels`.

mod payload;
mod commit;
mod labels;

use bytes::Bytes;
use firehouse_repo::SYNC_BLOCKS_BYTES_MAX;
use firehouse_repo::cbor::{Item, Reader};
use firehouse_types::{
    AccountEvent, AccountStatus, DropReason, Event, IdentityEvent, InfoEvent, LabelEvent, Seq,
    SyncEvent,
};

pub(crate) use payload::TIME_CHARS_MAX;
use payload::{BrokenFrame, Payload, blocks, boolean, did, rev, seq, text, time};

/// The protocol's limit of one frame, all inclusive.
pub const FRAME_BYTES_MAX: usize = 5_000_000;

/// Longest text kept of what is only for people.
const MESSAGE_BYTES_MAX: usize = 1_024;

/// What one frame is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decoded<E = Event> {
    /// Something happened.
    Event(E),
    /// The upstream gives up; it closes the connection behind this frame.
    Error(StreamErrorFrame),
    /// An `op` or `t` this build does not know, to be ignored.
    Unknown,
}

/// An error frame (`op` -1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamErrorFrame {
    /// `FutureCursor`, `ConsumerTooSlow`, or whatever else.
    pub name: Box<str>,
    /// For people.
    pub message: Option<Box<str>>,
}

struct Header<'a> {
    op: i64,
    t: Option<&'a str>,
}

/// Decodes one frame of subscribeRepos. Shape: byte fields share the frame.
pub fn decode(frame: &Bytes) -> Result<Decoded, DropReason> {
    let (header, reader) = Header::of(frame)?;
    let event = match (header.op, header.t) {
        (1, Some("#commit")) => commit::read(frame, reader)?,
        (1, Some("#sync")) => sync(frame, reader)?,
        (1, Some("#identity")) => identity(reader)?,
        (1, Some("#account")) => account(reader)?,
        (1, Some("#info")) => Event::Info(info(reader)?),
        (1, None) => return Err(DropReason::FrameMalformed),
        (-1, _) => return error(reader).map(Decoded::Error),
        _ => return unknown(reader),
    };
    Ok(Decoded::Event(event))
}

/// Decodes one frame of subscribeLabels. Shape: labels share the frame.
pub fn decode_labels(frame: &Bytes) -> Result<Decoded<LabelEvent>, DropReason> {
    let (header, reader) = Header::of(frame)?;
    let event = match (header.op, header.t) {
        (1, Some("#labels")) => LabelEvent::Labels(labels::read(frame, reader)?),
        (1, Some("#info")) => LabelEvent::Info(info(reader)?),
        (1, None) => return Err(DropReason::FrameMalformed),
        (-1, _) => return error(reader).map(Decoded::Error),
        _ => return unknown(reader),
    };
    Ok(Decoded::Event(event))
}

/// The seq of a frame of any type, as long as all before it is DAG-CBOR. For frames that were dropped: whatever it says, they are.
pub fn seq_of(frame: &[u8]) -> Option<Seq> {
    let mut reader = Reader::new(frame);
    Header::read(&mut reader).ok()?;
    let mut payload = Payload::new(reader).ok()?;
    while let Some(key) = payload.next_key().ok()? {
        let value = payload.value().ok()?;
        if key == "seq" {
            return seq(value).ok();
        }
    }
    None
}

impl<'a> Header<'a> {
    /// The header of a frame, and a reader that stands behind it.
    fn of(frame: &'a Bytes) -> Result<(Self, Reader<'a>), DropReason> {
        if frame.len() > FRAME_BYTES_MAX {
            return Err(DropReason::FrameTooLarge);
        }
        let mut reader = Reader::new(frame);
        let header = Self::read(&mut reader)?;
        Ok((header, reader))
    }

    fn read(reader: &mut Reader<'a>) -> Result<Self, BrokenFrame> {
        let (mut op, mut t) = (None, None);
        let mut header = Payload::new(*reader)?;
        while let Some(key) = header.next_key()? {
            match key {
                "op" => op = header.value()?,
                "t" => t = header.value()?,
                _ => {
                    header.value()?;
                }
            }
        }
        *reader = header.reader;
        match (op, t) {
            (Some(Item::Integer(op)), None) => Ok(Self { op, t: None }),
            (Some(Item::Integer(op)), Some(Item::Text(t))) => Ok(Self { op, t: Some(t) }),
            _ => Err(BrokenFrame),
        }
    }
}

fn sync(frame: &Bytes, reader: Reader<'_>) -> Result<Event, DropReason> {
    let mut payload = Payload::new(reader)?;
    let (mut seq_, mut did_, mut rev_, mut blocks_, mut time_) = (None, None, None, None, None);
    while let Some(key) = payload.next_key()? {
        let value = payload.value()?;
        match key {
            "seq" => seq_ = value,
            "did" => did_ = value,
            "rev" => rev_ = value,
            "blocks" => blocks_ = value,
            "time" => time_ = value,
            _ => {}
        }
    }
    payload.end()?;
    Ok(Event::Sync(SyncEvent {
        seq: seq(seq_)?,
        did: did(did_)?,
        rev: rev(rev_)?,
        blocks: blocks(frame, blocks_, SYNC_BLOCKS_BYTES_MAX)?,
        time: time(time_),
    }))
}

fn identity(reader: Reader<'_>) -> Result<Event, DropReason> {
    let mut payload = Payload::new(reader)?;
    let (mut seq_, mut did_, mut handle, mut time_) = (None, None, None, None);
    while let Some(key) = payload.next_key()? {
        let value = payload.value()?;
        match key {
            "seq" => seq_ = value,
            "did" => did_ = value,
            "handle" => handle = value,
            "time" => time_ = value,
            _ => {}
        }
    }
    payload.end()?;
    Ok(Event::Identity(IdentityEvent {
        seq: seq(seq_)?,
        did: did(did_)?,
        handle: text(handle).filter(|handle| handle.len() <= 253).map(Into::into),
        time: time(time_),
    }))
}

fn account(reader: Reader<'_>) -> Result<Event, DropReason> {
    let mut payload = Payload::new(reader)?;
    let (mut seq_, mut did_, mut active, mut status, mut time_) = (None, None, None, None, None);
    while let Some(key) = payload.next_key()? {
        let value = payload.value()?;
        match key {
            "seq" => seq_ = value,
            "did" => did_ = value,
            "active" => active = value,
            "status" => status = value,
            "time" => time_ = value,
            _ => {}
        }
    }
    payload.end()?;
    Ok(Event::Account(AccountEvent {
        seq: seq(seq_)?,
        did: did(did_)?,
        active: boolean(active).ok_or(DropReason::InvalidEnvelope)?,
        status: text(status).map(account_status),
        time: time(time_),
    }))
}

/// The lexicon's statuses; its list is open.
pub(crate) fn account_status(text: &str) -> AccountStatus {
    match text {
        "takendown" => AccountStatus::Takendown,
        "suspended" => AccountStatus::Suspended,
        "deleted" => AccountStatus::Deleted,
        "deactivated" => AccountStatus::Deactivated,
        "desynchronized" => AccountStatus::Desynchronized,
        "throttled" => AccountStatus::Throttled,
        _ => AccountStatus::Other,
    }
}

fn info(reader: Reader<'_>) -> Result<InfoEvent, DropReason> {
    let Named { name, message } = named(reader, "name")?;
    Ok(InfoEvent { name: name.ok_or(DropReason::InvalidEnvelope)?, message })
}

fn error(reader: Reader<'_>) -> Result<StreamErrorFrame, DropReason> {
    let Named { name, message } = named(reader, "error")?;
    // The connection is over either way, so a nameless error is still an error.
    Ok(StreamErrorFrame { name: name.unwrap_or_default(), message })
}

/// What `#info` and error frames have in common.
struct Named {
    name: Option<Box<str>>,
    message: Option<Box<str>>,
}

fn named(reader: Reader<'_>, name_key: &str) -> Result<Named, BrokenFrame> {
    let mut payload = Payload::new(reader)?;
    let (mut name, mut message) = (None, None);
    while let Some(key) = payload.next_key()? {
        let value = payload.value()?;
        match key {
            "message" => message = text(value).map(shortened),
            key if key == name_key => name = text(value).map(shortened),
            _ => {}
        }
    }
    payload.end()?;
    Ok(Named { name, message })
}

/// Ignored, but only when the framing holds.
fn unknown<E>(reader: Reader<'_>) -> Result<Decoded<E>, DropReason> {
    let mut payload = Payload::new(reader)?;
    while payload.next_key()?.is_some() {
        payload.value()?;
    }
    payload.end()?;
    Ok(Decoded::Unknown)
}

fn shortened(text: &str) -> Box<str> {
    let end = text.floor_char_boundary(MESSAGE_BYTES_MAX);
    text.get(..end).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER_IDENTITY: &[u8] = b"\xa2at\x69#identitybop\x01";
    const HEADER_LABELS: &[u8] = b"\xa2at\x67#labelsbop\x01";

    fn frame(header: &[u8], payload: &[u8]) -> Bytes {
        [header, payload].concat().into()
    }

    #[test]
    fn an_identity_event_without_a_handle_is_complete() {
        let payload = b"\xa3cdid\x6bdid:plc:abccseq\x07dtime\x60";
        let Ok(Decoded::Event(Event::Identity(event))) = decode(&frame(HEADER_IDENTITY, payload))
        else {
            panic!("an #identity frame")
        };
        assert_eq!((event.seq.get(), event.did.as_str()), (7, "did:plc:abc"));
        assert_eq!(event.handle, None);
    }

    #[test]
    fn what_is_wrong_with_one_event_is_not_said_of_the_framing() {
        let check = |payload: &[u8], reason| {
            assert_eq!(decode(&frame(HEADER_IDENTITY, payload)), Err(reason));
        };
        check(b"\xa1cdid\x6bdid:plc:abc", DropReason::InvalidSeq);
        check(b"\xa2cdid\x6bdid:plc:abccseq\x00", DropReason::InvalidSeq);
        check(b"\xa2cdid\x6bdid:plc:abccseq\x60", DropReason::InvalidSeq);
        check(b"\xa2cdid\x63abccseq\x07", DropReason::InvalidDid);
        check(b"\xa2cdid\x6bdid:key:abccseq\x07", DropReason::InvalidDid);
        check(b"\xa2cdid\x6bdid:plc:abccseq\x07\x00", DropReason::FrameMalformed);
        check(b"\xa2cseq\x07cdid\x6bdid:plc:abc", DropReason::FrameMalformed);
        check(b"\x80", DropReason::FrameMalformed);
        check(b"", DropReason::FrameMalformed);
    }

    #[test]
    fn a_frame_of_another_subscription_is_unknown_and_an_info_of_both_is_known() {
        let labels = frame(HEADER_LABELS, b"\xa2cseq\x07flabels\x80");
        assert_eq!(decode(&labels), Ok(Decoded::Unknown));
        let identity = frame(HEADER_IDENTITY, b"\xa2cdid\x6bdid:plc:abccseq\x07");
        assert_eq!(decode_labels(&identity), Ok(Decoded::Unknown));
        let info = frame(b"\xa2at\x65#infobop\x01", b"\xa1dname\x6eOutdatedCursor");
        assert!(matches!(decode_labels(&info), Ok(Decoded::Event(LabelEvent::Info(_)))));
    }

    #[test]
    fn labels_that_are_no_list_or_too_many_are_one_event_s_own_fault() {
        let check = |payload: &[u8], reason| {
            assert_eq!(decode_labels(&frame(HEADER_LABELS, payload)), Err(reason));
        };
        check(b"\xa1cseq\x07", DropReason::InvalidEnvelope);
        check(b"\xa2cseq\x07flabels\xa1aa\x80", DropReason::InvalidEnvelope);
        check(b"\xa2cseq\x00flabels\x80", DropReason::InvalidSeq);
        check(b"\xa2cseq\x07flabels\x82\xf6", DropReason::FrameMalformed);
        let many = [b"\xa2cseq\x07flabels\x99\xff\xff".as_slice(), &[0xf6; 0xffff]].concat();
        check(&many, DropReason::InvalidEnvelope);
    }

    #[test]
    fn an_error_frame_is_told_apart_and_its_message_is_cut_to_size() {
        let message = [b"\xa2eerror\x6cFutureCursorgmessage\x79\x08\x00".as_slice(), &[b'x'; 2048]];
        let frame = frame(b"\xa1bop\x20", &message.concat());
        let Ok(Decoded::Error(error)) = decode(&frame) else { panic!("an error frame") };
        assert_eq!(&*error.name, "FutureCursor");
        assert_eq!(error.message.map(|m| m.len()), Some(MESSAGE_BYTES_MAX));
    }

    #[test]
    fn a_frame_above_the_limit_is_refused_before_it_is_read() {
        let frame = Bytes::from(vec![0xff; FRAME_BYTES_MAX + 1]);
        assert_eq!(decode(&frame), Err(DropReason::FrameTooLarge));
    }

    #[test]
    fn the_seq_of_a_dropped_frame_can_still_be_read() {
        let frame = frame(HEADER_IDENTITY, b"\xa2cdid\x63abccseq\x07");
        assert_eq!(seq_of(&frame).map(Seq::get), Some(7));
        assert_eq!(seq_of(b"\xa0"), None);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_decoded_or_dropped(bytes: Vec<u8>) {
            let bytes = bytes.into();
            let _ = (decode(&bytes), decode_labels(&bytes));
        }

        #[test]
        fn a_list_is_cut_into_its_items_whatever_they_are(items: Vec<[u8; 4]>) {
            let items: Vec<_> = items.iter().map(|item| [&[0x44], item.as_slice()].concat()).collect();
            let count = u8::try_from(items.len()).unwrap_or(u8::MAX);
            let head: &[u8] = if count < 24 { &[0x80 | count] } else { &[0x98, count] };
            let payload = [b"\xa2cseq\x07flabels", head, &items.concat()].concat();
            let Ok(Decoded::Event(LabelEvent::Labels(event))) =
                decode_labels(&frame(HEADER_LABELS, &payload))
            else {
                panic!("a #labels frame")
            };
            proptest::prop_assert_eq!(event.labels, items);
        }

        #[test]
        fn any_payload_behind_a_good_header_is_decoded_or_dropped(
            t in 0_usize..5, payload: Vec<u8>,
        ) {
            let headers: [&[u8]; 5] = [
                b"\xa2at\x67#commitbop\x01",
                b"\xa2at\x65#syncbop\x01",
                HEADER_IDENTITY,
                b"\xa2at\x68#accountbop\x01",
                b"\xa1bop\x20",
            ];
            let _ = decode(&frame(headers.get(t).copied().unwrap_or_default(), &payload));
        }
    }
}
