//! Record op → rows, one file per collection.
//!
//! Pure: no clock, no I/O, no state; the same op gives the same rows wherever and whenever it is read. The page to read is `post.rs`.
//! Every record becomes a row of `records`, and each reference in it a row of `links` (`links.rs`); some collections make more.
//!
//! ```
//! use firehouse_indexer::{Indexer, Rows, Witness};
//! use firehouse_lexicon::{Catalog, to_dag_cbor};
//! use firehouse_repo::{RecordOp, sha256};
//! use firehouse_schema::Proof;
//! use firehouse_types::{Cid, Did, Nsid, OpAction, Rkey};
//!
//! let record = to_dag_cbor(&serde_json::json!({
//!     "$type": "app.bsky.graph.follow",
//!     "subject": "did:plc:ewvi7nxzyoun6zhxrhs64oiz",
//!     "createdAt": "2024-01-01T00:00:00.000Z",
//! }))?;
//! let op = RecordOp {
//!     did: Did::parse("did:plc:44ybard66vv44zksje25o7dz")?,
//!     collection: Nsid::parse("app.bsky.graph.follow")?,
//!     rkey: Rkey::parse("3jwdwj2ctlk26")?,
//!     action: OpAction::Create,
//!     cid: Some(Cid::dag_cbor(sha256(&record))),
//!     rev: "3jwdwj2ctlk27".parse()?,
//!     record: record.into(),
//! };
//! let mut rows = Rows::default();
//! let witness = Witness { witnessed_at_us: 1_704_067_200_000_000, proof: Proof::Live, source: "wss://relay.example" };
//! Indexer::new(Catalog::embedded()).index(&op, &witness, &mut rows).map_err(|reason| reason.as_str())?;
//! assert_eq!((rows.records.len(), rows.links.len()), (1, 1));
//! assert!(rows.records[0].body.is_empty(), "the link holds all of it");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

// What comes from upstream must not be able to stop us.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

mod indexer;
mod rows;
mod source;
mod links;
mod post;
mod post_text;
mod wording;
mod repost;
mod offered;
mod list;
mod list_item;
mod profile;
mod gate;
mod notification;
mod ancestry;
mod label;
mod blob;
mod usual;
#[cfg(test)]
mod testing;

pub use ancestry::{HEIGHT_MAX, told_above};
pub use indexer::Indexer;
pub use label::label_row;
pub use notification::notification;
pub use offered::{OfferedVersion, offered_text};
pub use post_text::{PostVersion, post_text};
pub use profile::name_rows;
pub use rows::{Rows, Witness};
pub use wording::{Wording, wording};
