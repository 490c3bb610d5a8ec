//! [`Indexer`]: the way of one op, the same for every collection.

use std::sync::Arc;

use bytes::Bytes;
use firehouse_lexicon::{Blobs, Catalog};
use firehouse_repo::RecordOp;
use firehouse_schema::RecordRow;
use firehouse_types::DropReason;

use crate::links::{self, References};
use crate::rows::{Rows, Witness};
use crate::source::Source;
use crate::{gate, list, list_item, notification, offered, post, profile, repost, usual};

/// Units: bytes. The data model's limit; what is larger cannot be a record.
const RECORD_BYTES_MAX: usize = 1 << 20;

/// Turns ops into rows. Cheap to share: it holds nothing but the lexicons.
#[derive(Clone, Debug)]
pub struct Indexer {
    catalog: Arc<Catalog>,
}

impl Indexer {
    /// With the lexicons that records of known collections must fit.
    pub fn new(catalog: Arc<Catalog>) -> Self {
        Self { catalog }
    }

    /// Adds the rows of one op to `rows`.
    ///
    /// Errors: why the record stands in no derived table. Its row in `records` is written nevertheless (`valid` 0), without its body if that
    /// is too large. Rows that an older version made are for the caller to bury, who knows them.
    pub fn index(
        &self,
        op: &RecordOp,
        witness: &Witness<'_>,
        rows: &mut Rows,
    ) -> Result<(), DropReason> {
        if op.cid.is_none() {
            let source = Source::new(op, None, witness.proof);
            retract(&source, rows);
            rows.records.push(record_row(&source, witness, Bytes::new(), true));
            return Ok(());
        }
        if op.record.len() > RECORD_BYTES_MAX {
            return refuse(op, witness, Bytes::new(), DropReason::RecordTooLarge, rows);
        }
        // The one walk over every record: is it of the data model at all, when does it claim to be from, what does it refer to?
        let Ok(References { created_at, links }) = links::find(&op.record) else {
            return refuse(op, witness, op.record.clone(), DropReason::RecordMalformed, rows);
        };
        let source = Source::new(op, created_at, witness.proof);
        let outcome = self.check(op).and_then(|()| derive(&source, rows));
        let body = match outcome {
            Ok(()) if usual::is_implied(&source, &links) => Bytes::new(),
            _ => op.record.clone(),
        };
        rows.records.push(record_row(&source, witness, body, outcome.is_ok()));
        match outcome {
            Ok(()) => {
                let first = rows.links.len();
                links::push(&source, links, rows);
                notification::push(&source, first, rows);
            }
            Err(_) => retract(&source, rows),
        }
        outcome
    }

    /// A collection without a lexicon asks nothing of its records.
    fn check(&self, op: &RecordOp) -> Result<(), DropReason> {
        match self.catalog.validate_record(op.collection.as_str(), &op.record, Blobs::Lenient) {
            Ok(()) => Ok(()),
            Err(invalid) => invalid.drop_reason().map_or(Ok(()), Err),
        }
    }
}

/// Keeps what cannot be a record, so that we know of it and no older version stands in its place.
fn refuse(
    op: &RecordOp,
    witness: &Witness<'_>,
    body: Bytes,
    reason: DropReason,
    rows: &mut Rows,
) -> Result<(), DropReason> {
    let source = Source::new(op, None, witness.proof);
    retract(&source, rows);
    rows.records.push(record_row(&source, witness, body, false));
    Err(reason)
}

/// What a collection makes beside `records` and `links`. A file that refuses a record has added no row.
fn derive(source: &Source<'_>, rows: &mut Rows) -> Result<(), DropReason> {
    match source.op.collection.as_str() {
        post::COLLECTION => post::index(source, rows),
        repost::COLLECTION => repost::index(source, rows),
        profile::COLLECTION => profile::index(source, rows),
        list::COLLECTION => list::index(source, rows),
        offered::STARTER_PACK | offered::GENERATOR => offered::index(source, rows),
        list_item::COLLECTION => list_item::index(source, rows),
        gate::THREADGATE => gate::index_threadgate(source, rows),
        gate::POSTGATE => gate::index_postgate(source, rows),
        // Likes, follows and blocks are links and nothing else; so is every collection we have never heard of.
        _ => Ok(()),
    }
}

/// Buries the rows whose key is that of the record itself, when the record is gone or no longer makes them.
fn retract(source: &Source<'_>, rows: &mut Rows) {
    match source.op.collection.as_str() {
        profile::COLLECTION => profile::retract(source, rows),
        list::COLLECTION => list::retract(source, rows),
        offered::STARTER_PACK | offered::GENERATOR => offered::retract(source, rows),
        gate::THREADGATE => gate::retract_threadgate(source, rows),
        gate::POSTGATE => gate::retract_postgate(source, rows),
        _ => {}
    }
}

