//! Many large repos, or one very large one, for measuring how fast they are fetched: made once from a seed into a folder of CAR files,
//! then served from there, with directory, lists and documents, at next to no cost.

mod content;
mod make;
mod server;

pub use make::{Bulk, BulkConfig};
