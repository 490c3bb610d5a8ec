//! [`BlockIndex`]: where each block of a repo lies, by its CID, in 40 bytes a block.
//!
//! A repo of a gigabyte has some four million blocks, so this is what a repo on disk costs in memory. Sorted once, then looked up: digests
//! are spread evenly, so their first bits name a bucket of about eight, and the rest is a binary search.

use std::cmp::Ordering;

use firehouse_types::{Cid, CidCodec};

/// Bytes of an index per block.
pub(crate) const ENTRY_BYTES: usize = size_of::<Entry>();

/// Blocks per bucket, about.
const BUCKET_BLOCKS: usize = 8;

#[derive(Clone, Copy)]
struct Entry {
    digest: [u8; 32],
    place: Place,
}

/// Where a block begins (42 bits), its length (21 bits), and whether it is a blob's (1 bit).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place(u64);

const LEN_BITS: u32 = 21;
const OFFSET_BITS: u32 = 42;

/// Begin and length of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) offset: u64,
    pub(crate) len: usize,
}

/// There are more different blocks than the index may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IndexFull;

/// An index that is being filled.
pub(crate) struct IndexBuilder {
    entries: Vec<Entry>,
    entries_max: usize,
}

/// An index that is complete.
pub(crate) struct BlockIndex {
    /// Sorted, each CID once.
    entries: Vec<Entry>,
    /// Where each bucket begins, and where the last one ends.
    starts: Vec<u32>,
    /// How far to shift the first 64 bits of a digest for its bucket.
    shift: u32,
}

impl Place {
    fn new(codec: CidCodec, extent: Extent) -> Option<Self> {
        let len = u64::try_from(extent.len).ok().filter(|len| len >> LEN_BITS == 0)?;
        let offset = Some(extent.offset).filter(|offset| offset >> OFFSET_BITS == 0)?;
        let raw = u64::from(codec == CidCodec::Raw);
        Some(Self(raw << (LEN_BITS + OFFSET_BITS) | offset << LEN_BITS | len))
    }

    fn is_raw(self) -> bool {
        self.0 >> (LEN_BITS + OFFSET_BITS) == 1
    }

    fn extent(self) -> Extent {
        let offset = self.0 >> LEN_BITS & ((1 << OFFSET_BITS) - 1);
        // 21 bits fit any usize there is.
        Extent {
            offset,
            len: usize::try_from(self.0 & ((1 << LEN_BITS) - 1)).unwrap_or(usize::MAX),
        }
    }
}

impl Entry {
    /// By digest, then by codec. The first 64 bits nearly always decide, and are compared in registers.
    fn order(&self, digest: &[u8; 32], is_raw: bool) -> Ordering {
        first_bits(&self.digest)
            .cmp(&first_bits(digest))
            .then_with(|| self.digest.cmp(digest))
            .then_with(|| self.place.is_raw().cmp(&is_raw))
    }

    fn first_bits(&self) -> u64 {
        first_bits(&self.digest)
    }
}

impl IndexBuilder {
    pub(crate) fn new(index_bytes_max: usize) -> Self {
        // Buckets count in 32 bits.
        let entries_max = (index_bytes_max / ENTRY_BYTES).min(u32::MAX as usize);
        Self { entries: Vec::new(), entries_max }
    }

    /// Notes a block; of a CID that comes again, any place will do. Errors: [`IndexFull`], counting no block twice.
    pub(crate) fn insert(&mut self, cid: Cid, extent: Extent) -> Result<(), IndexFull> {
        if self.entries.len() >= self.entries_max {
            self.sort();
            // Some room must be won, or a full index would be sorted again for every block.
            if self.entries.len() > self.entries_max - self.entries_max / 8 {
                return Err(IndexFull);
            }
        }
        let place = Place::new(cid.codec, extent).ok_or(IndexFull)?;
        self.entries.push(Entry { digest: cid.digest, place });
        Ok(())
    }

    pub(crate) fn finish(mut self) -> BlockIndex {
        self.sort();
        self.entries.shrink_to_fit();
        let entries = self.entries;
        let buckets = (entries.len() / BUCKET_BLOCKS).max(1).next_power_of_two();
        let shift = u64::BITS - buckets.trailing_zeros();
        let mut starts = Vec::with_capacity(buckets + 1);
        for (at, entry) in (0_u32..).zip(&entries) {
            let bucket = bucket(entry.first_bits(), shift);
            while starts.len() <= bucket {
                starts.push(at);
            }
        }
        starts.resize(buckets + 1, u32::try_from(entries.len()).unwrap_or(u32::MAX));
        BlockIndex { entries, starts, shift }
    }

