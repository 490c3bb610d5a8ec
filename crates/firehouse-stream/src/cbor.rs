//! [`Reader`]: a cursor over strict DAG-CBOR that borrows everything and allocates nothing.
//!
//! The envelope of a frame is read key by key; a key of no interest is checked and passed over. Lengths announced in the data only ever
//! bound a slice. Source: <https://dasl.ing/drisl.html>

/// The bytes are not strict DAG-CBOR, or nested too deeply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// How deeply containers may be nested.
const DEPTH_MAX: usize = 32;

const UNSIGNED: u8 = 0;
const NEGATIVE: u8 = 1;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;

/// A position in one frame.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

/// One item; what a container holds follows it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Item<'a> {
    /// An integer that fits 64 bits with sign.
    Integer(i64),
    /// An integer that does not.
    BigInteger,
    Bytes(&'a [u8]),
    Text(&'a str),
    Array(u64),
    Map(u64),
    /// The binary CID behind tag 42 and the leading zero.
    Link(&'a [u8]),
    Bool(bool),
    Null,
    Float,
}

/// Reads the keys of one map in the order they must have.
pub(crate) struct MapKeys<'a> {
    left: u64,
    last: Option<&'a str>,
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) const fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn map(&mut self) -> Result<MapKeys<'a>, Malformed> {
        match self.item()? {
            Item::Map(pairs) => Ok(MapKeys::new(pairs)),
            _ => Err(Malformed),
        }
    }

    /// The next item's own bytes; for containers the count of what follows (pairs, for a map).
    #[inline]
    pub(crate) fn item(&mut self) -> Result<Item<'a>, Malformed> {
        let first = self.byte()?;
        let (major, low) = (first >> 5, first & 0x1f);
        if major == 7 {
            return self.simple(low);
        }
        let argument = self.argument(low)?;
        Ok(match major {
            UNSIGNED => i64::try_from(argument).map_or(Item::BigInteger, Item::Integer),
            NEGATIVE => i64::try_from(argument).map_or(Item::BigInteger, |n| Item::Integer(-1 - n)),
            BYTES => Item::Bytes(self.take(argument)?),
            TEXT => Item::Text(self.text(argument)?),
            ARRAY => Item::Array(argument),
            MAP => Item::Map(argument),
            TAG if argument == 42 => Item::Link(self.link()?),
            _ => return Err(Malformed),
        })
    }

    /// Passes over what follows `item` when it is a container.
    #[inline]
    pub(crate) fn skip_inside(&mut self, item: Item<'a>) -> Result<(), Malformed> {
        match item {
            Item::Array(0) | Item::Map(0) => Ok(()),
            Item::Array(_) | Item::Map(_) => self.skip_container(item),
            _ => Ok(()),
        }
    }

    fn skip_container(&mut self, item: Item<'a>) -> Result<(), Malformed> {
        // What is left to read of each open container: arrays have no keys, maps have one before each value.
        let mut open: [Option<(u64, Option<MapKeys<'a>>)>; DEPTH_MAX] = [const { None }; DEPTH_MAX];
        let mut depth = 0;
        let mut item = item;
        loop {
            let container = match item {
                Item::Array(count) => Some((count, None)),
                Item::Map(pairs) => Some((pairs, Some(MapKeys::new(pairs)))),
                _ => None,
            };
            if let Some(container) = container {
                *open.get_mut(depth).ok_or(Malformed)? = Some(container);
                depth += 1;
            }
            loop {
                let Some(Some((left, keys))) =
                    depth.checked_sub(1).and_then(|top| open.get_mut(top))
                else {
                    return Ok(());
                };
                if *left == 0 {
                    depth -= 1;
                    continue;
                }
                *left -= 1;
                if let Some(keys) = keys {
                    keys.next(self)?;
                }
                break;
            }
            item = self.item()?;
        }
    }

    #[inline]
    fn byte(&mut self) -> Result<u8, Malformed> {
        let (&byte, rest) = self.rest.split_first().ok_or(Malformed)?;
        self.rest = rest;
        Ok(byte)
    }

    #[inline]
    fn take(&mut self, len: u64) -> Result<&'a [u8], Malformed> {
        let len = usize::try_from(len).map_err(|_| Malformed)?;
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(Malformed)?;
        self.rest = rest;
        Ok(taken)
    }

    #[inline]
    fn text(&mut self, len: u64) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.take(len)?).map_err(|_| Malformed)
    }

    /// The argument of a head. Only the shortest form is read, and no indefinite one.
    #[inline]
    fn argument(&mut self, low: u8) -> Result<u64, Malformed> {
        let (value, least) = match low {
            0..=23 => return Ok(u64::from(low)),
            24 => (u64::from(self.byte()?), 24),
            25 => (u64::from(u16::from_be_bytes(self.array()?)), 1 << 8),
            26 => (u64::from(u32::from_be_bytes(self.array()?)), 1 << 16),
            27 => (u64::from_be_bytes(self.array()?), 1 << 32),
            _ => return Err(Malformed),
        };
        if value < least { Err(Malformed) } else { Ok(value) }
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (&array, rest) = self.rest.split_first_chunk::<N>().ok_or(Malformed)?;
        self.rest = rest;
        Ok(array)
    }

    fn simple(&mut self, low: u8) -> Result<Item<'a>, Malformed> {
        match low {
            20 => Ok(Item::Bool(false)),
            21 => Ok(Item::Bool(true)),
            22 => Ok(Item::Null),
            27 if f64::from_be_bytes(self.array()?).is_finite() => Ok(Item::Float),
            _ => Err(Malformed),
        }
    }

    fn link(&mut self) -> Result<&'a [u8], Malformed> {
        match self.item()? {
            Item::Bytes([0, cid @ ..]) => Ok(cid),
            _ => Err(Malformed),
        }
    }
}

