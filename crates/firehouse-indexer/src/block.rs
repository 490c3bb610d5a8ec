//! `app.bsky.graph.block` → its link alone: `.subject`, an account.
//!
//! A block holds nothing else but its time, so its body is not stored. Lexicon: `app.bsky.graph.block`.

use crate::usual::{Subject, Usual};

/// See [`Usual`].
pub(crate) const USUAL: Usual =
    Usual { collection: "app.bsky.graph.block", subject: Subject::Account };
