//! The operations of did:plc: each signed by a rotation key, each naming the one before, the first one the origin of the DID.
//!
//! Source: <https://web.plc.directory/spec/v0.1/did-plc>

use sha2::{Digest, Sha256};

use crate::protocol::block::Cid;
use crate::protocol::key::Key;
use crate::protocol::value::Value;

/// What an account says of itself.
#[derive(Clone)]
pub(crate) struct Claims {
    /// As did:key.
    pub(crate) signing_key: String,
    pub(crate) handle: String,
    /// Origin of the PDS.
    pub(crate) pds: String,
    /// Key (as did:key) and origin of the labeler it also is.
    pub(crate) labeler: Option<(String, String)>,
}

/// One operation, signed.
#[derive(Clone)]
pub(crate) struct Operation {
    value: Value,
    pub(crate) cid: Cid,
}

impl Operation {
    /// Signs a change of what was said in `prev`; without one, the birth of a DID.
    pub(crate) fn sign(claims: &Claims, prev: Option<&Self>, rotation: &Key) -> Self {
        let text = |text: &str| Value::from(text);
        let service = |kind: &str, origin: &str| {
            Value::Map(vec![("type", text(kind)), ("endpoint", text(origin))])
        };
        let mut methods = vec![("atproto", text(&claims.signing_key))];
        let mut services = vec![("atproto_pds", service("AtprotoPersonalDataServer", &claims.pds))];
        if let Some((key, origin)) = &claims.labeler {
            methods.push(("atproto_label", text(key)));
            services.push(("atproto_labeler", service("AtprotoLabeler", origin)));
        }
        let mut fields = vec![
            ("type", text("plc_operation")),
            ("rotationKeys", Value::List(vec![rotation.did_key().into()])),
            ("verificationMethods", Value::Map(methods)),
            ("alsoKnownAs", Value::List(vec![format!("at://{}", claims.handle).into()])),
            ("services", Value::Map(services)),
            ("prev", prev.map_or(Value::Null, |prev| prev.cid.to_string().into())),
        ];
        let signature = rotation.sign(&Value::Map(fields.clone()).encode());
        fields.push(("sig", data_encoding::BASE64URL_NOPAD.encode(&signature).into()));
        let value = Value::Map(fields);
        let cid = Cid::of_drisl(&value.encode());
        Self { value, cid }
    }

    /// The DID that begins with this operation.
    pub(crate) fn did(&self) -> String {
        let digest = Sha256::digest(self.value.encode());
        let letters = data_encoding::BASE32_NOPAD.encode(&digest).to_ascii_lowercase();
        format!("did:plc:{}", &letters[..24])
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        self.value.json()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::key::Curve;

    #[test]
    fn a_did_is_24_letters_and_each_operation_names_the_one_before() {
        let key = Key::of("rotation", Curve::K256);
        let claims = Claims {
            signing_key: key.did_key(),
            handle: "one.sim.test".into(),
            pds: "http://pds.sim.test".into(),
            labeler: None,
        };
        let birth = Operation::sign(&claims, None, &key);
        let next = Operation::sign(&claims, Some(&birth), &key);
        assert_eq!(birth.did().len(), "did:plc:".len() + 24);
        assert_eq!(birth.did(), Operation::sign(&claims, None, &key).did());
        assert_eq!(next.json()["prev"], birth.cid.to_string());
        assert_eq!(birth.json()["prev"], serde_json::Value::Null);
        assert_eq!(birth.json()["sig"].as_str().map(str::len), Some(86));
    }
}
