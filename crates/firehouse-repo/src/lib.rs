//! Commits, CAR blocks, the MST and labels: decode, verify, invert.
//!
//! Pure: bytes in, verdicts out. Knows no socket, no clock and no store; the caller says what time it is, which key an account has
//! and what it holds of a repo. No input makes it panic, recurse without bound, or allocate by an announced length.
//!
//! The page to read is `verify.rs`: [`verify_commit`] turns the event of a stranger into record ops one may believe.
//! [`read_repo`] does the same for a whole repo.
//!
//! ```
//! use firehouse_repo::{PublicKey, drisl};
//!
//! let key = PublicKey::from_did_key("did:key:zQ3shqwJEJyMBsBXCWyCBpUBMqxcon9oHB7mCvx4sSpMdLJwc")?;
//! assert!(key.verify(b"a message", &[0; 64]).is_err());
//! assert!(drisl::check(b"\xa1\x64text\x62hi").is_ok());
//! assert!(drisl::check(b"\xf9\x3e\x00").is_err(), "atproto has no floats");
//! # Ok::<(), firehouse_repo::InvalidKey>(())
//! ```

// What comes from upstream must not be able to stop us.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

mod verify;
mod op;
mod snapshot;
mod commit;
mod car;
mod car_reader;
mod label;
mod key;
mod p256;
pub mod mst;
pub mod drisl;
pub mod cbor;
mod digest;

pub use car::{Car, CarError};
pub use car_reader::{BLOCK_BYTES_MAX, CarReader};
pub use commit::{Commit, InvalidCommit};
pub use digest::sha256;
pub use key::{Curve, InvalidKey, InvalidSignature, PublicKey};
pub use label::{decode_label, label_signed_bytes, verify_label};
pub use op::{LeafRecord, RecordOp, read_leaf};
pub use snapshot::{
    RepoSnapshot, SnapshotRecord, read_repo, read_repo_unverified, verify_repo_commit,
};
pub use verify::{
    COMMIT_BLOCKS_BYTES_MAX, Chain, FUTURE_REV_US, OPS_MAX, RepoHead, SYNC_BLOCKS_BYTES_MAX,
    VerifiedCommit, verify_commit, verify_sync,
};
