//! [`Identity`]: what a DID document says that matters to us.
//!
//! Documents are written by strangers: whatever is not understood is left out, only a document of another DID is refused.
//! Source: <https://atproto.com/specs/did#did-documents>

use std::sync::Arc;

use firehouse_repo::PublicKey;
use firehouse_types::{Did, Handle};
use serde_json::Value;
use url::{Host, Url};

/// One account's DID document, parsed.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Whose document it is.
    pub did: Did,
    /// The first valid handle the document claims. Proves nothing: see [`Resolver::verified_handle`](crate::Resolver::verified_handle).
    pub handle: Option<Handle>,
    /// The key that signs the repo (`#atproto`); `None` when missing or unusable.
    pub key: Option<PublicKey>,
    /// Where the repo lives (`#atproto_pds`): scheme, host and port, no path.
    pub pds: Option<Url>,
    /// Every other service: labelers, feed generators, AppViews.
    pub services: Box<[Service]>,
    /// Every other usable key by its fragment, such as `atproto_label`.
    pub keys: Box<[(Box<str>, PublicKey)]>,
}

/// An entry of the document's `service` list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The fragment without `#`: `atproto_labeler`, `bsky_fg`, …
    pub id: Box<str>,
    /// `AtprotoLabeler`, `BskyFeedGenerator`, …
    pub kind: Box<str>,
    /// The endpoint as written; whoever calls it parses and guards it.
    pub endpoint: Box<str>,
}

/// The document cannot be used at all.
#[derive(Clone, Debug, thiserror::Error)]
pub enum InvalidDocument {
    /// It is not JSON of the right form.
    #[error("not a DID document")]
    Json(#[source] Arc<serde_json::Error>),
    /// Its `id` is not the DID that was asked for.
    #[error("the document is another DID's")]
    OtherDid,
}

#[derive(serde::Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    id: std::borrow::Cow<'a, str>,
    #[serde(default, rename = "alsoKnownAs")]
    also_known_as: Value,
    #[serde(default, rename = "verificationMethod")]
    verification_method: Value,
    #[serde(default)]
    service: Value,
}

impl Identity {
    /// Reads the document of `did`.
    pub fn from_document(did: &Did, json: &[u8]) -> Result<Self, InvalidDocument> {
        let document: Document<'_> =
            serde_json::from_slice(json).map_err(|e| InvalidDocument::Json(Arc::new(e)))?;
        if document.id != did.as_str() {
            return Err(InvalidDocument::OtherDid);
        }
        let mut keys = keys(did, &document.verification_method);
        let key = keys.iter().position(|(id, _)| &**id == "atproto").map(|at| keys.remove(at).1);
        let services = services(did, &document.service);
        let pds = services.iter().find(|s| &*s.id == "atproto_pds").and_then(pds);
        Ok(Self {
            did: did.clone(),
            handle: items(&document.also_known_as).find_map(claimed_handle),
            key: key.flatten(),
            pds,
            services: services.into_iter().filter(|s| &*s.id != "atproto_pds").collect(),
            keys: keys.into_iter().filter_map(|(id, key)| Some((id, key?))).collect(),
        })
    }

    /// The service with this fragment and type, such as (`bsky_fg`, `BskyFeedGenerator`).
    pub fn service(&self, id: &str, kind: &str) -> Option<&Service> {
        self.services.iter().find(|service| &*service.id == id && &*service.kind == kind)
    }

    /// The key with this fragment, such as `atproto_label`.
    pub fn key_of(&self, id: &str) -> Option<&PublicKey> {
        if id == "atproto" {
            return self.key.as_ref();
        }
        self.keys.iter().find(|(fragment, _)| &**fragment == id).map(|(_, key)| key)
    }
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

fn claimed_handle(name: &Value) -> Option<Handle> {
    Handle::parse(name.as_str()?.strip_prefix("at://")?).ok()
}

/// Every key of the DID itself, the first of each fragment. One that cannot be read stays as `None`: it must not give way to a later one.
fn keys(did: &Did, methods: &Value) -> Vec<(Box<str>, Option<PublicKey>)> {
    let mut keys: Vec<(Box<str>, Option<PublicKey>)> = Vec::new();
    for method in items(methods) {
        let text = |name: &str| method.get(name).and_then(Value::as_str);
        let Some(id) = text("id").and_then(|id| fragment(did, id)) else { continue };
        let is_own = text("controller").is_none_or(|controller| controller == did.as_str());
        if !is_own || keys.iter().any(|(known, _)| &**known == id) {
            continue;
        }
        let key = text("type")
            .zip(text("publicKeyMultibase"))
            .and_then(|(kind, key)| PublicKey::from_verification_method(kind, key).ok());
        keys.push((id.into(), key));
    }
    keys
}

fn services(did: &Did, services: &Value) -> Vec<Service> {
    let mut found: Vec<Service> = Vec::new();
    for service in items(services) {
        let text = |name: &str| service.get(name).and_then(Value::as_str);
        let Some(id) = text("id").and_then(|id| fragment(did, id)) else { continue };
        let Some((kind, endpoint)) = text("type").zip(text("serviceEndpoint")) else { continue };
        if found.iter().all(|known| &*known.id != id) {
            found.push(Service { id: id.into(), kind: kind.into(), endpoint: endpoint.into() });
        }
    }
    found
}

/// `#name` and `DID#name` mean the same.
fn fragment<'a>(did: &Did, id: &'a str) -> Option<&'a str> {
    id.strip_prefix(did.as_str()).unwrap_or(id).strip_prefix('#')
}

