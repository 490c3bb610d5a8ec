//! Strict DAG-CBOR (DRISL), checked without decoding: no allocation, no recursion.
//!
//! Run before a typed decoder, which may be more liberal than the protocol allows (key order, duplicates, depth). A record that fails
//! here stays a record, its bytes are kept, but it has no decoded value.
//! Sources: <https://atproto.com/specs/data-model>, <https://dasl.ing/drisl.html>

use crate::cbor::{ARRAY, BYTES, LINK_TAG, MAP, NEGATIVE, NULL, Reader, TAG, TEXT, UNSIGNED};

pub use crate::cbor::Malformed;

/// Containers may be nested this deeply.
pub const DEPTH_MAX: usize = 32;
/// Elements of one array or pairs of one map.
pub const ELEMENTS_MAX: u64 = 131_072;
/// Length of a map key.
pub const KEY_BYTES_MAX: usize = 8_192;
/// Length of a binary CID.
pub const CID_BYTES_MAX: usize = 100;

/// Which rules apply besides those all DAG-CBOR shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// The data model of records: no floats, integers of 64 bits with sign, no empty key, links are CIDv1.
    Atproto,
    /// DRISL as such: 64-bit floats, integers of the whole CBOR range, CIDs of 32-byte SHA-256 or BLAKE3 digests, raw or dag-cbor.
    Drisl,
    /// IPLD's DAG-CBOR: as DRISL, with CIDs of any version, codec and hash.
    DagCbor,
}

/// Whether these bytes are one value of the atproto data model, in its only encoding. Nothing may follow.
pub fn check(bytes: &[u8]) -> Result<(), Malformed> {
    check_as(bytes, Profile::Atproto)
}

/// [`check`], and the value is a map, as every record is.
pub fn check_record(bytes: &[u8]) -> Result<(), Malformed> {
    if bytes.first().is_some_and(|first| first >> 5 != MAP) {
        return Err(Malformed::Unexpected);
    }
    check(bytes)
}

/// [`check`] with other rules.
pub fn check_as(bytes: &[u8], profile: Profile) -> Result<(), Malformed> {
    let mut reader = Reader::new(bytes);
    let mut open = [Container::default(); DEPTH_MAX];
    let mut depth = 0;
    loop {
        // One item. An opened container is not finished until its elements are.
        if let Some(container) = check_head(&mut reader, profile)? {
            *open.get_mut(depth).ok_or(Malformed::TooDeep)? = container;
            depth += 1;
        }
        // Close what is finished, then stand before the next item.
        loop {
            let Some(top) = depth.checked_sub(1).and_then(|top| open.get_mut(top)) else {
                return reader.end();
            };
            if top.step(&mut reader, profile)? {
                break;
            }
            depth -= 1;
        }
    }
}

/// An array or a map whose elements are being read.
#[derive(Clone, Copy, Default)]
struct Container<'a> {
    left: u64,
    is_map: bool,
    last_key: Option<&'a [u8]>,
}

impl<'a> Container<'a> {
    /// Moves to the next element, past its key in a map; false when there is none.
    fn step(&mut self, reader: &mut Reader<'a>, profile: Profile) -> Result<bool, Malformed> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(false) };
        self.left = left;
        if self.is_map {
            let key = check_key(reader, profile)?;
            if self.last_key.is_some_and(|last| (last.len(), last) >= (key.len(), key)) {
                return Err(Malformed::KeyOrder);
            }
            self.last_key = Some(key);
        }
        Ok(true)
    }
}

fn check_key<'a>(reader: &mut Reader<'a>, profile: Profile) -> Result<&'a [u8], Malformed> {
    let (major, len) = reader.head()?;
    if major != TEXT {
        return Err(Malformed::MapKey);
    }
    let key = reader.take(len)?;
    let fits = key.len() <= KEY_BYTES_MAX && (!key.is_empty() || profile != Profile::Atproto);
    if !fits {
        return Err(Malformed::MapKey);
    }
    check_utf8(key)?;
    Ok(key)
}

