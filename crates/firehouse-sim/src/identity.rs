//! [`IdentityLine`]: one account's DID document, as a line of the file that offline resolvers read.

use serde_json::{Value, json};

use crate::town::state::Person;

/// `{"did":…,"handle":…,"doc":…}`.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct IdentityLine {
    /// Who.
    pub did: String,
    /// Resolves to the DID.
    pub handle: String,
    /// The DID document.
    pub doc: Value,
}

impl IdentityLine {
    pub(crate) fn new(person: &Person, pds: &str) -> Self {
        let (did, handle) = (&person.did, &person.handle);
        let doc = json!({
            "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
            "id": did,
            "alsoKnownAs": [format!("at://{handle}")],
            "verificationMethod": [{
                "id": format!("{did}#atproto"),
                "type": "Multikey",
                "controller": did,
                "publicKeyMultibase": person.key.multibase(),
            }],
            "service": [{
                "id": "#atproto_pds",
                "type": "AtprotoPersonalDataServer",
                "serviceEndpoint": pds,
            }],
        });
        Self { did: did.clone(), handle: handle.clone(), doc }
    }
}
