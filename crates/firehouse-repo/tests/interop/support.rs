//! Finding and unpacking fixtures, and values between JSON, DAG-CBOR and CARs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use data_encoding::{BASE64, BASE64_NOPAD, HEXLOWER_PERMISSIVE};
use firehouse_repo::{Car, PublicKey, sha256};
use firehouse_types::Cid;
use ipld_core::ipld::Ipld;
use serde_json::Value;

/// A moment after every fixture was recorded and before those that pretend to come from the future: 2030. Units: microseconds.
pub const NOW_US: u64 = 1_893_456_000_000_000;

/// The path of a fixture, or a loud line and nothing.
pub fn fixture(path: &str) -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/fixtures");
    let root = std::env::var("FIREHOUSE_FIXTURES").unwrap_or_else(|_| default.to_owned());
    let found = Path::new(&root).join(path);
    if !found.exists() {
        eprintln!("SKIPPED: fixture {path} is not there; set FIREHOUSE_FIXTURES");
        return None;
    }
    Some(found)
}

/// The files of a fixture folder with this extension, by name.
pub fn files(folder: &str, extension: &str) -> Vec<(String, PathBuf)> {
    let Some(folder) = fixture(folder) else { return Vec::new() };
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), path))
        .collect();
    files.sort();
    files
}

/// The content of a file, unpacked when its name says so.
pub fn read(path: &Path) -> Vec<u8> {
    let bytes = fs::read(path).unwrap();
    if path.extension().is_some_and(|e| e == "zst") {
        zstd::decode_all(&bytes[..]).unwrap()
    } else {
        bytes
    }
}

pub fn read_json(path: &Path) -> Value {
    serde_json::from_slice(&read(path)).unwrap()
}

/// One value per line.
pub fn read_json_lines(path: &Path) -> Vec<Value> {
    let text = String::from_utf8(read(path)).unwrap();
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The entries of a JSON array in a fixture file, none when it is not there.
pub fn json_array(path: &str) -> Vec<Value> {
    fixture(path).map_or_else(Vec::new, |path| read_json(&path).as_array().unwrap().clone())
}

pub fn json_lines(path: &str) -> Vec<Value> {
    fixture(path).map_or_else(Vec::new, |path| read_json_lines(&path))
}

/// The text of a field that must be there.
pub fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field].as_str().unwrap_or_else(|| panic!("{field} of {value}"))
}

/// Base64 with or without padding.
pub fn base64(text: &str) -> Vec<u8> {
    let codec = if text.len().is_multiple_of(4) { BASE64 } else { BASE64_NOPAD };
    codec.decode(text.as_bytes()).unwrap()
}

pub fn hex(text: &str) -> Vec<u8> {
    HEXLOWER_PERMISSIVE.decode(text.as_bytes()).unwrap()
}

pub fn cid(text: &str) -> Cid {
    text.parse().unwrap_or_else(|_| panic!("CID {text}"))
}

/// The blessed CID of a dag-cbor block.
pub fn cid_of(block: &[u8]) -> Cid {
    Cid::dag_cbor(sha256(block))
}

/// The signing key a DID document names.
pub fn signing_key(document: &Value) -> PublicKey {
    let methods = document["verificationMethod"].as_array().unwrap();
    let method = methods.iter().find(|m| text(m, "id").ends_with("#atproto")).unwrap();
    PublicKey::from_verification_method(text(method, "type"), text(method, "publicKeyMultibase"))
        .unwrap()
}

/// A frame file: [u32 little-endian length][bytes], again and again.
pub fn frames(path: &Path) -> Vec<Bytes> {
    let packed = Bytes::from(read(path));
    let (mut frames, mut at) = (Vec::new(), 0);
    while at < packed.len() {
        let len = u32::from_le_bytes(packed[at..at + 4].try_into().unwrap()) as usize;
        frames.push(packed.slice(at + 4..at + 4 + len));
        at += 4 + len;
    }
    frames
}

/// A CAR v1, written without the code under test.
pub fn write_car<'b>(roots: &[Cid], blocks: impl IntoIterator<Item = (Cid, &'b [u8])>) -> Bytes {
    let roots = roots.iter().map(|cid| Ipld::Link((*cid).into())).collect();
    let header = BTreeMap::from([
        ("roots".to_owned(), Ipld::List(roots)),
        ("version".to_owned(), Ipld::Integer(1)),
    ]);
    let header = serde_ipld_dagcbor::to_vec(&Ipld::Map(header)).unwrap();
    let mut car = varint(header.len());
    car.extend(header);
    for (cid, block) in blocks {
        car.extend(varint(Cid::LEN + block.len()));
        car.extend(cid.to_bytes());
        car.extend(block);
    }
    car.into()
}

/// Some blocks as a CAR, parsed.
pub fn car_of<'b>(blocks: impl IntoIterator<Item = (Cid, &'b [u8])>) -> Car {
    Car::parse(&write_car(&[], blocks)).unwrap()
}

fn varint(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    bytes.push(value.to_le_bytes()[0]);
    bytes
}

/// atproto's JSON form as a value of the data model. Numbers like `1.0` are integers.
pub fn ipld_of_json(json: &Value) -> Option<Ipld> {
    Some(match json {
        Value::Null => Ipld::Null,
        Value::Bool(b) => Ipld::Bool(*b),
        Value::Number(n) => match (n.as_i64(), n.as_f64()?) {
            (Some(integer), _) => Ipld::Integer(integer.into()),
            #[expect(clippy::cast_possible_truncation, reason = "a test value without fraction")]
            (None, float) if float.fract() == 0.0 => Ipld::Integer((float as i64).into()),
            (None, float) => Ipld::Float(float),
        },
        Value::String(text) => Ipld::String(text.clone()),
        Value::Array(items) => Ipld::List(items.iter().map(ipld_of_json).collect::<Option<_>>()?),
        Value::Object(fields) => match (fields.get("$link"), fields.get("$bytes")) {
            (Some(link), None) if fields.len() == 1 => Ipld::Link(link.as_str()?.parse().ok()?),
            (None, Some(bytes)) if fields.len() == 1 => Ipld::Bytes(base64(bytes.as_str()?)),
            (None, None) => Ipld::Map(
                fields
                    .iter()
                    .map(|(key, value)| Some((key.clone(), ipld_of_json(value)?)))
                    .collect::<Option<_>>()?,
            ),
            _ => return None,
        },
    })
}
