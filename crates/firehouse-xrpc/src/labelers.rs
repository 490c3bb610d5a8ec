//! [`Labelers`]: whose labels a caller wants, and whose were applied.
//!
//! The header is an RFC 8941 list of DIDs, each perhaps with the parameter `redact`. One item that is no DID spoils the whole header, as
//! in the reference; an empty header means none at all. Source: <https://docs.bsky.app/docs/advanced-guides/moderation#labeler-subscriptions>

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use firehouse_appview::AppliedLabeler;
use firehouse_types::Did;
use sfv::{BareItem, List, ListEntry, Parser};

use crate::failure::Failure;

/// What the caller asks for.
pub(crate) const ACCEPT: HeaderName = HeaderName::from_static("atproto-accept-labelers");
/// What the answer holds.
pub(crate) const CONTENT: HeaderName = HeaderName::from_static("atproto-content-labelers");

/// Labelers one caller may name. Clients subscribe to 20 or so; each name is looked up, and all of them go into every query for labels,
/// whose parameters have room for some 1,500.
const LABELERS_MAX: usize = 100;

/// Labelers in the caller's order, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Labelers(pub(crate) Vec<Labeler>);

/// One labeler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Labeler {
    pub(crate) did: Did,
    /// Its takedowns hide what they name, instead of marking it.
    pub(crate) redact: bool,
}

impl From<&Labeler> for AppliedLabeler {
    fn from(labeler: &Labeler) -> Self {
        Self { did: labeler.did.clone(), redact: labeler.redact }
    }
}

impl Labelers {
    /// Those the request names; those configured, all redacting, when it names none or cannot be read. Errors: 400 when it names too many.
    pub(crate) fn accepted(headers: &HeaderMap, defaults: &[Did]) -> Result<Self, Failure> {
        let named = headers.contains_key(ACCEPT).then(|| Self::from_header(headers)).flatten();
        if named.as_ref().is_some_and(|named| named.0.len() > LABELERS_MAX) {
            let message = format!("{ACCEPT} must name at most {LABELERS_MAX} labelers");
            return Err(Failure::invalid_request(message));
        }
        Ok(named.unwrap_or_else(|| {
            let redacting = |did: &Did| Labeler { did: did.clone(), redact: true };
            Self(defaults.iter().map(redacting).collect())
        }))
    }

    /// The value of `atproto-content-labelers`.
    pub(crate) fn header(&self) -> Option<HeaderValue> {
        let name = |labeler: &Labeler| match labeler.redact {
            true => format!("{};redact", labeler.did),
            false => labeler.did.to_string(),
        };
        let text = self.0.iter().map(name).collect::<Vec<_>>().join(",");
        HeaderValue::try_from(text).ok()
    }

    fn from_header(headers: &HeaderMap) -> Option<Self> {
        let mut labelers = Self::default();
        for value in headers.get_all(ACCEPT) {
            for entry in Parser::new(value.as_bytes()).parse::<List>().ok()? {
                labelers.add(labeler(&entry)?);
            }
        }
        Some(labelers)
    }

    fn add(&mut self, labeler: Labeler) {
        match self.0.iter_mut().find(|known| known.did == labeler.did) {
            Some(known) => known.redact |= labeler.redact,
            None => self.0.push(labeler),
        }
    }
}

fn labeler(entry: &ListEntry) -> Option<Labeler> {
    let ListEntry::Item(item) = entry else { return None };
    let did = match &item.bare_item {
        BareItem::Token(token) => Did::parse(token.as_str()),
        BareItem::String(string) => Did::parse(string.as_str()),
        _ => return None,
    };
    let redact = matches!(item.params.get("redact"), Some(BareItem::Boolean(true)));
    did.ok().map(|did| Labeler { did, redact })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `header` gives back when `did:plc:default` is configured.
    fn check(header: Option<&str>, expected: &str) {
        let applied = accepted(header).expect("not too many").header().expect("a header value");
        assert_eq!(applied, expected, "{header:?}");
    }

    fn accepted(header: Option<&str>) -> Result<Labelers, Failure> {
        let mut headers = HeaderMap::new();
        if let Some(header) = header {
            headers.insert(ACCEPT, HeaderValue::from_str(header).expect("a header value"));
        }
        Labelers::accepted(&headers, &[Did::parse("did:plc:default").expect("a DID")])
    }

    #[test]
    fn more_labelers_than_a_query_could_take_are_refused() {
        let names = |count: usize| (0..count).map(|n| format!("did:plc:{n}")).collect::<Vec<_>>();
        let most = names(LABELERS_MAX).join(",");
        check(Some(&most), &most);
        check(Some(&format!("{most},{most}")), &most);
        let refused = accepted(Some(&names(LABELERS_MAX + 1).join(","))).expect_err("too many");
        assert_eq!((refused.status.as_u16(), &*refused.name), (400, "InvalidRequest"));
        assert!(refused.message.contains("at most 100"), "{}", refused.message);
    }

    #[test]
    fn a_list_of_dids_is_reflected_in_order() {
        check(Some("did:plc:a"), "did:plc:a");
        check(Some("did:plc:b;redact, did:plc:a"), "did:plc:b;redact,did:plc:a");
        check(Some("did:web:labels.example.com ;redact"), "did:plc:default;redact");
        check(Some("did:plc:a;redact=?0,did:plc:b;redact=?1"), "did:plc:a,did:plc:b;redact");
        check(Some("\"did:plc:a\""), "did:plc:a");
    }

    #[test]
    fn a_labeler_named_twice_stands_once() {
        check(Some("did:plc:a, did:plc:b, did:plc:a;redact"), "did:plc:a;redact,did:plc:b");
    }

    #[test]
    fn without_a_readable_header_the_configured_ones_redact() {
        check(None, "did:plc:default;redact");
        check(Some("garbage"), "did:plc:default;redact");
        check(Some("did:plc:a,"), "did:plc:default;redact");
        check(Some("did:plc:a, 17"), "did:plc:default;redact");
        check(Some("(did:plc:a did:plc:b)"), "did:plc:default;redact");
    }

    #[test]
    fn an_empty_header_asks_for_no_labeler() {
        check(Some(""), "");
    }
}
