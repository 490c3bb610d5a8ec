//! [`Reader`]: a cursor over strict DAG-CBOR. Every read is canonical or an error; nothing is copied or allocated.
//!
//! Commits, MST nodes and CAR headers have one possible encoding each, so they are read by what must come next: the strictest and the
//! fastest way. Frames and records are read item by item. Lengths announced in the data only ever bound a slice.
//! Source: <https://dasl.ing/drisl.html>

use firehouse_types::Cid;

/// Why bytes are not strict DAG-CBOR of the form asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The bytes end inside an item.
    #[error("the data ends inside an item")]
    Truncated,
    /// Something follows the item.
    #[error("bytes after the end")]
    TrailingBytes,
    /// An integer or length is written longer than it needs to be.
    #[error("an integer or length is not in its shortest form")]
    NotMinimal,
    /// An indefinite length, a break, or a reserved form.
    #[error("an indefinite length or reserved form")]
    Indefinite,
    /// A map key is not text, is empty, or is too long.
    #[error("a map key that is not text of 1 to 8192 bytes")]
    MapKey,
    /// Map keys are not in order, or one is there twice.
    #[error("map keys are out of order or repeated")]
    KeyOrder,
    /// Text is not UTF-8.
    #[error("text that is not UTF-8")]
    NotUtf8,
    /// A float where none may be, or one that is not finite, negative zero, or shorter than 64 bits.
    #[error("a float of a forbidden form")]
    Float,
    /// `undefined` or a simple value other than false, true and null.
    #[error("a simple value other than false, true and null")]
    Simple,
    /// A tag other than 42.
    #[error("a tag other than 42")]
    Tag,
    /// What follows tag 42 is not a CID of an allowed form.
    #[error("a link that is not a CID")]
    Link,
    /// The integer does not fit 64 bits with sign.
    #[error("an integer outside of 64 bits with sign")]
    IntegerRange,
    /// Containers are nested too deeply.
    #[error("containers are nested too deeply")]
    TooDeep,
    /// A container has too many elements.
    #[error("a container has too many elements")]
    TooLarge,
    /// Well-formed, but not what belongs here.
    #[error("not the structure that belongs here")]
    Unexpected,
}

/// The CBOR major types.
pub(crate) const UNSIGNED: u8 = 0;
const NEGATIVE: u8 = 1;
pub(crate) const BYTES: u8 = 2;
pub(crate) const TEXT: u8 = 3;
pub(crate) const ARRAY: u8 = 4;
pub(crate) const MAP: u8 = 5;
const TAG: u8 = 6;
const SIMPLE: u8 = 7;

/// The one byte of null.
pub(crate) const NULL: u8 = 0xf6;

const LINK_TAG: u64 = 42;

/// Tag 42 and the head of the byte string that holds a 36-byte CID and its leading zero.
pub(crate) const LINK_HEAD: [u8; 5] = [0xd8, 0x2a, 0x58, 0x25, 0x00];

/// What is left to read.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

