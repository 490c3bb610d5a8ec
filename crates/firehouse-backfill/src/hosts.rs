//! [`Hosts`]: what is known of every host that is asked, shared by everybody who asks.
//!
//! Bounded: when there are too many, those that nothing is known against and that were asked longest ago are forgotten.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use reqwest::header::HeaderMap;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::config::Config;
use crate::disposition::Blame;
use crate::error::FetchError;
use crate::health::{Busy, Health};
use crate::host::Host;
use crate::limits::RateLimit;
use crate::metrics::Metrics;

/// Every host. Cheap to clone; clones share what they know.
#[derive(Clone)]
pub struct Hosts {
    inner: Arc<Inner>,
}

struct Inner {
    config: Arc<Config>,
    metrics: Metrics,
    hosts: Mutex<HashMap<Host, Health>>,
    /// A place at some host became free.
    freed: Notify,
}

/// What is known of one host, for people.
#[derive(Clone, Debug, PartialEq)]
pub struct HostHealth {
    /// Which.
    pub host: Host,
    /// For how long it will not be asked.
    pub parked_for: Option<Duration>,
    /// Repos being fetched from it.
    pub fetches: usize,
    /// Failures in a row that speak against the host.
    pub failures: u32,
    /// The last of them, by its metric label.
    pub last_failure: Option<&'static str>,
    /// How often it is asked at most.
    pub requests_per_s: f64,
}

/// The right to fetch one repo from a host.
pub(crate) struct FetchPlace {
    hosts: Hosts,
    host: Host,
}

