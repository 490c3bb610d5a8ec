//! Search: from what is asked to the keys of what is found.
//!
//! [`Asked`] collects the parameters of a method and becomes a [`Search`]: its query text is a tree ([`firehouse_text::Query`]), whose names
//! and wildcards are looked up (`names.rs`, `wildcards.rs`), and which becomes conditions of the store (`meaning.rs`). [`found_posts`] is
//! the skeleton, keys in order (`relevance.rs` says how much posts are about what was asked) and where the next page begins. The methods hydrate these as any others.

mod asked;
mod names;
mod wildcards;
mod meaning;
mod relevance;
mod found;

pub(crate) use asked::{Asked, Filters, Least, Search};
pub(crate) use found::{Order, found_posts};
