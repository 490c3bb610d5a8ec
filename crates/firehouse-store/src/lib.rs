//! The only ClickHouse client: migrate, insert batches, save cursors, run read queries.
//!
//! Knows rows and queries, not where rows come from nor what answers look like. Every statement is a `.sql` file beside the Rust that
//! runs it, and runs as it stands in any ClickHouse client.
//!
//! ```no_run
//! # async fn example() -> Result<(), firehouse_store::StoreError> {
//! use firehouse_store::{Config, Store};
//!
//! let store = Store::new(&Config {
//!     url: "http://127.0.0.1:8123".into(),
//!     database: "firehouse".into(),
//!     user: "default".into(),
//!     password: String::new(),
//!     insert_timeout_s: 60,
//!     query_timeout_s: 20,
//! });
//! store.migrate().await?;
//! # Ok(())
//! # }
//! ```

mod error;
mod client;
mod migrate;
mod insert;
mod arrivals;
mod previous;
mod accounts;
mod repo_records;
mod receipts;
mod desynchronized;
mod followed;
mod standings;
mod engaged;
mod purge;
mod cursors;
mod upstreams;
mod takedowns;
mod editorial;
mod positions;
mod keep;
mod identities;
mod private;
pub mod read;
pub mod trends;

pub use accounts::{Account, Holder};
pub use arrivals::{Arrivals, ArrivedPost, Arriving, PostLink};
pub use client::{Config, Store};
pub use desynchronized::Desynchronized;
pub use engaged::PostAt;
pub use error::{Disposition, StoreError, clickhouse_code};
pub use identities::Position;
pub use insert::Receipt;
pub use keep::{Accounts, Candidate, Removal};
pub use migrate::Migrated;
pub use positions::Positions;
pub use previous::{Previous, SourceKey};
pub use private::{
    AccountMute, ActivitySubscription, Bookmark, BookmarkRead, Bookmarks, Draft, ListMute,
    MuteTarget, NotificationSettings, PrivatePosition, PrivateState, ThreadMute,
};
pub use purge::Deletion;
pub use receipts::{RepoReceipts, Unverified};
pub use repo_records::HeldRecord;
pub use standings::STANDING_STEPS;
