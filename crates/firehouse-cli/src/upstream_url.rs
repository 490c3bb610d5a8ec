//! [`UpstreamUrl`]: where an upstream is, and whether it is a relay, a single PDS or a Jetstream.
//!
//! A PDS is marked by whoever runs firehouse (`pds+wss://…`) and not found out by asking it: a PDS may speak for its own accounts only, and
//! one that wants to say more would simply answer as a relay does. A Jetstream is marked (`jetstream+wss://…`) because nothing that it
//! says is proven, and whoever follows one must know that.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use firehouse_identity::AddressPolicy;
use firehouse_types::UpstreamKind;
use tokio::net::lookup_host;
use tokio::time::timeout;
use url::{Host, Url};

/// Longest URL that is taken.
const BYTES_MAX: usize = 2_048;
/// Longest wait for the addresses of a host.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(5);
const PDS: &str = "pds+";
const JETSTREAM: &str = "jetstream+";

/// The URL of an upstream that can be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpstreamUrl {
    /// `ws`, `wss`, `http` or `https`, without query: a cursor in it would contradict the saved one.
    pub url: Url,
    /// What may be believed of it. Never that of a labeler.
    pub kind: UpstreamKind,
}

/// Why a URL cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidUpstream {
    /// Not a URL with a host.
    #[error(
        "not the URL of a host, as in wss://relay.example.com, pds+wss://pds.example.com or jetstream+wss://jetstream.example.com"
    )]
    NotUrl,
    /// Nothing we could speak.
    #[error("the scheme is none of wss, ws, https, http, with or without pds+ or jetstream+")]
    Scheme,
    /// User or password.
    #[error("an upstream is followed without credentials, and they would be shown")]
    Credentials,
    /// No address could be found.
    #[error("its host has no address")]
    NoAddress,
    /// Not an address for everybody.
    #[error(
        "its host is in a private network, which outgoing connections may reach only with allow_private_addresses"
    )]
    PrivateAddress,
}

impl UpstreamUrl {
    /// The name of its cursor: host, and port unless it is the scheme's own. Two URLs that share it are one upstream. One host may serve
    /// a Jetstream beside another stream, and count both by other numbers.
    pub fn authority(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        let authority =
            self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        match self.kind {
            UpstreamKind::Jetstream => format!("{JETSTREAM}{authority}"),
            UpstreamKind::Relay | UpstreamKind::Pds | UpstreamKind::Labeler => authority,
        }
    }

    /// Whether it also lists repos and gives them: a Jetstream is nothing but a stream.
    pub fn has_repos(&self) -> bool {
        self.kind != UpstreamKind::Jetstream
    }

    /// Whether it may be dialled, as far as its addresses tell now.
    pub async fn check_addresses(&self, policy: AddressPolicy) -> Result<(), InvalidUpstream> {
        let port = self.url.port_or_known_default().unwrap_or_default();
        let addresses = match self.url.host().ok_or(InvalidUpstream::NotUrl)? {
            Host::Ipv4(address) => vec![address.into()],
            Host::Ipv6(address) => vec![address.into()],
            Host::Domain(name) => match timeout(LOOKUP_TIMEOUT, lookup_host((name, port))).await {
                Ok(Ok(found)) => found.map(|address| address.ip()).collect(),
                Ok(Err(_)) | Err(_) => Vec::new(),
            },
        };
        match (addresses.is_empty(), addresses.iter().all(|&address| policy.allows(address))) {
            (true, _) => Err(InvalidUpstream::NoAddress),
            (false, true) => Ok(()),
            (false, false) => Err(InvalidUpstream::PrivateAddress),
        }
    }
}

impl FromStr for UpstreamUrl {
    type Err = InvalidUpstream;

