//! [`Commit`]: the signed object at the root of a repo.
//!
//! What is signed is the same map without `sig`. Its bytes are those of the block with the pair cut out, so nothing is encoded again and
//! no field that we might not know can be lost.
//! Source: <https://atproto.com/specs/repository#commit-objects>

use firehouse_types::{Cid, DropReason, Rev};

use crate::cbor::{MAP, Malformed, Reader, UNSIGNED};
use crate::digest::sha256_of_pieces;
use crate::{InvalidSignature, PublicKey};

/// The repo version the protocol has today.
const VERSION: u64 = 3;

/// A commit block, decoded in place. Nothing of it is believed before [`Commit::verify_signature`].
#[derive(Clone, Debug)]
pub struct Commit<'a> {
    /// Whose repo it says it is; the text is not checked.
    pub did: &'a str,
    /// 3; repos of 2023 have 2.
    pub version: u64,
    /// Root of the tree.
    pub data: Cid,
    /// The logical clock; absent from version 2.
    pub rev: Option<Rev>,
    /// The commit before; null today.
    pub prev: Option<Cid>,
    /// r and s.
    pub sig: &'a [u8],
    signed: SignedPieces<'a>,
}

/// The signed bytes, as a new map head and what stands before and behind the pair `sig`.
#[derive(Clone, Debug)]
struct SignedPieces<'a> {
    head: [u8; 1],
    before: &'a [u8],
    behind: &'a [u8],
}

