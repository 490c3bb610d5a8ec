//! [`SyncClient`]: the methods of com.atproto.sync, each answer bounded, checked and counted.
//!
//! Every request waits for its turn at the host and tells [`Hosts`] how it went. Nothing here tries again: what to do about an error is
//! the caller's to decide, by its [`disposition`](FetchError::disposition).

use std::sync::Arc;
use std::time::SystemTime;

use bytes::{Bytes, BytesMut};
use firehouse_identity::{Fetched, GuardedClient, Request};
use firehouse_types::{Did, Nsid};
use reqwest::header::{ACCEPT, HeaderValue};
use tokio::time::timeout;

use crate::answer::{ERROR_BYTES_MAX, failure};
use crate::budget::Budget;
use crate::config::Config;
use crate::error::FetchError;
use crate::host::Host;
use crate::hosts::Hosts;
use crate::limits::retry_after;
use crate::method::Method;
use crate::metrics::Metrics;
use crate::pages::{self, LatestCommit, ListedHost, ListedRepo, Page, RepoStatus};
use crate::rate::interrupted;

/// Asks hosts for lists and repos. Cheap to clone; clones share hosts and limits.
#[derive(Clone)]
pub struct SyncClient {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) config: Config,
    pub(crate) client: GuardedClient,
    pub(crate) hosts: Hosts,
    pub(crate) budget: Budget,
    pub(crate) metrics: Metrics,
}

impl SyncClient {
    /// A client that knows no host yet. Relays the operator named belong into the `trusted` of `client`.
    pub fn new(config: &Config, client: GuardedClient, metrics: Metrics) -> Self {
        let inner = Inner {
            config: config.clone(),
            client,
            hosts: Hosts::new(config, metrics.clone()),
            budget: Budget::new(config),
            metrics,
        };
        Self { inner: Arc::new(inner) }
    }

    /// What is known of the hosts.
    pub fn hosts(&self) -> &Hosts {
        &self.inner.hosts
    }

    /// How many repos are being fetched.
    pub fn fetching(&self) -> usize {
        usize::try_from(self.inner.metrics.fetches.get()).unwrap_or(0)
    }

    /// The hosts that a relay follows, page by page.
    pub async fn list_hosts(
        &self,
        relay: &Host,
        cursor: Option<&str>,
    ) -> Result<Page<ListedHost>, FetchError> {
        let policy = self.inner.client.policy();
        let parameters = with_cursor([("limit", "1000")], cursor);
        let read = |body: &[u8]| pages::hosts(body, cursor, policy);
        self.list(relay, Method::ListHosts, &parameters, read).await
    }

    /// The repos that a host has, page by page.
    pub async fn list_repos(
        &self,
        host: &Host,
        cursor: Option<&str>,
    ) -> Result<Page<ListedRepo>, FetchError> {
        let parameters = with_cursor([("limit", "1000")], cursor);
        let read = |body: &[u8]| pages::repos(body, cursor);
        self.list_counted(host, Method::ListRepos, &parameters, read).await
    }

    /// The repos with records of a collection, page by page, as far as the host knows; they come without head and rev.
    pub async fn list_repos_by_collection(
        &self,
        host: &Host,
        collection: &Nsid,
        cursor: Option<&str>,
    ) -> Result<Page<ListedRepo>, FetchError> {
        let parameters =
            with_cursor([("collection", collection.as_str()), ("limit", "2000")], cursor);
        let read = |body: &[u8]| pages::repos(body, cursor);
        self.list_counted(host, Method::ListReposByCollection, &parameters, read).await
    }

    /// How the host sees an account. Errors: [`FetchError::Gone`] where it says so by an error instead.
    pub async fn repo_status(&self, host: &Host, did: &Did) -> Result<RepoStatus, FetchError> {
        let read = |body: &[u8]| pages::status(body);
        let status = self.list(host, Method::GetRepoStatus, &[("did", did.as_str())], read).await?;
        if status.did == *did { Ok(status) } else { Err(FetchError::NotXrpc { status: 200 }) }
    }

