//! The JSON form of the data model → its DAG-CBOR, so that one validator serves both.
//!
//! `{"$link": …}` becomes a link and `{"$bytes": …}` bytes; keys are sorted. Anything that only looks like these stays a map, and the
//! schema says what it thinks of it. Source: <https://atproto.com/specs/data-model#json-representation>

use std::sync::LazyLock;

use data_encoding::{BASE64_NOPAD, Encoding};
use serde_json::{Map, Value};

use crate::data::{Malformed, deeper, key_order};

/// Base64 as JSON holds it: with or without padding, stray last bits ignored.
static BASE64: LazyLock<Encoding> = LazyLock::new(|| {
    let mut specification = BASE64_NOPAD.specification();
    specification.check_trailing_bits = false;
    // A specification taken from a valid encoding and made laxer is valid; if it ever is not, the strict one serves.
    specification.encoding().unwrap_or(BASE64_NOPAD)
});

/// Writes a JSON value as DAG-CBOR. Fails for floats, for integers beyond 64 bits, and below [`MAX_DEPTH`](crate::data::MAX_DEPTH).
pub fn to_dag_cbor(value: &Value) -> Result<Vec<u8>, Malformed> {
    let mut bytes = Vec::new();
    write(value, &mut bytes, 0)?;
    Ok(bytes)
}

fn write(value: &Value, bytes: &mut Vec<u8>, depth: u32) -> Result<(), Malformed> {
    match value {
        Value::Null => bytes.push(0xf6),
        Value::Bool(false) => bytes.push(0xf4),
        Value::Bool(true) => bytes.push(0xf5),
        Value::Number(number) => match integer(number)? {
            value @ 0.. => head(bytes, 0, value.unsigned_abs()),
            value => head(bytes, 1, value.unsigned_abs() - 1),
        },
        Value::String(text) => write_text(text, bytes),
        Value::Array(items) => {
            let inside = deeper(depth)?;
            head(bytes, 4, items.len() as u64);
            items.iter().try_for_each(|item| write(item, bytes, inside))?;
        }
        Value::Object(map) => match special(map) {
            Some(Special::Bytes(content)) => {
                head(bytes, 2, content.len() as u64);
                bytes.extend_from_slice(&content);
            }
            Some(Special::Link(cid)) => {
                bytes.extend_from_slice(&[0xd8, 42]);
                head(bytes, 2, cid.len() as u64 + 1);
                bytes.push(0);
                bytes.extend_from_slice(&cid);
            }
            None => {
                let inside = deeper(depth)?;
                let mut entries: Vec<(&String, &Value)> = map.iter().collect();
                entries.sort_by(|a, b| key_order(a.0, b.0));
                head(bytes, 5, entries.len() as u64);
                for (key, value) in entries {
                    write_text(key, bytes);
                    write(value, bytes, inside)?;
                }
            }
        },
    }
    Ok(())
}

enum Special {
    Bytes(Vec<u8>),
    Link(Vec<u8>),
}

fn special(map: &Map<String, Value>) -> Option<Special> {
    let mut entries = map.iter();
    match (entries.next(), entries.next()) {
        (Some((key, Value::String(text))), None) if key == "$bytes" => {
            BASE64.decode(text.trim_end_matches('=').as_bytes()).ok().map(Special::Bytes)
        }
        (Some((key, Value::String(text))), None) if key == "$link" => {
            text.parse::<ipld_core::cid::Cid>().ok().map(|cid| Special::Link(cid.to_bytes()))
        }
        _ => None,
    }
}

/// `1.0` is the integer 1, as in JavaScript.
fn integer(number: &serde_json::Number) -> Result<i64, Malformed> {
    if let Some(value) = number.as_i64() {
        return Ok(value);
    }
    let whole = number.as_f64().filter(|value| value.fract() == 0.0);
    match whole {
        Some(value) if value.abs() <= 9_007_199_254_740_991.0 =>
        {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "whole and below 2^53 by the guard"
            )]
            Ok(value as i64)
        }
        Some(_) => Err(Malformed::Integer),
        None => Err(Malformed::Float),
    }
}

fn write_text(text: &str, bytes: &mut Vec<u8>) {
    head(bytes, 3, text.len() as u64);
    bytes.extend_from_slice(text.as_bytes());
}

fn head(bytes: &mut Vec<u8>, major: u8, argument: u64) {
    let major = major << 5;
    let [.., d3, d2, d1, d0] = argument.to_be_bytes();
    match argument {
        0..=23 => bytes.push(major | d0),
        24..=0xff => bytes.extend_from_slice(&[major | 24, d0]),
        0x100..=0xffff => bytes.extend_from_slice(&[major | 25, d1, d0]),
        0x1_0000..=0xffff_ffff => bytes.extend_from_slice(&[major | 26, d3, d2, d1, d0]),
        _ => {
            bytes.push(major | 27);
            bytes.extend_from_slice(&argument.to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::data::Reader;

    #[test]
    fn what_it_writes_is_strict_dag_cbor() {
        let value = json!({
            "bb": [1, -1, 24, 256, 65_536, 4_294_967_296_i64, -25], "a": null, "$type": "x.y.z", "t": true,
            "link": {"$link": "bafyreiclp443lavogvhj3d2ob2cxbfuscni2k5jk7bebjzg7khl3esabwq"},
            "bytes": {"$bytes": "123"}, "padded": {"$bytes": "YQ=="}, "not": {"$bytes": "*"}, "one": 1.0,
        });
        let bytes = to_dag_cbor(&value).unwrap();
        let mut reader = Reader::new(&bytes);
        reader.skip(0).unwrap();
        reader.finish().unwrap();
        assert_eq!(to_dag_cbor(&json!(1.5)), Err(Malformed::Float));
        assert_eq!(to_dag_cbor(&json!(u64::MAX)), Err(Malformed::Integer));
    }
}
