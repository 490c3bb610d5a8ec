//! [`Resolver`]: cached, coalesced look-ups of identities, and the rules by which they are believed.
//!
//! A cached answer carries the epoch at which its look-up began. [`Resolver::forget`] marks the DID with a newer epoch, and anything older
//! than the mark is looked up again: also an answer that was on its way when the DID was forgotten.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use firehouse_types::{Did, Handle};
use moka::Expiry;
use moka::future::Cache;
use moka::policy::EvictionPolicy;
use tokio::sync::Semaphore;

use crate::config::Config;
use crate::dns::Dns;
use crate::document::Identity;
use crate::error::{Disposition, IdentityError};
use crate::guarded::GuardedClient;
use crate::handles::Handles;
use crate::metrics::{CacheEvent, Lookup, Metrics, Outcome};
use crate::offline::OfflineDocument;
use crate::records::Records;
use crate::source::{Network, Source, kind};

/// Resolves DIDs and handles. Cheap to clone; clones share the cache.
#[derive(Clone)]
pub struct Resolver {
    inner: Arc<Inner>,
}

/// Whether an account's claimed handle leads back to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verified {
    /// It does.
    Valid(Handle),
    /// It certainly does not: show [`Handle::INVALID`].
    Invalid,
    /// Nobody knows at the moment: keep what was known.
    Unknown,
}

struct Inner {
    source: Source,
    records: OnceLock<Arc<dyn Records>>,
    identities: Cache<Did, Cached<Arc<Identity>>>,
    handles: Cache<Handle, Cached<Did>>,
    epoch: AtomicU64,
    forgotten: moka::sync::Cache<Did, u64>,
    refreshed: Cache<Did, ()>,
    places: Places,
    metrics: Option<Metrics>,
}

#[derive(Clone)]
struct Cached<T> {
    answer: Result<T, IdentityError>,
    epoch: u64,
}

/// Look-ups in flight, counted apart: hosts that never answer for their handles must not keep anybody from the directory.
struct Places {
    plc: Semaphore,
    web: Semaphore,
    handle: Semaphore,
}

/// How long each kind of answer is believed.
#[derive(Clone, Copy)]
struct Lifetimes {
    found: Duration,
    absent: Duration,
    failed: Duration,
}

impl Resolver {
    /// A resolver that asks the network. Errors: the HTTP client cannot be built.
    pub fn new(config: &Config, metrics: Metrics) -> Result<Self, IdentityError> {
        let client = GuardedClient::new(&config.guarded())?;
        let handles = Handles {
            client: client.clone(),
            dns: Dns::new(&config.dns_servers),
            service: config.handle_resolver.clone(),
        };
        let source =
            Source::Network(Box::new(Network { client, plc: config.plc.clone(), handles }));
        let lifetimes = Lifetimes {
            found: Duration::from_secs(config.ttl_s),
            absent: Duration::from_secs(config.error_ttl_s),
            failed: Duration::from_secs(config.transient_ttl_s),
        };
        let refresh_interval = Duration::from_secs(config.refresh_min_interval_s);
        let inner = Inner::new(source, config.cache_entries, lifetimes, refresh_interval);
        let places = Places::new(config.lookups_max.max(1));
        Ok(Self { inner: Arc::new(Inner { places, metrics: Some(metrics), ..inner }) })
    }

    /// A resolver that knows these documents and nothing else; it never touches the network.
    pub fn offline(documents: impl IntoIterator<Item = OfflineDocument>) -> Self {
        let (mut by_did, mut by_handle) =
            (std::collections::HashMap::new(), std::collections::HashMap::new());
        for document in documents {
            let did = document.identity.did.clone();
            if let Some(handle) = document.handle {
                by_handle.insert(handle, did.clone());
            }
            by_did.insert(did, Arc::new(document.identity));
        }
        let source = Source::Offline { documents: by_did, handles: by_handle };
        let forever = Duration::from_secs(86_400);
        let lifetimes = Lifetimes { found: forever, absent: forever, failed: forever };
        Self { inner: Arc::new(Inner::new(source, 10_000, lifetimes, forever)) }
    }

