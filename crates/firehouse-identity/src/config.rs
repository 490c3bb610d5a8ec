//! [`Config`]: where identities come from and how long they are believed.

use std::net::SocketAddr;

use url::Url;

use crate::GuardedConfig;

/// How the [`Resolver`](crate::Resolver) looks identities up.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The PLC directory, `https://plc.directory` on the public network. Trusted: may be private and plain HTTP.
    pub plc: Url,
    /// A service whose `com.atproto.identity.resolveHandle` is asked instead of DNS and well-known. Trusted likewise.
    pub handle_resolver: Option<Url>,
    /// Lets did:web, handles and redirects reach loopback and private networks, and plain HTTP.
    pub allow_private_addresses: bool,
    /// Name servers to ask; empty for the machine's own.
    pub dns_servers: Vec<SocketAddr>,
    /// Identities kept in memory, about 0.5 KiB each; as many handles beside them.
    pub cache_entries: u64,
    /// How long a document or a handle's DID is believed when nothing says that it changed. Units: seconds.
    pub ttl_s: u64,
    /// How long "there is none" is believed. Units: seconds.
    pub error_ttl_s: u64,
    /// How long a look-up that failed for no reason of the account's is not tried again. Units: seconds.
    pub transient_ttl_s: u64,
    /// The least time between two refreshes of one DID after failed signatures. Units: seconds.
    pub refresh_min_interval_s: u64,
    /// Look-ups of one kind (directory, did:web, handles) in flight at once, to be gentle with the directory.
    pub lookups_max: usize,
    /// Limit of one TCP and TLS connect. Units: milliseconds.
    pub connect_timeout_ms: u64,
    /// Limit of one look-up, redirects and body included. Units: milliseconds.
    pub request_timeout_ms: u64,
    /// Limit of one DID document.
    pub document_bytes_max: usize,
}

impl Config {
    /// The client these settings describe; its `trusted` are the services configured by name.
    pub fn guarded(&self) -> GuardedConfig {
        GuardedConfig {
            allow_private_addresses: self.allow_private_addresses,
            trusted: std::iter::once(&self.plc).chain(&self.handle_resolver).cloned().collect(),
            dns_servers: self.dns_servers.clone(),
            connect_timeout_ms: self.connect_timeout_ms,
            request_timeout_ms: self.request_timeout_ms,
            body_bytes_max: self.document_bytes_max,
            redirects_max: 3,
        }
    }
}
