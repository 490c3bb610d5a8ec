//! What the fuzz targets share: seeds from fixtures, trees whose hashes hold, and a commit that is signed.
//!
//! Each target in `fuzz_targets/` is one decoder that reads what strangers send, and the properties it must have for any bytes. Nobody
//! calls these by hand: `cargo xtask fuzz` builds, seeds and runs them.

#[path = "../../src"]
pub mod stream {
    //! Frames and lines, of firehouse-stream.
    pub mod decode;
    #[path = "jetstream/line.rs"]
    pub mod line;
}
#[path = "../../../firehouse-identity/src"]
pub mod identity {
    //! DID documents and addresses, of firehouse-identity.
    pub mod address;
    pub mod document;
}

// As the line decoder calls it at home.
pub(crate) use stream::decode;

mod fixtures;
mod input;
mod blocks;
mod signed;
mod tree;

pub use blocks::{Blocks, car_of};
pub use fixtures::{Seeds, seed};
pub use input::Input;
pub use signed::{DID, NOW_US, key, sign_commit};
pub use tree::root_of;

/// What the tree builder of firehouse-repo's tests asks for.
pub(crate) mod support {
    use firehouse_repo::sha256;
    use firehouse_types::Cid;

    pub fn cid_of(block: &[u8]) -> Cid {
        Cid::dag_cbor(sha256(block))
    }
}
