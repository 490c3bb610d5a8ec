//! The real binary as a process: with a real PDS, with its demo, killed, and with several upstreams.

mod support;
mod town;
mod backfill;
mod demo;
mod e2e;
mod gaps;
mod keep;
mod live;
mod kill;
mod order;
mod soon;
mod texts;
mod engaged;
mod sources;
mod upstreams;
mod beside;
