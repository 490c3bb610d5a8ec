//! Every reference in any record of any collection: DIDs, AT-URIs, URLs, found by walking the record once.
//!
//! A reference is a text that is one as a whole; `cid` beside `uri` makes it a strong one. Where it stands is its path: `.subject.uri`,
//! `.reply.parent.uri`, `.facets[].features[].did`. Not counted: AT-URIs of handles (nobody could say whose they are later) and of whole
//! collections. Bounded: [`LINKS_MAX`] per record and [`PATH_BYTES_MAX`] per path; what is beyond stays in the body alone.

use std::borrow::Cow;

use firehouse_lexicon::{Item, Keys, Malformed, Reader, deeper};
use firehouse_schema::{LinkRow, TARGET_ACCOUNT, TARGET_URL};
use firehouse_types::{ActorId, AtUri, Cid, CidCodec, Did, RkeyId};
use xxhash_rust::xxh3::xxh3_64;

use crate::rows::Rows;
use crate::source::Source;

/// References kept of one record.
pub(crate) const LINKS_MAX: usize = 512;
/// Units: bytes.
const PATH_BYTES_MAX: usize = 256;
/// Units: bytes.
const URL_BYTES_MAX: usize = 8_192;

/// Where nearly all references stand: these paths cost no allocation.
const PATHS: [&str; 16] = [
    ".subject.uri",
    ".subject",
    ".via.uri",
    ".reply.root.uri",
    ".reply.parent.uri",
    ".embed.external.uri",
    ".embed.record.uri",
    ".embed.record.record.uri",
    ".embed.media.external.uri",
    ".facets[].features[].did",
    ".facets[].features[].uri",
    ".list",
    ".post",
    ".did",
    ".allow[].list",
    ".pinnedPost.uri",
];
/// And the collections nearly all of them lead to.
const COLLECTIONS: [&str; 4] = [
    "app.bsky.feed.post",
    "app.bsky.feed.repost",
    "app.bsky.graph.list",
    "app.bsky.feed.generator",
];

/// What the walk over a record brings home.
#[derive(Debug, Default)]
pub(crate) struct References<'a> {
    /// The text of `createdAt`.
    pub created_at: Option<&'a str>,
    /// In the order of the record.
    pub links: Vec<Reference<'a>>,
}

/// One reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference<'a> {
    pub path: Cow<'static, str>,
    pub target: Target<'a>,
    /// Digest of the `cid` beside it; zeros without one.
    pub cid: [u8; 32],
}

/// What is referred to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target<'a> {
    Account(Did),
    Record { did: Did, collection: &'a str, rkey: &'a str },
    Url(&'a str),
}

/// Walks a record. Errors: it is not DAG-CBOR of the data model, or no map.
pub(crate) fn find(record: &[u8]) -> Result<References<'_>, Malformed> {
    let mut reader = Reader::new(record);
    let mut walk = Walk { path: String::new(), found: References::default() };
    let Item::Map(count) = reader.item()? else { return Err(Malformed::Form) };
    walk.map(count, &mut reader, 1)?;
    reader.finish()?;
    Ok(walk.found)
}

/// Adds one row per reference, and the accounts they name. The same reference twice in one record is one row.
pub(crate) fn push(source: &Source<'_>, references: Vec<Reference<'_>>, rows: &mut Rows) {
    let first = rows.links.len();
    for reference in references {
        let row = link_row(source, &reference);
        let same = |known: &LinkRow| {
            (known.target_actor, known.target_rkey) == (row.target_actor, row.target_rkey)
                && known.path == row.path
                && known.target_collection == row.target_collection
        };
        if rows.links.iter().skip(first).any(same) {
            continue;
        }
        rows.links.push(row);
        match reference.target {
            Target::Account(did) | Target::Record { did, .. } => rows.mentioned.push(did),
            Target::Url(_) => {}
        }
    }
}

