//! `app.bsky.feed.repost` → a row of `feed_items`, beside its links `.subject.uri` and, since 2025, `.via.uri` (the repost it was seen in).
//!
//! Lexicon: `app.bsky.feed.repost`.

use firehouse_schema::{FeedItemKind, FeedItemRow};
use firehouse_types::{AtUri, DropReason};
use serde::Deserialize;

use crate::post;
use crate::rows::Rows;
use crate::source::Source;

pub(crate) const COLLECTION: &str = "app.bsky.feed.repost";

#[derive(Deserialize)]
struct Repost<'a> {
    #[serde(borrow)]
    subject: StrongRef<'a>,
}

#[derive(Deserialize)]
struct StrongRef<'a> {
    uri: &'a str,
}

/// Adds the row of one repost, unless what it repeats is no post that anyone could show.
pub(crate) fn index(source: &Source<'_>, rows: &mut Rows) -> Result<(), DropReason> {
    let repost: Repost<'_> = source.decode()?;
    let subject = AtUri::parse(repost.subject.uri).ok();
    let Some((post_actor, post::COLLECTION, post_rkey)) = subject.and_then(|uri| uri.record())
    else {
        return Ok(());
    };
    rows.feed_items.push(FeedItemRow {
        sort_at: source.sort_at,
        actor: source.actor,
        kind: FeedItemKind::Repost,
        rkey: source.rkey,
        post_actor,
        post_rkey,
        root_actor: 0,
        embeds: 0,
        rev: source.op.rev,
        deleted: 0,
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::COLLECTION;
    use crate::testing::{CID, OTHER, numbers, rows, uri};

    #[test]
    fn only_posts_come_into_feeds() {
        let of = |collection| {
            rows(COLLECTION, json!({"subject": {"uri": uri(OTHER, collection), "cid": CID}}))
        };
        let item = &of("app.bsky.feed.post").feed_items[0];
        assert_eq!((item.post_actor.get(), item.post_rkey.get()), numbers(OTHER));
        assert!(of("app.bsky.feed.generator").feed_items.is_empty());
    }
}
