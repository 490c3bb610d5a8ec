//! `app.bsky.graph.follow` → its links alone: `.subject` (an account) and `.via.uri` (the starter pack it came from).
//!
//! A follow holds nothing else but its time, so its body is not stored. Lexicon: `app.bsky.graph.follow`.

use crate::usual::{Subject, Usual};

/// See [`Usual`].
pub(crate) const USUAL: Usual =
    Usual { collection: "app.bsky.graph.follow", subject: Subject::Account };
