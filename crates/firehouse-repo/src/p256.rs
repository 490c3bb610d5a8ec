//! P-256 through AWS-LC, with the low-S rule that its verifier does not know.

use std::sync::Arc;

use aws_lc_rs::digest::{Digest, SHA256};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};

/// Half of the group order, rounded down: the largest S a signature may have.
const HALF_ORDER: [u8; 32] = [
    0x7f, 0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xde, 0x73, 0x7d, 0x56, 0xd3, 0x8b, 0xcf, 0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8,
];

/// A parsed point. The parsed form is shared, so a clone costs a counter.
#[derive(Clone)]
pub(crate) struct P256Key {
    compressed: [u8; 33],
    parsed: Arc<ParsedPublicKey>,
}

impl P256Key {
    /// Reads a SEC1 point, compressed or not; the caller has checked its first byte and length.
    pub(crate) fn from_point(point: &[u8]) -> Option<Self> {
        let compressed = compress(point)?;
        let parsed = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).ok()?;
        Some(Self { compressed, parsed: Arc::new(parsed) })
    }

    pub(crate) const fn compressed(&self) -> &[u8; 33] {
        &self.compressed
    }

    pub(crate) fn verifies(&self, digest: &[u8; 32], signature: &[u8; 64]) -> bool {
        Digest::import_less_safe(digest, &SHA256)
            .and_then(|digest| self.parsed.verify_digest_sig(&digest, signature))
            .is_ok()
    }

    /// Whether S is in the lower half of the group order.
    pub(crate) fn is_low_s(signature: &[u8; 64]) -> bool {
        signature[32..] <= HALF_ORDER[..]
    }
}

/// The compressed form: whether Y is odd, then X.
fn compress(point: &[u8]) -> Option<[u8; 33]> {
    if let Ok(compressed) = point.try_into() {
        return Some(compressed);
    }
    let mut compressed = [0; 33];
    compressed[0] = 2 + (point.last()? & 1);
    compressed[1..].copy_from_slice(point.get(1..33)?);
    Some(compressed)
}
