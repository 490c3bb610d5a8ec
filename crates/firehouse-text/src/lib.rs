//! text

#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

mod chars;
mod fold;
mod words;
mod indexed;
mod signs;
mod language;
mod link;
pub mod mark;

pub use fold::fold;
pub use indexed::{Indexed, Piece, VERSION, indexed, pairs, pieces};
pub use language::{detected, languages};
pub use link::{host, normal_url};
pub use signs::marks_of;
pub use words::name_words;
