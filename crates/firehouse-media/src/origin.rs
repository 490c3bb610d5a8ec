//! [`Origin`]: where blobs come from: the PDS that the account's DID document names.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, header};
use firehouse_identity::{Disposition, GuardedClient, Request, Resolver};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

use crate::config::Config;
use crate::failure::Failure;
use crate::path::BlobKey;
use crate::verified::Verified;

/// Hosts whose fetches are counted apart.
const HOSTS_MAX: u64 = 10_000;

/// Fetches blobs.
pub(crate) struct Origin {
    resolver: Resolver,
    client: GuardedClient,
    places: Arc<Semaphore>,
    /// So that a host which never finishes takes no more than its share.
    hosts: Cache<String, Arc<Semaphore>>,
    host_fetches_max: usize,
}

/// A blob whose head has come.
pub(crate) struct Blob {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Verified,
}

impl Origin {
    pub(crate) fn new(config: &Config, resolver: Resolver, client: GuardedClient) -> Self {
        let hosts =
            Cache::builder().max_capacity(HOSTS_MAX).eviction_policy(EvictionPolicy::lru()).build();
        Self {
            resolver,
            client,
            places: Arc::new(Semaphore::new(config.fetches_max.min(Semaphore::MAX_PERMITS))),
            hosts,
            host_fetches_max: config.host_fetches_max.min(Semaphore::MAX_PERMITS),
        }
    }

    /// Asks the account's PDS for a blob. Errors: 404 when there is none, 502 when the PDS does not say, 503 when too many are on their way.
    pub(crate) async fn open(
        &self,
        key: &BlobKey,
        bytes_max: usize,
        timeout: Duration,
    ) -> Result<Blob, Failure> {
        let pds = self.pds(key).await?;
        let places = self.places(&pds)?;
        let mut url = pds.join("/xrpc/com.atproto.sync.getBlob").map_err(|_| Failure::Upstream)?;
        url.query_pairs_mut()
            .append_pair("did", key.did.as_str())
            .append_pair("cid", &key.cid.to_string());
        let request = Request {
            timeout: Some(timeout),
            body_bytes_max: Some(bytes_max),
            ..Request::get(url)
        };
        let fetched = self.client.send(request).await.map_err(|error| {
            tracing::debug!(error = &error as &dyn std::error::Error, %pds, "cannot fetch a blob");
            Failure::Upstream
        })?;
        match fetched.status.as_u16() {
            200 => {}
            400..=499 => return Err(Failure::BlobNotFound),
            _ => return Err(Failure::Upstream),
        }
        let length = fetched.headers.get(header::CONTENT_LENGTH);
        let length = length.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        if length.is_some_and(|length| length > bytes_max) {
            return Err(Failure::Upstream);
        }
        let headers = fetched.headers.clone();
        Ok(Blob { headers, body: Verified::new(fetched, key.cid, places) })
    }

    async fn pds(&self, key: &BlobKey) -> Result<Url, Failure> {
        let identity = self.resolver.resolve(&key.did).await;
        let identity = identity.map_err(|error| match error.disposition() {
            Disposition::Definitive => Failure::OriginNotFound,
            Disposition::Transient => Failure::Upstream,
        })?;
        identity.pds.clone().ok_or(Failure::OriginNotFound)
    }

    fn places(&self, pds: &Url) -> Result<[OwnedSemaphorePermit; 2], Failure> {
        let host = pds.host_str().unwrap_or_default().to_owned();
        let host = self.hosts.get_with(host, || Arc::new(Semaphore::new(self.host_fetches_max)));
        let place = |places: Arc<Semaphore>| places.try_acquire_owned().map_err(|_| Failure::Busy);
        Ok([place(host)?, place(Arc::clone(&self.places))?])
    }
}
