//! [`Operation`]: the fields of one operation, of today's form or of that of 2022.

use data_encoding::BASE64URL_NOPAD;
use firehouse_lexicon::to_dag_cbor;
use firehouse_types::Did;
use serde_json::{Map, Value, json};

/// As many as history holds; the directory takes no more than five today.
const ROTATION_KEYS_MAX: usize = 16;

/// An operation as JSON; nothing of it is checked until it is asked for.
#[derive(Clone, Debug)]
pub(super) struct Operation(pub(super) Map<String, Value>);

impl Operation {
    /// The whole of it in DRISL, the signature included: what its CID is the hash of.
    pub(super) fn signed(&self) -> Option<Vec<u8>> {
        to_dag_cbor(&Value::Object(self.0.clone())).ok()
    }

    /// What was signed, and the signature.
    pub(super) fn parted(&self) -> Option<(Vec<u8>, Vec<u8>)> {
        let mut fields = self.0.clone();
        let signature = fields.remove("sig")?;
        let signature = BASE64URL_NOPAD.decode(signature.as_str()?.as_bytes()).ok()?;
        Some((to_dag_cbor(&Value::Object(fields)).ok()?, signature))
    }

    /// The operation before; the first of a DID has none.
    pub(super) fn prev(&self) -> Option<&str> {
        self.text("prev")
    }

    pub(super) fn is_tombstone(&self) -> bool {
        self.text("type") == Some("plc_tombstone")
    }

    /// Who may sign the next one. `None` when that cannot be said.
    pub(super) fn rotation_keys(&self) -> Option<Vec<Box<str>>> {
        let keys: Vec<Box<str>> = match self.text("type")? {
            "plc_tombstone" => Vec::new(),
            "create" => vec![self.text("recoveryKey")?.into(), self.text("signingKey")?.into()],
            "plc_operation" => {
                let keys = self.0.get("rotationKeys")?.as_array()?;
                keys.iter().map(|key| key.as_str().map(Into::into)).collect::<Option<_>>()?
            }
            _ => return None,
        };
        (keys.len() <= ROTATION_KEYS_MAX).then_some(keys)
    }

    /// The document that the directory makes of it.
    pub(super) fn document(&self, did: &Did) -> Value {
        let method = |(name, key): (&str, &Value)| {
            let key = key.as_str()?.strip_prefix("did:key:")?;
            Some(json!({
                "id": format!("{did}#{name}"),
                "type": "Multikey",
                "controller": did.as_str(),
                "publicKeyMultibase": key,
            }))
        };
        let service = |(name, service): (&str, &Value)| {
            let (kind, endpoint) = (service.get("type")?, service.get("endpoint")?);
            Some(json!({ "id": format!("#{name}"), "type": kind, "serviceEndpoint": endpoint }))
        };
        let (names, methods, services): (Vec<Value>, Vec<Value>, Vec<Value>) = if self.is_legacy() {
            let endpoint = self.text("service").map(with_scheme);
            let pds = json!({ "type": "AtprotoPersonalDataServer", "endpoint": endpoint });
            (
                self.text("handle")
                    .map(|handle| format!("at://{handle}").into())
                    .into_iter()
                    .collect(),
                self.0
                    .get("signingKey")
                    .and_then(|key| method(("atproto", key)))
                    .into_iter()
                    .collect(),
                service(("atproto_pds", &pds)).into_iter().collect(),
            )
        } else {
            let names = self.0.get("alsoKnownAs").and_then(Value::as_array);
            (
                names.cloned().unwrap_or_default(),
                self.entries("verificationMethods").filter_map(method).collect(),
                self.entries("services").filter_map(service).collect(),
            )
        };
        json!({
            "id": did.as_str(),
            "alsoKnownAs": names,
            "verificationMethod": methods,
            "service": services,
        })
    }

    fn is_legacy(&self) -> bool {
        self.text("type") == Some("create")
    }

    fn entries(&self, name: &str) -> impl Iterator<Item = (&str, &Value)> {
        let map = self.0.get(name).and_then(Value::as_object);
        map.into_iter().flatten().map(|(name, value)| (name.as_str(), value))
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }
}

/// The service of 2022 was a host, with or without its scheme.
fn with_scheme(service: &str) -> String {
    if service.starts_with("http://") || service.starts_with("https://") {
        service.to_owned()
    } else {
        format!("https://{service}")
    }
}
