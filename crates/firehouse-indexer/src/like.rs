//! `app.bsky.feed.like` → its links alone: `.subject.uri` (a post, a feed, a labeler) and `.via.uri` (the repost it was seen in).
//!
//! A like holds nothing else but its time, so its body is not stored. Lexicon: `app.bsky.feed.like`.

use crate::usual::{Subject, Usual};

/// See [`Usual`].
pub(crate) const USUAL: Usual =
    Usual { collection: "app.bsky.feed.like", subject: Subject::StrongRef };
