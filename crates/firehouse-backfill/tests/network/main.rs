//! Hosts on this machine: some well, some broken, some hostile.

#[path = "../../src/testing.rs"]
mod testing;

mod make;
mod town;

mod enumerating;
mod fetching;
mod lists;
mod scheduling;
