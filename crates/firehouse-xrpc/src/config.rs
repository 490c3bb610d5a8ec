//! [`Config`]: who we are, who may ask, and how much.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use data_encoding::HEXLOWER_PERMISSIVE;
use firehouse_repo::{Curve, PublicKey};
use firehouse_types::Did;
use url::Url;

use crate::networks::Network;

/// How the read path answers.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the caller of [`serve`](crate::serve) listens.
    pub listen: SocketAddr,
    /// Whether methods and sitemaps are answered; without them only health, metrics, the DID document and `dev.firehouse.admin.*` are, as
    /// a process that only writes needs.
    pub methods: bool,
    /// Who we are: the `aud` of tokens, with or without one of our service fragments.
    pub did: Did,
    /// Where the network reaches us; the endpoint in our DID document.
    pub public_url: Url,
    /// The web application that shows accounts at `{site_url}/profile/{handle}`: where sitemaps lead; else to our own pages.
    pub site_url: Option<Url>,
    /// Our `#atproto` key as a Multikey (`zQ3sh…`, `zDna…`), shown in our DID document; nothing is signed with it here.
    pub verification_key: Option<String>,
    /// Other values of `aud` that are meant for us.
    pub alternate_audiences: Vec<String>,
    /// The K-256 key of the entryway whose session tokens are taken; without one none are.
    pub entryway_key: Option<EntrywayKey>,
    /// The password of the user `admin` in Basic auth; without one nobody is admin.
    pub admin_password: Option<Secret>,
    /// The moderation service: sees what is taken down.
    pub moderation_did: Option<Did>,
    /// Labelers that apply, redacting, when a caller names none.
    pub default_labelers: Vec<Did>,
    /// Open connections; further ones wait until one closes. Well below the open files the system allows us.
    pub connections_max: usize,
    /// How long a client may take for the head of a request, stay idle between two, and leave an answer unread. Units: seconds.
    pub client_timeout_s: u64,
    /// Longest body of a request.
    pub body_bytes_max: u64,
    /// Longest time one request may take. Units: seconds.
    pub request_timeout_s: u64,
    /// Requests answered at once; one more is refused with 503.
    pub requests_max: usize,
    /// How far in the future a token may expire. A PDS gives its proxied requests 60 s, and its users an hour when they ask. Units: seconds.
    pub token_lifetime_s_max: u64,
    /// Where a token may be used again.
    pub token_reuse: TokenReuse,
    /// Used tokens remembered, about 100 bytes each.
    pub used_tokens_max: u64,
    /// Requests one viewer has in a window; 0: as many as they like.
    pub rate_viewer_max: u32,
    /// Requests one address has in a window, of those that show no valid token; 0: as many as they like.
    pub rate_address_max: u32,
    /// Searches in posts one viewer has in a window, or one address of those that show no valid token; 0: as many as they like.
    pub rate_search_max: u32,
    /// Requests one address has in a window whose tokens do not hold, or whose issuers cannot be looked up; behind them only tokens of
    /// accounts whose keys are known here are taken from it; 0: as many as they like.
    pub rate_unverified_max: u32,
    /// In which a bucket that is empty fills up. Units: seconds.
    pub rate_window_s: u64,
    /// Who may listen to live searches at once; 0: nobody.
    pub live_max: usize,
    /// Of these, from one address.
    pub live_address_max: usize,
    /// Who is believed when it says for whom it asks (`X-Forwarded-For`); in their own names they are not limited by address.
    pub trusted_proxies: Vec<Network>,
}

/// Where the same token (`iss` and `jti`) may come twice before it expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenReuse {
    /// A query may be asked again, since it changes nothing; a procedure may not.
    Queries,
    /// Nowhere.
    Nowhere,
}

/// The public key of an entryway, in hexadecimal digits: a point on K-256, compressed or not.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct EntrywayKey(pub(crate) PublicKey);

/// The text is no such key.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("not a K-256 public key in hexadecimal digits")]
pub struct InvalidEntrywayKey;

impl FromStr for EntrywayKey {
    type Err = InvalidEntrywayKey;

    fn from_str(text: &str) -> Result<Self, InvalidEntrywayKey> {
        let point = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).map_err(|_| InvalidEntrywayKey)?;
        PublicKey::from_point(Curve::K256, &point).map(Self).map_err(|_| InvalidEntrywayKey)
    }
}

impl TryFrom<String> for EntrywayKey {
    type Error = InvalidEntrywayKey;

    fn try_from(text: String) -> Result<Self, InvalidEntrywayKey> {
        text.parse()
    }
}

/// A password: never printed, compared in constant time.
#[derive(Clone, serde::Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Keeps the text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Whether `guess` is this secret. Takes the same time for every guess of the same length.
    pub fn is(&self, guess: &str) -> bool {
        verify_slices_are_equal(self.0.as_bytes(), guess.as_bytes()).is_ok()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_compared_and_never_printed() {
        let secret = Secret::new("hunter2");
        assert!(secret.is("hunter2"));
        assert!(!secret.is("hunter3"));
        assert!(!secret.is("hunter22"));
        assert!(!format!("{secret:?}").contains("hunter"));
    }
}
