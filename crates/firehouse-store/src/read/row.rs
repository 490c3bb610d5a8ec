//! One row of RowBinary as a value: what the client does for the rows of one query, for those of several in one statement.
//!
//! Integers are little-endian, texts and arrays have their length in front (LEB128), fields follow each other without names. What does
//! not fit is an error; nothing is read beyond the row. Source: <https://clickhouse.com/docs/interfaces/formats/RowBinary>

use clickhouse::error::Error;
use serde::de::{self, Deserialize, DeserializeSeed, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

/// Reads one row. Errors: [`Error::SchemaMismatch`] when the row is shorter, longer or of another shape.
pub(super) fn read<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, Error> {
    let mut row = Row { rest: bytes };
    let value = T::deserialize(&mut row)?;
    match row.rest {
        [] => Ok(value),
        _ => Err(Error::SchemaMismatch("a row is longer than its type".into())),
    }
}

fn too_short() -> Error {
    Error::SchemaMismatch("a row is shorter than its type".into())
}

struct Row<'de> {
    rest: &'de [u8],
}

impl<'de> Row<'de> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (head, rest) = self.rest.split_first_chunk::<N>().ok_or_else(too_short)?;
        self.rest = rest;
        Ok(*head)
    }

    fn length(&mut self) -> Result<usize, Error> {
        let mut length = 0_u64;
        for shift in (0..63).step_by(7) {
            let [byte] = self.array::<1>()?;
            length |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return usize::try_from(length).map_err(|_| too_short());
            }
        }
        Err(too_short())
    }

    fn bytes(&mut self) -> Result<&'de [u8], Error> {
        let length = self.length()?;
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or_else(too_short)?;
        self.rest = rest;
        Ok(bytes)
    }

    fn text(&mut self) -> Result<&'de str, Error> {
        std::str::from_utf8(self.bytes()?).map_err(Error::InvalidUtf8Encoding)
    }
}

/// Fields of a struct, members of a tuple, elements of an array.
struct Elements<'a, 'de> {
    row: &'a mut Row<'de>,
    left: usize,
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        seed.deserialize(&mut *self.row).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        // A length is the store's word; an element has a byte at least.
        Some(self.left.min(self.row.rest.len()))
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $type:ty),*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            visitor.$visit(<$type>::from_le_bytes(self.array()?))
        })*
    };
}

impl<'de> de::Deserializer<'de> for &mut Row<'de> {
    type Error = Error;

    numbers!(
        deserialize_i8 visit_i8 i8, deserialize_i16 visit_i16 i16, deserialize_i32 visit_i32 i32, deserialize_i64 visit_i64 i64,
        deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16, deserialize_u32 visit_u32 u32, deserialize_u64 visit_u64 u64,
        deserialize_f32 visit_f32 f32, deserialize_f64 visit_f64 f64
    );

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::SchemaMismatch("a row does not say of what type its fields are".into()))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let [byte] = self.array::<1>()?;
        visitor.visit_bool(byte != 0)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_str(self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_str(self.text()?)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_bytes(self.bytes()?)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_bytes(self.bytes()?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.array::<1>()? {
            [0] => visitor.visit_some(self),
            _ => visitor.visit_none(),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let left = self.length()?;
        visitor.visit_seq(Elements { row: self, left })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(Elements { row: self, left: len })
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_seq(Elements { row: self, left: len })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_seq(Elements { row: self, left: fields.len() })
    }

    forward_to_deserialize_any! { char unit unit_struct map enum identifier ignored_any }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Sample {
        number: i64,
        digest: [u8; 2],
        name: Box<str>,
        #[serde(with = "serde_bytes")]
        body: Vec<u8>,
        pairs: Vec<(u8, String)>,
        maybe: Option<u16>,
    }

    const SAMPLE: &[u8] =
        b"\xfe\xff\xff\xff\xff\xff\xff\xff\x07\x08\x02hi\x03\x00\x01\x02\x02\x01\x01a\x02\x00\x00\x05\x00";

    #[test]
    fn fields_follow_each_other() {
        let expected = Sample {
            number: -2,
            digest: [7, 8],
            name: "hi".into(),
            body: vec![0, 1, 2],
            pairs: vec![(1, "a".into()), (2, String::new())],
            maybe: Some(5),
        };
        assert_eq!(read::<Sample>(SAMPLE).unwrap(), expected);
    }

    #[test]
    fn a_row_that_is_cut_off_or_too_long_is_refused() {
        for end in 0..SAMPLE.len() {
            assert!(read::<Sample>(&SAMPLE[..end]).is_err(), "{end}");
        }
        assert!(read::<Sample>(&[SAMPLE, b"\0"].concat()).is_err());
        assert!(read::<Vec<u8>>(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff").is_err());
    }
}