impl<'a> MapKeys<'a> {
    pub(crate) const fn new(pairs: u64) -> Self {
        Self { left: pairs, last: None }
    }

    /// The next key; its value is the reader's next item. `None` behind the last.
    #[inline]
    pub(crate) fn next(&mut self, reader: &mut Reader<'a>) -> Result<Option<&'a str>, Malformed> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let Item::Text(key) = reader.item()? else { return Err(Malformed) };
        // Shorter keys first, then by bytes; never twice.
        let order = |key: &'a str| (key.len(), key);
        if self.last.is_some_and(|last| order(last) >= order(key)) {
            return Err(Malformed);
        }
        self.last = Some(key);
        Ok(Some(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skip(reader: &mut Reader<'_>) -> Result<(), Malformed> {
        let item = reader.item()?;
        reader.skip_inside(item)
    }

    fn skips(bytes: &[u8]) -> bool {
        let mut reader = Reader::new(bytes);
        skip(&mut reader).is_ok() && reader.is_at_end()
    }

    #[test]
    fn one_form_of_each_value_is_read_and_others_are_refused() {
        let good: [&[u8]; 12] = [
            b"\x00",
            b"\x18\x18",
            b"\x19\x01\x00",
            b"\x3b\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\x43abc",
            b"\x63abc",
            b"\x82\x01\x02",
            b"\xa2\x61b\x01\x62aa\x02",
            b"\xd8\x2a\x42\x00\x01",
            b"\xf4",
            b"\xf6",
            b"\xfb\x3f\xf0\x00\x00\x00\x00\x00\x00",
        ];
        assert!(good.iter().all(|bytes| skips(bytes)));
        let bad: [&[u8]; 17] = [
            b"",
            b"\x18\x17",
            b"\x19\x00\xff",
            b"\x1a\x00\x00\xff\xff",
            b"\x1b\x00\x00\x00\x00\xff\xff\xff\xff",
            b"\x5f\x41a\xff",
            b"\x9f\xff",
            b"\xbf\xff",
            b"\x61\xff",
            b"\xa2\x62aa\x01\x61b\x02",
            b"\xa2\x61a\x01\x61a\x02",
            b"\xa1\x01\x02",
            b"\xc1\x00",
            b"\xd8\x2a\x41\x01",
            b"\xf7",
            b"\xf9\x3c\x00",
            b"\xfb\x7f\xf0\x00\x00\x00\x00\x00\x00",
        ];
        assert!(bad.iter().all(|bytes| !skips(bytes)));
    }

    #[test]
    fn lengths_beyond_the_data_and_deep_nesting_are_refused_at_once() {
        assert!(!skips(b"\x5b\x00\x00\x00\x80\x00\x00\x00\x00"));
        assert!(!skips(b"\x9b\x00\x00\x00\x80\x00\x00\x00\x00"));
        assert!(!skips(&[0x81; 100_000]));
        let nested = |depth: usize| [vec![0x81; depth], vec![0x00]].concat();
        assert!(skips(&nested(DEPTH_MAX)) && !skips(&nested(DEPTH_MAX + 1)));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_to_their_end_or_refused(bytes: Vec<u8>) {
            let mut reader = Reader::new(&bytes);
            while !reader.is_at_end() && skip(&mut reader).is_ok() {}
        }
    }
}
