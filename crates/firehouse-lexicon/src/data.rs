//! [`Reader`]: one record's DAG-CBOR, item by item, without copying and without building a tree.
//!
//! Strict as the atproto data model is: definite lengths, shortest forms, sorted and unique text keys, tag 42 alone, no floats, integers
//! of 64 bits, UTF-8. Bounded: [`MAX_DEPTH`] levels, and nothing is allocated, so announced lengths cost nothing. A reader is two words
//! and `Copy`: keeping an old one is how a caller looks ahead. Source: <https://atproto.com/specs/data-model>

/// Levels of arrays and maps a record may have. Deeper ones are refused before the stack notices.
pub const MAX_DEPTH: u32 = 64;

/// Units: bytes. Longer keys are refused.
const KEY_BYTES_MAX: usize = 8_192;
/// Units: bytes. Longer CIDs are refused.
const CID_BYTES_MAX: usize = 100;

/// A position in DAG-CBOR bytes.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

/// One item of the data model. Arrays and maps give their length; their children follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A signed integer of 64 bits.
    Integer(i64),
    /// UTF-8 text.
    Text(&'a str),
    /// A byte string.
    Bytes(&'a [u8]),
    /// A CID in its binary form, not checked beyond its length.
    Link(&'a [u8]),
    /// As many items follow.
    Array(u64),
    /// As many keys, each with its value, follow: read them through [`Keys`].
    Map(u64),
}

/// The keys of one map, in order: read a key, then its value, then the next key.
#[derive(Clone, Copy, Debug)]
pub struct Keys<'a> {
    left: u64,
    previous: Option<&'a str>,
}

/// Why bytes are not DAG-CBOR of the atproto data model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The bytes end inside an item.
    #[error("ends inside an item")]
    Truncated,
    /// Something follows the one item.
    #[error("bytes behind the item")]
    Trailing,
    /// An indefinite length, a reserved or an undefined value.
    #[error("a form outside DAG-CBOR")]
    Form,
    /// A number or a length is not in its shortest form.
    #[error("not the shortest form")]
    NotShortest,
    /// A float.
    #[error("a float")]
    Float,
    /// An integer of more than 64 bits.
    #[error("an integer beyond 64 bits")]
    Integer,
    /// A text that is not UTF-8.
    #[error("text that is not UTF-8")]
    Utf8,
    /// A map key that is no text, too long, out of order or there twice.
    #[error("a map key that is no text, too long, out of order or repeated")]
    Key,
    /// A tag other than 42, or a link without a CID.
    #[error("a tag that is no link")]
    Tag,
    /// More than [`MAX_DEPTH`] levels.
    #[error("nested too deeply")]
    Depth,
}

impl<'a> Reader<'a> {
    /// At the first byte.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Reads the head of the next item, and all of it unless it is an array or a map.
    pub fn item(&mut self) -> Result<Item<'a>, Malformed> {
        let (major, info) = self.initial()?;
        if major == 7 {
            return match info {
                20 => Ok(Item::Boolean(false)),
                21 => Ok(Item::Boolean(true)),
                22 => Ok(Item::Null),
                25..=27 => Err(Malformed::Float),
                _ => Err(Malformed::Form),
            };
        }
        let argument = self.argument(info)?;
        match major {
            0 => i64::try_from(argument).map(Item::Integer).map_err(|_| Malformed::Integer),
            1 => i64::try_from(argument)
                .map(|n| Item::Integer(-1 - n))
                .map_err(|_| Malformed::Integer),
            2 => self.take(argument).map(Item::Bytes),
            3 => self.text(argument).map(Item::Text),
            4 => Ok(Item::Array(argument)),
            5 => Ok(Item::Map(argument)),
            _ => self.link(argument).map(Item::Link),
        }
    }

    /// Passes over the next item and everything in it, checking it. `depth`: levels around it.
    pub fn skip(&mut self, depth: u32) -> Result<(), Malformed> {
        let item = self.item()?;
        self.skip_children(item, depth)
    }

    /// Passes over what follows the head `item`, which was read at `depth`.
    pub fn skip_children(&mut self, item: Item<'a>, depth: u32) -> Result<(), Malformed> {
        match item {
            Item::Array(count) => {
                let inside = deeper(depth)?;
                for _ in 0..count {
                    self.skip(inside)?;
                }
            }
            Item::Map(count) => {
                let inside = deeper(depth)?;
                let mut keys = Keys::new(count);
                while keys.next(self)?.is_some() {
                    self.skip(inside)?;
                }
            }
            Item::Null
            | Item::Boolean(_)
            | Item::Integer(_)
            | Item::Text(_)
            | Item::Bytes(_)
            | Item::Link(_) => {}
        }
        Ok(())
    }

    /// Fails when anything follows.
    pub fn finish(self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed::Trailing) }
    }

    fn initial(&mut self) -> Result<(u8, u8), Malformed> {
        let (&byte, rest) = self.rest.split_first().ok_or(Malformed::Truncated)?;
        self.rest = rest;
        Ok((byte >> 5, byte & 31))
    }

    fn argument(&mut self, info: u8) -> Result<u64, Malformed> {
        let (value, shortest) = match info {
            0..=23 => return Ok(u64::from(info)),
            24 => (u64::from(u8::from_be_bytes(self.fixed()?)), 24),
            25 => (u64::from(u16::from_be_bytes(self.fixed()?)), 1 << 8),
            26 => (u64::from(u32::from_be_bytes(self.fixed()?)), 1 << 16),
            27 => (u64::from_be_bytes(self.fixed()?), 1 << 32),
            _ => return Err(Malformed::Form),
        };
        if value < shortest { Err(Malformed::NotShortest) } else { Ok(value) }
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (bytes, rest) = self.rest.split_first_chunk::<N>().ok_or(Malformed::Truncated)?;
        self.rest = rest;
        Ok(*bytes)
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], Malformed> {
        let length = usize::try_from(length).map_err(|_| Malformed::Truncated)?;
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(Malformed::Truncated)?;
        self.rest = rest;
        Ok(bytes)
    }

    fn text(&mut self, length: u64) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.take(length)?).map_err(|_| Malformed::Utf8)
    }

    /// Tag 42 around a byte string: a zero, then the CID.
    fn link(&mut self, tag: u64) -> Result<&'a [u8], Malformed> {
        if tag != 42 {
            return Err(Malformed::Tag);
        }
        // Not through item(): a tag inside a tag inside a tag would climb down the stack.
        let (2, info) = self.initial()? else { return Err(Malformed::Tag) };
        let length = self.argument(info)?;
        match self.take(length)? {
            [0, cid @ ..] if (1..=CID_BYTES_MAX).contains(&cid.len()) => Ok(cid),
            _ => Err(Malformed::Tag),
        }
    }
}