    fn from_str(text: &str) -> Result<Self, InvalidUpstream> {
        let text = text.trim();
        let (kind, text) = match (text.strip_prefix(PDS), text.strip_prefix(JETSTREAM)) {
            (Some(rest), _) => (UpstreamKind::Pds, rest),
            (None, Some(rest)) => (UpstreamKind::Jetstream, rest),
            (None, None) => (UpstreamKind::Relay, text),
        };
        if text.len() > BYTES_MAX {
            return Err(InvalidUpstream::NotUrl);
        }
        let mut url = Url::parse(text).map_err(|_| InvalidUpstream::NotUrl)?;
        if !matches!(url.scheme(), "wss" | "ws" | "https" | "http") {
            return Err(InvalidUpstream::Scheme);
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err(InvalidUpstream::NotUrl);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidUpstream::Credentials);
        }
        url.set_query(None);
        url.set_fragment(None);
        Ok(Self { url, kind })
    }
}

impl fmt::Display for UpstreamUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            UpstreamKind::Pds => PDS,
            UpstreamKind::Jetstream => JETSTREAM,
            UpstreamKind::Relay | UpstreamKind::Labeler => "",
        };
        write!(f, "{kind}{}", self.url)
    }
}

impl<'de> serde::Deserialize<'de> for UpstreamUrl {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(deserializer)?;
        let named = |error| serde::de::Error::custom(format!("upstream {text:?}: {error}"));
        text.parse().map_err(named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<(&str, &str), InvalidUpstream>) {
        let found = text.parse::<UpstreamUrl>();
        let found = found.map(|upstream| (upstream.to_string(), upstream.authority()));
        let expected = expected.map(|(url, authority)| (url.to_owned(), authority.to_owned()));
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn an_upstream_is_a_host_with_a_port_whatever_its_scheme_and_path_are() {
        check("wss://relay.test", Ok(("wss://relay.test/", "relay.test")));
        check("https://Relay.test:443/x?cursor=1#y", Ok(("https://relay.test/x", "relay.test")));
        check("ws://127.0.0.1:2470", Ok(("ws://127.0.0.1:2470/", "127.0.0.1:2470")));
        check("pds+ws://[::1]:2583", Ok(("pds+ws://[::1]:2583/", "[::1]:2583")));
        check(" pds+https://pds.test ", Ok(("pds+https://pds.test/", "pds.test")));
        check(
            "jetstream+wss://relay.test",
            Ok(("jetstream+wss://relay.test/", "jetstream+relay.test")),
        );
    }

    #[test]
    fn what_cannot_be_followed_is_refused_with_its_reason() {
        check("relay.test", Err(InvalidUpstream::NotUrl));
        check("wss://", Err(InvalidUpstream::NotUrl));
        check("", Err(InvalidUpstream::NotUrl));
        check(&format!("wss://relay.test/{}", "x".repeat(3_000)), Err(InvalidUpstream::NotUrl));
        check("ftp://relay.test", Err(InvalidUpstream::Scheme));
        check("pds+pds+wss://relay.test", Err(InvalidUpstream::Scheme));
        check("jetstream+pds+wss://relay.test", Err(InvalidUpstream::Scheme));
        check("wss://me@relay.test", Err(InvalidUpstream::Credentials));
        check("wss://:secret@relay.test", Err(InvalidUpstream::Credentials));
    }

    #[tokio::test]
    async fn private_networks_are_for_those_who_allow_them_and_metadata_services_for_nobody() {
        let check = async |url: &str, policy, expected| {
            let upstream: UpstreamUrl = url.parse().unwrap();
            assert_eq!(upstream.check_addresses(policy).await, expected, "{url}");
        };
        let (public, private) = (AddressPolicy::Public, AddressPolicy::Private);
        check("ws://127.0.0.1:1", public, Err(InvalidUpstream::PrivateAddress)).await;
        check("ws://localhost:1", public, Err(InvalidUpstream::PrivateAddress)).await;
        check("ws://[::1]:1", public, Err(InvalidUpstream::PrivateAddress)).await;
        check("ws://127.0.0.1:1", private, Ok(())).await;
        check("ws://169.254.169.254", private, Err(InvalidUpstream::PrivateAddress)).await;
        check("wss://1.1.1.1", public, Ok(())).await;
    }
}