    fn sort(&mut self) {
        self.entries.sort_unstable_by(|a, b| a.order(&b.digest, b.place.is_raw()));
        self.entries.dedup_by(|a, b| a.order(&b.digest, b.place.is_raw()).is_eq());
    }
}

impl BlockIndex {
    /// Where the block with this CID is.
    pub(crate) fn get(&self, cid: &Cid) -> Option<Extent> {
        let bucket = bucket(first_bits(&cid.digest), self.shift);
        let (start, end) = (*self.starts.get(bucket)?, *self.starts.get(bucket + 1)?);
        let entries = self.entries.get(start as usize..end as usize)?;
        let is_raw = cid.codec == CidCodec::Raw;
        let at = entries.binary_search_by(|entry| entry.order(&cid.digest, is_raw)).ok()?;
        entries.get(at).map(|entry| entry.place.extent())
    }
}

fn first_bits(digest: &[u8; 32]) -> u64 {
    digest.first_chunk().map_or(0, |first| u64::from_be_bytes(*first))
}

fn bucket(first_bits: u64, shift: u32) -> usize {
    // With a single bucket the shift takes all bits.
    usize::try_from(first_bits.checked_shr(shift).unwrap_or(0)).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use firehouse_types::{Cid, CidCodec};
    use proptest::prelude::*;

    use super::{BlockIndex, ENTRY_BYTES, Extent, IndexBuilder, IndexFull};

    fn build(blocks: &[(Cid, Extent)]) -> BlockIndex {
        let mut builder = IndexBuilder::new(1 << 20);
        blocks.iter().for_each(|(cid, extent)| builder.insert(*cid, *extent).unwrap());
        builder.finish()
    }

    #[test]
    fn a_block_costs_forty_bytes() {
        assert_eq!(ENTRY_BYTES, 40);
    }

    #[test]
    fn the_largest_place_is_kept_and_a_larger_one_refused() {
        let cid = Cid::raw([255; 32]);
        let largest = Extent { offset: (1 << 42) - 1, len: (1 << 21) - 1 };
        assert_eq!(build(&[(cid, largest)]).get(&cid), Some(largest));
        let mut builder = IndexBuilder::new(1 << 20);
        for extent in [Extent { offset: 1 << 42, len: 0 }, Extent { offset: 0, len: 1 << 21 }] {
            assert_eq!(builder.insert(cid, extent), Err(IndexFull));
        }
    }

    #[test]
    fn repeats_take_no_room_and_more_different_blocks_are_refused() {
        let mut builder = IndexBuilder::new(80 * ENTRY_BYTES);
        let cid = |n: u8| Cid::dag_cbor([n; 32]);
        for n in 0..1_000 {
            let extent = Extent { offset: n, len: 1 };
            assert_eq!(builder.insert(cid((n % 50) as u8), extent), Ok(()));
        }
        let result =
            (50..=255).try_for_each(|n| builder.insert(cid(n), Extent { offset: 0, len: 1 }));
        assert_eq!(result, Err(IndexFull));
    }

    #[test]
    fn the_codec_is_part_of_the_address() {
        let cid = Cid::dag_cbor([1; 32]);
        let index = build(&[(cid, Extent { offset: 5, len: 1 })]);
        assert_eq!(index.get(&Cid::raw([1; 32])), None);
        assert_eq!(build(&[]).get(&cid), None);
    }

    proptest! {
        #[test]
        fn answers_as_a_map_would(
            // Few first bytes, so that buckets are crowded too.
            blocks in prop::collection::vec((0..4_u8, any::<[u8; 31]>(), any::<bool>(), 0..1_u64 << 42), 0..200),
        ) {
            let blocks: Vec<_> = blocks
                .iter()
                .map(|(first, rest, raw, offset)| {
                    let mut digest = [*first; 32];
                    digest[1..].copy_from_slice(rest);
                    let codec = if *raw { CidCodec::Raw } else { CidCodec::DagCbor };
                    (Cid { codec, digest }, Extent { offset: *offset, len: usize::from(*first) })
                })
                .collect();
            let index = build(&blocks);
            let map: BTreeMap<_, _> = blocks.iter().copied().collect();
            prop_assert_eq!(index.entries.len(), map.len());
            for (cid, extent) in map {
                prop_assert_eq!(index.get(&cid).map(|found| found.len), Some(extent.len));
                let mut other = cid;
                other.digest[31] ^= 1;
                prop_assert!(index.get(&other).is_none() || blocks.iter().any(|(cid, _)| *cid == other));
            }
        }
    }
}