/// Checks a scalar whole, or the head of a container, which it returns.
fn check_head<'a>(
    reader: &mut Reader<'a>,
    profile: Profile,
) -> Result<Option<Container<'a>>, Malformed> {
    if reader.peek().is_some_and(|first| first >> 5 == 7) {
        return check_simple(reader, profile).map(|()| None);
    }
    let (major, argument) = reader.head()?;
    match major {
        UNSIGNED | NEGATIVE => {
            // -1 - argument is representable exactly when the argument is.
            if profile == Profile::Atproto && i64::try_from(argument).is_err() {
                return Err(Malformed::IntegerRange);
            }
        }
        BYTES => {
            reader.take(argument)?;
        }
        TEXT => check_utf8(reader.take(argument)?)?,
        ARRAY | MAP => {
            if argument > ELEMENTS_MAX {
                return Err(Malformed::TooLarge);
            }
            return Ok(Some(Container { left: argument, is_map: major == MAP, last_key: None }));
        }
        TAG if argument == LINK_TAG => {
            let cid = match reader.bytes() {
                Err(Malformed::Unexpected) => return Err(Malformed::Link),
                bytes => bytes?,
            };
            check_cid(cid.strip_prefix(&[0]).ok_or(Malformed::Link)?, profile)?;
        }
        _ => return Err(Malformed::Tag),
    }
    Ok(None)
}

fn check_simple(reader: &mut Reader<'_>, profile: Profile) -> Result<(), Malformed> {
    match reader.byte()? {
        0xf4 | 0xf5 | NULL => Ok(()),
        0xf9 | 0xfa => Err(Malformed::Float),
        0xfb => {
            let bits = reader.take(8)?.try_into().map_err(|_| Malformed::Truncated)?;
            let float = f64::from_be_bytes(bits);
            let is_negative_zero = float == 0.0 && float.is_sign_negative();
            if profile == Profile::Atproto || !float.is_finite() || is_negative_zero {
                return Err(Malformed::Float);
            }
            Ok(())
        }
        0xfc..=0xff => Err(Malformed::Indefinite),
        _ => Err(Malformed::Simple),
    }
}

fn check_utf8(text: &[u8]) -> Result<(), Malformed> {
    std::str::from_utf8(text).map(|_| ()).map_err(|_| Malformed::NotUtf8)
}

fn check_cid(cid: &[u8], profile: Profile) -> Result<(), Malformed> {
    const SHA2_256: u64 = 0x12;
    const BLAKE3: u64 = 0x1e;
    if cid.len() > CID_BYTES_MAX {
        return Err(Malformed::Link);
    }
    if profile == Profile::DagCbor && cid.len() == 34 && cid.starts_with(&[0x12, 0x20]) {
        return Ok(());
    }
    let mut rest = cid;
    let mut number = || varint(&mut rest).ok_or(Malformed::Link);
    let (version, codec, hash, len) = (number()?, number()?, number()?, number()?);
    let is_whole = version == 1 && u64::try_from(rest.len()) == Ok(len);
    let is_dasl =
        || matches!(codec, 0x55 | 0x71) && matches!(hash, SHA2_256 | BLAKE3) && rest.len() == 32;
    if is_whole && (profile != Profile::Drisl || is_dasl()) { Ok(()) } else { Err(Malformed::Link) }
}

