//! What is true of a record, and what it says of others.

use std::collections::BTreeMap;

use crate::model::Model;
use crate::protocol::block::Block;
use crate::protocol::value::Value;
use crate::town::record;

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordTruth {
    /// As text.
    pub cid: String,
    /// SHA-256 of the bytes: the CID without its head.
    pub digest: [u8; 32],
    /// The block.
    pub bytes: Vec<u8>,
    pub(crate) says: Says,
}

/// What counts elsewhere. Nothing, when the record breaks its lexicon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    Nothing,
    Like(String),
    Repost(String),
    Follow(String),
    Block(String),
    Post { reply_to: Option<String>, quotes: Option<String> },
}

/// How many records an account has in a collection, and which.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// Records.
    pub count: u64,
    /// The first eight bytes of every digest, little-endian, all joined by exclusive or: in whatever order, the same.
    pub digest: u64,
}

impl RecordTruth {
    pub(crate) fn new(block: &Block, says: Says) -> Self {
        let mut digest = [0; 32];
        digest.copy_from_slice(&block.cid.0[4..]);
        Self { cid: block.cid.to_string(), digest, bytes: block.bytes.clone(), says }
    }
}

impl Says {
    /// What a record of this collection says when it keeps to its lexicon.
    pub(crate) fn of(collection: &str, value: &Value) -> Self {
        let uri_at = |path: &[&str]| value.text_at(path).map(str::to_owned);
        let said = match collection {
            record::LIKE => uri_at(&["subject", "uri"]).map(Self::Like),
            record::REPOST => uri_at(&["subject", "uri"]).map(Self::Repost),
            record::FOLLOW => uri_at(&["subject"]).map(Self::Follow),
            record::BLOCK => uri_at(&["subject"]).map(Self::Block),
            record::POST => Some(Self::Post {
                reply_to: uri_at(&["reply", "parent", "uri"]),
                quotes: uri_at(&["embed", "record", "uri"]),
            }),
            _ => None,
        };
        said.unwrap_or(Self::Nothing)
    }
}

impl Model {
    /// Receipts by DID and collection.
    pub fn receipts(&self) -> BTreeMap<(&str, &str), Receipt> {
        let mut receipts: BTreeMap<_, Receipt> = BTreeMap::new();
        for ((did, path), record) in self.records() {
            let collection = path.split('/').next().unwrap_or_default();
            let receipt = receipts.entry((did, collection)).or_default();
            receipt.count += 1;
            let mut first = [0; 8];
            first.copy_from_slice(&record.digest[..8]);
            receipt.digest ^= u64::from_le_bytes(first);
        }
        receipts
    }
}
