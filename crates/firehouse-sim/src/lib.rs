//! A seeded network in a box; tests and benches only

pub mod engine;