fn pds(service: &Service) -> Option<Url> {
    let url = Url::parse(&service.endpoint).ok()?;
    let is_origin = matches!(url.path(), "" | "/")
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    let has_host = match url.host()? {
        Host::Domain(name) => !name.is_empty(),
        Host::Ipv4(_) | Host::Ipv6(_) => true,
    };
    let usable = &*service.kind == "AtprotoPersonalDataServer"
        && matches!(url.scheme(), "http" | "https")
        && is_origin
        && has_host;
    usable.then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "zQ3shXjHeiBuRCKmM36cuYnm7YEMzhGnCmCyW92sRJ9pribSF";

    fn parse(document: &str) -> Identity {
        let did = Did::parse("did:plc:abc").expect("the test's own DID");
        Identity::from_document(&did, document.as_bytes()).expect("the document is usable")
    }

    #[test]
    fn the_first_valid_handle_is_the_claim_even_when_others_follow() {
        let identity = parse(
            r#"{"id":"did:plc:abc","alsoKnownAs":["https://x.example","at://not a handle",7,"at://First.Example","at://second.example"]}"#,
        );
        assert_eq!(identity.handle.map(|h| h.to_string()).as_deref(), Some("first.example"));
    }

    #[test]
    fn short_and_long_fragments_are_the_same_and_the_first_wins() {
        let identity = parse(&format!(
            r##"{{"id":"did:plc:abc",
                "verificationMethod":[
                  {{"id":"#other","type":"Multikey","controller":"did:plc:abc","publicKeyMultibase":"{KEY}"}},
                  {{"id":"did:plc:abc#atproto","type":"Multikey","controller":"did:plc:abc","publicKeyMultibase":"{KEY}"}}],
                "service":[
                  {{"id":"#atproto_pds","type":"AtprotoPersonalDataServer","serviceEndpoint":"https://one.example"}},
                  {{"id":"#atproto_pds","type":"AtprotoPersonalDataServer","serviceEndpoint":"https://two.example"}},
                  {{"id":"did:plc:abc#bsky_fg","type":"BskyFeedGenerator","serviceEndpoint":"https://feeds.example"}},
                  {{"id":"#mapped","type":"X","serviceEndpoint":{{"uri":"https://x"}}}}]}}"##
        ));
        assert!(identity.key.is_some() && identity.key_of("other").is_some());
        assert_eq!(identity.pds.as_ref().map(Url::as_str), Some("https://one.example/"));
        assert!(identity.service("bsky_fg", "BskyFeedGenerator").is_some());
        assert!(identity.service("bsky_fg", "AtprotoLabeler").is_none());
        assert_eq!(identity.services.len(), 1);
    }

    #[test]
    fn an_unusable_signing_key_does_not_give_way_to_a_later_one() {
        let identity = parse(&format!(
            r##"{{"id":"did:plc:abc","verificationMethod":[
                  {{"id":"#atproto","type":"Multikey","controller":"did:plc:abc","publicKeyMultibase":"zz"}},
                  {{"id":"#atproto","type":"Multikey","controller":"did:plc:abc","publicKeyMultibase":"{KEY}"}}]}}"##
        ));
        assert!(identity.key.is_none());
    }

    #[test]
    fn a_key_that_another_did_controls_is_not_ours() {
        let identity = parse(&format!(
            r##"{{"id":"did:plc:abc","verificationMethod":[
                  {{"id":"#atproto","type":"Multikey","controller":"did:plc:xyz","publicKeyMultibase":"{KEY}"}}]}}"##
        ));
        assert!(identity.key.is_none());
    }

    #[test]
    fn a_pds_is_an_origin_over_http() {
        let pds_of = |endpoint: &str, kind: &str| {
            parse(&format!(
                r##"{{"id":"did:plc:abc","service":[{{"id":"#atproto_pds","type":"{kind}","serviceEndpoint":"{endpoint}"}}]}}"##
            ))
            .pds
        };
        let kind = "AtprotoPersonalDataServer";
        assert!(pds_of("http://localhost:2583", kind).is_some());
        for refused in ["ftp://a.example", "https://a.example/path", "https://u:p@a.example", "a"] {
            assert!(pds_of(refused, kind).is_none(), "{refused}");
        }
        assert!(pds_of("https://a.example", "SomethingElse").is_none());
    }

    #[test]
    fn null_lists_and_unknown_fields_are_tolerated_and_another_dids_document_is_not() {
        let identity = parse(
            r#"{"id":"did:plc:abc","alsoKnownAs":null,"verificationMethod":null,"service":{},"x":[]}"#,
        );
        assert!(identity.handle.is_none() && identity.key.is_none() && identity.pds.is_none());
        let did = Did::parse("did:plc:other").expect("the test's own DID");
        let other = Identity::from_document(&did, br#"{"id":"did:plc:abc"}"#);
        assert!(matches!(other, Err(InvalidDocument::OtherDid)));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_give_a_document_or_an_error(bytes: Vec<u8>) {
            let did = Did::parse("did:plc:abc").expect("the test's own DID");
            let _ = Identity::from_document(&did, &bytes);
        }
    }
}
