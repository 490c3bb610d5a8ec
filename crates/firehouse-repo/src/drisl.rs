//! Strict DAG-CBOR (DRISL), checked without decoding: no allocation, no recursion.
//!
//! For whatever is not read by what must come next: fields of a frame that nobody knows, and records ahead of a typed decoder, which
//! may be more liberal than the protocol allows (key order, duplicates, depth). A record that fails here stays a record, its bytes are
//! kept, but it has no decoded value.
//! Sources: <https://atproto.com/specs/data-model>, <https://dasl.ing/drisl.html>

use crate::cbor::{Item, Malformed, MapKeys, Reader};

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
    match Reader::new(bytes).item()? {
        Item::Map(_) => check(bytes),
        _ => Err(Malformed::Unexpected),
    }
}

/// [`check`] with other rules.
pub fn check_as(bytes: &[u8], profile: Profile) -> Result<(), Malformed> {
    let mut reader = Reader::new(bytes);
    let item = reader.item()?;
    pass_over(&mut reader, item, profile)?;
    reader.end()
}

/// Checks `item`, which was read last; of a container also what is in it, which it passes over.
pub fn pass_over<'a>(
    reader: &mut Reader<'a>,
    item: Item<'a>,
    profile: Profile,
) -> Result<(), Malformed> {
    let mut open = [Container::Array(0); DEPTH_MAX];
    let (mut depth, mut item) = (0, item);
    loop {
        // An opened container is not finished until its elements are.
        if let Some(container) = check_item(item, profile)? {
            *open.get_mut(depth).ok_or(Malformed::TooDeep)? = container;
            depth += 1;
        }
        // Close what is finished, then stand before the next item.
        loop {
            let Some(top) = depth.checked_sub(1).and_then(|top| open.get_mut(top)) else {
                return Ok(());
            };
            if top.step(reader, profile)? {
                break;
            }
            depth -= 1;
        }
        item = reader.item()?;
    }
}

/// A container whose elements are being read; of an array, how many are left.
#[derive(Clone, Copy)]
enum Container<'a> {
    Array(u64),
    Map(MapKeys<'a>),
}

impl<'a> Container<'a> {
    /// Moves to the next element, past its key in a map; false when there is none.
    fn step(&mut self, reader: &mut Reader<'a>, profile: Profile) -> Result<bool, Malformed> {
        match self {
            Self::Array(left) => {
                let Some(less) = left.checked_sub(1) else { return Ok(false) };
                *left = less;
                Ok(true)
            }
            Self::Map(keys) => {
                let Some(key) = keys.next(reader)? else { return Ok(false) };
                let fits =
                    key.len() <= KEY_BYTES_MAX && (!key.is_empty() || profile != Profile::Atproto);
                if fits { Ok(true) } else { Err(Malformed::MapKey) }
            }
        }
    }
}

/// Checks what the profile says about an item; a container is returned to be entered.
fn check_item(item: Item<'_>, profile: Profile) -> Result<Option<Container<'_>>, Malformed> {
    match item {
        Item::BigInteger if profile == Profile::Atproto => Err(Malformed::IntegerRange),
        Item::Float if profile == Profile::Atproto => Err(Malformed::Float),
        Item::Array(count) | Item::Map(count) if count > ELEMENTS_MAX => Err(Malformed::TooLarge),
        Item::Array(count) => Ok(Some(Container::Array(count))),
        Item::Map(count) => Ok(Some(Container::Map(MapKeys::new(count)))),
        Item::Link(cid) => check_cid(cid, profile).map(|()| None),
        Item::Integer(_)
        | Item::BigInteger
        | Item::Bytes(_)
        | Item::Text(_)
        | Item::Bool(_)
        | Item::Null
        | Item::Float => Ok(None),
    }
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
