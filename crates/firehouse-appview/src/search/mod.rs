//! Search: from what is asked to the keys of what is found.
//!
//! [`Asked`] collects the parameters of a method and becomes a [`Search`]: its query text is a tree ([`firehouse_text::Query`]), whose names
//! and wildcards are looked up (`names.rs`, `wildcards.rs`), and which becomes conditions of the store (`meaning.rs`). [`found_posts`] is
//! the skeleton, keys in order (`usual.rs` says how far back to look, `relevance.rs` how much posts are about what was asked) and where the
//! next page begins; the order of the top ones is made in `top.rs` by what `rank.rs` says. The methods hydrate these as any others. Lists,
//! starter packs and feed generators are searched for by a few words alone (`offered.rs`).

mod asked;
mod names;
mod wildcards;
mod meaning;
mod relevance;
mod rank;
mod usual;
mod found;
mod top;
mod kept;
mod offered;

use firehouse_store::StoreError;

use crate::ViewError;

pub(crate) use asked::{Asked, Filters, Least, Search};
pub(crate) use found::{Found, Order, found_posts};
pub(crate) use kept::KeptTops;
pub(crate) use offered::{Offered, offered_hits, offered_page};
pub(crate) use usual::Sampled;

/// What whoever searches is told when the store gives up.
pub(crate) fn refused(error: StoreError) -> ViewError {
    if error.is_too_costly() {
        let what = "this search reads too much: ask for a rarer word, or narrow it by since:, from: or lang:";
        return ViewError::BadQueryString(what.to_owned());
    }
    error.into()
}
