//! Which part of the network is kept: collections, accounts, neighbourhoods, hosts, languages.
//!
//! [`Rules`] are what somebody said, [`Selection`] is what follows from them at one moment and is asked without I/O, [`Keeping`] makes
//! it true: it works out who is kept, has fetched what is newly wanted, and removes what is not.

mod pattern;
mod rules;
mod language;
mod selection;
mod neighbourhood;
mod saved;
mod keeper;
mod keeping;
mod lists;

pub use keeper::{Keep, KeepError, Keeper, Standing};
pub(crate) use keeping::{Keeping, MARKED_AT_ONCE};
pub use lists::Lists;
pub use rules::{InvalidRules, Rules, Words};
pub(crate) use selection::Selected;
pub use selection::Selection;
