//! [`World`]: a whole network in this process, on loopback: a directory, PDSes, relays and labelers, the people who use them, and the
//! faults that befall them. All of it from one seed; beside it the [`Model`](crate::Model) of what is true.

pub(crate) mod config;
pub(crate) mod event;
pub(crate) mod outlet;
pub(crate) mod line;
pub(crate) mod account;
pub(crate) mod core;
pub(crate) mod deeds;
pub(crate) mod odd;
pub(crate) mod identity;
pub(crate) mod labels;
pub(crate) mod settle;
pub(crate) mod posting;
mod running;

pub use config::{Mix, Urls, WorldConfig};
pub use running::World;
