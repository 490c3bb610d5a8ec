//! [`Car`]: the blocks of a commit or of a whole repo, read in place.
//!
//! A `Car` in hand is the proof that every block hashes to its CID. Blocks are slices of the bytes it was read from. Their order means
//! nothing; a block that is there twice, or that nothing refers to, is harmless.
//! Source: <https://ipld.io/specs/transport/car/carv1/>

use std::ops::Range;

use bytes::Bytes;
use firehouse_types::{Cid, DropReason};

use crate::cbor::{ARRAY, Malformed, Reader};
use crate::drisl::varint;
use crate::sha256;

/// A header holds a handful of roots at most.
pub(crate) const HEADER_BYTES_MAX: u64 = 4_096;

/// A parsed CAR v1.
#[derive(Clone, Debug)]
pub struct Car {
    bytes: Bytes,
    roots: Vec<Cid>,
    /// Sorted by CID, each once.
    blocks: Vec<Block>,
}

#[derive(Clone, Debug)]
struct Block {
    cid: Cid,
    at: Range<usize>,
}

/// The bytes are not a CAR v1 of blessed CIDs, or they lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CarError {
    /// The header is missing, too long, or not that of version 1.
    #[error("CAR header")]
    Header(#[source] Malformed),
    /// A length is not a varint, is zero, or reaches beyond the end.
    #[error("a CAR section does not end where it says")]
    Section,
    /// A block's CID has another version, codec or hash than the protocol uses.
    #[error("a CAR block with a CID of another kind")]
    BlockCid,
    /// A block does not hash to its CID.
    #[error("a CAR block does not hash to its CID")]
    HashMismatch,
    /// A block is larger than [`BLOCK_BYTES_MAX`](crate::BLOCK_BYTES_MAX). Only of a CAR that is read in pieces.
    #[error("a CAR block of more than 2,000,000 bytes")]
    BlockTooLarge,
    /// The CAR ends inside its header or a section. Only of a CAR that is read in pieces.
    #[error("the CAR is cut off")]
    Truncated,
}

impl From<CarError> for DropReason {
    fn from(error: CarError) -> Self {
        match error {
            CarError::Header(_)
            | CarError::Section
            | CarError::BlockCid
            | CarError::BlockTooLarge
            | CarError::Truncated => Self::CarMalformed,
            CarError::HashMismatch => Self::BlockHashMismatch,
        }
    }
}

impl Car {
    /// Reads header and sections and hashes every block.
    ///
    /// Memory: in proportion to the bytes that are there, whatever lengths they announce.
    pub fn parse(bytes: &Bytes) -> Result<Self, CarError> {
        let mut rest = bytes.as_ref();
        let roots = read_header(&mut rest)?;
        let mut blocks = Vec::new();
        while !rest.is_empty() {
            let section = take_section(&mut rest).ok_or(CarError::Section)?;
            let (cid, data) = Cid::read(section).map_err(|_| CarError::BlockCid)?;
            if sha256(data) != cid.digest {
                return Err(CarError::HashMismatch);
            }
            let end = bytes.len() - rest.len();
            blocks.push(Block { cid, at: end - data.len()..end });
        }
        blocks.sort_unstable_by_key(|block| block.cid);
        blocks.dedup_by_key(|block| block.cid);
        Ok(Self { bytes: bytes.clone(), roots, blocks })
    }

    /// What the header names. The first is the commit; others mean nothing.
    pub fn roots(&self) -> &[Cid] {
        &self.roots
    }

    /// The block with this CID, borrowed.
    pub fn block(&self, cid: &Cid) -> Option<&[u8]> {
        self.bytes.get(self.blocks.get(self.index_of(cid)?)?.at.clone())
    }

    /// The block with this CID, sharing the bytes it was read from.
    pub fn get(&self, cid: &Cid) -> Option<Bytes> {
        self.slice(self.index_of(cid)?)
    }

    /// How many different blocks there are.
    pub fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Whether there is no block at all.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// Every block once, in no meaningful order.
    pub fn blocks(&self) -> impl Iterator<Item = (Cid, Bytes)> {
        self.blocks.iter().map(|block| (block.cid, self.bytes.slice(block.at.clone())))
    }

    /// How many bytes it was read from: no fewer than its different blocks have together.
    pub(crate) fn bytes_len(&self) -> usize {
        self.bytes.len()
    }

    /// Where [`Car::slice`] finds a block.
    pub(crate) fn index_of(&self, cid: &Cid) -> Option<usize> {
        self.blocks.binary_search_by_key(cid, |block| block.cid).ok()
    }