/// One item: a scalar whole, or the head of a container, whose elements follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item<'a> {
    /// An integer that fits 64 bits with sign.
    Integer(i64),
    /// An integer that does not.
    BigInteger,
    /// A byte string.
    Bytes(&'a [u8]),
    /// UTF-8 text.
    Text(&'a str),
    /// As many items follow.
    Array(u64),
    /// As many pairs follow; [`MapKeys`] reads their keys.
    Map(u64),
    /// The binary CID behind tag 42 and the leading zero, whatever its form.
    Link(&'a [u8]),
    /// False or true.
    Bool(bool),
    /// Null.
    Null,
    /// A float of 64 bits, finite and not negative zero.
    Float,
}

/// The keys of one map, in the order they must have: a key, then its value through the reader, then the next key.
#[derive(Clone, Copy, Debug)]
pub struct MapKeys<'a> {
    left: u64,
    last: Option<&'a str>,
}

impl<'a> Reader<'a> {
    /// At the first byte.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Fails when anything follows.
    pub fn end(&self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed::TrailingBytes) }
    }

    /// The next item.
    #[inline]
    pub fn item(&mut self) -> Result<Item<'a>, Malformed> {
        let first = self.byte()?;
        let (major, info) = (first >> 5, first & 0x1f);
        if major == SIMPLE {
            return self.simple(info);
        }
        let argument = self.argument(info)?;
        Ok(match major {
            UNSIGNED => i64::try_from(argument).map_or(Item::BigInteger, Item::Integer),
            NEGATIVE => i64::try_from(argument).map_or(Item::BigInteger, |n| Item::Integer(-1 - n)),
            BYTES => Item::Bytes(self.take(argument)?),
            TEXT => Item::Text(self.take_text(argument)?),
            ARRAY => Item::Array(argument),
            MAP => Item::Map(argument),
            TAG if argument == LINK_TAG => Item::Link(self.tagged_cid()?),
            _ => return Err(Malformed::Tag),
        })
    }

    fn simple(&mut self, info: u8) -> Result<Item<'a>, Malformed> {
        match info {
            20 => Ok(Item::Bool(false)),
            21 => Ok(Item::Bool(true)),
            22 => Ok(Item::Null),
            25 | 26 => Err(Malformed::Float),
            27 => {
                let float = f64::from_be_bytes(self.array_of()?);
                let is_negative_zero = float == 0.0 && float.is_sign_negative();
                if float.is_finite() && !is_negative_zero {
                    Ok(Item::Float)
                } else {
                    Err(Malformed::Float)
                }
            }
            28..=31 => Err(Malformed::Indefinite),
            _ => Err(Malformed::Simple),
        }
    }

    /// What must stand behind tag 42: a byte string of a zero and a CID.
    fn tagged_cid(&mut self) -> Result<&'a [u8], Malformed> {
        match self.bytes() {
            Ok([0, cid @ ..]) => Ok(cid),
            Ok(_) | Err(Malformed::Unexpected) => Err(Malformed::Link),
            Err(error) => Err(error),
        }
    }

    /// What has not been read yet.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    #[inline]
    fn byte(&mut self) -> Result<u8, Malformed> {
        let (&byte, rest) = self.rest.split_first().ok_or(Malformed::Truncated)?;
        self.rest = rest;
        Ok(byte)
    }

    #[inline]
    pub(crate) fn take(&mut self, len: u64) -> Result<&'a [u8], Malformed> {
        let len = usize::try_from(len).map_err(|_| Malformed::Truncated)?;
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(Malformed::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    /// The very bytes that must come next. Their number is known when compiling, which makes this a comparison of a register or two.
    #[inline]
    pub(crate) fn expect<const N: usize>(&mut self, bytes: &[u8; N]) -> Result<(), Malformed> {
        match self.rest.split_first_chunk::<N>() {
            Some((found, rest)) if found == bytes => {
                self.rest = rest;
                Ok(())
            }
            _ => Err(Malformed::Unexpected),
        }
    }

    /// The head of an item of any major type but 7. Shape: major type, argument.
    #[inline]
    fn head(&mut self) -> Result<(u8, u64), Malformed> {
        let first = self.byte()?;
        Ok((first >> 5, self.argument(first & 0x1f)?))
    }

    /// The argument behind a head's first byte, refused unless it needs all of its bytes.
    #[inline]
    fn argument(&mut self, info: u8) -> Result<u64, Malformed> {
        let (value, least) = match info {
            0..=23 => return Ok(u64::from(info)),
            24 => (u64::from(self.byte()?), 24),
            25 => (u64::from(u16::from_be_bytes(self.array_of()?)), 1 << 8),
            26 => (u64::from(u32::from_be_bytes(self.array_of()?)), 1 << 16),
            27 => (u64::from_be_bytes(self.array_of()?), 1 << 32),
            _ => return Err(Malformed::Indefinite),
        };
        if value < least { Err(Malformed::NotMinimal) } else { Ok(value) }
    }

    #[inline]
    fn array_of<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (array, rest) = self.rest.split_first_chunk::<N>().ok_or(Malformed::Truncated)?;
        self.rest = rest;
        Ok(*array)
    }

    /// The argument of an item that must have this major type.
    #[inline]
    pub(crate) fn head_of(&mut self, major: u8) -> Result<u64, Malformed> {
        match self.head()? {
            (found, argument) if found == major => Ok(argument),
            _ => Err(Malformed::Unexpected),
        }
    }

    #[inline]
    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let len = self.head_of(BYTES)?;
        self.take(len)
    }

    pub(crate) fn text(&mut self) -> Result<&'a str, Malformed> {
        let len = self.head_of(TEXT)?;
        self.take_text(len)
    }

    #[inline]
    fn take_text(&mut self, len: u64) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.take(len)?).map_err(|_| Malformed::NotUtf8)
    }

    /// The binary CID of a link of whatever form; mostly it has the blessed one.
    pub(crate) fn any_link(&mut self) -> Result<&'a [u8], Malformed> {
        if self.expect(&LINK_HEAD).is_ok() {
            return self.take(Cid::LEN as u64);
        }
        match self.item()? {
            Item::Link(cid) => Ok(cid),
            _ => Err(Malformed::Unexpected),
        }
    }

    /// A link of the one form atproto blesses.
    pub(crate) fn link(&mut self) -> Result<Cid, Malformed> {
        self.expect(&LINK_HEAD)?;
        let (cid, rest) = Cid::read(self.rest).map_err(|_| Malformed::Link)?;
        self.rest = rest;
        Ok(cid)
    }

    pub(crate) fn nullable_link(&mut self) -> Result<Option<Cid>, Malformed> {
        if self.expect(&[NULL]).is_ok() {
            return Ok(None);
        }
        self.link().map(Some)
    }
}

impl<'a> MapKeys<'a> {
    /// Of a map whose head announced so many pairs.
    pub const fn new(pairs: u64) -> Self {
        Self { left: pairs, last: None }
    }

    /// The next key; its value is the reader's next item. `None` behind the last.
    #[inline]
    pub fn next(&mut self, reader: &mut Reader<'a>) -> Result<Option<&'a str>, Malformed> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        let (TEXT, len) = reader.head()? else { return Err(Malformed::MapKey) };
        let key = reader.take_text(len)?;
        if self.last.is_some_and(|last| (last.len(), last) >= (key.len(), key)) {
            return Err(Malformed::KeyOrder);
        }
        self.last = Some(key);
        Ok(Some(key))
    }
}

/// Writes the head of an item whose argument is far below 2^32: a length or count of something in memory.
pub(crate) fn write_head(out: &mut Vec<u8>, major: u8, argument: usize) {
    let major = major << 5;
    let [.., a, b, c, d] = argument.to_be_bytes();
    match argument {
        0..=0x17 => out.push(major | d),
        0x18..=0xff => out.extend_from_slice(&[major | 24, d]),
        0x100..=0xffff => out.extend_from_slice(&[major | 25, c, d]),
        _ => out.extend_from_slice(&[major | 26, a, b, c, d]),
    }
}
