//! Lexicon documents: validates records, XRPC parameters and XRPC answers.
//!
//! Knows no I/O: the documents of `lexicons/` are embedded. Records are checked where they lie, in DAG-CBOR, in one pass and without
//! building a tree; JSON is turned into DAG-CBOR first, so there is one validator. Rules and messages are those of the reference.
//!
//! ```
//! use firehouse_lexicon::{Blobs, Catalog, InvalidRecord};
//!
//! let catalog = Catalog::embedded();
//! let like = serde_json::json!({
//!     "$type": "app.bsky.feed.like",
//!     "subject": {"uri": "at://did:plc:44ybard66vv44zksje25o7dz/app.bsky.feed.post/3jwdwj2ctlk26"},
//!     "createdAt": "2024-01-01T00:00:00.000Z",
//! });
//! let Err(InvalidRecord::Violation(violation)) = catalog.validate_record_json("app.bsky.feed.like", &like, Blobs::Lenient) else {
//!     panic!("the subject has no cid");
//! };
//! assert_eq!(violation.to_string(), "Missing required key \"cid\" at $.subject");
//!
//! let params = catalog.validate_params("app.bsky.feed.getTimeline", &[("cursor", "x")])?;
//! assert_eq!((params.integer("limit"), params.text("cursor")), (Some(50), Some("x")));
//! # Ok::<(), firehouse_lexicon::InvalidParams>(())
//! ```

// What comes from upstream must not be able to stop us.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

mod data;
mod document;
mod grammar;
mod schema;
mod compile;
mod catalog;
mod validate;
mod rules;
mod format;
mod blob;
mod params;
mod json;
mod violation;

pub use blob::Blobs;
pub use catalog::{Catalog, InvalidBody, InvalidRecord};
pub use data::{Item, Keys, MAX_DEPTH, Malformed, Reader, deeper};
pub use document::{Document, InvalidDocument};
pub use json::to_dag_cbor;
pub use params::{InvalidParams, ParamValue, Params, without_brackets};
pub use violation::Violation;