    pub(crate) fn slice(&self, index: usize) -> Option<Bytes> {
        self.blocks.get(index).map(|block| self.bytes.slice(block.at.clone()))
    }

    pub(crate) fn cid_at(&self, index: usize) -> Option<Cid> {
        self.blocks.get(index).map(|block| block.cid)
    }
}

/// `{roots: [CID], version: 1}`, in the one encoding it has.
fn read_header(rest: &mut &[u8]) -> Result<Vec<Cid>, CarError> {
    let len = varint(rest).filter(|len| (1..=HEADER_BYTES_MAX).contains(len));
    let mut reader = Reader::new(rest);
    let header = len.ok_or(Malformed::Unexpected).and_then(|len| reader.take(len));
    *rest = reader.rest();
    header.and_then(read_roots).map_err(CarError::Header)
}

pub(crate) fn read_roots(header: &[u8]) -> Result<Vec<Cid>, Malformed> {
    let mut reader = Reader::new(header);
    reader.expect(b"\xa2\x65roots")?;
    let count = reader.head_of(ARRAY)?;
    let roots = (0..count).map(|_| reader.link()).collect::<Result<_, _>>()?;
    reader.expect(b"\x67version\x01")?;
    reader.end()?;
    Ok(roots)
}

/// A length and as many bytes: the CID and what it names.
fn take_section<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let len = usize::try_from(varint(rest)?).ok().filter(|&len| len > 0)?;
    let (section, after) = rest.split_at_checked(len)?;
    *rest = after;
    Some(section)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use firehouse_types::Cid;

    use super::{Car, CarError};
    use crate::sha256;

    fn header(roots: &[Cid]) -> Vec<u8> {
        let mut header = b"\xa2\x65roots".to_vec();
        header.push(0x80 | u8::try_from(roots.len()).unwrap());
        for root in roots {
            header.extend(b"\xd8\x2a\x58\x25\x00");
            header.extend(root.to_bytes());
        }
        header.extend(b"\x67version\x01");
        [vec![u8::try_from(header.len()).unwrap()], header].concat()
    }

    fn section(cid: Cid, data: &[u8]) -> Vec<u8> {
        [&[u8::try_from(36 + data.len()).unwrap()][..], &cid.to_bytes(), data].concat()
    }

    fn parse(pieces: &[Vec<u8>]) -> Result<Car, CarError> {
        Car::parse(&Bytes::from(pieces.concat()))
    }

    #[test]
    fn a_block_is_found_by_its_cid_and_shares_the_bytes() {
        let (one, two) = (Cid::dag_cbor(sha256(b"one")), Cid::raw(sha256(b"two")));
        let bytes =
            Bytes::from([header(&[one]), section(two, b"two"), section(one, b"one")].concat());
        let car = Car::parse(&bytes).unwrap();
        assert_eq!((car.roots(), car.len()), (&[one][..], 2));
        assert_eq!(car.get(&two).unwrap(), "two");
        assert_eq!(car.block(&one), Some(&b"one"[..]));
        assert_eq!(car.get(&Cid::raw(one.digest)), None, "the codec is part of the address");
        assert!(bytes.as_ptr_range().contains(&car.get(&one).unwrap().as_ptr()));
    }

    #[test]
    fn a_block_twice_counts_once() {
        let cid = Cid::dag_cbor(sha256(b"x"));
        let car = parse(&[header(&[cid]), section(cid, b"x"), section(cid, b"x")]).unwrap();
        assert_eq!(car.len(), 1);
    }

    #[test]
    fn every_lie_has_its_error() {
        let cid = Cid::dag_cbor(sha256(b"x"));
        let v0 = [&[0x12, 0x20][..], &[0; 40]].concat();
        assert_eq!(
            parse(&[header(&[cid]), section(cid, b"y")]).err(),
            Some(CarError::HashMismatch)
        );
        assert_eq!(parse(&[header(&[cid]), vec![0]]).err(), Some(CarError::Section));
        assert_eq!(parse(&[header(&[cid]), vec![0xff; 12]]).err(), Some(CarError::Section));
        assert_eq!(parse(&[header(&[cid]), vec![200, 1, 1]]).err(), Some(CarError::Section));
        assert_eq!(parse(&[header(&[cid]), vec![1, 1]]).err(), Some(CarError::BlockCid));
        assert_eq!(
            parse(&[header(&[cid]), [vec![42], v0].concat()]).err(),
            Some(CarError::BlockCid)
        );
        for bytes in [&b""[..], b"\x00", b"<!doctype html>", b"\xff\xff\xff\xff\x0f"] {
            assert!(matches!(Car::parse(&Bytes::copy_from_slice(bytes)), Err(CarError::Header(_))));
        }
    }
}
