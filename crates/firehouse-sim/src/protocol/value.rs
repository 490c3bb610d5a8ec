//! [`Value`]: anything a record can hold, and its one encoding in DRISL, the strict CBOR of the protocol.
//!
//! Source: <https://dasl.ing/drisl.html>

use crate::protocol::block::Cid;

/// A value of the data model.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
    Link(Cid),
    List(Vec<Value>),
    /// In any order; encoded in the one order there is.
    Map(Vec<(&'static str, Value)>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl Value {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(256);
        self.write(&mut bytes);
        bytes
    }

    /// The text at the end of a path of keys.
    pub(crate) fn text_at(&self, path: &[&str]) -> Option<&str> {
        match (self, path) {
            (Self::Text(text), []) => Some(text),
            (Self::Map(entries), [key, rest @ ..]) => {
                entries.iter().find(|(name, _)| name == key)?.1.text_at(rest)
            }
            _ => None,
        }
    }

    /// As XRPC and the directory write it.
    pub(crate) fn json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(value) => (*value).into(),
            Self::Int(value) => (*value).into(),
            Self::Text(text) => text.as_str().into(),
            Self::Bytes(bytes) => {
                serde_json::json!({ "$bytes": data_encoding::BASE64_NOPAD.encode(bytes) })
            }
            Self::Link(cid) => serde_json::json!({ "$link": cid.to_string() }),
            Self::List(items) => items.iter().map(Self::json).collect(),
            Self::Map(entries) => {
                entries.iter().map(|(key, value)| ((*key).to_owned(), value.json())).collect()
            }
        }
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.push(0xf6),
            Self::Bool(value) => out.push(if *value { 0xf5 } else { 0xf4 }),
            Self::Int(value) => match u64::try_from(*value) {
                Ok(value) => head(0, value, out),
                Err(_) => head(1, value.unsigned_abs() - 1, out),
            },
            Self::Text(text) => {
                head(3, text.len() as u64, out);
                out.extend_from_slice(text.as_bytes());
            }
            Self::Bytes(bytes) => {
                head(2, bytes.len() as u64, out);
                out.extend_from_slice(bytes);
            }
            Self::Link(cid) => {
                head(6, 42, out);
                head(2, 37, out);
                out.push(0);
                out.extend_from_slice(&cid.0);
            }
            Self::List(items) => {
                head(4, items.len() as u64, out);
                items.iter().for_each(|item| item.write(out));
            }
            Self::Map(entries) => {
                head(5, entries.len() as u64, out);
                let mut order: Vec<_> = entries.iter().collect();
                // Shorter keys first, then byte by byte.
                order.sort_by_key(|(key, _)| (key.len(), *key));
                for (key, value) in order {
                    head(3, key.len() as u64, out);
                    out.extend_from_slice(key.as_bytes());
                    value.write(out);
                }
            }
        }
    }
}

/// The major type and its argument in as few bytes as it takes.
fn head(major: u8, argument: u64, out: &mut Vec<u8>) {
    let bytes = argument.to_be_bytes();
    let (mark, used) = match argument {
        0..=23 => (bytes[7], 0),
        24..=0xff => (24, 1),
        0x100..=0xffff => (25, 2),
        0x1_0000..=0xffff_ffff => (26, 4),
        _ => (27, 8),
    };
    out.push(major << 5 | mark);
    out.extend_from_slice(&bytes[8 - used..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &Value, hex: &str) {
        assert_eq!(data_encoding::HEXLOWER.encode(&value.encode()), hex, "{value:?}");
    }

    #[test]
    fn numbers_take_as_few_bytes_as_they_need() {
        for (number, hex) in [
            (0, "00"),
            (23, "17"),
            (24, "1818"),
            (256, "190100"),
            (65536, "1a00010000"),
            (1 << 32, "1b0000000100000000"),
            (-1, "20"),
            (-500, "3901f3"),
        ] {
            check(&Value::Int(number), hex);
        }
    }

    #[test]
    fn keys_stand_in_the_one_order_there_is() {
        let map = Value::Map(vec![
            ("bb", Value::Null),
            ("c", Value::Bool(true)),
            ("a", Value::List(vec![])),
        ]);
        check(&map, "a3616180616 3f5626262f6".replace(' ', "").as_str());
        check(&Value::Bytes(vec![1, 2]), "420102");
        check(&"é".into(), "62c3a9");
    }
}
