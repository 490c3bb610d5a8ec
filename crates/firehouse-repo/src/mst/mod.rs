//! The Merkle search tree of a repo: a map from paths to record CIDs with one possible shape for its content.
//!
//! Two readers share `node.rs`: [`Walk`] goes through a whole tree and checks everything; [`invert`] undoes the ops of a commit on the
//! few nodes the commit brought along.
//! Source: <https://atproto.com/specs/repository#mst-structure>

mod node;
mod walk;
mod invert;
mod partial;
mod surgery;

use firehouse_types::{Cid, DropReason};

use crate::cbor::Malformed;
use crate::sha256;

pub use invert::{Change, invert};
pub use partial::PartialTree;
pub use walk::{NodeSource, Visit, Walk};

/// Longest key of a tree. A valid path has 830 bytes at most; the reference sets this limit.
pub const KEY_BYTES_MAX: usize = 1_024;

/// Most entries one node may have. By chance 30 is rare; a tree mined to have more is refused before it costs anything.
pub const NODE_ENTRIES_MAX: u64 = 1_000;

/// The tree without any record: one node `{e: [], l: null}`.
pub const EMPTY: Cid = Cid::dag_cbor([
    0x9d, 0xfe, 0xfe, 0x61, 0xdd, 0x76, 0xea, 0x3d, 0xca, 0xe5, 0x02, 0x38, 0x80, 0xb0, 0x83, 0x79,
    0xd5, 0x7a, 0xdf, 0x20, 0x48, 0x2d, 0x6f, 0xdb, 0xe2, 0x75, 0x92, 0x89, 0xf6, 0x47, 0x67, 0x7b,
]);

/// Why a tree cannot be read, or does not say what an op says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// A node that is needed is not in the CAR.
    #[error("MST node {0} is not there")]
    MissingNode(Cid),
    /// A node is not strict DAG-CBOR of a node's form.
    #[error("MST node is malformed")]
    Node(#[from] Malformed),
    /// A node breaks a rule of the tree: prefix compression, order, level, emptiness, size.
    #[error("MST breaks the rule: {0}")]
    Rule(&'static str),
    /// The tree has another value, or none, or one where none should be.
    #[error("MST contradicts the op")]
    Contradiction,
}

impl From<TreeError> for DropReason {
    fn from(error: TreeError) -> Self {
        match error {
            TreeError::MissingNode(_) => Self::MissingBlock,
            TreeError::Node(_) | TreeError::Rule(_) => Self::TreeMalformed,
            TreeError::Contradiction => Self::InversionMismatch,
        }
    }
}

/// The level a key must have: leading zero bits of its SHA-256, two to a level. 0 to 128.
pub fn level_of(key: &[u8]) -> u8 {
    let mut zero_bits = 0;
    for byte in sha256(key) {
        zero_bits += byte.leading_zeros();
        if byte != 0 {
            break;
        }
    }
    u8::try_from(zero_bits / 2).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::EMPTY;
    use crate::sha256;

    #[test]
    fn the_empty_tree_is_the_hash_of_the_empty_node() {
        assert_eq!(EMPTY.digest, sha256(b"\xa2\x61e\x80\x61l\xf6"));
        assert_eq!(
            EMPTY.to_string(),
            "bafyreie5737gdxlw5i64vzichcalba3z2v5n6icifvx5xytvske7mr3hpm"
        );
    }
}
