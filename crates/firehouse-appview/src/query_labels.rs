//! com.atproto.label.queryLabels.

use atrium_api::com::atproto::label::query_labels::ParametersData;
use firehouse_store::read::{LabelPosition, LabelQuery};
use firehouse_types::{ActorId, Did, is_uri};

use crate::clock::now;
use crate::page::limit_of;
use crate::view::Label;
use crate::{Answer, AppView, Caller, ViewError};

/// All subjects and sources of one request. They are parameters of one query, whose URL may be 64 KiB long. Units: bytes.
const PARAMETER_BYTES_MAX: usize = 16 * 1024;

/// The output.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Output {
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Labels that hold; those of one page in the order of the subjects.
    pub labels: Vec<Label>,
}

/// The labels of some subjects by some labelers, neither taken back nor expired. As in the reference the labelers have to be named and
/// subjects are whole; beyond it, there are pages.
pub async fn query_labels(
    app: &AppView,
    _caller: &Caller,
    parameters: ParametersData,
) -> Result<Answer<Output>, ViewError> {
    let subjects = &parameters.uri_patterns;
    let sources = parameters.sources.unwrap_or_default();
    if sources.is_empty() {
        return Err(ViewError::invalid("source dids are required"));
    }
    if subjects.iter().any(|subject| subject.contains('*')) {
        return Err(ViewError::invalid("wildcards not supported"));
    }
    if !subjects.iter().all(|subject| is_uri(subject)) {
        return Err(ViewError::invalid("invalid uri pattern"));
    }
    let bytes: usize = subjects.iter().map(|subject| subject.len() + 4).sum();
    if bytes + sources.len() * 20 > PARAMETER_BYTES_MAX {
        return Err(ViewError::invalid("too many patterns or sources"));
    }
    let limit = limit_of(parameters.limit);
    let query = LabelQuery {
        uris: subjects.iter().map(|subject| subject.as_str().into()).collect(),
        actors: subjects.iter().map(|subject| account(subject)).collect(),
        sources: sources.iter().map(|did| ActorId::of(did.as_ref())).collect(),
        after: position(parameters.cursor.as_deref())?,
        limit: u32::try_from(limit + 1).unwrap_or(u32::MAX),
    };
    let mut rows = app.store.query_labels(&query, now()).await?;
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().filter(|_| has_more);
    let cursor = last.map(|(position, _)| cursor_of(position));
    rows.sort_by_key(|(_, label)| subjects.iter().position(|subject| **subject == *label.uri));
    let labels = rows.into_iter().filter_map(|(_, label)| Label::of(label)).collect();
    Ok(Answer::new(Output { cursor, labels }))
}

/// The account that a subject is, or whose record it is. What names none has the number of a text that nobody's DID is.
fn account(subject: &str) -> ActorId {
    let rest = subject.strip_prefix("at://").unwrap_or(subject);
    ActorId::of(rest.split_once('/').map_or(rest, |(did, _)| did))
}

/// `actor.rkey.src.id.collection`, numbers in hexadecimal.
fn cursor_of(position: &LabelPosition) -> String {
    let LabelPosition { actor, collection, rkey, src, id } = position;
    format!("{actor:x}.{rkey:x}.{src:x}.{id:x}.{collection}")
}

fn position(cursor: Option<&str>) -> Result<LabelPosition, ViewError> {
    let Some(text) = cursor.filter(|text| !text.is_empty()) else {
        return Ok(LabelPosition::default());
    };
    let mut parts = text.splitn(5, '.');
    let mut number = || u64::from_str_radix(parts.next()?, 16).ok();
    let numbers = (number(), number(), number(), number());
    let (Some(actor), Some(rkey), Some(src), Some(id)) = numbers else {
        return Err(ViewError::MalformedCursor);
    };
    let collection =
        parts.next().filter(|text| text.len() <= 317).ok_or(ViewError::MalformedCursor)?;
    Ok(LabelPosition { actor, collection: collection.into(), rkey, src, id })
}

impl Label {
    /// In the reference's form: neither signature nor version. `None` for a labeler whose DID cannot be read, which no row has.
    pub(crate) fn of(label: firehouse_store::read::LabelRead) -> Option<Self> {
        let or_none = |text: Box<str>| (!text.is_empty()).then(|| text.into());
        Some(Self {
            src: Did::parse(&label.labeler).ok()?,
            uri: label.uri.into(),
            cid: or_none(label.cid),
            val: label.val,
            cts: label.cts.into(),
            exp: or_none(label.exp),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_names_its_account() {
        let check = |subject, expected| assert_eq!(account(subject), ActorId::of(expected));
        check("did:plc:a", "did:plc:a");
        check("at://did:plc:a", "did:plc:a");
        check("at://did:plc:a/b.c.d/e", "did:plc:a");
        check("https://a.test/x", "https:");
    }

    #[test]
    fn a_cursor_says_where_it_came_from_and_what_is_none_is_refused() {
        let place =
            LabelPosition { actor: u64::MAX, collection: "b.c.d".into(), rkey: 7, src: 1, id: 2 };
        assert_eq!(position(Some(&cursor_of(&place))).ok(), Some(place));
        assert_eq!(position(Some("")).ok(), Some(LabelPosition::default()));
        for text in ["garbage", "1.2.3", "1.2.3.4", "1.2.3.x.b.c.d", "-1.2.3.4.b"] {
            assert!(position(Some(text)).is_err(), "{text}");
        }
    }
}
