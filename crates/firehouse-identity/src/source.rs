//! Where documents come from: the PLC directory, a did:web host, or a file.

use std::collections::HashMap;
use std::sync::Arc;

use firehouse_types::{Did, Handle};
use url::Url;

use crate::address::AddressPolicy;
use crate::document::Identity;
use crate::error::IdentityError;
use crate::guarded::{FetchError, GuardedClient};
use crate::handles::Handles;
use crate::metrics::Lookup;

/// Answers look-ups; knows no cache.
pub(crate) enum Source {
    /// The world.
    Network(Box<Network>),
    /// A fixed set, for demonstrations and tests; never touches the network.
    Offline {
        /// Every document there is.
        documents: HashMap<Did, Arc<Identity>>,
        /// Every handle there is.
        handles: HashMap<Handle, Did>,
    },
}

/// The directory, the client, and the two ways to ask for a handle.
pub(crate) struct Network {
    pub(crate) client: GuardedClient,
    pub(crate) plc: Url,
    pub(crate) handles: Handles,
}

/// Which kind of look-up a DID needs, for the metric.
pub(crate) fn kind(did: &Did) -> Lookup {
    if did.as_str().starts_with("did:web:") { Lookup::Web } else { Lookup::Plc }
}

impl Source {
    pub(crate) async fn document(&self, did: &Did) -> Result<Arc<Identity>, IdentityError> {
        match self {
            Self::Network(network) => network.document(did).await.map(Arc::new),
            Self::Offline { documents, .. } => {
                documents.get(did).cloned().ok_or(IdentityError::NotFound)
            }
        }
    }

    pub(crate) async fn handle(&self, handle: &Handle) -> Result<Did, IdentityError> {
        match self {
            Self::Network(network) => network.handles.resolve(handle).await,
            Self::Offline { handles, .. } => {
                handles.get(handle).cloned().ok_or(IdentityError::NotFound)
            }
        }
    }
}

impl Network {
    async fn document(&self, did: &Did) -> Result<Identity, IdentityError> {
        let url = document_url(&self.plc, self.client.policy(), did)
            .ok_or(IdentityError::UnsupportedDid)?;
        let body = self.client.get_bytes(url).await.map_err(|error| match error {
            FetchError::Status { status: 400 | 404, .. } => IdentityError::NotFound,
            FetchError::Status { status: 410, .. } => IdentityError::Tombstoned,
            other => other.into(),
        })?;
        Ok(Identity::from_document(did, &body)?)
    }
}

/// `None` for what no account can have as its DID.
fn document_url(plc: &Url, policy: AddressPolicy, did: &Did) -> Option<Url> {
    if let Some(id) = did.as_str().strip_prefix("did:plc:") {
        let is_plain = id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        return below(plc, did.as_str()).filter(|_| is_plain);
    }
    let host = did.as_str().strip_prefix("did:web:")?;
    // Only localhost has a port, and only where private addresses are reachable; there it speaks plain HTTP.
    if let Some(port) = localhost_port(host) {
        let url = format!("http://localhost:{port}/.well-known/did.json");
        return Url::parse(&url).ok().filter(|_| policy == AddressPolicy::Private);
    }
    // A host name has the syntax of a handle; ports, paths and addresses do not.
    let host = Handle::parse(host).ok()?;
    if policy == AddressPolicy::Public && is_reserved(host.as_str()) {
        return None;
    }
    Url::parse(&format!("https://{host}/.well-known/did.json")).ok()
}

/// The port of `localhost` or `localhost%3APORT`; `None` for any other host.
fn localhost_port(host: &str) -> Option<u16> {
    match host.strip_prefix("localhost")? {
        "" => Some(80),
        rest => rest.strip_prefix("%3A").or_else(|| rest.strip_prefix("%3a"))?.parse().ok(),
    }
}

/// A path below a base that may have a path of its own.
pub(crate) fn below(base: &Url, path: &str) -> Option<Url> {
    Url::parse(&format!("{}/{path}", base.as_str().trim_end_matches('/'))).ok()
}

/// Whether the top-level domain never belongs to anybody on the public network.
pub(crate) fn is_reserved(host: &str) -> bool {
    const RESERVED: [&str; 9] =
        ["alt", "arpa", "example", "internal", "invalid", "local", "localhost", "onion", "test"];
    host.rsplit('.').next().is_some_and(|tld| RESERVED.contains(&tld))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(policy: AddressPolicy, did: &str) -> Option<String> {
        let plc = Url::parse("https://plc.directory").expect("the test's own URL");
        let did = Did::parse(did).expect("the test's own DID");
        document_url(&plc, policy, &did).map(Into::into)
    }

    #[test]
    fn documents_are_looked_for_where_the_method_says() {
        let public = |did| url(AddressPolicy::Public, did);
        assert_eq!(
            public("did:plc:z72i7hdynmk6r22z27h6tvur").as_deref(),
            Some("https://plc.directory/did:plc:z72i7hdynmk6r22z27h6tvur")
        );
        assert_eq!(
            public("did:web:feeds.somewhere.com").as_deref(),
            Some("https://feeds.somewhere.com/.well-known/did.json")
        );
        for refused in [
            "did:key:zQ3shXjHeiBuRCKmM36cuYnm7YEMzhGnCmCyW92sRJ9pribSF",
            "did:plc:..%2Fadmin",
            "did:web:somewhere.com:path",
            "did:web:somewhere.com%3A8080",
            "did:web:localhost%3A2583",
            "did:web:localhost",
            "did:web:127.0.0.1",
            "did:web:somewhere.internal",
            "did:web:somewhere.onion",
        ] {
            assert_eq!(public(refused), None, "{refused}");
        }
    }

    #[test]
    fn localhost_with_a_port_is_for_private_networks() {
        let private = |did| url(AddressPolicy::Private, did);
        assert_eq!(
            private("did:web:localhost%3A2583").as_deref(),
            Some("http://localhost:2583/.well-known/did.json")
        );
        assert_eq!(private("did:web:localhost%3A99999"), None);
        assert_eq!(
            private("did:web:localhostess.com").as_deref(),
            Some("https://localhostess.com/.well-known/did.json")
        );
        assert!(private("did:web:pds.internal").is_some());
    }
}
