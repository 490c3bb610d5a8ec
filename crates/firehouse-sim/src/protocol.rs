//! The formats of a repo, written here a second time: nothing of `firehouse-repo` is used, so that a bug there cannot cancel itself.
//!
//! Sources: <https://atproto.com/specs/repository>, <https://atproto.com/specs/data-model>, <https://atproto.com/specs/sync>

pub(crate) mod value;
pub(crate) mod block;
pub(crate) mod tree;
pub(crate) mod tree_builder;
pub(crate) mod key;
pub(crate) mod repo;
pub(crate) mod frame;
pub(crate) mod plc;
pub(crate) mod label;
