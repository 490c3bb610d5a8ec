//! What posts are found by: words as terms, and the grammar of search queries.
//!
//! Pure, and the same code for indexing and for asking: what both make of a text must be equal, or nothing is found.
//!
//! ```
//! use firehouse_text::{Clause, What, parse, terms_of};
//!
//! assert_eq!(terms_of("Hello, wide World"), ["hello", "wide", "world"]);
//! let clauses = parse("wide -world from:alice.test");
//! assert_eq!(clauses[1], Clause { is_negated: true, what: What::Text("world".into()) });
//! assert_eq!(clauses[2].what, What::From("alice.test".into()));
//! ```

#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing))]

mod fold;
mod words;
mod term;
mod link;
mod query;
mod script;

pub use fold::fold;
pub use link::{domain, normal_url};
pub use query::{Clause, What, parse};
pub use script::languages;
pub use term::{
    HAS_MEDIA, HAS_VIDEO, IS_REPLY, by, domain_term, embed, lang, mention, parent, root, tag,
    url_term,
};
pub use words::{Pieces, name_words, pieces, terms_of};
