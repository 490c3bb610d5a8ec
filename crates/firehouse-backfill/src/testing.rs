//! Accounts with keys, and repos they sign, built by the words of the specification and without the code under test.
//!
//! Used by the tests of this crate and by the bench of fetching.
//! Sources: <https://atproto.com/specs/repository>, <https://ipld.io/specs/transport/car/carv1/>

use std::collections::BTreeMap;

use firehouse_repo::{Curve, PublicKey};
use firehouse_types::{Cid, Did, Rev};
use p256::ecdsa::SigningKey;
use p256::ecdsa::signature::hazmat::PrehashSigner;
use sha2::{Digest, Sha256};

/// Somebody who signs.
pub struct Account {
    pub did: Did,
    key: SigningKey,
}

/// A block and its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    pub cid: Cid,
    pub bytes: Vec<u8>,
}

/// A repo at one rev.
pub struct Snapshot {
    pub commit: Block,
    pub nodes: Vec<Block>,
    pub records: Vec<Block>,
}

/// Paths and what is there.
pub type Contents = BTreeMap<String, Vec<u8>>;

impl Account {
    pub fn new(did: &str) -> Self {
        let key =
            SigningKey::from_slice(&digest(did.as_bytes())).expect("one digest in 2^32 is no key");
        Self { did: did.parse().expect("a DID"), key }
    }

    pub fn key(&self) -> PublicKey {
        let point = self.key.verifying_key().to_sec1_point(true);
        PublicKey::from_point(Curve::P256, point.as_bytes()).expect("a point")
    }

    pub fn repo(&self, rev: Rev, contents: &Contents) -> Snapshot {
        let leaves: Vec<_> = contents
            .iter()
            .map(|(path, record)| (path.as_bytes(), block(record.clone())))
            .collect();
        let leaf = |(path, record): &(&'_ [u8], Block)| Leaf {
            key: path.to_vec(),
            value: record.cid,
            level: level(path),
        };
        let tree: Vec<Leaf> = leaves.iter().map(leaf).collect();
        let (mut nodes, top) = (Vec::new(), tree.iter().map(|leaf| leaf.level).max().unwrap_or(0));
        let root = node(&tree, top, &mut nodes);
        // The root first.
        nodes.reverse();
        let commit = self.commit(rev, root);
        Snapshot { commit, nodes, records: leaves.into_iter().map(|(_, record)| record).collect() }
    }

    pub fn commit(&self, rev: Rev, root: Cid) -> Block {
        let did = [&head(3, self.did.as_str().len())[..], self.did.as_str().as_bytes()].concat();
        let rev = [b"\x6d".as_slice(), rev.to_string().as_bytes()].concat();
        let fields = |sig: &[u8]| {
            let fields: [&[u8]; 9] = [
                b"\x63did",
                &did,
                b"\x63rev",
                &rev,
                sig,
                b"\x64data",
                &link(root),
                b"\x64prev\xf6",
                b"\x67version\x03",
            ];
            fields.concat()
        };
        let unsigned = [&b"\xa5"[..], &fields(b"")].concat();
        let signature: p256::ecdsa::Signature =
            self.key.sign_prehash(&digest(&unsigned)).expect("32 bytes");
        let signature = signature.normalize_s().to_bytes();
        let sig = [&b"\x63sig\x58\x40"[..], signature.as_slice()].concat();
        block([&b"\xa6"[..], &fields(&sig)].concat())
    }
}

impl Snapshot {
    /// In the order a PDS would send: commit, nodes, records.
    pub fn blocks(&self) -> Vec<&Block> {
        std::iter::once(&self.commit).chain(&self.nodes).chain(&self.records).collect()
    }

    pub fn car(&self) -> Vec<u8> {
        car(self.commit.cid, self.blocks())
    }
}

