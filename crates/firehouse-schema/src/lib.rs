//! The schema folder in Rust: one row struct per table, the migrations embedded
