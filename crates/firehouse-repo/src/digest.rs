//! SHA-256, the one hash of the protocol.
//!
//! One place, so that the implementation can be measured and changed; `benches/repo.rs` compares candidates.

use sha2::{Digest, Sha256};

/// The SHA-256 digest of these bytes.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The SHA-256 digest of several pieces, as if they were joined.
pub(crate) fn sha256_of_pieces(pieces: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for piece in pieces {
        hasher.update(piece);
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::{sha256, sha256_of_pieces};

    #[test]
    fn pieces_hash_like_the_whole() {
        assert_eq!(sha256_of_pieces(&[b"fire", b"", b"house"]), sha256(b"firehouse"));
    }
}
