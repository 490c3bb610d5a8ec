//! `app.bsky.graph.listblock` → its link alone: `.subject`, the AT-URI of a list whose members are blocked.
//!
//! Lexicon: `app.bsky.graph.listblock`.

use crate::usual::{Subject, Usual};

/// See [`Usual`].
pub(crate) const USUAL: Usual =
    Usual { collection: "app.bsky.graph.listblock", subject: Subject::Record };