    /// The identity of a DID, from the cache or looked up; callers who ask at the same time share one look-up.
    /// Errors: asking again is safe, and worth it when the disposition is [`Disposition::Transient`].
    pub async fn resolve(&self, did: &Did) -> Result<Arc<Identity>, IdentityError> {
        let inner = &*self.inner;
        let since = inner.forgotten_at(did);
        let entry = inner
            .identities
            .entry_by_ref(did)
            .or_insert_with_if(inner.look_up_recorded(did, since), |cached| cached.epoch < since)
            .await;
        inner.count_cache(if entry.is_fresh() { CacheEvent::Miss } else { CacheEvent::Hit });
        entry.into_value().answer
    }

    /// The identity of a DID if it is known here, without asking anybody. `None` also where a look-up has failed.
    pub async fn known(&self, did: &Did) -> Option<Arc<Identity>> {
        let inner = &*self.inner;
        let cached = inner.identities.get(did).await?;
        let identity = (cached.epoch >= inner.forgotten_at(did)).then_some(cached.answer)?.ok()?;
        inner.count_cache(CacheEvent::Hit);
        Some(identity)
    }

    /// The identity as the directory has it now, for when a signature did not hold under the cached one. Looks up at most once per DID
    /// and configured interval; between, it gives what that look-up gave. Compare the keys: when they are equal, the signature is bad.
    /// Errors: a transient failure leaves the cache alone and may be tried again at once; it proves nothing about the signature.
    pub async fn refresh(&self, did: &Did) -> Result<Arc<Identity>, IdentityError> {
        let inner = &*self.inner;
        let refreshing = async {
            let cached = inner.look_up(did).await;
            inner.count_cache(CacheEvent::Refreshed);
            match &cached.answer {
                Err(error) if error.disposition() == Disposition::Transient => Err(error.clone()),
                Ok(_) | Err(_) => {
                    inner.identities.insert(did.clone(), cached).await;
                    Ok(())
                }
            }
        };
        let refreshed = inner.refreshed.try_get_with_by_ref(did, refreshing).await;
        refreshed.map_err(|error| IdentityError::clone(&error))?;
        self.resolve(did).await
    }

    /// Asks these records before the directory, for DIDs about which nothing says that they changed. The first to be named stay.
    pub fn use_records(&self, records: Arc<dyn Records>) {
        let _ = self.inner.records.set(records);
    }

    /// Takes over what is proven to be so now: an answer that was on its way before is no longer believed.
    pub async fn remember(&self, identity: Arc<Identity>) {
        let epoch = self.inner.epoch.fetch_add(1, Ordering::SeqCst) + 1;
        let did = identity.did.clone();
        self.inner.forgotten.insert(did.clone(), epoch);
        self.inner.identities.insert(did, Cached { answer: Ok(identity), epoch }).await;
        self.inner.count_cache(CacheEvent::Told);
    }

    /// Believes nothing about this DID or its handle any more; for `#identity`.
    pub fn forget(&self, did: &Did) {
        let epoch = self.inner.epoch.fetch_add(1, Ordering::SeqCst) + 1;
        self.inner.forgotten.insert(did.clone(), epoch);
        self.inner.count_cache(CacheEvent::Forgotten);
    }

    /// The DID a handle leads to. One direction only: see [`Resolver::verified_handle`].
    pub async fn resolve_handle(&self, handle: &Handle) -> Result<Did, IdentityError> {
        self.resolve_handle_since(handle, 0).await
    }

    /// Checks the second direction: the document claims the handle, does the handle lead to the DID?
    pub async fn verified_handle(&self, identity: &Identity) -> Verified {
        let Some(handle) = &identity.handle else { return Verified::Invalid };
        let since = self.inner.forgotten_at(&identity.did);
        match self.resolve_handle_since(handle, since).await {
            Ok(did) if did == identity.did => Verified::Valid(handle.clone()),
            Ok(_) => Verified::Invalid,
            Err(error) => match error.disposition() {
                Disposition::Definitive => Verified::Invalid,
                Disposition::Transient => Verified::Unknown,
            },
        }
    }

    async fn resolve_handle_since(
        &self,
        handle: &Handle,
        since: u64,
    ) -> Result<Did, IdentityError> {
        let inner = &*self.inner;
        let is_stale = |cached: &Cached<Did>| {
            let since_did = cached.answer.as_ref().map_or(0, |did| inner.forgotten_at(did));
            cached.epoch < since.max(since_did)
        };
        let entry = inner
            .handles
            .entry_by_ref(handle)
            .or_insert_with_if(inner.look_up_handle(handle), is_stale)
            .await;
        entry.into_value().answer
    }
}

