//! Search: from what is asked to the keys of what is found.
//!
//! [`Asked`] collects the parameters of a method and becomes a [`PostSearch`](firehouse_store::read::PostSearch); [`found_posts`] is the
//! skeleton, keys in order and where the next page begins. The methods hydrate these as any others.

mod asked;
mod found;

pub(crate) use asked::{Asked, Filters, Search, post_key};
pub(crate) use found::{Order, found_posts};
