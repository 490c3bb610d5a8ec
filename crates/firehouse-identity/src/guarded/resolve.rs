//! The resolver inside the guarded connector: hands out permitted addresses only, at the moment of connecting.

use std::net::SocketAddr;
use std::sync::Arc;

use hickory_resolver::net::NetError;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::address::AddressPolicy;
use crate::dns::{Dns, DnsError};

/// Resolves names for one policy.
pub(super) struct GuardedDns {
    pub(super) dns: Dns,
    pub(super) policy: AddressPolicy,
}

/// Why a name leads nowhere.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error("no address that may be reached")]
    Address,
    #[error("no such host")]
    NoSuchHost,
    #[error("DNS query of the host")]
    Dns(#[source] Arc<NetError>),
}

impl Resolve for GuardedDns {
    fn resolve(&self, name: Name) -> Resolving {
        let (dns, policy) = (self.dns.clone(), self.policy);
        Box::pin(async move { Ok(permitted(&dns, policy, name.as_str()).await?) })
    }
}

async fn permitted(dns: &Dns, policy: AddressPolicy, host: &str) -> Result<Addrs, Refused> {
    let addresses = dns.addresses(host).await.map_err(|error| match error {
        DnsError::Absent => Refused::NoSuchHost,
        DnsError::Failed(source) => Refused::Dns(source),
    })?;
    let permitted: Vec<SocketAddr> = addresses
        .into_iter()
        .filter(|&address| policy.allows(address))
        // Port 0 stands for the port of the URL.
        .map(|address| SocketAddr::new(address, 0))
        .collect();
    if permitted.is_empty() {
        return Err(Refused::Address);
    }
    Ok(Box::new(permitted.into_iter()))
}
