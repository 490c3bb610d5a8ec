//! [`Blocks`]: blocks that link to each other with hashes that hold.
//!
//! No fuzzer finds a SHA-256 preimage: left alone it never gets past the first link. So an input holds blocks whose links are numbers of
//! blocks before them, which are turned into hashes here. What the blocks say otherwise is the fuzzer's.

use std::collections::BTreeMap;

use bytes::Bytes;
use firehouse_repo::{Car, sha256};
use firehouse_types::Cid;

use crate::Input;
use crate::input::push_bytes;

/// A digest of this beginning, and the number of a block in its last byte, stands for the digest of that block.
const PLACEHOLDER: [u8; 31] = *b"\0\0the digest of block number\0\0\0";

/// Blocks of one input.
const BLOCKS_MAX: usize = 200;

/// Blocks in an order in which each links only to those before it.
#[derive(Clone, Debug, Default)]
pub struct Blocks {
    blocks: Vec<(Cid, Vec<u8>)>,
}

impl Blocks {
    /// Reads as many blocks as a byte says.
    pub fn read(input: &mut Input<'_>) -> Self {
        let mut blocks = Self::default();
        for _ in 0..usize::from(input.byte()).min(BLOCKS_MAX) {
            if input.is_empty() {
                break;
            }
            let mut block = input.bytes().to_vec();
            blocks.link(&mut block);
            blocks.blocks.push((Cid::dag_cbor(sha256(&block)), block));
        }
        blocks
    }

    /// The number of a block to its CID; a number too large to one that nobody has.
    pub fn cid(&self, number: u8) -> Cid {
        let absent = Cid::dag_cbor([number; 32]);
        self.blocks.get(usize::from(number)).map_or(absent, |(cid, _)| *cid)
    }

    /// The last one: where a tree has its root.
    pub fn last(&self) -> Option<Cid> {
        self.blocks.last().map(|(cid, _)| *cid)
    }

    /// Every block.
    pub fn iter(&self) -> impl Iterator<Item = (Cid, &[u8])> {
        self.blocks.iter().map(|(cid, block)| (*cid, block.as_slice()))
    }

    fn link(&self, block: &mut [u8]) {
        let mut at = 0;
        while let Some(digest) = block.get_mut(at..at + 32) {
            let linked = self.blocks.get(usize::from(digest[31]));
            match linked.filter(|_| digest.starts_with(&PLACEHOLDER)) {
                Some((cid, _)) => {
                    digest.copy_from_slice(&cid.digest);
                    at += 32;
                }
                None => at += 1,
            }
        }
    }

    /// The input that [`Blocks::read`] reads as the blocks of a CAR, and which number each of them has there. `root` comes last.
    pub fn write(car: &Car, root: &Cid) -> (Vec<u8>, BTreeMap<Cid, u8>) {
        let (mut numbers, mut input) = (BTreeMap::new(), vec![0]);
        let mut waiting: Vec<(Cid, Bytes)> = car.blocks().filter(|(cid, _)| cid != root).collect();
        waiting.extend(car.get(root).map(|block| (*root, block)));
        // As long as one can be written whose links are all written.
        while let Some(at) = waiting.iter().position(|(_, block)| {
            !waiting.iter().any(|(other, _)| block.windows(32).any(|part| part == other.digest))
        }) {
            let (cid, block) = waiting.remove(at);
            let number = u8::try_from(numbers.len()).unwrap_or(u8::MAX);
            if usize::from(number) >= BLOCKS_MAX {
                break;
            }
            let mut block = block.to_vec();
            for start in 0..block.len().saturating_sub(31) {
                let Some(digest) = block.get_mut(start..start + 32) else { break };
                let linked = numbers.iter().find(|(cid, _): &(&Cid, &u8)| cid.digest == *digest);
                if let Some((_, number)) = linked {
                    digest[..31].copy_from_slice(&PLACEHOLDER);
                    digest[31] = *number;
                }
            }
            push_bytes(&mut input, &block);
            numbers.insert(cid, number);
        }
        input[0] = u8::try_from(numbers.len()).unwrap_or(u8::MAX);
        (input, numbers)
    }
}

/// A CAR of these blocks.
pub fn car_of<'a>(root: &Cid, blocks: impl Iterator<Item = (Cid, &'a [u8])>) -> Bytes {
    let mut car = b"\x3a\xa2\x65roots\x81\xd8\x2a\x58\x25\x00".to_vec();
    car.extend(root.to_bytes());
    car.extend(b"\x67version\x01");
    for (cid, block) in blocks {
        let mut len = Cid::LEN + block.len();
        while len >= 0x80 {
            car.push(len.to_le_bytes()[0] | 0x80);
            len >>= 7;
        }
        car.push(len.to_le_bytes()[0]);
        car.extend(cid.to_bytes());
        car.extend_from_slice(block);
    }
    car.into()
}
