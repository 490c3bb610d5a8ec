//! Dialling: TCP, TLS, the upgrade, and what an HTTP answer before it means.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::{ClientConfig, RootCertStore};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::Error as WsError;
use tokio_tungstenite::tungstenite::http::header::{HeaderValue, RETRY_AFTER, USER_AGENT};
use tokio_tungstenite::tungstenite::http::{HeaderMap, StatusCode};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{
    Connector, MaybeTlsStream, WebSocketStream, client_async_tls_with_config,
    connect_async_tls_with_config,
};
use url::{Host, Url};

use crate::config::Config;
use crate::error::StreamError;
use crate::metrics::Cause;
use crate::subscribe::Reach;

/// A connection to an upstream.
pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What one read may take from the socket. Frames are slices of such buffers.
const READ_BUFFER_BYTES: usize = 64 * 1024;

/// Longest wait a server may ask for.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(3_600);

/// Why there is no connection, and how long to wait before the next try.
#[derive(Debug)]
pub(crate) struct DialError {
    pub(crate) cause: Cause,
    pub(crate) reason: String,
    pub(crate) wait: Wait,
}

/// How long to wait before dialling again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wait {
    /// As the back-off says.
    Backoff,
    /// At least as long as the server asked for.
    AtLeast(Duration),
    /// Long: trying sooner is no use.
    Long,
}

/// Trusts the machine's roots and Mozilla's, so that private authorities work and so does a container without any.
pub(crate) fn tls() -> Result<Connector, StreamError> {
    let mut roots = RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(StreamError::Tls)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Connector::Rustls(Arc::new(config)))
}

/// Connects and upgrades, within the configured time.
pub(crate) async fn dial(
    url: &Url,
    config: &Config,
    tls: &Connector,
    reach: Option<Reach>,
) -> Result<Socket, DialError> {
    let mut request = url.as_str().into_client_request().map_err(DialError::of)?;
    let agent = HeaderValue::from_static(concat!("firehouse/", env!("CARGO_PKG_VERSION")));
    request.headers_mut().insert(USER_AGENT, agent);
    let limits = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .max_message_size(Some(config.frame_bytes_max))
        .max_frame_size(Some(config.frame_bytes_max));
    let tls = Some(tls.clone());
    let connecting = async {
        let Some(reach) = reach else {
            return connect_async_tls_with_config(request, Some(limits), true, tls).await;
        };
        let stream = connect_within(url, reach).await?;
        client_async_tls_with_config(request, stream, Some(limits), tls).await
    };
    match timeout(Duration::from_secs(config.connect_timeout_s), connecting).await {
        Ok(Ok((socket, _))) => Ok(socket),
        Ok(Err(error)) => Err(DialError::of(error)),
        Err(_) => Err(DialError {
            cause: Cause::Dial,
            reason: format!("no connection within {} s", config.connect_timeout_s),
            wait: Wait::Backoff,
        }),
    }
}

/// Connects to the first address of the URL's host that may be reached: the very address that was checked.
async fn connect_within(url: &Url, reach: Reach) -> io::Result<TcpStream> {
    // The scheme is ws or wss by now, and both have a port.
    let port = url.port_or_known_default().unwrap_or_default();
    let addresses: Vec<SocketAddr> = match url.host() {
        Some(Host::Domain(name)) => lookup_host((name, port)).await?.collect(),
        Some(Host::Ipv4(address)) => vec![(IpAddr::V4(address), port).into()],
        Some(Host::Ipv6(address)) => vec![(IpAddr::V6(address), port).into()],
        None => Vec::new(),
    };
    let mut failure = io::Error::new(
        io::ErrorKind::PermissionDenied,
        "the host has no address that a stranger may make us connect to",
    );
    for address in addresses.into_iter().filter(|address| reach(address.ip())) {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

impl DialError {
    fn of(error: WsError) -> Self {
        let WsError::Http(response) = error else {
            return Self { cause: Cause::Dial, reason: error.to_string(), wait: Wait::Backoff };
        };
        let (status, body) = (response.status(), response.body().as_deref().unwrap_or_default());
        let excerpt: String = String::from_utf8_lossy(body).chars().take(200).collect();
        Self {
            cause: Cause::Refused,
            reason: format!("HTTP {status} {}", excerpt.trim()).trim_end().to_owned(),
            wait: wait_of(status, response.headers()),
        }
    }
}

/// Overload passes by itself; a server that has no such method, or wants something else of us, needs somebody to act.
fn wait_of(status: StatusCode, headers: &HeaderMap) -> Wait {
    let seconds = headers.get(RETRY_AFTER).and_then(|v| v.to_str().ok()?.trim().parse().ok());
    match (status.as_u16(), seconds.map(Duration::from_secs)) {
        (_, Some(asked)) => Wait::AtLeast(asked.min(RETRY_AFTER_MAX)),
        (408 | 425 | 429 | 500 | 502..=599, None) => Wait::Backoff,
        _ => Wait::Long,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_before_the_upgrade_says_how_long_to_wait() {
        let check = |status: u16, retry_after: Option<&'static str>, expected| {
            let headers = retry_after.map(|v| (RETRY_AFTER, HeaderValue::from_static(v)));
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(wait_of(status, &headers.into_iter().collect()), expected);
        };
        check(429, Some("30"), Wait::AtLeast(Duration::from_secs(30)));
        check(429, Some("999999"), Wait::AtLeast(RETRY_AFTER_MAX));
        check(429, Some("soon"), Wait::Backoff);
        check(503, None, Wait::Backoff);
        check(501, None, Wait::Long);
        check(404, None, Wait::Long);
        check(405, None, Wait::Long);
    }

    #[test]
    fn tls_can_be_set_up_without_a_process_wide_provider() {
        assert!(matches!(tls(), Ok(Connector::Rustls(_))));
    }
}
