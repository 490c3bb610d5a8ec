//! Records that are stored once: `app.bsky.feed.like`, `app.bsky.feed.repost`, `app.bsky.graph.follow`, `app.bsky.graph.block`.
//!
//! 88 % of all records are of these kinds, and nearly all of them hold nothing but a subject and a time, which stand in `links` and
//! `records` anyway. Their body is left out when [`usual_body`], given what those tables keep, writes the very same bytes; a record that
//! differs by one bit (another field, a time without milliseconds, a subject whose key is no TID) keeps its body.

use firehouse_schema::{USUAL_COLLECTIONS, usual_body};
use firehouse_types::{AtUri, Cid, RkeyId};

use crate::links::{Reference, Target};
use crate::source::Source;

/// Whether the record's rows hold all of it.
pub(crate) fn is_implied(source: &Source<'_>, links: &[Reference<'_>]) -> bool {
    let collection = source.op.collection.as_str();
    if !USUAL_COLLECTIONS.contains(&collection) {
        return false;
    }
    let subject = links.iter().find(|link| matches!(&*link.path, ".subject" | ".subject.uri"));
    let Some((target, cid)) = subject.and_then(kept) else { return false };
    usual_body(collection, &target, cid, source.created_at) == source.op.record
}

/// The text of a target and its CID, as they come back from a row of `links`.
fn kept(link: &Reference<'_>) -> Option<(String, Option<Cid>)> {
    match &link.target {
        Target::Account(did) => Some((did.as_str().to_owned(), None)),
        Target::Record { did, collection, rkey } => {
            // The text of any other key is nowhere but in the body.
            let rkey = RkeyId::of(rkey).tid()?.to_string();
            let uri =
                AtUri { authority: did.as_str(), collection: Some(collection), rkey: Some(&rkey) };
            let cid = (link.cid != [0; 32]).then(|| Cid::dag_cbor(link.cid));
            Some((uri.to_string(), cid))
        }
        Target::Url(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use firehouse_lexicon::to_dag_cbor;
    use firehouse_repo::{RecordOp, sha256};
    use firehouse_types::{Did, Nsid, OpAction, Rkey};
    use serde_json::{Value, json};

    use super::is_implied;
    use crate::links;
    use crate::source::Source;

    const POST: &str = "at://did:plc:44ybard66vv44zksje25o7dz/app.bsky.feed.post/3jwdwj2ctlk26";
    const CID: &str = "bafyreiclp443lavogvhj3d2ob2cxbfuscni2k5jk7bebjzg7khl3esabwq";

    fn check(collection: &str, mut record: Value, expected: bool) {
        record["$type"] = collection.into();
        let record = Bytes::from(to_dag_cbor(&record).unwrap());
        let op = RecordOp {
            did: Did::parse("did:plc:ewvi7nxzyoun6zhxrhs64oiz").unwrap(),
            collection: Nsid::parse(collection).unwrap(),
            rkey: Rkey::parse("3jwdwj2ctlk26").unwrap(),
            action: OpAction::Create,
            cid: Some(firehouse_types::Cid::dag_cbor(sha256(&record))),
            rev: "3jwdwj2ctlk26".parse().unwrap(),
            record: record.clone(),
        };
        let references = links::find(&record).unwrap();
        let source = Source::new(&op, references.created_at);
        assert_eq!(is_implied(&source, &references.links), expected, "{collection}");
    }

    #[test]
    fn only_the_usual_form_is_left_out() {
        let (time, like, follow) =
            ("2024-01-01T00:00:00.123Z", "app.bsky.feed.like", "app.bsky.graph.follow");
        let post = json!({"uri": POST, "cid": CID});
        check(like, json!({"subject": post, "createdAt": time}), true);
        check("app.bsky.feed.repost", json!({"subject": post, "createdAt": time}), true);
        check(like, json!({"subject": post, "createdAt": "2024-01-01T00:00:00Z"}), false);
        check(like, json!({"subject": post, "createdAt": time, "via": post}), false);
        check(like, json!({"subject": post, "createdAt": time, "note": 1}), false);
        check(
            like,
            json!({"subject": {"uri": POST.replace("3jwdwj2ctlk26", "self"), "cid": CID}, "createdAt": time}),
            false,
        );
        check(
            like,
            json!({"subject": {"uri": POST, "cid": CID.replace("bafyrei", "bafkrei")}, "createdAt": time}),
            false,
        );
        check(
            follow,
            json!({"subject": "did:plc:44ybard66vv44zksje25o7dz", "createdAt": time}),
            true,
        );
        check(
            "app.bsky.graph.block",
            json!({"subject": "did:web:example.com", "createdAt": time}),
            true,
        );
        check("app.bsky.graph.listblock", json!({"subject": POST, "createdAt": time}), false);
        check("com.example.like", json!({"subject": post, "createdAt": time}), false);
    }
}