    /// The newest commit of a repo, unproven: a cheap way to see whether a fetch would bring anything.
    pub async fn latest_commit(&self, host: &Host, did: &Did) -> Result<LatestCommit, FetchError> {
        let read = |body: &[u8]| pages::latest_commit(body);
        self.list(host, Method::GetLatestCommit, &[("did", did.as_str())], read).await
    }

    async fn list_counted(
        &self,
        host: &Host,
        method: Method,
        parameters: &[(&str, &str)],
        read: impl Fn(&[u8]) -> Result<Page<ListedRepo>, FetchError>,
    ) -> Result<Page<ListedRepo>, FetchError> {
        let page = self.list(host, method, parameters, read).await?;
        self.inner.metrics.listed.inc_by(page.items.len() as u64);
        self.inner.metrics.list_items_dropped.inc_by(page.dropped);
        Ok(page)
    }

    /// One small answer in JSON.
    async fn list<T>(
        &self,
        host: &Host,
        method: Method,
        parameters: &[(&str, &str)],
        read: impl Fn(&[u8]) -> Result<T, FetchError>,
    ) -> Result<T, FetchError> {
        self.inner.hosts.turn(host).await?;
        let result = self.json(host, method, parameters).await.and_then(|body| read(&body));
        self.inner.hosts.judge(host, &result);
        self.inner.metrics.request(method, &result);
        result
    }

    async fn json(
        &self,
        host: &Host,
        method: Method,
        parameters: &[(&str, &str)],
    ) -> Result<Bytes, FetchError> {
        let config = &self.inner.config;
        let mut request = request(host, method, parameters)?;
        request.headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        request.timeout = Some(config.request_timeout());
        request.body_bytes_max = Some(config.page_bytes_max);
        let answer = self.success(host, request).await?;
        let status = answer.status.as_u16();
        let body = answer.bytes().await.map_err(interrupted)?;
        // Whatever greets with a page for browsers is not the host we look for.
        match body.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'{') => Ok(body),
            _ => Err(FetchError::NotXrpc { status }),
        }
    }

    /// Sends a request and sees to the answer's head: limits, errors.
    pub(crate) async fn success(
        &self,
        host: &Host,
        request: Request,
    ) -> Result<Fetched, FetchError> {
        let config = &self.inner.config;
        let sending = timeout(config.request_timeout(), self.inner.client.send(request));
        let answer = sending
            .await
            .unwrap_or(Err(firehouse_identity::FetchError::Timeout))
            .map_err(FetchError::Request)?;
        // After a redirect the limits are those of the host that answered.
        match Host::of_url(&answer.url) {
            Ok(answered) => self.inner.hosts.limited(&answered, &answer.headers),
            Err(_) => self.inner.hosts.limited(host, &answer.headers),
        }
        if answer.status.is_success() {
            return Ok(answer);
        }
        let after = retry_after(&answer.headers, SystemTime::now());
        let status = answer.status;
        let body = timeout(config.request_timeout(), beginning(answer)).await.unwrap_or_default();
        Err(failure(status, &body, after))
    }
}

/// A GET of a method.
pub(crate) fn request(
    host: &Host,
    method: Method,
    parameters: &[(&str, &str)],
) -> Result<Request, FetchError> {
    let url = host.method(method.nsid(), parameters);
    let unsupported = firehouse_identity::FetchError::UnsupportedUrl;
    Ok(Request::get(url.map_err(|_| FetchError::Request(unsupported))?))
}

fn with_cursor<'p, const N: usize>(
    parameters: [(&'static str, &'p str); N],
    cursor: Option<&'p str>,
) -> Vec<(&'static str, &'p str)> {
    parameters.into_iter().chain(cursor.map(|cursor| ("cursor", cursor))).collect()
}

/// As much of an error's body as is worth reading.
async fn beginning(mut answer: Fetched) -> Bytes {
    let mut body = BytesMut::new();
    while body.len() < ERROR_BYTES_MAX {
        match answer.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) | Err(_) => break,
        }
    }
    body.freeze()
}