/// A CAR with these blocks, in this order.
pub fn car<'b>(root: Cid, blocks: impl IntoIterator<Item = &'b Block>) -> Vec<u8> {
    let header = [&b"\xa2\x65roots\x81"[..], &link(root), b"\x67version\x01"].concat();
    let mut car = varint(header.len());
    car.extend(header);
    for block in blocks {
        car.extend(varint(Cid::LEN + block.bytes.len()));
        car.extend(block.cid.to_bytes());
        car.extend_from_slice(&block.bytes);
    }
    car
}

pub fn block(bytes: Vec<u8>) -> Block {
    Block { cid: Cid::dag_cbor(digest(&bytes)), bytes }
}

/// A post of this text.
pub fn record(text: &str) -> Vec<u8> {
    let text = [&head(3, text.len())[..], text.as_bytes()].concat();
    [&b"\xa2\x64text"[..], &text, b"\x65$type\x72app.bsky.feed.post"].concat()
}

/// `count` posts, each with a TID as its key.
pub fn posts(count: u64) -> Contents {
    let post = |n: u64| {
        let path = format!("app.bsky.feed.post/{}", rev(n));
        (path, record(&format!("post number {n} of a repo that was made for a test")))
    };
    (0..count).map(post).collect()
}

/// The `n`th of a series of revs, some years ago.
pub fn rev(n: u64) -> Rev {
    Rev::from((1_700_000_000_000_000 + n * 1_000_003) << 10)
}

struct Leaf {
    key: Vec<u8>,
    value: Cid,
    level: usize,
}

/// Counts zero bits in pairs from the front.
fn level(key: &[u8]) -> usize {
    let pairs = digest(key).into_iter().flat_map(|b| [b >> 6, b >> 4 & 3, b >> 2 & 3, b & 3]);
    pairs.take_while(|pair| *pair == 0).count()
}

/// Puts the node of this level and everything below it behind `nodes`.
fn node(leaves: &[Leaf], at: usize, nodes: &mut Vec<Block>) -> Cid {
    let mut below = |leaves: &[Leaf]| match leaves {
        [] => b"\xf6".to_vec(),
        leaves => link(node(leaves, at - 1, nodes)),
    };
    let own: Vec<usize> = (0..leaves.len()).filter(|&i| leaves[i].level == at).collect();
    let left = below(&leaves[..own.first().copied().unwrap_or(leaves.len())]);
    let mut bytes = [&b"\xa2\x61e"[..], &head(4, own.len())].concat();
    let mut before: &[u8] = &[];
    for (n, &i) in own.iter().enumerate() {
        let (key, until) = (&leaves[i].key, own.get(n + 1).copied().unwrap_or(leaves.len()));
        let shared = key.iter().zip(before).take_while(|(a, b)| a == b).count();
        bytes.extend_from_slice(b"\xa4\x61k");
        bytes.extend(head(2, key.len() - shared));
        bytes.extend_from_slice(&key[shared..]);
        bytes.extend_from_slice(b"\x61p");
        bytes.extend(head(0, shared));
        bytes.extend_from_slice(b"\x61t");
        bytes.extend(below(&leaves[i + 1..until]));
        bytes.extend_from_slice(b"\x61v");
        bytes.extend(link(leaves[i].value));
        before = key;
    }
    bytes.extend_from_slice(b"\x61l");
    bytes.extend(left);
    let block = block(bytes);
    let cid = block.cid;
    nodes.push(block);
    cid
}

fn link(cid: Cid) -> Vec<u8> {
    [&b"\xd8\x2a\x58\x25\x00"[..], &cid.to_bytes()].concat()
}

/// The head of an item with an argument below 65,536.
fn head(major: u8, argument: usize) -> Vec<u8> {
    let (major, [low, high, ..]) = (major << 5, argument.to_le_bytes());
    match argument {
        0..=23 => vec![major | low],
        24..=255 => vec![major | 24, low],
        _ => vec![major | 25, high, low],
    }
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

fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}
