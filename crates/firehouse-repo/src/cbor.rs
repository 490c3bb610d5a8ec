//! A cursor over strict DAG-CBOR: every read is canonical or an error, nothing is copied.
//!
//! Commits, MST nodes and CAR headers have one possible encoding each, so they are read by what must come next rather than through a
//! general decoder: that is both the strictest and the fastest way.

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

/// The CBOR major types DAG-CBOR uses besides simple values.
pub(crate) const UNSIGNED: u8 = 0;
pub(crate) const NEGATIVE: u8 = 1;
pub(crate) const BYTES: u8 = 2;
pub(crate) const TEXT: u8 = 3;
pub(crate) const ARRAY: u8 = 4;
pub(crate) const MAP: u8 = 5;
pub(crate) const TAG: u8 = 6;
pub(crate) const NULL: u8 = 0xf6;
pub(crate) const LINK_TAG: u64 = 42;

/// Tag 42 and the head of the byte string that holds a 36-byte CID and its leading zero.
pub(crate) const LINK_HEAD: [u8; 5] = [0xd8, 0x2a, 0x58, 0x25, 0x00];

/// What is left to read.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn end(&self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed::TrailingBytes) }
    }

    pub(crate) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    #[inline]
    pub(crate) fn byte(&mut self) -> Result<u8, Malformed> {
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
    pub(crate) fn head(&mut self) -> Result<(u8, u64), Malformed> {
        let first = self.byte()?;
        Ok((first >> 5, self.argument(first & 0x1f)?))
    }

    /// The argument behind a head's first byte, refused unless it needs all of its bytes.
    #[inline]
    pub(crate) fn argument(&mut self, info: u8) -> Result<u64, Malformed> {
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
        std::str::from_utf8(self.take(len)?).map_err(|_| Malformed::NotUtf8)
    }

    /// The binary CID behind tag 42, whatever its form, without the leading zero.
    pub(crate) fn any_link(&mut self) -> Result<&'a [u8], Malformed> {
        if self.expect(&LINK_HEAD).is_ok() {
            return self.take(Cid::LEN as u64);
        }
        if self.head_of(TAG)? != LINK_TAG {
            return Err(Malformed::Tag);
        }
        self.bytes()?.strip_prefix(&[0]).ok_or(Malformed::Link)
    }

    /// A link of the one form atproto blesses.
    pub(crate) fn link(&mut self) -> Result<Cid, Malformed> {
        self.expect(&LINK_HEAD)?;
        let (cid, rest) = Cid::read(self.rest).map_err(|_| Malformed::Link)?;
        self.rest = rest;
        Ok(cid)
    }

    pub(crate) fn nullable_link(&mut self) -> Result<Option<Cid>, Malformed> {
        if self.peek() == Some(NULL) {
            self.byte()?;
            return Ok(None);
        }
        self.link().map(Some)
    }
}
