//! Which part of the network is kept: what is in force, who is kept, and the removal of everything else.

mod neighbours;
mod remove;
mod select;
mod selections;

pub use remove::{Accounts, Removal};
pub use select::Candidate;
