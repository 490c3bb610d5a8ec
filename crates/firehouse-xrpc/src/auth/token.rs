//! [`Token`]: a service token as its sender wrote it; nothing is believed yet.
//!
//! Three base64url segments and a handful of fields, read here by hand: of the well-kept JWT crates, `jsonwebtoken` knows no ES256K, and
//! those that do bring a second implementation of both curves. Source: <https://atproto.com/specs/xrpc#inter-service-authentication-jwt>

use data_encoding::BASE64URL_NOPAD;

use crate::failure::Failure;

/// Longer ones are not read: a real one has some 400 bytes.
pub(super) const TOKEN_BYTES_MAX: usize = 8 * 1024;

/// Types of JWT that grant something else and must not pass for a service token.
const OTHER_TYPES: [&str; 3] = ["at+jwt", "refresh+jwt", "dpop+jwt"];

/// A token taken apart.
pub(crate) struct Token<'a> {
    /// What the signature covers: the first two segments as sent.
    pub(crate) signed: &'a [u8],
    /// `None` when it is not base64url.
    pub(crate) signature: Option<Vec<u8>>,
    /// The curve the sender says it used.
    pub(crate) algorithm: String,
    pub(crate) claims: Claims,
}

/// What the token says.
#[derive(serde::Deserialize)]
pub(crate) struct Claims {
    /// Who signed it: a DID, perhaps with the fragment of a service.
    pub(crate) iss: String,
    /// Whom it is for.
    pub(crate) aud: String,
    /// When it ends. Units: seconds since 1970, perhaps with a fraction.
    pub(crate) exp: f64,
    /// The method it may call.
    #[serde(default)]
    pub(crate) lxm: Option<String>,
    /// Its number, for those who count uses.
    #[serde(default)]
    pub(crate) jti: Option<serde_json::Value>,
}

#[derive(serde::Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    typ: Option<serde_json::Value>,
}

impl<'a> Token<'a> {
    /// Takes the text apart. Errors: 401 `BadJwt` or `BadJwtType`.
    pub(crate) fn parse(text: &'a str) -> Result<Self, Failure> {
        let malformed = || Failure::unauthorized("BadJwt", "poorly formatted jwt");
        let (signed, signature) = text.rsplit_once('.').ok_or_else(malformed)?;
        let (header, claims) = signed.split_once('.').ok_or_else(malformed)?;
        if text.len() > TOKEN_BYTES_MAX || claims.contains('.') {
            return Err(malformed());
        }
        let header: Header = from_segment(header).ok_or_else(malformed)?;
        if let Some(serde_json::Value::String(typ)) = &header.typ
            && OTHER_TYPES.iter().any(|other| typ.eq_ignore_ascii_case(other))
        {
            return Err(Failure::unauthorized("BadJwtType", format!("Invalid jwt type \"{typ}\"")));
        }
        Ok(Self {
            signed: signed.as_bytes(),
            signature: BASE64URL_NOPAD.decode(signature.as_bytes()).ok(),
            algorithm: header.alg,
            claims: from_segment(claims).ok_or_else(malformed)?,
        })
    }
}

/// The JSON of one segment.
pub(super) fn from_segment<T: serde::de::DeserializeOwned>(segment: &str) -> Option<T> {
    serde_json::from_slice(&BASE64URL_NOPAD.decode(segment.as_bytes()).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLAIMS: &str = r#"{"iss":"did:plc:a","aud":"did:web:b","exp":1.5,"lxm":"a.b.c"}"#;

    /// The error name of a token of these two segments, or nothing.
    fn check(header: &str, claims: &str, expected: &str) {
        let [header, claims] = [header, claims].map(|json| BASE64URL_NOPAD.encode(json.as_bytes()));
        let text = format!("{header}.{claims}.AAAA");
        let found = Token::parse(&text).err().map(|failure| failure.name).unwrap_or_default();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_service_token_is_taken_apart() {
        check(r#"{"alg":"ES256K"}"#, CLAIMS, "");
        check(r#"{"alg":"ES256K","typ":"JWT","kid":"x"}"#, CLAIMS, "");
        check(r#"{"alg":"ES256K","typ":7}"#, CLAIMS, "");
    }

    #[test]
    fn tokens_of_another_kind_are_refused_by_type() {
        for typ in ["at+jwt", "refresh+jwt", "dpop+jwt", "DPoP+jwt"] {
            check(&format!(r#"{{"alg":"ES256K","typ":"{typ}"}}"#), CLAIMS, "BadJwtType");
        }
    }

    #[test]
    fn missing_and_mistyped_fields_are_malformed() {
        check("{}", CLAIMS, "BadJwt");
        check("[]", CLAIMS, "BadJwt");
        check(r#"{"alg":"ES256K"}"#, r#"{"iss":"did:plc:a","aud":"b"}"#, "BadJwt");
        check(r#"{"alg":"ES256K"}"#, r#"{"iss":"did:plc:a","aud":["b"],"exp":1}"#, "BadJwt");
        check(r#"{"alg":"ES256K"}"#, r#"{"aud":"b","exp":1}"#, "BadJwt");
        check(r#"{"alg":"ES256K"}"#, r#"{"iss":"a","aud":"b","exp":"1"}"#, "BadJwt");
        for text in ["", "garbage", "a.b", "a.b.c", "a.b.c.d", "....", "é.é.é"] {
            assert_eq!(Token::parse(text).err().map(|f| f.name), Some("BadJwt".into()), "{text}");
        }
        assert!(Token::parse(&format!("{}.{}.", "a".repeat(9000), "b")).is_err());
    }
}
