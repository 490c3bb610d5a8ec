//! [`CollectionReceipt`]: how many records of one collection an account has, and a hash that tells whether they are the same ones.
//!
//! The hash is two sums, modulo 2^64, of XXH3-64 over each record's key and CID, once in either order. A sum does not ask in which order
//! records come, and unlike an exclusive or it does not forget a record that is counted twice. It guards against loss and bugs, not
//! against somebody who makes records so that their sums agree: CIDs are compared one by one where receipts differ, or where it matters.
//! The same function in SQL: `schema/views/receipts.sql`.

use std::fmt;

use xxhash_rust::xxh3::xxh3_64;

use crate::RkeyId;

/// What one account has of one collection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CollectionReceipt {
    /// Live records.
    pub records: u64,
    hash_high: u64,
    hash_low: u64,
}

impl CollectionReceipt {
    /// As the view has it.
    pub const fn from_columns(records: u64, hash_high: u64, hash_low: u64) -> Self {
        Self { records, hash_high, hash_low }
    }

    /// Adds a record. `cid` is the SHA-256 digest in its CID.
    pub fn add(&mut self, rkey: RkeyId, cid: &[u8; 32]) {
        let rkey = rkey.get().to_le_bytes();
        let mut bytes = [0; 48];
        let (first, rest) = bytes.split_at_mut(8);
        let (middle, last) = rest.split_at_mut(32);
        first.copy_from_slice(&rkey);
        middle.copy_from_slice(cid);
        last.copy_from_slice(&rkey);
        self.records += 1;
        self.hash_high = self.hash_high.wrapping_add(xxh3_64(&bytes[..40]));
        self.hash_low = self.hash_low.wrapping_add(xxh3_64(&bytes[8..]));
    }

    /// The 128 bits of the hash.
    pub fn hash(&self) -> u128 {
        u128::from(self.hash_high) << 64 | u128::from(self.hash_low)
    }
}

impl fmt::Display for CollectionReceipt {
    /// The hash as 32 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.hash())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::CollectionReceipt;
    use crate::RkeyId;

    fn receipt(records: &[(u64, [u8; 32])]) -> CollectionReceipt {
        let mut receipt = CollectionReceipt::default();
        records.iter().for_each(|(rkey, cid)| receipt.add(RkeyId::from(*rkey), cid));
        receipt
    }

    #[test]
    fn nothing_is_zeros_and_twice_the_same_is_not_nothing() {
        assert_eq!(receipt(&[]).to_string(), "0".repeat(32));
        assert_ne!(receipt(&[(1, [1; 32]), (1, [1; 32])]).hash(), 0);
    }

    proptest! {
        #[test]
        fn the_order_does_not_matter_and_every_record_does(
            records in prop::collection::vec(any::<(u64, [u8; 32])>(), 1..20),
            seed in any::<prop::sample::Index>(),
        ) {
            let whole = receipt(&records);
            let mut turned = records.clone();
            turned.rotate_left(seed.index(records.len()));
            turned.reverse();
            prop_assert_eq!(whole, receipt(&turned));
            let mut other = records.clone();
            other[seed.index(records.len())].1[31] ^= 1;
            prop_assert_ne!(whole, receipt(&other));
            prop_assert_ne!(whole, receipt(&records[1..]));
        }
    }
}
