//! [`Usual`]: the one form nearly every like, repost, follow and block has, so that its links stand for its bytes.
//!
//! 88 % of all records are of these kinds, and `links` and `records` hold every word of them. A body is left out when writing the form
//! anew, from what those tables keep, gives the very same bytes; whatever differs by one bit keeps its body. The form, in DAG-CBOR's
//! order of keys: `via` (optional), `$type`, `subject`, `createdAt` as RFC 3339 with milliseconds and `Z`.

use firehouse_repo::sha256;
use firehouse_schema::{LinkRow, RecordRow};
use firehouse_types::{ActorId, AtUri, Cid, Datetime, RkeyId};

use crate::links::{Reference, Target};
use crate::source::Source;
use crate::{block, follow, like, list_block, repost};

/// What tells one usual form from another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usual {
    pub collection: &'static str,
    pub subject: Subject,
}

/// What `subject` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A DID.
    Account,
    /// An AT-URI.
    Record,
    /// `{cid, uri}`.
    StrongRef,
}

const FORMS: [Usual; 5] =
    [like::USUAL, repost::USUAL, follow::USUAL, block::USUAL, list_block::USUAL];

/// One side of a form, as `links` keeps it.
struct Side<'a> {
    did: &'a str,
    /// Collection and key; `None` for an account.
    record: Option<(&'a str, RkeyId)>,
    cid: [u8; 32],
}

/// The bytes of a record whose body was left out, from its row and its links.
///
/// `did_of` gives the text of the accounts they name. Shape: `None` when something needed is not there or the bytes are not those of the
/// row's CID, which is checked.
pub fn rebuild_body<'a>(
    record: &RecordRow,
    links: &'a [LinkRow],
    did_of: impl Fn(ActorId) -> Option<&'a str>,
) -> Option<Vec<u8>> {
    let form = FORMS.iter().find(|form| form.collection == record.collection.as_str())?;
    let side = |path: &str| {
        let link = links.iter().find(|link| link.path == path)?;
        let collection = Some(&*link.target_collection).filter(|collection| !collection.is_empty());
        Some(Side {
            did: did_of(link.target_actor)?,
            record: collection.map(|collection| (collection, link.target_rkey)),
            cid: link.target_cid,
        })
    };
    let body = form.write(&side(form.subject.path())?, side(VIA).as_ref(), record.created_at)?;
    (sha256(&body) == record.cid).then_some(body)
}

/// Whether [`rebuild_body`] would give back exactly this record.
pub(crate) fn is_implied(source: &Source<'_>, links: &[Reference<'_>]) -> bool {
    let collection = source.op.collection.as_str();
    let Some(form) = FORMS.iter().find(|form| form.collection == collection) else { return false };
    let side = |path: &str| {
        let link = links.iter().find(|link| link.path == path)?;
        match &link.target {
            Target::Account(did) => Some(Side { did: did.as_str(), record: None, cid: link.cid }),
            Target::Record { did, collection, rkey } => Some(Side {
                did: did.as_str(),
                record: Some((collection, RkeyId::of(rkey))),
                cid: link.cid,
            }),
            Target::Url(_) => None,
        }
    };
    let Some(subject) = side(form.subject.path()) else { return false };
    form.write(&subject, side(VIA).as_ref(), source.created_at)
        .is_some_and(|body| body == source.op.record)
}

const VIA: &str = ".via.uri";

impl Subject {
    const fn path(self) -> &'static str {
        match self {
            Self::Account | Self::Record => ".subject",
            Self::StrongRef => ".subject.uri",
        }
    }
}

impl Usual {
    /// The record in its usual form; `None` when a side is not of it.
    fn write(
        &self,
        subject: &Side<'_>,
        via: Option<&Side<'_>>,
        created_at: Datetime,
    ) -> Option<Vec<u8>> {
        let mut body = Vec::with_capacity(320);
        body.push(0xa3 + u8::from(via.is_some()));
        if let Some(via) = via {
            text(&mut body, "via");
            strong_ref(&mut body, via)?;
        }
        text(&mut body, "$type");
        text(&mut body, self.collection);
        text(&mut body, "subject");
        match (self.subject, subject.record) {
            (Subject::Account, None) => text(&mut body, subject.did),
            (Subject::Record, Some(_)) => text(&mut body, &uri(subject)?),
            (Subject::StrongRef, Some(_)) => strong_ref(&mut body, subject)?,
            _ => return None,
        }
        text(&mut body, "createdAt");
        text(&mut body, &created_at.to_string());
        Some(body)
    }
}

fn strong_ref(body: &mut Vec<u8>, side: &Side<'_>) -> Option<()> {
    body.push(0xa2);
    text(body, "cid");
    text(body, &Cid::dag_cbor(side.cid).to_string());
    text(body, "uri");
    text(body, &uri(side)?);
    Some(())
}

/// `None` unless the key is a TID: the text of any other is nowhere but in the body.
fn uri(side: &Side<'_>) -> Option<String> {
    let (collection, rkey) = side.record?;
    let rkey = rkey.tid()?.to_string();
    Some(AtUri { authority: side.did, collection: Some(collection), rkey: Some(&rkey) }.to_string())
}

fn text(body: &mut Vec<u8>, text: &str) {
    let length = text.len();
    match u8::try_from(length) {
        Ok(short @ 0..=23) => body.push(0x60 | short),
        Ok(byte) => body.extend_from_slice(&[0x78, byte]),
        Err(_) => {
            // Nothing in these forms is longer than an AT-URI of 8 KiB.
            let [.., high, low] = length.to_be_bytes();
            body.extend_from_slice(&[0x79, high, low]);
        }
    }
    body.extend_from_slice(text.as_bytes());
}
