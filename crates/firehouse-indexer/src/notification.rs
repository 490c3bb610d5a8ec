//! Whom a record tells something: rows of `notifications`, made from its references.
//!
//! Here is what the record says by itself. Answers are told further up their thread by firehouse-ingest, and whether a gate, a mute or an
//! earlier record of the same kind stands in the way is judged when notifications are read.

use std::collections::HashSet;

use firehouse_schema::{
    LinkRow, NotificationRow, PostRow, Reason, TARGET_ACCOUNT, TARGET_URL, newest_first,
};
use firehouse_types::{ActorId, OpAction};
use serde::Deserialize;

use crate::rows::Rows;
use crate::source::Source;
use crate::{post, profile, repost};

const LIKE: &str = "app.bsky.feed.like";
const FOLLOW: &str = "app.bsky.graph.follow";
const VERIFICATION: &str = "app.bsky.graph.verification";
const MENTION: &str = ".facets[].features[].did";

/// What one reference may tell the account it leads to; `None` when it tells nobody. Whether it does tell depends on the rest of the
/// record; where a record is gone, whatever any of its references may have told is taken back.
pub fn notification(link: &LinkRow) -> Option<NotificationRow> {
    let target = &*link.target_collection;
    let is_record = target != TARGET_ACCOUNT && target != TARGET_URL;
    let is_account = target == TARGET_ACCOUNT;
    let is_post = target == post::COLLECTION;
    let reason = match (link.collection.as_str(), &*link.path) {
        (post::COLLECTION, MENTION) if is_account => Reason::Mention,
        (post::COLLECTION, ".embed.record.uri" | ".embed.record.record.uri") if is_post => {
            Reason::Quote
        }
        (post::COLLECTION, ".reply.parent.uri") if is_post => Reason::Reply,
        (LIKE, ".subject.uri") if is_record => Reason::Like,
        (LIKE, ".via.uri") if is_record => Reason::LikeViaRepost,
        (repost::COLLECTION, ".subject.uri") if is_record => Reason::Repost,
        (repost::COLLECTION, ".via.uri") if is_record => Reason::RepostViaRepost,
        (FOLLOW, ".subject") if is_account => Reason::Follow,
        (profile::COLLECTION, ".joinedViaStarterPack.uri") if is_record => {
            Reason::StarterpackJoined
        }
        (VERIFICATION, ".subject") if is_account => Reason::Verified,
        _ => return None,
    };
    Some(NotificationRow {
        recipient: link.target_actor,
        newest_first: newest_first(link.sort_at),
        actor: link.actor,
        rkey: link.rkey,
        reason,
        collection: link.collection.clone(),
        rev: link.rev,
        deleted: link.deleted,
        lag_ms: 0,
        subject_collection: link.target_collection.clone(),
        subject_rkey: link.target_rkey,
        root_actor: 0,
        root_rkey: 0,
        between: Vec::new(),
    })
}

/// Adds what a record tells by its references, those from `first` on.
pub(crate) fn push(source: &Source<'_>, first: usize, rows: &mut Rows) {
    let links = rows.links.get(first..).unwrap_or_default();
    let told: Vec<_> = links.iter().filter_map(notification).collect();
    if told.is_empty() {
        return;
    }
    let is_like = matches!(source.op.collection.as_str(), LIKE | repost::COLLECTION);
    let is_subject = |row: &&NotificationRow| matches!(row.reason, Reason::Like | Reason::Repost);
    // Whoever likes their own post tells nobody, not even whose repost it was found in.
    if is_like && !told.iter().any(|row| is_subject(&row) && row.recipient != source.actor) {
        return;
    }
    let post = rows.posts.last().filter(|post| {
        (post.actor, post.rkey, post.rev) == (source.actor, source.rkey, source.op.rev)
            && source.op.collection.as_str() == post::COLLECTION
    });
    let mentions =
        told.iter().any(|row| row.reason == Reason::Mention).then(|| mentions(source)).flatten();
    let mut seen = HashSet::new();
    for mut row in told {
        if !tells(&row, source, post, mentions.as_ref())
            || !seen.insert((row.recipient, row.reason))
        {
            continue;
        }
        row.lag_ms = source.made_at.ms().saturating_sub(source.sort_at.ms());
        if let Some(post) = post.filter(|_| row.reason == Reason::Reply) {
            (row.root_actor, row.root_rkey) = (post.root_actor, post.root_rkey);
        }
        rows.notifications.push(row);
    }
}

fn tells(
    row: &NotificationRow,
    source: &Source<'_>,
    post: Option<&PostRow>,
    mentions: Option<&HashSet<u64>>,
) -> bool {
    let is_own = row.recipient == source.actor;
    match row.reason {
        Reason::Mention => {
            !is_own && mentions.is_none_or(|named| named.contains(&row.recipient.get()))
        }
        // Where an embed of a stranger's type has a record, nothing is quoted.
        Reason::Quote => {
            !is_own
                && post.is_some_and(|post| {
                    (post.quote_actor, post.quote_rkey)
                        == (row.recipient.get(), row.subject_rkey.get())
                })
        }
        Reason::Reply
        | Reason::Like
        | Reason::LikeViaRepost
        | Reason::Repost
        | Reason::RepostViaRepost => !is_own,
        // Who names a starter pack in a later version of the profile did not come by it.
        Reason::StarterpackJoined => source.op.action != OpAction::Update,
        Reason::Follow | Reason::Verified | Reason::Unverified => true,
    }
}

#[derive(Deserialize)]
struct Faceted<'a> {
    #[serde(borrow)]
    facets: Vec<Facet<'a>>,
}

