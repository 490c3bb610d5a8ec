//! [`Entryway`]: session tokens of an entryway, the one login server of many PDSes, which its users may send us themselves.
//!
//! The reference takes them to spare its PDSes the detour. Here, too, only when the entryway's key is configured. They are access tokens of
//! OAuth 2.0 by type (`at+jwt`), signed with K-256; the account is `sub`, and they name no method.

use std::time::{SystemTime, UNIX_EPOCH};

use data_encoding::BASE64URL_NOPAD;
use firehouse_types::Did;
use serde_json::Value;

use crate::auth::token::{TOKEN_BYTES_MAX, from_segment};
use crate::config::EntrywayKey;
use crate::failure::Failure;

/// What a session may hold and still see what its account sees.
const SCOPES: [&str; 3] =
    ["com.atproto.access", "com.atproto.appPass", "com.atproto.appPassPrivileged"];

/// Reads session tokens.
pub(crate) struct Entryway(Option<EntrywayKey>);

#[derive(serde::Deserialize)]
struct Header {
    #[serde(default)]
    alg: Option<Value>,
    #[serde(default)]
    typ: Option<Value>,
    #[serde(default)]
    crit: Option<Value>,
}

#[derive(serde::Deserialize)]
struct Claims {
    #[serde(default)]
    exp: Option<Value>,
    #[serde(default)]
    nbf: Option<Value>,
    #[serde(default)]
    sub: Option<Value>,
    #[serde(default)]
    aud: Option<Value>,
    #[serde(default)]
    scope: Option<Value>,
    /// The key of whoever may use the token, which we cannot ask for.
    #[serde(default)]
    cnf: Option<Value>,
}

/// Whether the token says that it is a session token. Nothing is believed yet.
pub(crate) fn is_session(token: &str) -> bool {
    let header = token.split_once('.').and_then(|(header, _)| from_segment::<Header>(header));
    header.is_some_and(|header| header.typ.as_ref().and_then(Value::as_str) == Some("at+jwt"))
}

/// 401 for a session token where none is taken.
pub(crate) fn malformed() -> Failure {
    Failure::unauthorized("InvalidToken", "Malformed token")
}

impl Entryway {
    /// Without a key every token is refused.
    pub(crate) fn new(key: Option<EntrywayKey>) -> Self {
        Self(key)
    }

    /// The account whose session it is. Errors: 401 `InvalidToken` or `ExpiredToken`.
    pub(crate) fn viewer(&self, token: &str) -> Result<Did, Failure> {
        let EntrywayKey(key) = self.0.as_ref().ok_or_else(malformed)?;
        let unverified = || Failure::unauthorized("InvalidToken", "Token could not be verified");
        let (signed, signature) = token.rsplit_once('.').ok_or_else(unverified)?;
        let (header, claims) = signed.split_once('.').ok_or_else(unverified)?;
        if token.len() > TOKEN_BYTES_MAX || claims.contains('.') {
            return Err(unverified());
        }
        let header: Header = from_segment(header).ok_or_else(unverified)?;
        if header.alg.as_ref().and_then(Value::as_str) != Some("ES256K") || header.crit.is_some() {
            return Err(unverified());
        }
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).map_err(|_| unverified())?;
        key.verify_allowing_high_s(signed.as_bytes(), &signature).map_err(|_| unverified())?;
        let claims: Claims = from_segment(claims).ok_or_else(unverified)?;
        claims.check_time()?;
        claims.account()
    }
}

impl Claims {
    fn check_time(&self) -> Result<(), Failure> {
        let now_s = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let unverified = || Failure::unauthorized("InvalidToken", "Token could not be verified");
        // A session without an end is none that an entryway gives.
        let exp = self.exp.as_ref().and_then(Value::as_f64).ok_or_else(unverified)?;
        let nbf = match &self.nbf {
            Some(nbf) => nbf.as_f64().ok_or_else(unverified)?,
            None => 0.0,
        };
        if nbf > now_s {
            return Err(unverified());
        }
        if exp <= now_s {
            return Err(Failure::unauthorized("ExpiredToken", "Token has expired"));
        }
        Ok(())
    }

    fn account(&self) -> Result<Did, Failure> {
        let text =
            |claim: &Option<Value>| claim.as_ref().and_then(Value::as_str).map(str::to_owned);
        if self.cnf.is_some() {
            let message = "Malformed token: DPoP not supported";
            return Err(Failure::unauthorized("InvalidToken", message));
        }
        let did = text(&self.sub).and_then(|sub| Did::parse(&sub).ok()).ok_or_else(malformed)?;
        let aud = text(&self.aud).unwrap_or_default();
        if !aud.starts_with("did:web:") || !aud.ends_with(".bsky.network") {
            return Err(Failure::unauthorized("InvalidToken", "Bad token aud"));
        }
        if !text(&self.scope).is_some_and(|scope| SCOPES.contains(&scope.as_str())) {
            return Err(Failure::unauthorized("InvalidToken", "Bad token scope"));
        }
        Ok(did)
    }
}
