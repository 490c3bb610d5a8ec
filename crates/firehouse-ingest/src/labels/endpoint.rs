//! Where a labeler's stream is, and under which name its cursor is saved.

use firehouse_identity::{AddressPolicy, Identity};
use firehouse_types::Did;
use url::Url;

/// Why a labeler cannot be followed where its document says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoEndpoint {
    /// There is no such entry.
    #[error("its DID document names no service #atproto_labeler")]
    Missing,
    /// Not a URL, or not one that a stranger may make us connect to.
    #[error("its DID document names an endpoint that is not to be dialled")]
    Refused,
}

/// The origin of the service `#atproto_labeler`. Which addresses it has is checked when it is dialled.
pub fn endpoint(identity: &Identity, policy: AddressPolicy) -> Result<Url, NoEndpoint> {
    let service =
        identity.service("atproto_labeler", "AtprotoLabeler").ok_or(NoEndpoint::Missing)?;
    let mut url = Url::parse(&service.endpoint).map_err(|_| NoEndpoint::Refused)?;
    let is_allowed = policy.allows_scheme(url.scheme())
        && url.port_or_known_default().is_some_and(|port| policy.allows_port(port))
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none();
    url.set_path("");
    url.set_query(None);
    url.set_fragment(None);
    if is_allowed { Ok(url) } else { Err(NoEndpoint::Refused) }
}

/// The cursor's name. Never that of a relay on the same host, whose seqs count something else; and another one when the labeler moves.
pub fn cursor_name(did: &Did, authority: &str) -> Box<str> {
    format!("labels:{did}@{authority}").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(endpoint_text: &str, policy: AddressPolicy, expected: Result<&str, NoEndpoint>) {
        let did = Did::parse("did:web:labeler.example.com").unwrap();
        let document = serde_json::json!({ "id": did, "service": [
            { "id": "#atproto_labeler", "type": "AtprotoLabeler", "serviceEndpoint": endpoint_text },
        ] });
        let identity = Identity::from_document(&did, document.to_string().as_bytes()).unwrap();
        let found = endpoint(&identity, policy).map(String::from);
        assert_eq!(found, expected.map(str::to_owned), "{endpoint_text}");
    }

    #[test]
    fn an_endpoint_is_an_origin_that_strangers_may_name() {
        use AddressPolicy::{Private, Public};
        check("https://mod.example.com", Public, Ok("https://mod.example.com/"));
        check("https://mod.example.com/xrpc/x?y#z", Public, Ok("https://mod.example.com/"));
        check("http://127.0.0.1:3000", Private, Ok("http://127.0.0.1:3000/"));
        for refused in
            ["http://mod.example.com", "https://u:p@a.example.com", "wss://a", "https://a:22", ""]
        {
            check(refused, Public, Err(NoEndpoint::Refused));
        }
    }

    #[test]
    fn a_document_without_the_service_has_no_endpoint() {
        let did = Did::parse("did:web:labeler.example.com").unwrap();
        let identity = Identity::from_document(&did, format!("{{\"id\":\"{did}\"}}").as_bytes());
        assert_eq!(endpoint(&identity.unwrap(), AddressPolicy::Public), Err(NoEndpoint::Missing));
    }

    #[test]
    fn a_cursor_belongs_to_one_labeler_on_one_host() {
        let did = Did::parse("did:plc:a").unwrap();
        assert_eq!(&*cursor_name(&did, "mod.test:3000"), "labels:did:plc:a@mod.test:3000");
    }
}
