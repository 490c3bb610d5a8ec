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

#[cfg(test)]
mod tests {
    use firehouse_types::DropReason;
    use serde_json::json;

    use super::{POSTGATE, THREADGATE};
    use crate::testing::{AUTHOR, OTHER, index, op, uri};

    fn check(post: &str, expected: Result<(), DropReason>) {
        for collection in [THREADGATE, POSTGATE] {
            let (rows, outcome) = index(&op(collection, json!({"post": post})));
            assert_eq!(
                (outcome, rows.links.len()),
                (expected, usize::from(expected.is_ok())),
                "{post}"
            );
        }
    }

    #[test]
    fn a_gate_stands_beside_its_own_post() {
        let own = uri(AUTHOR, "app.bsky.feed.post");
        check(&own, Ok(()));
        check(&own.replace("3jwdwj2ctlk26", "3jwdwj2ctlk2a"), Err(DropReason::RuleViolation));
        check(&uri(OTHER, "app.bsky.feed.post"), Err(DropReason::RuleViolation));
    }
}
