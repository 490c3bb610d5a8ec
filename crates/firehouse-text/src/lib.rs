//! What posts are found by: their words, and the grammar of search queries.
//!
//! Pure, and the same code for indexing and for asking: what both make of a text must be equal, or nothing is found.
//!
//! A post is written as [`indexed`] words and runs and as [`mark`]s:
//!
//! ```
//! use firehouse_text::{indexed, mark, marks_of};
//!
//! let post = indexed(["Café at 10:30? 東京駅で #coffee", "a cup"]);
//! assert_eq!(post.words, "cafe at 10:30 coffee . a cup");
//! assert_eq!(post.runs, "東京駅で ");
//! assert_eq!(marks_of("Café at 10:30? 東京駅で #coffee"), [mark::tag("coffee")]);
//! ```
//!
//! A query is [`parse`]d to a tree, whose texts ask for [`pieces`] of these:
//!
//! ```
//! use firehouse_text::{Leaf, Piece, Query, Who, parse, pieces};
//!
//! let Ok(Some(Query::All(parts))) = parse("CAFÉ \"東京 at 10:30\" -from:me") else { panic!() };
//! assert_eq!(parts[0], Query::Is(Leaf::Text("CAFÉ".into())));
//! assert_eq!(parts[2], Query::Is(Leaf::From(Who::Me)).negated());
//! let Query::Is(Leaf::Phrase(phrase)) = &parts[1] else { panic!() };
//! let words = Piece::Words(vec!["at".into(), "10:30".into()]);
//! assert_eq!(pieces(phrase), [Piece::Run("東京".into()), words]);
//!
//! let wrong = parse("café sort:garbage").unwrap_err();
//! let said = "character 11: \"sort:\" needs top or latest, not \"garbage\"";
//! assert_eq!(wrong.to_string(), said);
//! ```

#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

mod chars;
mod fold;
mod words;
mod indexed;
mod signs;
mod html;
mod link;
pub mod mark;
mod language;
mod query;
mod parser;
mod lexer;
mod operator;

pub use fold::fold;
pub use html::of_html;
pub use indexed::{Indexed, Piece, VERSION, indexed, pairs, pieces};
pub use language::{detected, languages};
pub use link::{host, normal_url};
pub use operator::operators;
pub use parser::{QueryError, parse};
pub use query::{Has, Kind, Leaf, Query, Sort, Who};
pub use signs::marks_of;
pub use words::{name_ends, name_words};
