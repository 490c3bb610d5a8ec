//! [`Dns`]: names to addresses and to the TXT records of handles, over one in-process resolver.
//!
//! The machine's `getaddrinfo` cannot tell "there is no such name" from "nobody answered"; clearing a handle needs to know which.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;

/// Answers are cached as long as DNS allows. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Dns {
    resolver: Option<Arc<TokioResolver>>,
}

/// Why a name has no answer.
#[derive(Clone, Debug)]
pub(crate) enum DnsError {
    /// The name does not exist, or has no records of the type asked for.
    Absent,
    /// Nobody answered, or not usefully.
    Failed(Arc<NetError>),
}

impl Dns {
    /// Asks `servers`, or those of the machine when there are none. Without either every query fails as transient, so that
    /// a machine without a network still starts.
    pub(crate) fn new(servers: &[SocketAddr]) -> Self {
        let builder = if servers.is_empty() {
            TokioResolver::builder_tokio()
        } else {
            let servers = servers.iter().map(name_server).collect();
            let config = ResolverConfig::from_parts(None, Vec::new(), servers);
            Ok(TokioResolver::builder_with_config(config, TokioRuntimeProvider::default()))
        };
        Self { resolver: builder.and_then(|b| b.build()).ok().map(Arc::new) }
    }

    /// Every address of a host, through the hosts file and DNS. A name with a dot is taken as complete.
    pub(crate) async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, DnsError> {
        let found = self.resolver()?.lookup_ip(complete(host)).await?;
        Ok(found.iter().collect())
    }

    /// The TXT records of a name, the strings of each joined.
    pub(crate) async fn txt(&self, name: &str) -> Result<Vec<String>, DnsError> {
        let found = self.resolver()?.txt_lookup(complete(name)).await?;
        let texts = found.answers().iter().filter_map(|record| match &record.data {
            RData::TXT(txt) => Some(txt.txt_data.concat()),
            _ => None,
        });
        Ok(texts.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect())
    }

    fn resolver(&self) -> Result<&TokioResolver, DnsError> {
        let none = || DnsError::Failed(Arc::new(NetError::NoConnections));
        self.resolver.as_deref().ok_or_else(none)
    }
}

impl From<NetError> for DnsError {
    fn from(error: NetError) -> Self {
        if error.is_no_records_found() { Self::Absent } else { Self::Failed(Arc::new(error)) }
    }
}

fn name_server(address: &SocketAddr) -> NameServerConfig {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = address.port();
        connection
    });
    let mut server = NameServerConfig::udp_and_tcp(address.ip());
    server.connections = connections.into();
    server
}

/// With the final dot no search domains are tried.
fn complete(name: &str) -> String {
    if name.contains('.') && !name.ends_with('.') { format!("{name}.") } else { name.to_owned() }
}