fn link_row(source: &Source<'_>, reference: &Reference<'_>) -> LinkRow {
    let (target_actor, target_rkey, target_collection, target_url) = match &reference.target {
        Target::Account(did) => (did.actor(), RkeyId::from(0), TARGET_ACCOUNT.into(), ""),
        Target::Record { did, collection, rkey } => {
            (did.actor(), RkeyId::of(rkey), interned(&COLLECTIONS, collection), "")
        }
        Target::Url(url) => {
            (ActorId::from(0), RkeyId::from(xxh3_64(url.as_bytes())), TARGET_URL.into(), *url)
        }
    };
    LinkRow {
        target_actor,
        target_rkey,
        target_collection,
        collection: source.op.collection.clone(),
        path: reference.path.clone(),
        actor: source.actor,
        rkey: source.rkey,
        rev: source.op.rev,
        deleted: 0,
        target_cid: reference.cid,
        target_url: target_url.into(),
        sort_at: source.sort_at,
    }
}

struct Walk<'a> {
    /// Of the value the walk stands before.
    path: String,
    found: References<'a>,
}

impl<'a> Walk<'a> {
    /// The entries of a map whose head was read. `depth`: levels around its values.
    fn map(&mut self, count: u64, reader: &mut Reader<'a>, depth: u32) -> Result<(), Malformed> {
        let end = self.path.len();
        let mut keys = Keys::new(count);
        let mut cid = None;
        while let Some(key) = keys.next(reader)? {
            self.path.push('.');
            self.path.push_str(key);
            match reader.item()? {
                Item::Text(text) => {
                    match key {
                        "createdAt" if depth == 1 => self.found.created_at = Some(text),
                        // Keys are sorted, so that `cid` is met before the `uri` it belongs to.
                        "cid" => cid = Some(text),
                        _ => {}
                    }
                    self.text(text, cid.filter(|_| key == "uri"));
                }
                item => self.children(item, reader, depth)?,
            }
            self.path.truncate(end);
        }
        Ok(())
    }

    fn children(
        &mut self,
        item: Item<'a>,
        reader: &mut Reader<'a>,
        depth: u32,
    ) -> Result<(), Malformed> {
        match item {
            Item::Map(count) => self.map(count, reader, deeper(depth)?),
            Item::Array(count) => {
                let inside = deeper(depth)?;
                let end = self.path.len();
                self.path.push_str("[]");
                for _ in 0..count {
                    match reader.item()? {
                        Item::Text(text) => self.text(text, None),
                        item => self.children(item, reader, inside)?,
                    }
                }
                self.path.truncate(end);
                Ok(())
            }
            Item::Null
            | Item::Boolean(_)
            | Item::Integer(_)
            | Item::Text(_)
            | Item::Bytes(_)
            | Item::Link(_) => Ok(()),
        }
    }

    fn text(&mut self, text: &'a str, cid: Option<&str>) {
        let full = self.found.links.len() >= LINKS_MAX || self.path.len() > PATH_BYTES_MAX;
        if let Some(target) = Target::of(text).filter(|_| !full) {
            let cid = match target {
                Target::Record { .. } => cid.and_then(record_digest).unwrap_or_default(),
                Target::Account(_) | Target::Url(_) => [0; 32],
            };
            self.found.links.push(Reference { path: interned(&PATHS, &self.path), target, cid });
        }
    }
}

impl<'a> Target<'a> {
    /// What a text refers to, when all of it is a reference.
    fn of(text: &'a str) -> Option<Self> {
        match text.as_bytes() {
            [b'd', b'i', b'd', b':', ..] => account(text).map(Self::Account),
            [b'a', b't', b':', b'/', b'/', ..] => {
                let uri = AtUri::parse(text).ok()?;
                let did = account(uri.authority)?;
                match (uri.collection, uri.rkey) {
                    (Some(collection), Some(rkey)) => Some(Self::Record { did, collection, rkey }),
                    (None, _) => Some(Self::Account(did)),
                    (Some(_), None) => None,
                }
            }
            [b'h' | b'H', ..] => is_web(text).then_some(Self::Url(text)),
            _ => None,
        }
    }
}

