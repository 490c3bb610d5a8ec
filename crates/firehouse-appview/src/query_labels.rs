//! com.atproto.label.queryLabels.

use atrium_api::com::atproto::label::query_labels::ParametersData;
use firehouse_store::read::{LabelPosition, LabelQuery};
use firehouse_types::{ActorId, Did};

use crate::clock::now;
use crate::page::limit_of;
use crate::view::Label;
use crate::{Answer, AppView, Caller, ViewError};

/// All patterns and sources of one request. They are parameters of one query, whose URL may be 64 KiB long. Units: bytes.
const PATTERN_BYTES_MAX: usize = 16 * 1024;

/// The output.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Output {
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Labels that hold; those of one page in the order of the patterns.
    pub labels: Vec<Label>,
}

/// The labels of some subjects that were neither taken back nor have expired. Beyond what the reference answers, a pattern may end with
/// `*`, sources may be left out, and there are pages.
pub async fn query_labels(
    app: &AppView,
    _caller: &Caller,
    parameters: ParametersData,
) -> Result<Answer<Output>, ViewError> {
    let patterns = &parameters.uri_patterns;
    let sources: Option<Vec<_>> =
        parameters.sources.map(|dids| dids.iter().map(|did| ActorId::of(did.as_ref())).collect());
    let bytes: usize = patterns.iter().map(|pattern| pattern.len() + 4).sum();
    let source_bytes = sources.as_ref().map_or(0, |sources| sources.len() * 20);
    if bytes + source_bytes > PATTERN_BYTES_MAX {
        return Err(ViewError::invalid("too many patterns or sources"));
    }
    if let Some(pattern) = patterns.iter().find(|pattern| beginning(pattern).contains('*')) {
        return Err(ViewError::invalid(format!(
            "wildcards only at the end of a pattern: {pattern}"
        )));
    }
    // Sources that are named and are none at all, unlike sources that are not named.
    if sources.as_ref().is_some_and(Vec::is_empty) || patterns.is_empty() {
        return Ok(Answer::new(Output { cursor: None, labels: Vec::new() }));
    }
    let limit = limit_of(parameters.limit);
    let mut query = LabelQuery {
        actors: patterns
            .iter()
            .map(|pattern| account(pattern))
            .collect::<Option<_>>()
            .unwrap_or_default(),
        sources: sources.unwrap_or_default(),
        after: position(parameters.cursor.as_deref())?,
        limit: u32::try_from(limit + 1).unwrap_or(u32::MAX),
        ..LabelQuery::default()
    };
    for pattern in patterns {
        match pattern.strip_suffix('*') {
            Some(prefix) => query.prefixes.push(prefix.into()),
            None => query.uris.push(pattern.as_str().into()),
        }
    }
    let mut rows = app.store.query_labels(&query, now()).await?;
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().filter(|_| has_more);
    let cursor = last.map(|(position, _)| cursor_of(position));
    rows.sort_by_key(|(_, label)| patterns.iter().position(|pattern| matches(pattern, &label.uri)));
    let labels = rows.into_iter().filter_map(|(_, label)| Label::of(label)).collect();
    Ok(Answer::new(Output { cursor, labels }))
}

/// What must stand at the beginning of a URI.
fn beginning(pattern: &str) -> &str {
    pattern.strip_suffix('*').unwrap_or(pattern)
}

fn matches(pattern: &str, uri: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => uri.starts_with(prefix),
        None => uri == pattern,
    }
}

/// The account that every match of a pattern is about. `None` when the pattern ends within its DID.
fn account(pattern: &str) -> Option<ActorId> {
    let rest = beginning(pattern);
    let is_whole = rest.len() == pattern.len();
    let rest = rest.strip_prefix("at://").unwrap_or(rest);
    let (did, ends) = rest.split_once('/').map_or((rest, is_whole), |(did, _)| (did, true));
    // What is no DID matches nothing, and nobody has the number of such a text.
    (ends && did.starts_with("did:"))
        .then(|| ActorId::of(did))
        .or(is_whole.then(|| ActorId::of(did)))
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
    fn a_pattern_names_its_account_unless_it_ends_within_the_did() {
        let check = |pattern, expected: Option<&str>| {
            assert_eq!(account(pattern), expected.map(ActorId::of), "{pattern}");
        };
        check("did:plc:a", Some("did:plc:a"));
        check("at://did:plc:a", Some("did:plc:a"));
        check("at://did:plc:a/b.c.d/e", Some("did:plc:a"));
        check("at://did:plc:a/*", Some("did:plc:a"));
        check("at://did:plc:a/b.c*", Some("did:plc:a"));
        check("at://did:plc:a*", None);
        check("did:plc:a*", None);
        check("*", None);
        check("https://a.test/x", Some("https:"));
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