impl Inner {
    fn new(source: Source, entries: u64, lifetimes: Lifetimes, refresh_interval: Duration) -> Self {
        Self {
            source,
            records: OnceLock::new(),
            identities: Cache::builder().max_capacity(entries).expire_after(lifetimes).build(),
            handles: Cache::builder().max_capacity(entries).expire_after(lifetimes).build(),
            epoch: AtomicU64::new(0),
            // A mark outlives every answer it may have to overrule; the newest ones matter most.
            forgotten: moka::sync::Cache::builder()
                .max_capacity(entries.max(100_000))
                .eviction_policy(EvictionPolicy::lru())
                .time_to_live(lifetimes.found)
                .build(),
            refreshed: Cache::builder()
                .max_capacity(100_000)
                .eviction_policy(EvictionPolicy::lru())
                .time_to_live(refresh_interval)
                .build(),
            places: Places::new(Semaphore::MAX_PERMITS),
            metrics: None,
        }
    }

    fn forgotten_at(&self, did: &Did) -> u64 {
        self.forgotten.get(did).unwrap_or(0)
    }

    /// From the records, if nothing says that it has changed since.
    async fn look_up_recorded(&self, did: &Did, forgotten_at: u64) -> Cached<Arc<Identity>> {
        if forgotten_at == 0
            && let Some(records) = self.records.get()
        {
            let epoch = self.epoch.load(Ordering::SeqCst);
            if let Some(identity) = records.identity(did).await {
                self.count_cache(CacheEvent::Recorded);
                return Cached { answer: Ok(identity), epoch };
            }
        }
        self.look_up(did).await
    }

    async fn look_up(&self, did: &Did) -> Cached<Arc<Identity>> {
        let kind = kind(did);
        // Never closed, so there is always a place to wait for.
        let _place = self.places.of(kind).acquire().await;
        let epoch = self.epoch.load(Ordering::SeqCst);
        let answer = self.source.document(did).await;
        self.count_lookup(kind, &answer);
        Cached { answer, epoch }
    }

    async fn look_up_handle(&self, handle: &Handle) -> Cached<Did> {
        let _place = self.places.of(Lookup::Handle).acquire().await;
        let epoch = self.epoch.load(Ordering::SeqCst);
        let answer = self.source.handle(handle).await;
        self.count_lookup(Lookup::Handle, &answer);
        Cached { answer, epoch }
    }

    fn count_lookup<T>(&self, kind: Lookup, answer: &Result<T, IdentityError>) {
        let Some(metrics) = &self.metrics else { return };
        let outcome = match answer.as_ref().map_err(IdentityError::disposition) {
            Ok(_) => Outcome::Found,
            Err(Disposition::Definitive) => Outcome::Absent,
            Err(Disposition::Transient) => Outcome::Failed,
        };
        metrics.lookup(kind, outcome);
    }

    fn count_cache(&self, event: CacheEvent) {
        if let Some(metrics) = &self.metrics {
            metrics.cache(event);
        }
    }
}

impl Places {
    fn new(each: usize) -> Self {
        let places = || Semaphore::new(each);
        Self { plc: places(), web: places(), handle: places() }
    }

    fn of(&self, kind: Lookup) -> &Semaphore {
        match kind {
            Lookup::Plc => &self.plc,
            Lookup::Web => &self.web,
            Lookup::Handle => &self.handle,
        }
    }
}

impl<K, T> Expiry<K, Cached<T>> for Lifetimes {
    fn expire_after_create(
        &self,
        _: &K,
        cached: &Cached<T>,
        _: std::time::Instant,
    ) -> Option<Duration> {
        Some(match cached.answer.as_ref().map_err(IdentityError::disposition) {
            Ok(_) => self.found,
            Err(Disposition::Definitive) => self.absent,
            Err(Disposition::Transient) => self.failed,
        })
    }

    fn expire_after_update(
        &self,
        key: &K,
        cached: &Cached<T>,
        updated_at: std::time::Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        self.expire_after_create(key, cached, updated_at)
    }
}