impl<'a> Keys<'a> {
    /// Of a map whose head said `count`.
    pub const fn new(count: u64) -> Self {
        Self { left: count, previous: None }
    }

    /// The next key, whose value `reader` then stands before; `None` behind the last one.
    pub fn next(&mut self, reader: &mut Reader<'a>) -> Result<Option<&'a str>, Malformed> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let key = match reader.initial()? {
            (3, info) => {
                let length = reader.argument(info)?;
                reader.text(length)?
            }
            _ => return Err(Malformed::Key),
        };
        let rises = self.previous.is_none_or(|previous| key_order(previous, key).is_lt());
        if !rises || key.len() > KEY_BYTES_MAX {
            return Err(Malformed::Key);
        }
        self.previous = Some(key);
        Ok(Some(key))
    }
}

/// The order of keys in a DAG-CBOR map: shorter first, then by bytes.
pub(crate) fn key_order(a: &str, b: &str) -> std::cmp::Ordering {
    a.len().cmp(&b.len()).then_with(|| a.as_bytes().cmp(b.as_bytes()))
}

/// One level down from `depth`, while that is allowed.
pub fn deeper(depth: u32) -> Result<u32, Malformed> {
    if depth < MAX_DEPTH { Ok(depth + 1) } else { Err(Malformed::Depth) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: Result<(), Malformed>) {
        let mut reader = Reader::new(bytes);
        assert_eq!(reader.skip(0).and_then(|()| reader.finish()), expected, "{bytes:02x?}");
    }

    #[test]
    fn only_the_strict_form_is_read() {
        check(b"\xa1\x61a\x01", Ok(()));
        check(b"\x18\x18", Ok(()));
        check(b"\x18\x17", Err(Malformed::NotShortest));
        check(b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff", Err(Malformed::Integer));
        check(b"\x1b\x7f\xff\xff\xff\xff\xff\xff\xff", Ok(()));
        check(b"\x3b\x7f\xff\xff\xff\xff\xff\xff\xff", Ok(()));
        check(b"\x3b\x80\x00\x00\x00\x00\x00\x00\x00", Err(Malformed::Integer));
        check(b"\xbf\xff", Err(Malformed::Form));
        check(b"\xf7", Err(Malformed::Form));
        check(b"\xfb\x3f\xf0\x00\x00\x00\x00\x00\x00", Err(Malformed::Float));
        check(b"\xf9\x7e\x00", Err(Malformed::Float));
        check(b"\x61\xff", Err(Malformed::Utf8));
        check(b"\xa2\x61a\x01\x61a\x01", Err(Malformed::Key));
        check(b"\xa2\x61b\x01\x61a\x01", Err(Malformed::Key));
        check(b"\xa2\x62aa\x01\x61b\x01", Err(Malformed::Key));
        check(b"\xa1\x01\x01", Err(Malformed::Key));
        check(b"\xc1\x01", Err(Malformed::Tag));
        check(b"\xd8\x2a\x41\x01", Err(Malformed::Tag));
        check(b"\x01\x01", Err(Malformed::Trailing));
        check(b"\x82\x01", Err(Malformed::Truncated));
        check(b"", Err(Malformed::Truncated));
    }

    #[test]
    fn an_announced_length_costs_nothing_and_a_depth_bomb_ends_early() {
        check(b"\x9b\x00\xff\xff\xff\xff\xff\xff\xff", Err(Malformed::Truncated));
        check(b"\x5b\x00\xff\xff\xff\xff\xff\xff\xff", Err(Malformed::Truncated));
        check(&[0x81; 20_000], Err(Malformed::Depth));
        check(&b"\xd8\x2a".repeat(500_000), Err(Malformed::Tag));
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let _ = Reader::new(&bytes).skip(0);
        }
    }
}
