//! Live searches: posts that match, told as they come.
//!
//! [`LiveSearches`] hears of every flush what came ([`firehouse_store::Arrivals`]), or reads it from the store where another process writes,
//! and asks each distinct search of each post once, without the engine (`standing.rs`). What matches waits in a ring (`ring.rs`), bounded,
//! from which each caller's [`LiveSearch`] reads at its own pace: whoever falls behind its end is told how much is missed and ends; nobody
//! waits for anybody. Posts become views when they are told, by the rules of who hears them. Places in the ring are numbers of arrivals,
//! which the store keeps for a day, so whoever comes back with one hears what came meanwhile, each once.

mod hub;
mod listening;
mod ring;
mod standing;

pub use hub::LiveSearches;
pub use listening::{LiveEnd, LiveSearch, Told};
