//! Requests and answers of the guarded client.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{AUTHORIZATION, COOKIE, HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{Certificate, Client, StatusCode};
use tokio::time::{Instant, timeout_at};
use url::{Host, Origin, Url};

use super::error::FetchError;
use super::resolve::GuardedDns;
use crate::address::AddressPolicy;
use crate::dns::Dns;

const USER_AGENT: &str = concat!("firehouse/", env!("CARGO_PKG_VERSION"));

/// Limits of a [`GuardedClient`].
#[derive(Clone, Debug)]
pub struct GuardedConfig {
    /// Lets requests reach loopback and private networks, any port, and plain HTTP.
    pub allow_private_addresses: bool,
    /// Services the operator named: exactly these origins are reached without the checks. A redirect away from them is checked.
    pub trusted: Vec<Url>,
    /// Name servers to ask; empty for the machine's own.
    pub dns_servers: Vec<SocketAddr>,
    /// Limit of one TCP and TLS connect. Units: milliseconds.
    pub connect_timeout_ms: u64,
    /// Limit of one request with its redirects and its body, unless the request has its own. Units: milliseconds.
    pub request_timeout_ms: u64,
    /// Limit of one body after decompression, unless the request has its own.
    pub body_bytes_max: usize,
    /// How often one request may be redirected.
    pub redirects_max: usize,
}

/// Fetches what strangers name. Cheap to clone.
#[derive(Clone)]
pub struct GuardedClient {
    guarded: Client,
    trusted: Client,
    trusted_origins: Arc<[Origin]>,
    policy: AddressPolicy,
    request_timeout: Duration,
    body_bytes_max: usize,
    redirects_max: usize,
}

/// One GET.
#[derive(Clone, Debug)]
pub struct Request {
    /// Where to.
    pub url: Url,
    /// Headers to send. `Authorization` and `Cookie` do not follow a redirect to another origin.
    pub headers: HeaderMap,
    /// Instead of the client's limit.
    pub timeout: Option<Duration>,
    /// Instead of the client's limit.
    pub body_bytes_max: Option<usize>,
}

/// An answer whose body has not been read yet.
pub struct Fetched {
    /// Any status but a redirect.
    pub status: StatusCode,
    /// The answer's headers.
    pub headers: HeaderMap,
    /// Where the answer came from in the end.
    pub url: Url,
    response: reqwest::Response,
    deadline: Instant,
    bytes_read: usize,
    bytes_max: usize,
}

impl Request {
    /// A GET of `url` with the client's limits.
    pub fn get(url: Url) -> Self {
        Self { url, headers: HeaderMap::new(), timeout: None, body_bytes_max: None }
    }
}

impl GuardedClient {
    /// Builds the client; opens no connection.
    pub fn new(config: &GuardedConfig) -> Result<Self, FetchError> {
        let policy = if config.allow_private_addresses {
            AddressPolicy::Private
        } else {
            AddressPolicy::Public
        };
        let dns = Dns::new(&config.dns_servers);
        let builder = || -> Result<reqwest::ClientBuilder, FetchError> {
            Ok(Client::builder()
                .user_agent(USER_AGENT)
                .referer(false)
                // A proxy would connect for us, past the check of the address.
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .connect_timeout(Duration::from_millis(config.connect_timeout_ms))
                .pool_idle_timeout(Duration::from_secs(30))
                .tls_certs_merge(mozilla_roots()?))
        };
        let guarded = builder()?.pool_max_idle_per_host(4).dns_resolver(GuardedDns { dns, policy });
        Ok(Self {
            guarded: guarded.build().map_err(FetchError::Client)?,
            // The directory is asked all the time: its connections are kept.
            trusted: builder()?.build().map_err(FetchError::Client)?,
            trusted_origins: config.trusted.iter().map(Url::origin).collect(),
            policy,
            request_timeout: Duration::from_millis(config.request_timeout_ms),
            body_bytes_max: config.body_bytes_max,
            redirects_max: config.redirects_max,
        })
    }

