//! text

#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

mod chars;
mod fold;
mod words;
mod indexed;
mod signs;
mod language;
mod link;
mod html;
pub mod mark;

pub use fold::fold;
pub use indexed::{Indexed, Piece, VERSION, indexed, pairs, pieces};
pub use language::{detected, languages};
pub use html::of_html;
pub use link::{host, normal_url};
pub use signs::marks_of;
pub use words::name_words;