/// Whether all of a text is the address of a web page, of any script.
fn is_web(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    (scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http"))
        && !rest.is_empty()
        && text.len() <= URL_BYTES_MAX
        && !rest.contains(char::is_whitespace)
}

/// DIDs of methods that accounts do not use, keys for example, name no account.
fn account(did: &str) -> Option<Did> {
    Did::parse(did).ok().filter(Did::is_resolvable)
}

fn record_digest(cid: &str) -> Option<[u8; 32]> {
    cid.parse::<Cid>().ok().filter(|cid| cid.codec == CidCodec::DagCbor).map(|cid| cid.digest)
}

/// One of `known`, or else a copy.
fn interned(known: &[&'static str], text: &str) -> Cow<'static, str> {
    let found = known.iter().find(|known| **known == text);
    found.map_or_else(|| Cow::Owned(text.to_owned()), |known| Cow::Borrowed(*known))
}

#[cfg(test)]
mod tests {
    use firehouse_lexicon::to_dag_cbor;
    use serde_json::json;

    use super::*;

    fn check(record: &serde_json::Value, expected: &[(&str, &str)]) {
        let bytes = to_dag_cbor(record).unwrap();
        let found = find(&bytes).unwrap();
        let seen: Vec<(String, String)> = found
            .links
            .iter()
            .map(|link| (link.path.to_string(), link.target.to_string()))
            .collect();
        let expected: Vec<(String, String)> =
            expected.iter().map(|(path, target)| ((*path).into(), (*target).into())).collect();
        assert_eq!(seen, expected);
    }

    impl std::fmt::Display for Target<'_> {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            match self {
                Self::Account(did) => write!(f, "{did}"),
                Self::Record { did, collection, rkey } => {
                    write!(f, "at://{did}/{collection}/{rkey}")
                }
                Self::Url(url) => f.write_str(url),
            }
        }
    }

    #[test]
    fn references_are_found_wherever_they_stand() {
        let record = json!({
            "$type": "com.example.thing",
            "subject": "did:plc:ewvi7nxzyoun6zhxrhs64oiz",
            "items": [{"uri": "at://did:web:example.com/a.b.c/self"}, "https://example.com/x", "not a https://link"],
            "deep": {"er": {"list": [["at://did:plc:ewvi7nxzyoun6zhxrhs64oiz"]]}},
        });
        check(
            &record,
            &[
                (".deep.er.list[][]", "did:plc:ewvi7nxzyoun6zhxrhs64oiz"),
                (".items[].uri", "at://did:web:example.com/a.b.c/self"),
                (".items[]", "https://example.com/x"),
                (".subject", "did:plc:ewvi7nxzyoun6zhxrhs64oiz"),
            ],
        );
    }

    #[test]
    fn what_names_no_account_or_record_for_good_is_no_reference() {
        check(
            &json!({
                "a": "at://handle.example.com/app.bsky.feed.post/3jwdwj2ctlk26",
                "b": "at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post",
                "c": "did:key:zQ3shqwJEJyMBsBXCWyCBpUBMqxcon9oHB7mCvx4sSpMdLJwc",
                "d": "https://", "e": "https://with space", "f": "did:", "g": "at://",
            }),
            &[],
        );
    }

    #[test]
    fn a_cid_beside_a_uri_makes_it_strong() {
        let cid = "bafyreiclp443lavogvhj3d2ob2cxbfuscni2k5jk7bebjzg7khl3esabwq";
        let uri = "at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3jwdwj2ctlk26";
        let bytes =
            to_dag_cbor(&json!({"subject": {"uri": uri, "cid": cid}, "weak": {"uri": uri}}))
                .unwrap();
        let cids: Vec<_> = find(&bytes).unwrap().links.iter().map(|link| link.cid).collect();
        assert_eq!(cids, [[0; 32], cid.parse::<Cid>().unwrap().digest]);
    }

    #[test]
    fn a_hostile_record_has_a_bounded_number_of_references() {
        let many: Vec<String> = (0..5_000).map(|n| format!("did:web:a{n}.example.com")).collect();
        let bytes =
            to_dag_cbor(&json!({"many": many, ("k".repeat(300)): "did:web:example.com"})).unwrap();
        assert_eq!(find(&bytes).unwrap().links.len(), LINKS_MAX);
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let _ = find(&bytes);
        }
    }
}
