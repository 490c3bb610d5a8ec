//! Every statement of this crate against a real ClickHouse, a fresh database per test.

mod migrations;
mod rows;
mod together;
mod reads;
mod labels;
mod search;
mod standings;
mod matches;
mod threads;
mod timelines;
mod receipts;
mod purge;
mod keep;
mod private;
mod unverified;
