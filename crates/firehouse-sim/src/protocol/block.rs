//! [`Cid`] and the CAR file a commit travels in.
//!
//! Sources: <https://atproto.com/specs/data-model#link-and-cid-formats>, <https://ipld.io/specs/transport/car/carv1/>

use std::fmt;

use sha2::{Digest, Sha256};

use crate::protocol::value::Value;

/// The 36 bytes of a CIDv1 with SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Cid(pub(crate) [u8; 36]);

/// A block and its address.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) cid: Cid,
    pub(crate) bytes: Vec<u8>,
}

impl Cid {
    /// Of bytes in DRISL.
    pub(crate) fn of_drisl(bytes: &[u8]) -> Self {
        Self::new(0x71, bytes)
    }

    /// Of any other bytes: a picture.
    pub(crate) fn of_raw(bytes: &[u8]) -> Self {
        Self::new(0x55, bytes)
    }

    fn new(codec: u8, bytes: &[u8]) -> Self {
        let mut cid = [0; 36];
        cid[..4].copy_from_slice(&[1, codec, 0x12, 32]);
        cid[4..].copy_from_slice(&Sha256::digest(bytes));
        Self(cid)
    }
}

impl fmt::Display for Cid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "b{}", data_encoding::BASE32_NOPAD.encode(&self.0).to_ascii_lowercase())
    }
}

impl fmt::Debug for Cid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Block {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self { cid: Cid::of_drisl(&bytes), bytes }
    }
}

/// How a CAR begins. Shape: as many bytes for any root.
pub(crate) fn car_header(root: Cid) -> Vec<u8> {
    let header = Value::Map(vec![
        ("roots", Value::List(vec![Value::Link(root)])),
        ("version", Value::Int(1)),
    ]);
    let header = header.encode();
    let mut car = Vec::new();
    varint(header.len(), &mut car);
    car.extend_from_slice(&header);
    car
}

/// Writes one block as a CAR has it.
pub(crate) fn write_block(block: &Block, out: &mut impl std::io::Write) -> std::io::Result<()> {
    let mut head = Vec::with_capacity(40);
    varint(36 + block.bytes.len(), &mut head);
    head.extend_from_slice(&block.cid.0);
    out.write_all(&head)?;
    out.write_all(&block.bytes)
}

/// A CAR with this root and these blocks, in this order, each once.
pub(crate) fn car<'a>(root: Cid, blocks: impl IntoIterator<Item = &'a Block>) -> Vec<u8> {
    let mut car = car_header(root);
    car.reserve(4096);
    let mut seen = std::collections::HashSet::new();
    for block in blocks {
        if seen.insert(block.cid) {
            varint(36 + block.bytes.len(), &mut car);
            car.extend_from_slice(&block.cid.0);
            car.extend_from_slice(&block.bytes);
        }
    }
    car
}

/// Adds to a CAR the blocks of its first half a second time, and some of nobody's.
pub(crate) fn repeat_blocks(car: &mut Vec<u8>, nobodys: &[Block]) {
    let mut sections = Vec::new();
    let mut at = 0;
    while at < car.len() / 2 {
        let (length, head) = read_varint(&car[at..]);
        if at > 0 {
            sections.extend_from_slice(&car[at..at + head + length]);
        }
        at += head + length;
    }
    car.extend_from_slice(&sections);
    for block in nobodys {
        varint(36 + block.bytes.len(), car);
        car.extend_from_slice(&block.cid.0);
        car.extend_from_slice(&block.bytes);
    }
}

/// Shape: the number, and its bytes.
fn read_varint(bytes: &[u8]) -> (usize, usize) {
    let length = 1 + bytes.iter().take_while(|&&byte| byte & 0x80 != 0).count();
    let digits = bytes[..length].iter().rev();
    (digits.fold(0, |value, byte| value << 7 | usize::from(byte & 0x7f)), length)
}

fn varint(mut value: usize, out: &mut Vec<u8>) {
    loop {
        #[expect(clippy::cast_possible_truncation, reason = "seven bits")]
        let low = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            return out.push(low);
        }
        out.push(low | 0x80);
    }
}
