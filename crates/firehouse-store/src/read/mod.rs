//! Read queries: one `.rs` per question, its `.sql` beside it.