impl Hosts {
    /// Nothing is known of any host.
    pub fn new(config: &Config, metrics: Metrics) -> Self {
        let inner = Inner {
            config: Arc::new(config.clone()),
            metrics,
            hosts: Mutex::new(HashMap::new()),
            freed: Notify::new(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Every host that is remembered, those in trouble first.
    pub fn report(&self) -> Vec<HostHealth> {
        let now = Instant::now();
        let health = |(host, health): (&Host, &Health)| HostHealth {
            host: host.clone(),
            parked_for: health.parked_until(now).map(|until| until - now),
            fetches: health.fetches,
            failures: health.failures,
            last_failure: health.last_failure,
            requests_per_s: 1.0 / health.interval.as_secs_f64().max(1e-9),
        };
        let mut report: Vec<_> = self.lock().iter().map(health).collect();
        report.sort_by(|a, b| (b.failures, &a.host).cmp(&(a.failures, &b.host)));
        report
    }

    /// How many are remembered, and how many of them are not asked at the moment.
    pub fn counts(&self) -> (usize, usize) {
        let now = Instant::now();
        let hosts = self.lock();
        let parked = hosts.values().filter(|health| health.parked_until(now).is_some()).count();
        (hosts.len(), parked)
    }

    /// Counts hosts into the gauges.
    pub(crate) fn observe(&self) {
        let (hosts, parked) = self.counts();
        self.inner.metrics.hosts(hosts, parked);
    }

    /// Waits for the right to one request. Errors: the host is parked for longer than a request may take.
    pub(crate) async fn turn(&self, host: &Host) -> Result<(), FetchError> {
        let deadline = Instant::now() + self.inner.config.request_timeout();
        loop {
            let now = Instant::now();
            match self.with(host, |health| health.take_turn(now)) {
                Ok(()) => return Ok(()),
                Err(Busy::Until(until)) if until > deadline => {
                    return Err(FetchError::Parked { after: until - now });
                }
                Err(Busy::Until(until)) => tokio::time::sleep_until(until).await,
                // Turns take no place.
                Err(Busy::Full) => tokio::task::yield_now().await,
            }
        }
    }

    /// Waits for a place. Errors: as [`Hosts::turn`]; a place that others hold is waited for as long as it takes.
    pub(crate) async fn place(&self, host: &Host) -> Result<FetchPlace, FetchError> {
        let mut deadline = Instant::now() + self.inner.config.request_timeout();
        loop {
            let freed = self.inner.freed.notified();
            match self.try_place(host) {
                Ok(place) => return Ok(place),
                Err(Busy::Until(until)) if until > deadline => {
                    return Err(FetchError::Parked { after: until - Instant::now() });
                }
                Err(Busy::Until(until)) => tokio::time::sleep_until(until).await,
                Err(Busy::Full) => {
                    freed.await;
                    deadline = Instant::now() + self.inner.config.request_timeout();
                }
            }
        }
    }

    /// A place, if there is one now.
    pub(crate) fn try_place(&self, host: &Host) -> Result<FetchPlace, Busy> {
        let fetches_max = self.inner.config.host_fetches_max;
        self.with(host, |health| health.take_place(fetches_max, Instant::now()))?;
        Ok(FetchPlace { hosts: self.clone(), host: host.clone() })
    }

    /// As [`Hosts::try_place`], but for a host that is not worth waiting for there is the error to give its jobs up with. Otherwise jobs of
    /// hosts that are down, or that let us in once an hour, would in the end fill every queue.
    pub(crate) fn try_place_or_give_up(
        &self,
        host: &Host,
    ) -> Result<Result<FetchPlace, FetchError>, Busy> {
        let worth = Duration::from_millis(self.inner.config.host_wait_ms_max);
        match self.try_place(host) {
            Err(Busy::Until(until)) if until > Instant::now() + worth => {
                Ok(Err(FetchError::Parked { after: until - Instant::now() }))
            }
            place => place.map(Ok),
        }
    }

    /// Notes an answer's headers.
    pub(crate) fn limited(&self, host: &Host, headers: &HeaderMap) {
        if let Some(limit) = RateLimit::of_headers(headers, SystemTime::now()) {
            self.with(host, |health| health.limited(&limit, &self.inner.config, Instant::now()));
        }
    }

    /// Notes how a request ended.
    pub(crate) fn judge<T>(&self, host: &Host, result: &Result<T, FetchError>) {
        match result.as_ref().map_err(|error| (error, error.blame())) {
            Ok(_) | Err((_, Blame::Account)) => self.with(host, Health::succeeded),
            Err((error, Blame::Host)) => {
                self.with(host, |health| health.failed(error, &self.inner.config, Instant::now()));
            }
            Err((_, Blame::Nobody)) => {}
        }
    }

    fn with<T>(&self, host: &Host, work: impl FnOnce(&mut Health) -> T) -> T {
        let (config, mut hosts) = (&self.inner.config, self.lock());
        if let Some(health) = hosts.get_mut(host) {
            return work(health);
        }
        let now = Instant::now();
        if hosts.len() >= config.hosts_max.max(1) {
            forget_some(&mut hosts, now);
        }
        work(hosts.entry(host.clone()).or_insert_with(|| Health::new(config, now)))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Host, Health>> {
        self.inner.hosts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FetchPlace {
    pub(crate) fn host(&self) -> &Host {
        &self.host
    }
}

impl Drop for FetchPlace {
    fn drop(&mut self) {
        self.hosts.with(&self.host, |health| health.fetches = health.fetches.saturating_sub(1));
        self.hosts.inner.freed.notify_waiters();
    }
}

/// Makes room: an eighth of the hosts, idle ones first, then by when they were asked. Those with fetches under way stay.
fn forget_some(hosts: &mut HashMap<Host, Health>, now: Instant) {
    let mut order: Vec<_> = hosts
        .iter()
        .filter(|(_, health)| health.fetches == 0)
        .map(|(host, health)| (!health.is_idle(now), health.last_used, host.clone()))
        .collect();
    order.sort();
    let forgotten = (hosts.len() / 8).max(1);
    for (.., host) in order.into_iter().take(forgotten) {
        hosts.remove(&host);
    }
}

#[cfg(test)]
mod tests {
    use prometheus::Registry;

    use super::Hosts;
    use crate::Metrics;
    use crate::config::tests::config;
    use crate::disposition::Gone;
    use crate::error::FetchError;
    use crate::health::Busy;
    use crate::host::Host;

    fn hosts() -> Hosts {
        Hosts::new(&config(), Metrics::new(&Registry::new()).unwrap())
    }

    fn host(n: usize) -> Host {
        Host::of_url(&format!("https://pds{n}.example.com").parse().unwrap()).unwrap()
    }

    #[test]
    fn the_absence_of_an_account_does_not_throttle_its_host() {
        let hosts = hosts();
        for gone in [Gone::NotFound, Gone::Takendown] {
            hosts.judge::<()>(&host(1), &Err(FetchError::Gone(gone)));
        }
        assert_eq!((hosts.report()[0].failures, hosts.report()[0].parked_for), (0, None));
        hosts.judge::<()>(&host(1), &Err(FetchError::NotXrpc { status: 200 }));
        assert!(hosts.report()[0].parked_for.is_some());
        assert_eq!(hosts.counts(), (1, 1));
        assert!(hosts.try_place(&host(1)).is_err());
        assert!(hosts.try_place(&host(2)).is_ok(), "one bad host does not park the others");
    }

    #[test]
    fn a_host_is_waited_for_a_while_and_no_longer() {
        let hosts = hosts();
        for _ in 0..4 {
            let after = Some(std::time::Duration::from_secs(5));
            hosts.judge::<()>(&host(1), &Err(FetchError::RateLimited { after }));
        }
        assert!(matches!(hosts.try_place_or_give_up(&host(1)), Err(Busy::Until(_))));
        let after = Some(std::time::Duration::from_secs(60));
        hosts.judge::<()>(&host(1), &Err(FetchError::RateLimited { after }));
        let given_up = hosts.try_place_or_give_up(&host(1));
        assert!(matches!(given_up, Ok(Err(FetchError::Parked { .. }))));
    }

    #[test]
    fn a_place_is_free_again_when_its_fetch_ends() {
        let hosts = hosts();
        let places: Vec<_> = (0..9).map_while(|_| hosts.try_place(&host(1)).ok()).collect();
        assert_eq!((places.len(), hosts.report()[0].fetches), (config().host_fetches_max, 4));
        drop(places);
        assert_eq!(hosts.report()[0].fetches, 0);
    }

    #[test]
    fn hosts_in_trouble_are_remembered_longer_than_idle_ones_and_all_are_bounded() {
        let hosts = hosts();
        hosts.judge::<()>(&host(0), &Err(FetchError::NotXrpc { status: 200 }));
        for n in 1..1_000 {
            hosts.judge(&host(n), &Ok(()));
        }
        assert!(hosts.report().len() <= config().hosts_max);
        assert_eq!(hosts.report()[0].host, host(0));
    }
}
