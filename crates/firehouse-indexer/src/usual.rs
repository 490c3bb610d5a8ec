//! Records that are stored once: `app.bsky.feed.like`, `app.bsky.feed.repost`, `app.bsky.graph.follow`, `app.bsky.graph.block`.
//!
//! 88 % of all records are of these kinds, and nearly all of them hold nothing but a subject, a time and, since 2025, the repost or
//! starter pack it was found through, all of which stand in `links` and `records` anyway. Their body is left out when [`usual_body`],
//! given what those tables keep, writes the very same bytes; a record that differs by one bit (another field, a time without
//! milliseconds, a subject whose key is no TID) keeps its body.

use firehouse_schema::{Referred, USUAL_COLLECTIONS, usual_body};
use firehouse_types::{AtUri, Cid, RkeyId};

use crate::links::{Reference, Target};
use crate::source::Source;

/// Whether the record's rows hold all of it.
pub(crate) fn is_implied(source: &Source<'_>, links: &[Reference<'_>]) -> bool {
    let collection = source.op.collection.as_str();
    if !USUAL_COLLECTIONS.contains(&collection) {
        return false;
    }
    let at = |paths: &[&str]| links.iter().find(|link| paths.contains(&&*link.path)).and_then(kept);
    let Some(subject) = at(&[".subject", ".subject.uri"]) else { return false };
    let via = at(&[".via.uri"]);
    usual_body(collection, &subject, via.as_ref(), source.created_at) == source.op.record
}

/// The text of a target and its CID, as they come back from a row of `links`.
fn kept(link: &Reference<'_>) -> Option<Referred> {
    match &link.target {
        Target::Account(did) => Some(Referred { text: did.to_string(), cid: None }),
        Target::Record { did, collection, rkey } => {
            // The text of any other key is nowhere but in the body.
            let rkey = RkeyId::of(rkey).tid()?.to_string();
            let uri =
                AtUri { authority: did.as_str(), collection: Some(collection), rkey: Some(&rkey) };
            let cid = (link.cid != [0; 32]).then(|| Cid::dag_cbor(link.cid));
            Some(Referred { text: uri.to_string(), cid })
        }
        Target::Url(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use firehouse_schema::Proof;
    use serde_json::{Value, json};

    use super::is_implied;
    use crate::links;
    use crate::source::Source;
    use crate::testing::{CID, OTHER, RKEY, TIME, op, uri};

    fn check(collection: &str, record: Value, expected: bool) {
        let op = op(collection, record);
        let references = links::find(&op.record).unwrap();
        let source = Source::new(&op, references.created_at, Proof::Live);
        assert_eq!(is_implied(&source, &references.links), expected, "{collection}");
    }

    #[test]
    fn only_the_usual_form_is_left_out() {
        let (like, follow) = ("app.bsky.feed.like", "app.bsky.graph.follow");
        let uri = uri(OTHER, "app.bsky.feed.post");
        let post = json!({"uri": uri, "cid": CID});
        check(like, json!({"subject": post}), true);
        check("app.bsky.feed.repost", json!({"subject": post}), true);
        check(like, json!({"subject": post, "createdAt": TIME.replace(".123", "")}), false);
        check(like, json!({"subject": post, "via": post}), true);
        check(follow, json!({"subject": OTHER, "via": post}), true);
        check(like, json!({"subject": post, "via": {"uri": uri, "cid": CID, "note": 1}}), false);
        check(
            like,
            json!({"subject": post, "via": {"uri": uri.replace(RKEY, "self"), "cid": CID}}),
            false,
        );
        check(like, json!({"subject": post, "note": 1}), false);
        check(like, json!({"subject": {"uri": uri.replace(RKEY, "self"), "cid": CID}}), false);
        let raw = CID.replace("bafyrei", "bafkrei");
        check(like, json!({"subject": {"uri": uri, "cid": raw}}), false);
        check(follow, json!({"subject": OTHER}), true);
        check("app.bsky.graph.block", json!({"subject": "did:web:example.com"}), true);
        check("app.bsky.graph.listblock", json!({"subject": uri}), false);
        check("com.example.like", json!({"subject": post}), false);
    }
}