/// An unsigned LEB128 number of at most 9 bytes, in its shortest form, taken off the front. Source: multiformats/unsigned-varint.
pub(crate) fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for at in 0..9 {
        let &byte = bytes.get(at)?;
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            *bytes = bytes.get(at + 1..)?;
            return (byte != 0 || at == 0).then_some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Malformed, Profile, check, check_as, check_record, varint};

    #[test]
    fn what_the_protocol_allows_passes() {
        for bytes in [
            b"\xa0".as_slice(),
            b"\x80",
            b"\x00",
            b"\x20",
            b"\x1b\x7f\xff\xff\xff\xff\xff\xff\xff",
            b"\x3b\x7f\xff\xff\xff\xff\xff\xff\xff",
            b"\xf4",
            b"\xf5",
            b"\xf6",
            b"\x60",
            b"\x41\xff",
            b"\xa2\x61b\x01\x62aa\x82\x01\xa1\x61a\xf6",
            b"\x61\x00",
        ] {
            assert_eq!(check(bytes), Ok(()), "{bytes:02x?}");
        }
    }

    #[test]
    fn everything_else_is_refused_for_its_own_reason() {
        for (bytes, reason) in [
            (b"".as_slice(), Malformed::Truncated),
            (b"\x81", Malformed::Truncated),
            (b"\x62a", Malformed::Truncated),
            (b"\x5b\x00\x00\x00\x7f\xff\xff\xff\xff", Malformed::Truncated),
            (b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff", Malformed::Truncated),
            (b"\x00\x00", Malformed::TrailingBytes),
            (b"\x18\x17", Malformed::NotMinimal),
            (b"\x19\x00\xff", Malformed::NotMinimal),
            (b"\x1a\x00\x00\xff\xff", Malformed::NotMinimal),
            (b"\x1b\x00\x00\x00\x00\xff\xff\xff\xff", Malformed::NotMinimal),
            (b"\xbf\xff", Malformed::Indefinite),
            (b"\x7f\x61a\xff", Malformed::Indefinite),
            (b"\xff", Malformed::Indefinite),
            (b"\xa1\x01\x01", Malformed::MapKey),
            (b"\xa1\x60\x01", Malformed::MapKey),
            (b"\xa2\x61a\x01\x61a\x01", Malformed::KeyOrder),
            (b"\xa2\x62aa\x01\x61b\x01", Malformed::KeyOrder),
            (b"\x62\xc3\x28", Malformed::NotUtf8),
            (b"\xa1\x62\xc3\x28\x01", Malformed::NotUtf8),
            (b"\xfb\x3f\xf8\x00\x00\x00\x00\x00\x00", Malformed::Float),
            (b"\xf7", Malformed::Simple),
            (b"\xe0", Malformed::Simple),
            (b"\xf8\x20", Malformed::Simple),
            (b"\xc0\x60", Malformed::Tag),
            (b"\xd8\x2a\x41\x00", Malformed::Link),
            (b"\xd8\x2a\x61\x00", Malformed::Link),
            (b"\x1b\x80\x00\x00\x00\x00\x00\x00\x00", Malformed::IntegerRange),
            (b"\x3b\x80\x00\x00\x00\x00\x00\x00\x00", Malformed::IntegerRange),
            (b"\x9a\x00\x02\x00\x01", Malformed::TooLarge),
        ] {
            assert_eq!(check(bytes), Err(reason), "{bytes:02x?}");
        }
    }

    #[test]
    fn thirty_two_containers_may_be_nested_and_no_more() {
        let nested = |depth: usize| [vec![0x81; depth], vec![0x00]].concat();
        assert_eq!(check(&nested(32)), Ok(()));
        assert_eq!(check(&nested(33)), Err(Malformed::TooDeep));
        assert_eq!(check(&nested(1_000_000)), Err(Malformed::TooDeep));
    }

    #[test]
    fn profiles_differ_in_floats_integers_and_links() {
        let float = b"\xfb\x3f\xf8\x00\x00\x00\x00\x00\x00";
        assert_eq!(check_as(float, Profile::Drisl), Ok(()));
        let large = b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff";
        assert_eq!(check_as(large, Profile::Drisl), Ok(()));
        let identity = b"\xd8\x2a\x4a\x00\x01\x55\x00\x05\x00\x01\x02\x03\x04";
        assert_eq!(check_as(identity, Profile::Drisl), Err(Malformed::Link));
        assert_eq!(check_as(identity, Profile::DagCbor), Ok(()));
        assert_eq!(check_as(identity, Profile::Atproto), Ok(()));
    }

    #[test]
    fn a_record_is_a_map() {
        assert_eq!(check_record(b"\xa0"), Ok(()));
        assert_eq!(check_record(b"\x80"), Err(Malformed::Unexpected));
        assert_eq!(check_record(b""), Err(Malformed::Truncated));
    }

    #[test]
    fn a_varint_has_one_form() {
        let read = |bytes: &[u8]| varint(&mut &*bytes);
        assert_eq!(read(&[0]), Some(0));
        assert_eq!(read(&[0x80, 0x01]), Some(128));
        assert_eq!(read(&[0x80, 0x00]), None);
        assert_eq!(read(&[0x80]), None);
        assert_eq!(read(&[0xff; 9]), None);
        assert_eq!(read(&[]), None);
    }
}
