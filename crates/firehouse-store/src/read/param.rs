//! Values as ClickHouse reads the parameters of a query: `7`, `[1,2]`, `[(1,'a')]`, texts outside of arrays as they are, escaped.
//!
//! The client has this too, but only for queries that it sends one by one: `together.rs` must know a parameter's text, and send it under
//! another name. Source: <https://clickhouse.com/docs/interfaces/http#cli-queries-with-parameters>

use std::fmt::{self, Display, Write};

use serde::ser::{self, Impossible, Serialize};

/// The text of one parameter. Errors: the value is of no type that a parameter can have (a map, bytes, a named variant).
pub(super) fn text(value: impl Serialize) -> Result<String, NoParameter> {
    let mut out = Text { out: String::new(), depth: 0 };
    value.serialize(&mut out)?;
    Ok(out.out)
}

/// The value cannot be a parameter: our own mistake.
#[derive(Debug, thiserror::Error)]
#[error("{0} cannot be a parameter of a query")]
pub struct NoParameter(String);

impl ser::Error for NoParameter {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

struct Text {
    out: String,
    /// Arrays and tuples around: within them texts are quoted.
    depth: usize,
}

impl Text {
    fn literal(&mut self, value: impl Display) -> Result<(), NoParameter> {
        write!(self.out, "{value}").map_err(|fmt::Error| ser::Error::custom("this value"))
    }

    fn string(&mut self, text: &str) {
        if self.depth > 0 {
            self.out.push('\'');
        }
        for c in text.chars() {
            match c {
                '\\' => self.out.push_str("\\\\"),
                '\n' => self.out.push_str("\\n"),
                '\t' => self.out.push_str("\\t"),
                '\r' => self.out.push_str("\\r"),
                '\0' => self.out.push_str("\\0"),
                '\'' => self.out.push_str("\\'"),
                c => self.out.push(c),
            }
        }
        if self.depth > 0 {
            self.out.push('\'');
        }
    }

    fn open(&mut self, bracket: char, close: char) -> Elements<'_> {
        self.out.push(bracket);
        self.depth += 1;
        Elements { text: self, close, is_first: true }
    }
}

/// An array or a tuple on its way.
struct Elements<'a> {
    text: &'a mut Text,
    close: char,
    is_first: bool,
}

impl Elements<'_> {
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NoParameter> {
        if !std::mem::take(&mut self.is_first) {
            self.text.out.push(',');
        }
        value.serialize(&mut *self.text)
    }

    fn close(self) {
        self.text.depth -= 1;
        self.text.out.push(self.close);
    }
}

macro_rules! elements {
    ($($trait:ident $method:ident),*) => {
        $(impl ser::$trait for Elements<'_> {
            type Ok = ();
            type Error = NoParameter;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), NoParameter> {
                self.element(value)
            }

            fn end(self) -> Result<(), NoParameter> {
                self.close();
                Ok(())
            }
        })*
    };
}
elements!(SerializeSeq serialize_element, SerializeTuple serialize_element, SerializeTupleStruct serialize_field);

macro_rules! literals {
    ($($method:ident $type:ty),*) => {
        $(fn $method(self, value: $type) -> Result<(), NoParameter> {
            self.literal(value)
        })*
    };
}

impl<'a> ser::Serializer for &'a mut Text {
    type Ok = ();
    type Error = NoParameter;
    type SerializeSeq = Elements<'a>;
    type SerializeTuple = Elements<'a>;
    type SerializeTupleStruct = Elements<'a>;
    type SerializeTupleVariant = Impossible<(), NoParameter>;
    type SerializeMap = Impossible<(), NoParameter>;
    type SerializeStruct = Impossible<(), NoParameter>;
    type SerializeStructVariant = Impossible<(), NoParameter>;

    literals!(
        serialize_bool bool,
        serialize_i8 i8, serialize_i16 i16, serialize_i32 i32, serialize_i64 i64,
        serialize_u8 u8, serialize_u16 u16, serialize_u32 u32, serialize_u64 u64,
        serialize_f32 f32, serialize_f64 f64
    );

    fn serialize_char(self, value: char) -> Result<(), NoParameter> {
        self.string(value.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    fn serialize_str(self, value: &str) -> Result<(), NoParameter> {
        self.string(value);
        Ok(())
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), NoParameter> {
        Err(ser::Error::custom("a byte string"))
    }

    fn serialize_none(self) -> Result<(), NoParameter> {
        self.literal(if self.depth > 0 { "NULL" } else { "\\N" })
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), NoParameter> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), NoParameter> {
        Err(ser::Error::custom("a unit"))
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<(), NoParameter> {
        Err(ser::Error::custom(name))
    }

    fn serialize_unit_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
    ) -> Result<(), NoParameter> {
        Err(ser::Error::custom(name))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), NoParameter> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), NoParameter> {
        Err(ser::Error::custom(name))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Elements<'a>, NoParameter> {
        Ok(self.open('[', ']'))
    }

    fn serialize_tuple(self, _: usize) -> Result<Elements<'a>, NoParameter> {
        Ok(self.open('(', ')'))
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Elements<'a>, NoParameter> {
        Ok(self.open('(', ')'))
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, NoParameter> {
        Err(ser::Error::custom(name))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, NoParameter> {
        Err(ser::Error::custom("a map"))
    }

    fn serialize_struct(
        self,
        name: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStruct, NoParameter> {
        Err(ser::Error::custom(name))
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, NoParameter> {
        Err(ser::Error::custom(name))
    }
}

#[cfg(test)]
mod tests {
    use firehouse_types::{ActorId, RkeyId};

    use super::*;

    fn check(value: impl Serialize, expected: &str) {
        assert_eq!(text(value).unwrap(), expected);
    }

    #[test]
    fn numbers_arrays_and_tuples_are_literals() {
        check(-7, "-7");
        check([1_u64, 2].as_slice(), "[1,2]");
        check(vec![(ActorId::from(1), "it's", RkeyId::from(2))], r"[(1,'it\'s',2)]");
        check(Vec::<u64>::new(), "[]");
    }

    #[test]
    fn a_text_is_escaped_and_within_an_array_quoted() {
        check("a\\b\tc\nd", r"a\\b\tc\nd");
        check(["a'b", "", "ü"].as_slice(), r"['a\'b','','ü']");
    }

    #[test]
    fn what_clickhouse_has_no_literal_for_is_refused() {
        assert!(text(std::collections::HashMap::from([(1, 2)])).is_err());
    }
}
