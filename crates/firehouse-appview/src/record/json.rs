//! DAG-CBOR to JSON, as the data model maps them: links are `{"$link"}`, byte strings are `{"$bytes"}`.
//!
//! Writes text straight from the block, keeping its order of keys, so that what a caller gets encodes to the record's CID again.
//! Source: <https://atproto.com/specs/data-model>

use std::sync::Arc;

use data_encoding::{BASE32_NOPAD, BASE64_NOPAD};
use serde_json::value::RawValue;

/// Containers within containers; blocks were checked against the same limit before they were stored.
const DEPTH_MAX: usize = 64;

/// A record's JSON, written once and shared by every view that shows it.
#[derive(Clone, Debug)]
pub struct RecordJson(Arc<RawValue>);

impl RecordJson {
    /// The JSON of a record block; `None` when the bytes are not one DAG-CBOR value.
    pub fn new(block: &[u8]) -> Option<Self> {
        RawValue::from_string(to_json(block)?).ok().map(|raw| Self(raw.into()))
    }

    /// The text.
    pub fn get(&self) -> &str {
        self.0.get()
    }
}

impl serde::Serialize for RecordJson {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// The JSON text of one DAG-CBOR value; `None` when the bytes are not exactly that.
fn to_json(block: &[u8]) -> Option<String> {
    let mut out = String::with_capacity(block.len() + block.len() / 2);
    let rest = value(block, &mut out, 0)?;
    rest.is_empty().then_some(out)
}

/// Writes the value at the start of `bytes`; what follows it goes back.
fn value<'a>(bytes: &'a [u8], out: &mut String, depth: usize) -> Option<&'a [u8]> {
    let (&first, rest) = bytes.split_first()?;
    match first {
        0xf4 => out.push_str("false"),
        0xf5 => out.push_str("true"),
        0xf6 => out.push_str("null"),
        0xfb => {
            let (bits, rest) = rest.split_first_chunk::<8>()?;
            // JSON knows no infinities; neither does the data model.
            out.push_str(&serde_json::to_string(&f64::from_be_bytes(*bits)).ok()?);
            return Some(rest);
        }
        _ => return item(bytes, out, depth),
    }
    Some(rest)
}

fn item<'a>(bytes: &'a [u8], out: &mut String, depth: usize) -> Option<&'a [u8]> {
    let (major, argument, rest) = head(bytes)?;
    match major {
        0 => out.push_str(&argument.to_string()),
        1 => out.push_str(&(-1 - i128::from(argument)).to_string()),
        2 => {
            let (data, rest) = rest.split_at_checked(usize::try_from(argument).ok()?)?;
            out.push_str("{\"$bytes\":\"");
            BASE64_NOPAD.encode_append(data, out);
            out.push_str("\"}");
            return Some(rest);
        }
        3 => {
            let (text, rest) = text(argument, rest)?;
            quoted(text, out)?;
            return Some(rest);
        }
        4 if depth < DEPTH_MAX => return array(argument, rest, out, depth + 1),
        5 if depth < DEPTH_MAX => return map(argument, rest, out, depth + 1),
        6 if argument == 42 => {
            let (2, len, rest) = head(rest)? else { return None };
            let (cid, rest) = rest.split_at_checked(usize::try_from(len).ok()?)?;
            out.push_str("{\"$link\":\"b");
            let mut base32 = BASE32_NOPAD.encode(cid.strip_prefix(&[0])?);
            base32.make_ascii_lowercase();
            out.push_str(&base32);
            out.push_str("\"}");
            return Some(rest);
        }
        _ => return None,
    }
    Some(rest)
}

fn array<'a>(len: u64, mut rest: &'a [u8], out: &mut String, depth: usize) -> Option<&'a [u8]> {
    out.push('[');
    // Every element takes a byte at least, so a lying length ends with the bytes.
    for at in 0..len {
        if at > 0 {
            out.push(',');
        }
        rest = value(rest, out, depth)?;
    }
    out.push(']');
    Some(rest)
}

fn map<'a>(len: u64, mut rest: &'a [u8], out: &mut String, depth: usize) -> Option<&'a [u8]> {
    out.push('{');
    for at in 0..len {
        if at > 0 {
            out.push(',');
        }
        let (3, key_len, after) = head(rest)? else { return None };
        let (key, after) = text(key_len, after)?;
        quoted(key, out)?;
        out.push(':');
        rest = value(after, out, depth)?;
    }
    out.push('}');
    Some(rest)
}

fn text(len: u64, rest: &[u8]) -> Option<(&str, &[u8])> {
    let (text, rest) = rest.split_at_checked(usize::try_from(len).ok()?)?;
    Some((std::str::from_utf8(text).ok()?, rest))
}

fn quoted(text: &str, out: &mut String) -> Option<()> {
    let is_plain = !text.bytes().any(|b| b < 0x20 || b == b'"' || b == b'\\');
    if is_plain {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push_str(&serde_json::to_string(text).ok()?);
    }
    Some(())
}

/// Major type and argument.
fn head(bytes: &[u8]) -> Option<(u8, u64, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    let (argument, rest) = match first & 0x1f {
        small @ 0..=23 => (u64::from(small), rest),
        24 => rest.split_first().map(|(&byte, rest)| (u64::from(byte), rest))?,
        25 => {
            rest.split_first_chunk().map(|(n, rest)| (u64::from(u16::from_be_bytes(*n)), rest))?
        }
        26 => {
            rest.split_first_chunk().map(|(n, rest)| (u64::from(u32::from_be_bytes(*n)), rest))?
        }
        27 => rest.split_first_chunk().map(|(n, rest)| (u64::from_be_bytes(*n), rest))?,
        _ => return None,
    };
    Some((first >> 5, argument, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(block: &[u8], expected: Option<&str>) {
        assert_eq!(to_json(block).as_deref(), expected, "{block:02x?}");
    }

    #[test]
    fn scalars_and_containers_keep_their_order() {
        check(b"\xa2\x61b\x01\x61a\x82\x20\xf6", Some(r#"{"b":1,"a":[-1,null]}"#));
        check(b"\x65a\"b\n\xc3", None);
        check(b"\x64a\"\\\n", Some(r#""a\"\\\n""#));
        check(b"\x3b\xff\xff\xff\xff\xff\xff\xff\xff", Some("-18446744073709551616"));
    }

    #[test]
    fn bytes_and_links_become_objects() {
        check(b"\x43\x01\x02\x03", Some(r#"{"$bytes":"AQID"}"#));
        let cid = firehouse_types::Cid::raw([7; 32]);
        let block = [b"\xd8\x2a\x58\x25\x00".as_slice(), &cid.to_bytes()].concat();
        check(&block, Some(&format!(r#"{{"$link":"{cid}"}}"#)));
    }

    #[test]
    fn what_is_cut_off_or_nested_without_end_is_refused() {
        check(b"", None);
        check(b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", None);
        check(b"\x01\x01", None);
        check(&[0x81; 100_000], None);
    }
}