#[derive(Deserialize)]
struct Facet<'a> {
    #[serde(borrow)]
    features: Vec<Feature<'a>>,
}

/// A member of an open union: only a mention's `did` names somebody.
#[derive(Deserialize)]
struct Feature<'a> {
    #[serde(rename = "$type")]
    kind: &'a str,
    did: Option<&'a str>,
}

/// The accounts a post mentions, by number. `None` where a stranger's feature makes the facets unreadable: then whoever stands where
/// mentions stand counts.
fn mentions(source: &Source<'_>) -> Option<HashSet<u64>> {
    let facets = source.decode::<Faceted<'_>>().ok()?.facets;
    let features = facets.into_iter().flat_map(|facet| facet.features);
    let mentions = features.filter(|feature| feature.kind == "app.bsky.richtext.facet#mention");
    let named = mentions.filter_map(|feature| feature.did);
    Some(named.map(|did| ActorId::of(did).get()).collect())
}

#[cfg(test)]
mod tests {
    use firehouse_schema::Reason::{self, *};
    use serde_json::{Value, json};

    use crate::testing::{AUTHOR, CID, OTHER, index, numbers, op, uri};

    /// Reasons by which a record of `AUTHOR`'s tells `OTHER`; nobody else is told.
    fn check(collection: &str, record: Value, expected: &[Reason]) {
        let (rows, outcome) = index(&op(collection, record));
        assert_eq!(outcome, Ok(()));
        assert!(rows.notifications.iter().all(|row| row.recipient.get() == numbers(OTHER).0));
        let mut reasons: Vec<_> = rows.notifications.iter().map(|row| row.reason).collect();
        reasons.sort_by_key(|&reason| reason as i8);
        assert_eq!(reasons, expected, "{collection}");
    }

    fn strong(author: &str, collection: &str) -> Value {
        json!({"uri": uri(author, collection), "cid": CID})
    }

    const POST: &str = "app.bsky.feed.post";
    const REPOST: &str = "app.bsky.feed.repost";

    #[test]
    fn each_record_tells_whom_it_concerns_and_nobody_his_own() {
        for (kind, direct, via) in
            [("app.bsky.feed.like", Like, LikeViaRepost), (REPOST, Repost, RepostViaRepost)]
        {
            check(kind, json!({"subject": strong(OTHER, POST)}), &[direct]);
            check(
                kind,
                json!({"subject": strong(OTHER, POST), "via": strong(OTHER, REPOST)}),
                &[direct, via],
            );
            check(
                kind,
                json!({"subject": strong(OTHER, POST), "via": strong(AUTHOR, REPOST)}),
                &[direct],
            );
            check(
                kind,
                json!({"subject": strong(AUTHOR, POST), "via": strong(OTHER, REPOST)}),
                &[],
            );
        }
        check("app.bsky.graph.follow", json!({"subject": OTHER}), &[Follow]);
        check("app.bsky.graph.block", json!({"subject": OTHER}), &[]);
        check(
            "app.bsky.graph.verification",
            json!({"subject": OTHER, "handle": "a.example.com", "displayName": ""}),
            &[Verified],
        );
    }

    #[test]
    fn a_post_tells_whom_it_names_quotes_and_answers() {
        let facet = |kind: &str, did: &str| json!([{"index": {"byteStart": 0, "byteEnd": 1}, "features": [{"$type": kind, "did": did}]}]);
        let mention = "app.bsky.richtext.facet#mention";
        check(POST, json!({"text": "hi", "facets": facet(mention, OTHER)}), &[Mention]);
        check(POST, json!({"text": "hi", "facets": facet(mention, AUTHOR)}), &[]);
        check(POST, json!({"text": "hi", "facets": facet("com.example.facet#x", OTHER)}), &[]);
        let embed = json!({"$type": "app.bsky.embed.record", "record": strong(OTHER, POST)});
        let reply = json!({"root": strong(AUTHOR, POST), "parent": strong(OTHER, POST)});
        check(
            POST,
            json!({"text": "", "embed": embed, "reply": reply, "facets": facet(mention, OTHER)}),
            &[Mention, Quote, Reply],
        );
        let list = json!({"$type": "app.bsky.embed.record", "record": strong(OTHER, "app.bsky.graph.list")});
        check(POST, json!({"text": "", "embed": list}), &[]);
        let stranger = json!({"$type": "com.example.embed", "record": strong(OTHER, POST)});
        check(POST, json!({"text": "", "embed": stranger}), &[]);
    }

    #[test]
    fn only_the_first_version_of_a_profile_says_how_somebody_came() {
        let pack = strong(OTHER, "app.bsky.graph.starterpack");
        let mut profile = op("app.bsky.actor.profile", json!({"joinedViaStarterPack": pack}));
        profile.rkey = firehouse_types::Rkey::parse("self").unwrap();
        assert_eq!(index(&profile).0.notifications[0].reason, StarterpackJoined);
        profile.action = firehouse_types::OpAction::Update;
        assert!(index(&profile).0.notifications.is_empty());
    }

    #[test]
    fn a_reply_knows_the_thread_it_is_told_of() {
        let reply = json!({"root": strong(AUTHOR, POST), "parent": strong(OTHER, POST)});
        let (rows, _) = index(&op(POST, json!({"text": "", "reply": reply})));
        let row = &rows.notifications[0];
        assert_eq!((row.root_actor, row.root_rkey), numbers(AUTHOR));
        assert_eq!((row.subject_rkey.get(), &*row.subject_collection), (numbers(OTHER).1, POST));
        assert_eq!(-row.newest_first, rows.posts[0].sort_at.ms());
    }
}