fn record_row(source: &Source<'_>, witness: &Witness<'_>, body: Bytes, valid: bool) -> RecordRow {
    let op = source.op;
    RecordRow {
        collection: op.collection.clone(),
        actor: source.actor,
        rkey: source.rkey,
        rev: op.rev,
        deleted: u8::from(op.cid.is_none()),
        cid: source.cid,
        rkey_text: source.rkey.tid().map_or(op.rkey.as_str(), |_| "").into(),
        body,
        created_at: source.created_at,
        sort_at: source.sort_at,
        witnessed_at: witness.witnessed_at_us,
        proof: witness.proof,
        valid: u8::from(valid),
        source: witness.source.into(),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use firehouse_types::{DropReason, Nsid};
    use proptest::prelude::*;
    use serde_json::json;

    use crate::testing::{AUTHOR, CID, OTHER, deletion, index, op, uri};

    #[test]
    fn a_delete_is_a_tombstone_and_no_derived_row() {
        let like = op(
            "app.bsky.feed.like",
            json!({"subject": {"uri": uri(OTHER, "app.bsky.feed.post"), "cid": CID}}),
        );
        let (rows, outcome) = index(&deletion(&like));
        assert_eq!(outcome, Ok(()));
        let [row] = rows.records.as_slice() else { panic!("one row") };
        assert_eq!((row.deleted, row.valid, row.cid, row.body.len()), (1, 1, [0; 32], 0));
        assert!(rows.links.is_empty() && rows.mentioned.is_empty());
    }

    #[test]
    fn what_breaks_its_lexicon_is_kept_and_derived_nowhere() {
        let post = op("app.bsky.feed.post", json!({"text": "hi", "langs": [1], "via": OTHER}));
        let (rows, outcome) = index(&post);
        assert_eq!(outcome, Err(DropReason::LexiconViolation));
        assert_eq!((rows.records[0].valid, &rows.records[0].body), (0, &post.record));
        assert!(rows.links.is_empty() && rows.posts.is_empty() && rows.feed_items.is_empty());
    }

    #[test]
    fn the_reason_says_what_is_wrong() {
        let mut post = op("app.bsky.feed.post", json!({"text": "hi"}));
        post.collection = Nsid::parse("app.bsky.feed.like").unwrap();
        assert_eq!(index(&post).1, Err(DropReason::RecordTypeMismatch));
        post.record = Bytes::from_static(b"\xbf\xff");
        assert_eq!(index(&post).1, Err(DropReason::RecordMalformed));
        post.record = Bytes::from(vec![0; (1 << 20) + 1]);
        let (rows, outcome) = index(&post);
        assert_eq!(outcome, Err(DropReason::RecordTooLarge));
        assert_eq!((rows.records[0].valid, rows.records[0].body.len()), (0, 0));
    }

    #[test]
    fn a_collection_nobody_defined_has_links_too() {
        let (rows, outcome) =
            index(&op("com.example.star", json!({"subject": uri(OTHER, "com.example.repo")})));
        assert_eq!(outcome, Ok(()));
        assert_eq!((rows.records[0].valid, rows.links.len()), (1, 1));
        assert_eq!(
            (&*rows.links[0].path, &*rows.links[0].target_collection),
            (".subject", "com.example.repo")
        );
    }

    #[test]
    fn the_same_reference_twice_is_one_row() {
        let facet = json!({
            "index": {"byteStart": 0, "byteEnd": 1},
            "features": [{"$type": "app.bsky.richtext.facet#mention", "did": OTHER}],
        });
        let (rows, _) =
            index(&op("app.bsky.feed.post", json!({"text": "hi hi", "facets": [facet, facet]})));
        assert_eq!((rows.links.len(), rows.mentioned.len()), (1, 1));
    }

    proptest! {
        #[test]
        fn any_bytes_in_any_collection_give_the_same_rows_twice(
            bytes: Vec<u8>,
            damage in any::<prop::sample::Index>(),
            collection in prop::sample::select(vec![
                "app.bsky.feed.post", "app.bsky.feed.like", "app.bsky.feed.repost", "app.bsky.graph.follow", "app.bsky.graph.list",
                "app.bsky.graph.listitem", "app.bsky.actor.profile", "app.bsky.feed.threadgate", "com.example.unheard",
            ]),
        ) {
            let mut whole = op(collection, json!({
                "text": "hi", "subject": AUTHOR, "list": uri(AUTHOR, "app.bsky.graph.list"), "name": "x",
                "purpose": "app.bsky.graph.defs#modlist", "post": uri(AUTHOR, "app.bsky.feed.post"),
            }));
            let (first, outcome) = index(&whole);
            prop_assert_eq!(index(&whole), (first, outcome));
            let mut record = whole.record.to_vec();
            if let Some(byte) = bytes.first() {
                let at = damage.index(record.len());
                record[at] = *byte;
            }
            for record in [record, bytes] {
                whole.record = Bytes::from(record);
                let (first, outcome) = index(&whole);
                prop_assert_eq!(first.records.len(), 1);
                prop_assert_eq!(index(&whole), (first, outcome));
            }
        }
    }
}
