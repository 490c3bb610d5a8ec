//! [`JetstreamDictionary`]: what Jetstream's compressed messages cannot be read without. Each message is a zstd frame of its own.
//!
//! The dictionary is data of that project and not part of this one: whoever wants compression names the file.

use bytes::Bytes;
use firehouse_types::DropReason;
use zstd::stream::raw::{DParameter, Decoder, InBuffer, Operation, OutBuffer};

/// What a dictionary begins with. Source: RFC 8878, section 5.
const MAGIC: [u8; 4] = 0xec30_a437_u32.to_le_bytes();
/// Largest window a message may ask for, as a power of two: that of the largest message.
const WINDOW_LOG_MAX: u32 = 23;
/// Bytes that are unpacked at once.
const PIECE_BYTES: usize = 32 * 1024;

/// A trained zstd dictionary.
#[derive(Clone)]
pub struct JetstreamDictionary(Bytes);

/// The file is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a zstd dictionary: give the file zstd_dictionary of the Jetstream project, or none for messages as they are"
)]
pub struct InvalidDictionary;

impl JetstreamDictionary {
    /// Takes the contents of a file.
    pub fn new(bytes: impl Into<Bytes>) -> Result<Self, InvalidDictionary> {
        let bytes = bytes.into();
        if bytes.starts_with(&MAGIC) && Decoder::with_dictionary(&bytes).is_ok() {
            Ok(Self(bytes))
        } else {
            Err(InvalidDictionary)
        }
    }
}

impl std::fmt::Debug for JetstreamDictionary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// Unpacks the messages of one upstream.
pub(super) struct Unpacker {
    decoder: Decoder<'static>,
    piece: Vec<u8>,
}

impl Unpacker {
    pub(super) fn new(dictionary: &JetstreamDictionary) -> Result<Self, InvalidDictionary> {
        let mut decoder = Decoder::with_dictionary(&dictionary.0).map_err(|_| InvalidDictionary)?;
        let limited = decoder.set_parameter(DParameter::WindowLogMax(WINDOW_LOG_MAX));
        limited.map_err(|_| InvalidDictionary)?;
        Ok(Self { decoder, piece: vec![0; PIECE_BYTES] })
    }

    /// One message, exactly one zstd frame. Memory grows with what comes out, never with what is announced.
    pub(super) fn unpack(&mut self, message: &[u8], bytes_max: usize) -> Result<Bytes, DropReason> {
        let malformed = |_| DropReason::FrameMalformed;
        self.decoder.reinit().map_err(malformed)?;
        let mut input = InBuffer::around(message);
        let mut line = Vec::new();
        loop {
            let mut output = OutBuffer::around(self.piece.as_mut_slice());
            let missing = self.decoder.run(&mut input, &mut output).map_err(malformed)?;
            let piece = output.as_slice();
            if line.len() + piece.len() > bytes_max {
                return Err(DropReason::FrameTooLarge);
            }
            line.extend_from_slice(piece);
            let is_read = input.pos() == message.len();
            match (missing, is_read) {
                (0, true) => return Ok(line.into()),
                // Something behind the frame, or half of one.
                (0, false) => return Err(DropReason::FrameMalformed),
                (_, true) if piece.is_empty() => return Err(DropReason::FrameMalformed),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Jetstream's own is not ours to keep; any trained one will do.
    fn dictionary() -> JetstreamDictionary {
        let samples: Vec<String> = (0..2_000)
            .map(|n| format!("{{\"did\":\"did:plc:{n}\",\"kind\":\"commit\"}}"))
            .collect();
        let bytes = zstd::dict::from_samples(&samples, 4_096).expect("enough samples");
        JetstreamDictionary::new(bytes).expect("a dictionary")
    }

    fn packed(dictionary: &JetstreamDictionary, line: &[u8]) -> Vec<u8> {
        let mut packer = zstd::bulk::Compressor::with_dictionary(3, &dictionary.0).unwrap();
        packer.compress(line).unwrap()
    }

    #[test]
    fn a_message_is_one_frame_and_nothing_else() {
        let dictionary = dictionary();
        let mut unpacker = Unpacker::new(&dictionary).unwrap();
        let line = br#"{"did":"did:plc:7","kind":"commit"}"#.repeat(3_000);
        let message = packed(&dictionary, &line);
        let mut check = |message: &[u8], bytes_max, expected: Result<&[u8], DropReason>| {
            assert_eq!(unpacker.unpack(message, bytes_max), expected.map(Bytes::copy_from_slice));
        };
        let malformed = Err(DropReason::FrameMalformed);
        check(&message, 1_000_000, Ok(&line));
        check(&message, line.len() - 1, Err(DropReason::FrameTooLarge));
        check(&message[..message.len() - 1], 1_000_000, malformed);
        check(&[&message[..], b"x"].concat(), 1_000_000, malformed);
        check(b"", 1_000_000, malformed);
        check(b"{}", 1_000_000, malformed);
        check(&message, line.len(), Ok(&line));
    }

    #[test]
    fn a_frame_of_another_dictionary_and_a_file_that_is_none_are_refused() {
        let dictionary = dictionary();
        let mut message = packed(&dictionary, b"some text to be packed, and some more of it");
        // The dictionary's number stands behind magic and descriptor.
        message[5] ^= 1;
        let unpacked = Unpacker::new(&dictionary).unwrap().unpack(&message, 1_000);
        assert_eq!(unpacked, Err(DropReason::FrameMalformed));
        assert!(JetstreamDictionary::new(&b"hello"[..]).is_err());
        assert!(JetstreamDictionary::new(Bytes::new()).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_unpacked_or_refused_and_do_no_harm(bytes: Vec<u8>, at in any::<prop::sample::Index>()) {
            let dictionary = dictionary();
            let mut unpacker = Unpacker::new(&dictionary).unwrap();
            let mut message = packed(&dictionary, b"{\"did\":\"did:plc:1\"}");
            let _ = unpacker.unpack(&bytes, 1_000);
            let sound = message.clone();
            let at = at.index(message.len());
            message[at] ^= 0x55;
            let _ = unpacker.unpack(&message, 1_000);
            prop_assert!(unpacker.unpack(&sound, 1_000).is_ok());
        }
    }
}
