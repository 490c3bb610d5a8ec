//! The protocol's words as types: parsed once at the edge, passed on as proof.
//!
//! Knows nothing of sockets, databases or clocks; everything here is a value.
//!
//! ```
//! use firehouse_types::{AtUri, Did};
//!
//! let uri = AtUri::parse("at://did:plc:44ybard66vv44zksje25o7dz/app.bsky.feed.post/3jwdwj2ctlk26")?;
//! let did = Did::parse(uri.authority)?;
//! assert_eq!(did.actor().get(), xxhash_rust::xxh3::xxh3_64(did.as_str().as_bytes()));
//! # Ok::<(), firehouse_types::InvalidSyntax>(())
//! ```

mod syntax;
mod did;
mod handle;
mod nsid;
mod rev;
mod rkey;
mod at_uri;
mod cid;
mod datetime;
mod seq;
mod receipt;
mod drop_reason;
mod event;
mod label;
mod label_event;
mod health;

pub use at_uri::AtUri;
pub use cid::{Cid, CidCodec, InvalidCid};
pub use datetime::{Datetime, InvalidDatetime};
pub use did::{ActorId, Did};
pub use drop_reason::DropReason;
pub use event::{
    AccountEvent, AccountStatus, CommitEvent, Event, IdentityEvent, InfoEvent, OpAction, RepoOp,
    SyncEvent, UnprovenOp,
};
pub use handle::Handle;
pub use health::{
    Health, HostsHealth, IngestHealth, KeepHealth, ReposHealth, UpstreamHealth, UpstreamKind,
    UpstreamState,
};
pub use label::{InvalidLabel, Label, LabelSubject};
pub use label_event::{LabelEvent, LabelsEvent};
pub use nsid::Nsid;
pub use receipt::CollectionReceipt;
pub use rev::{InvalidRev, Rev};
pub use rkey::{Rkey, RkeyId};
pub use seq::Seq;
pub use syntax::{InvalidSyntax, is_language, is_uri};
