//! [`Host`]: a PDS or relay that is asked over HTTP.

use std::fmt;
use std::sync::Arc;

use firehouse_identity::AddressPolicy;
use url::Url;

/// Scheme, host and port of a PDS or relay. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Host(Arc<str>);

/// The text names no host that can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the address of a PDS or relay")]
pub struct InvalidHost;

impl Host {
    /// The host of an address, whose path is left out. `wss` and `ws` of a configured relay are understood.
    pub fn of_url(url: &Url) -> Result<Self, InvalidHost> {
        let scheme = match url.scheme() {
            "https" | "wss" => "https",
            "http" | "ws" => "http",
            _ => return Err(InvalidHost),
        };
        let has_credentials = !url.username().is_empty() || url.password().is_some();
        let host = url.host_str().filter(|host| !host.is_empty() && !has_credentials);
        let host = host.ok_or(InvalidHost)?;
        let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        // A port that is another scheme's own goes through the parser once more.
        let url = Url::parse(&format!("{scheme}://{authority}")).map_err(|_| InvalidHost)?;
        Ok(Self(url.as_str().trim_end_matches('/').into()))
    }

    /// A host by the name a relay lists it under: `pds.example.com`, in private networks `localhost:2583`.
    pub fn of_name(name: &str, policy: AddressPolicy) -> Result<Self, InvalidHost> {
        let is_name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':');
        if name.len() > 261 || !name.bytes().all(is_name) {
            return Err(InvalidHost);
        }
        let here =
            name.split(':').next().is_some_and(|host| host == "localhost" || host == "127.0.0.1");
        // Relays do not say how they reach a host; what runs on this machine has no certificate.
        let is_plain = here && policy == AddressPolicy::Private;
        let scheme = if is_plain { "http" } else { "https" };
        let url = Url::parse(&format!("{scheme}://{name}")).map_err(|_| InvalidHost)?;
        Self::of_url(&url)
    }

    /// `https://HOST`, with the port unless it is the scheme's own.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address of an XRPC method with these parameters.
    pub(crate) fn method(
        &self,
        nsid: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Url, InvalidHost> {
        let mut url = Url::parse(&self.0).map_err(|_| InvalidHost)?;
        url.set_path(&format!("/xrpc/{nsid}"));
        url.query_pairs_mut().extend_pairs(parameters);
        Ok(url)
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use firehouse_identity::AddressPolicy;

    use super::Host;

    #[test]
    fn an_address_is_reduced_to_its_host() {
        for (url, host) in [
            ("https://pds.example.com", Some("https://pds.example.com")),
            ("https://PDS.example.com:443/xrpc/x?y=z", Some("https://pds.example.com")),
            ("wss://relay.example.com:8443/xrpc/x", Some("https://relay.example.com:8443")),
            ("ws://127.0.0.1:2470", Some("http://127.0.0.1:2470")),
            ("wss://relay.example.com:443", Some("https://relay.example.com")),
            ("https://user@pds.example.com", None),
            ("ftp://pds.example.com", None),
            ("data:text/plain,x", None),
        ] {
            let found = Host::of_url(&url.parse().unwrap()).ok();
            assert_eq!(found.as_ref().map(Host::as_str), host, "{url}");
        }
    }

    #[test]
    fn names_that_relays_list_are_hosts_over_https() {
        let check = |name: &str, policy, expected: Option<&str>| {
            let found = Host::of_name(name, policy).ok();
            assert_eq!(found.as_ref().map(Host::as_str), expected, "{name}");
        };
        let (public, private) = (AddressPolicy::Public, AddressPolicy::Private);
        check("pds.example.com", public, Some("https://pds.example.com"));
        check("localhost:2583", private, Some("http://localhost:2583"));
        check("localhost:2583", public, Some("https://localhost:2583"));
        for name in ["", "a b", "a/b", "user@host", "host?x", "https://host", &"a".repeat(300)] {
            check(name, private, None);
        }
    }

    #[test]
    fn parameters_are_escaped() {
        let host = Host::of_url(&"https://pds.example.com".parse().unwrap()).unwrap();
        let url = host.method("a.b.c", &[("did", "did:web:a%3A1"), ("cursor", "x&y=1")]).unwrap();
        assert_eq!(
            url.as_str(),
            "https://pds.example.com/xrpc/a.b.c?did=did%3Aweb%3Aa%253A1&cursor=x%26y%3D1"
        );
    }
}
