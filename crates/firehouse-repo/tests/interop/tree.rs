//! An MST builder that shares nothing with the code under test: from a sorted map straight to blocks, by the words of the
//! specification, recursively and slowly.

use std::collections::BTreeMap;

use firehouse_repo::sha256;
use firehouse_types::Cid;
use ipld_core::ipld::Ipld;

use crate::support::cid_of;

/// Root and blocks of the one tree that holds these records.
pub struct Tree {
    pub root: Cid,
    pub blocks: BTreeMap<Cid, Vec<u8>>,
}

pub fn build(records: &BTreeMap<Vec<u8>, Cid>) -> Tree {
    let entries: Vec<_> = records.iter().map(|(key, cid)| (key.as_slice(), *cid)).collect();
    let mut blocks = BTreeMap::new();
    let top = entries.iter().map(|(key, _)| level(key)).max().unwrap_or(0);
    let root = node(&entries, top, &mut blocks);
    Tree { root, blocks }
}

/// Counts zero bits in pairs from the front.
pub fn level(key: &[u8]) -> u32 {
    let digest = sha256(key);
    let pairs = digest.iter().flat_map(|byte| [byte >> 6, byte >> 4 & 3, byte >> 2 & 3, byte & 3]);
    u32::try_from(pairs.take_while(|pair| *pair == 0).count()).unwrap()
}

fn subtree(
    entries: &[(&[u8], Cid)],
    level_above: u32,
    blocks: &mut BTreeMap<Cid, Vec<u8>>,
) -> Ipld {
    if entries.is_empty() {
        return Ipld::Null;
    }
    Ipld::Link(node(entries, level_above - 1, blocks).into())
}

fn node(entries: &[(&[u8], Cid)], at: u32, blocks: &mut BTreeMap<Cid, Vec<u8>>) -> Cid {
    let own: Vec<usize> = (0..entries.len()).filter(|&i| level(entries[i].0) == at).collect();
    let first = own.first().copied().unwrap_or(entries.len());
    let left = subtree(&entries[..first], at, blocks);
    let (mut items, mut before): (Vec<Ipld>, &[u8]) = (Vec::new(), &[]);
    for (n, &i) in own.iter().enumerate() {
        let (key, value) = entries[i];
        let until = own.get(n + 1).copied().unwrap_or(entries.len());
        let shared = (0..key.len().min(before.len())).take_while(|&b| key[b] == before[b]).count();
        let field = |name: &str, value: Ipld| (name.to_owned(), value);
        items.push(Ipld::Map(BTreeMap::from([
            field("k", Ipld::Bytes(key[shared..].to_vec())),
            field("p", Ipld::Integer(shared as i128)),
            field("t", subtree(&entries[i + 1..until], at, blocks)),
            field("v", Ipld::Link(value.into())),
        ])));
        before = key;
    }
    let node = BTreeMap::from([("e".to_owned(), Ipld::List(items)), ("l".to_owned(), left)]);
    let block = serde_ipld_dagcbor::to_vec(&Ipld::Map(node)).unwrap();
    let cid = cid_of(&block);
    blocks.insert(cid, block);
    cid
}
