//! `app.bsky.feed.threadgate` and `app.bsky.feed.postgate` → their links alone, when they stand beside their post.
//!
//! A gate has the record key of the post it is for and lives in the same repo; anyone else's is refused, as the reference does.
//! Lexicons: `app.bsky.feed.threadgate`, `app.bsky.feed.postgate`.

use firehouse_types::{AtUri, DropReason};
use serde::Deserialize;

use crate::source::Source;

pub(crate) const THREADGATE: &str = "app.bsky.feed.threadgate";
pub(crate) const POSTGATE: &str = "app.bsky.feed.postgate";

#[derive(Deserialize)]
struct Gate<'a> {
    post: &'a str,
}

/// Refuses a gate for a post of another author or key.
pub(crate) fn check(source: &Source<'_>) -> Result<(), DropReason> {
    let gate: Gate<'_> = source.decode()?;
    let post = AtUri::parse(gate.post).map_err(|_| DropReason::RuleViolation)?;
    let own =
        post.authority == source.op.did.as_str() && post.rkey == Some(source.op.rkey.as_str());
    if own { Ok(()) } else { Err(DropReason::RuleViolation) }
}
