//! The real binary as a process: with a real PDS, with its demo, and killed.

mod support;
mod demo;
mod e2e;
mod kill;
