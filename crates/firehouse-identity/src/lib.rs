//! Who an account is: DID documents and handles, resolved, cached, forgotten; and the one HTTP client for fetching what strangers name.
//!
//! Knows nothing of frames, tables or who asks. Whatever it fetches was named by somebody else, so every request goes through
//! [`GuardedClient`]: public addresses only (unless configured), bounded in size, time and redirects.
//! Source: <https://atproto.com/specs/did>, <https://atproto.com/specs/handle>
//!
//! ```
//! use firehouse_identity::{OfflineDocument, Resolver};
//! use firehouse_types::Did;
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let line = r#"{"did":"did:web:example.com","handle":"example.com","doc":{"id":"did:web:example.com",
//!     "alsoKnownAs":["at://example.com"]}}"#;
//! let documents = OfflineDocument::read_lines(line.replace('\n', "").as_bytes())?;
//! let resolver = Resolver::offline(documents);
//! let identity = resolver.resolve(&Did::parse("did:web:example.com")?).await?;
//! assert_eq!(identity.handle.as_ref().map(|h| h.as_str()), Some("example.com"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

// What comes from upstream must not be able to stop us.
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

mod config;
mod error;
mod document;
mod address;
mod dns;
mod guarded;
mod source;
mod handles;
mod resolver;
mod offline;
mod plc;
mod records;
mod metrics;

pub use address::AddressPolicy;
pub use config::Config;
pub use document::{Identity, InvalidDocument, Service};
pub use error::{Disposition, IdentityError};
pub use guarded::{FetchError, Fetched, GuardedClient, GuardedConfig, Request};
pub use metrics::Metrics;
pub use offline::{InvalidOfflineDocument, OfflineDocument};
pub use plc::{PLC_LINE_BYTES_MAX, PlcFault, PlcHead, PlcLast, PlcLine, PlcState};
pub use records::Records;
pub use resolver::{Resolver, Verified};