/// The block is not a commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCommit {
    /// Not strict DAG-CBOR, or a field has another type.
    #[error("commit block")]
    Malformed(#[from] Malformed),
    /// A field that no commit has: other implementations lose it and then reject the signature.
    #[error("commit has an unknown field")]
    UnknownField,
    /// A field is missing.
    #[error("commit lacks {0}")]
    MissingField(&'static str),
    /// The rev is not a TID.
    #[error("commit's rev is not a TID")]
    Rev,
    /// Another repo version than 3.
    #[error("commit has repo version {0}")]
    Version(u64),
}

impl From<InvalidCommit> for DropReason {
    fn from(error: InvalidCommit) -> Self {
        match error {
            InvalidCommit::Version(_) => Self::UnsupportedVersion,
            InvalidCommit::Malformed(_)
            | InvalidCommit::UnknownField
            | InvalidCommit::MissingField(_)
            | InvalidCommit::Rev => Self::CommitMalformed,
        }
    }
}

impl<'a> Commit<'a> {
    /// Decodes a commit block of any version. `prev` may be absent: some producers leave it out, and their signatures hold without it.
    pub fn decode(block: &'a [u8]) -> Result<Self, InvalidCommit> {
        let mut reader = Reader::new(block);
        let fields = reader.head_of(MAP)?;
        let (mut did, mut rev, mut sig, mut data) = (None, None, None, None);
        let (mut prev, mut version, mut signed) = (None, None, None);
        let body = reader.rest();
        let mut last_key = "";
        for _ in 0..fields {
            let before = reader.rest();
            let key = reader.text()?;
            if (last_key.len(), last_key) >= (key.len(), key) {
                return Err(Malformed::KeyOrder.into());
            }
            last_key = key;
            match key {
                "did" => did = Some(reader.text()?),
                "rev" => rev = Some(reader.text()?.parse().map_err(|_| InvalidCommit::Rev)?),
                "sig" => {
                    sig = Some(reader.bytes()?);
                    signed = Some((body.len() - before.len(), reader.rest()));
                }
                "data" => data = Some(reader.link()?),
                "prev" => prev = reader.nullable_link()?,
                "version" => version = Some(reader.head_of(UNSIGNED)?),
                _ => return Err(InvalidCommit::UnknownField),
            }
        }
        reader.end()?;
        let missing = InvalidCommit::MissingField;
        let (before_len, behind) = signed.ok_or(missing("sig"))?;
        // With at most six known fields the head is a single byte.
        let head = u8::try_from(fields).map_err(|_| InvalidCommit::UnknownField)? - 1;
        let before = body.get(..before_len).unwrap_or_default();
        Ok(Self {
            did: did.ok_or(missing("did"))?,
            version: version.ok_or(missing("version"))?,
            data: data.ok_or(missing("data"))?,
            rev,
            prev,
            sig: sig.ok_or(missing("sig"))?,
            signed: SignedPieces { head: [MAP << 5 | head], before, behind },
        })
    }

    /// The rev of a commit of today's version; others are refused.
    pub fn current_rev(&self) -> Result<Rev, InvalidCommit> {
        if self.version != VERSION {
            return Err(InvalidCommit::Version(self.version));
        }
        self.rev.ok_or(InvalidCommit::MissingField("rev"))
    }

    /// The bytes the signature is over.
    pub fn signed_bytes(&self) -> Vec<u8> {
        [&self.signed.head, self.signed.before, self.signed.behind].concat()
    }

    /// Whether this key signed it.
    pub fn verify_signature(&self, key: &PublicKey) -> Result<(), InvalidSignature> {
        let SignedPieces { head, before, behind } = &self.signed;
        key.verify_digest(&sha256_of_pieces(&[head, before, behind]), self.sig)
    }
}

#[cfg(test)]
mod tests {
    use firehouse_types::Cid;

    use super::{Commit, InvalidCommit};

    /// A map of these pairs, as encoded.
    fn block(pairs: &[&[u8]]) -> Vec<u8> {
        [&[0xa0 | u8::try_from(pairs.len()).unwrap()], pairs.concat().as_slice()].concat()
    }

    fn data() -> Vec<u8> {
        [&b"\x64data\xd8\x2a\x58\x25\x00"[..], &Cid::dag_cbor([7; 32]).to_bytes()].concat()
    }

    const DID: &[u8] = b"\x63did\x6bdid:web:a.b";
    const REV: &[u8] = b"\x63rev\x6d3mptbzaaaa22a";
    const SIG: &[u8] = b"\x63sig\x42\x01\x02";
    const PREV: &[u8] = b"\x64prev\xf6";
    const VERSION: &[u8] = b"\x67version\x03";

    #[test]
    fn the_signed_bytes_are_the_block_without_its_signature() {
        let data = data();
        let bytes = block(&[DID, REV, SIG, &data, PREV, VERSION]);
        let commit = Commit::decode(&bytes).unwrap();
        assert_eq!((commit.did, commit.version, commit.sig), ("did:web:a.b", 3, &[1, 2][..]));
        assert_eq!(commit.current_rev().unwrap().to_string(), "3mptbzaaaa22a");
        assert_eq!(commit.signed_bytes(), block(&[DID, REV, &data, PREV, VERSION]));
    }

    #[test]
    fn prev_may_be_absent_and_nothing_else() {
        let data = data();
        let without_prev = block(&[DID, REV, SIG, &data, VERSION]);
        assert!(Commit::decode(&without_prev).is_ok());
        for (missing, bytes) in [
            ("did", block(&[REV, SIG, &data, PREV, VERSION])),
            ("sig", block(&[DID, REV, &data, PREV, VERSION])),
            ("data", block(&[DID, REV, SIG, PREV, VERSION])),
            ("version", block(&[DID, REV, SIG, &data, PREV])),
        ] {
            assert_eq!(Commit::decode(&bytes).err(), Some(InvalidCommit::MissingField(missing)));
        }
        let without_rev = block(&[DID, SIG, &data, PREV, VERSION]);
        let commit = Commit::decode(&without_rev).unwrap();
        assert_eq!(commit.current_rev(), Err(InvalidCommit::MissingField("rev")));
    }

    #[test]
    fn other_versions_fields_and_orders_are_refused() {
        let data = data();
        let old = block(&[DID, SIG, &data, PREV, b"\x67version\x02"]);
        assert_eq!(Commit::decode(&old).unwrap().current_rev(), Err(InvalidCommit::Version(2)));
        for bytes in [
            block(&[DID, REV, SIG, &data, PREV, VERSION, b"\x68whatever\x01"]),
            block(&[REV, DID, SIG, &data, PREV, VERSION]),
            block(&[DID, DID, REV, SIG, &data, PREV, VERSION]),
            block(&[DID, REV, SIG, &data, PREV, b"\x67version\x18\x03"]),
            [block(&[DID, REV, SIG, &data, PREV, VERSION]), vec![0]].concat(),
            b"\xbf\xff".to_vec(),
            b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff".to_vec(),
            vec![],
        ] {
            assert!(Commit::decode(&bytes).is_err(), "{bytes:02x?}");
        }
    }
}
