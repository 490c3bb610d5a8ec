//! A seeded network in a box; tests and benches only.
//!
//! [`Network`] is an iterator over the frames of a firehose in which everything is real but the people: keys, signatures, trees, proofs.
//! At its end [`Network::manifest`] says what must be true. It shares no code with what reads it.
//!
//! ```
//! use firehouse_sim::{Config, Network};
//!
//! let mut network = Network::new(Config::new(1, 10, 100));
//! let frames: Vec<Vec<u8>> = network.by_ref().collect();
//! assert_eq!(frames.len(), 3 * 10 + 100);
//! assert_eq!(network.manifest().accounts.len(), 10);
//! ```

mod random;
mod protocol;
mod town;
mod network;
mod identity;
mod manifest;
mod model;
mod faults;
mod servers;
mod world;
pub mod run;
pub mod bulk;
pub mod files;
pub mod directory;
mod program;
pub mod engine;

pub use faults::directory::DirectoryFault;
pub use faults::fault::{Ability, Fault, Place};
pub use faults::ledger::Ledger;
pub use faults::plan::{FaultPlan, Occasions, Planned};
pub use identity::IdentityLine;
pub use manifest::{AccountCounts, Manifest, PostCounts};
pub use model::{
    AccountTruth, LabelKey, LabelTruth, Model, PostTruth, ProfileTruth, Receipt, RecordTruth,
    Status,
};
pub use network::{Config, Network};
pub use random::{Random, Zipf};
pub use world::{Mix, Urls, World, WorldConfig};