    /// Sends a request and follows redirects, each checked like the first.
    /// Errors: everything but [`FetchError::Status`], which is the caller's to judge; asking again is safe.
    pub async fn send(&self, request: Request) -> Result<Fetched, FetchError> {
        let Request { mut url, mut headers, timeout, body_bytes_max } = request;
        let deadline = Instant::now() + timeout.unwrap_or(self.request_timeout);
        for _ in 0..=self.redirects_max {
            let client = self.client_for(&url)?;
            let sending = client.get(url.clone()).headers(headers.clone()).send();
            let response = timeout_at(deadline, sending)
                .await
                .map_err(|_| FetchError::Timeout)?
                .map_err(FetchError::of_request)?;
            if !is_redirect(response.status()) {
                return Ok(Fetched {
                    status: response.status(),
                    headers: response.headers().clone(),
                    url,
                    response,
                    deadline,
                    bytes_read: 0,
                    bytes_max: body_bytes_max.unwrap_or(self.body_bytes_max),
                });
            }
            let location = response.headers().get(LOCATION).and_then(|l| l.to_str().ok());
            let next = location
                .and_then(|location| url.join(location).ok())
                .ok_or(FetchError::InvalidRedirect)?;
            if next.origin() != url.origin() {
                headers.remove(AUTHORIZATION);
                headers.remove(COOKIE);
            }
            url = next;
        }
        Err(FetchError::TooManyRedirects { redirects_max: self.redirects_max })
    }

    /// The whole body of a successful answer.
    pub async fn get_bytes(&self, url: Url) -> Result<Bytes, FetchError> {
        self.send(Request::get(url)).await?.success()?.bytes().await
    }

    /// The body of a successful answer, read as JSON.
    pub async fn get_json<T: serde::de::DeserializeOwned>(
        &self,
        url: Url,
    ) -> Result<T, FetchError> {
        let body = self.get_bytes(url).await?;
        serde_json::from_slice(&body).map_err(FetchError::Json)
    }

    /// What this client lets strangers name.
    pub fn policy(&self) -> AddressPolicy {
        self.policy
    }

    /// The connector knows addresses but neither schemes nor ports nor, for literal addresses, names: those are checked here.
    fn client_for(&self, url: &Url) -> Result<&Client, FetchError> {
        if self.trusted_origins.contains(&url.origin()) {
            return Ok(&self.trusted);
        }
        let port = url.port_or_known_default().unwrap_or_default();
        let has_credentials = !url.username().is_empty() || url.password().is_some();
        if has_credentials
            || !self.policy.allows_scheme(url.scheme())
            || !self.policy.allows_port(port)
        {
            return Err(FetchError::UnsupportedUrl);
        }
        let literal = match url.host().ok_or(FetchError::UnsupportedUrl)? {
            Host::Ipv4(address) => Some(address.into()),
            Host::Ipv6(address) => Some(address.into()),
            Host::Domain(_) => None,
        };
        if literal.is_some_and(|address| !self.policy.allows(address)) {
            return Err(FetchError::BlockedAddress);
        }
        Ok(&self.guarded)
    }
}

impl Fetched {
    /// Itself when the status is 2xx, [`FetchError::Status`] otherwise.
    pub fn success(self) -> Result<Self, FetchError> {
        if self.status.is_success() {
            return Ok(self);
        }
        let retry_after = self.headers.get(RETRY_AFTER).and_then(|v| v.to_str().ok()?.parse().ok());
        Err(FetchError::Status {
            status: self.status.as_u16(),
            retry_after: retry_after.map(Duration::from_secs),
        })
    }

    /// The next piece of the body as it arrives; `None` at its end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, FetchError> {
        let chunk = timeout_at(self.deadline, self.response.chunk())
            .await
            .map_err(|_| FetchError::Timeout)?
            .map_err(FetchError::of_request)?;
        self.bytes_read += chunk.as_ref().map_or(0, Bytes::len);
        if self.bytes_read > self.bytes_max {
            return Err(FetchError::BodyTooLarge { bytes_max: self.bytes_max });
        }
        Ok(chunk)
    }

    /// The rest of the body.
    pub async fn bytes(mut self) -> Result<Bytes, FetchError> {
        let mut body = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Beside the machine's own roots, so that a container without any works too.
fn mozilla_roots() -> Result<Vec<Certificate>, FetchError> {
    webpki_root_certs::TLS_SERVER_ROOT_CERTS
        .iter()
        .map(|der| Certificate::from_der(der).map_err(FetchError::Client))
        .collect()
}
