//! [`RateLimits`]: how often one viewer, and one address, may ask.
//!
//! A token bucket each: it holds as many requests as the limit says and fills up again within the window, steadily. Whoever shows a valid
//! token is charged as that account, wherever it asks from, since a PDS asks for all its users from one address. All others are charged as
//! their address. Searches in posts, each of which may take seconds of the store, are charged once more, to a smaller bucket of their own.
//! Credentials that do not hold are charged to the address apart, so that guessing has an end too: of passwords, whoever has none left is
//! not heard at all; of tokens, nobody is asked for keys any more, and those of accounts whose keys are known here still hold, since a PDS
//! must not be locked out by an outage of the directory. Administrators and the moderation service are not limited. All of it is of this
//! process, in bounded memory: the buckets unused longest are forgotten, full.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use firehouse_appview::Caller;
use firehouse_types::ActorId;
use moka::policy::EvictionPolicy;
use moka::sync::Cache;

use crate::api::Api;
use crate::config::Config;
use crate::failure::Failure;
use crate::networks::{Network, canonical, customer};

pub(crate) const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
pub(crate) const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
pub(crate) const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");
pub(crate) const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Buckets remembered, about 100 bytes each.
const BUCKETS_MAX: u64 = 500_000;

/// The other end of the connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// Counts requests.
pub(crate) struct RateLimits {
    per_viewer: u32,
    per_address: u32,
    searches: u32,
    unverified: u32,
    window: Duration,
    proxies: Vec<Network>,
    buckets: Cache<Key, Arc<Bucket>>,
    since: Instant,
}

/// Who is charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Key {
    Viewer(ActorId),
    Address(IpAddr),
    /// Searches in posts of either.
    SearchingViewer(ActorId),
    SearchingAddress(IpAddr),
    /// Passwords that did not hold.
    Refused(IpAddr),
    /// Tokens that did not hold, or of which nobody could say whether they do.
    Unverified(IpAddr),
    /// Blobs and images, of which one page needs many.
    Media(IpAddr),
}

/// When the bucket will be full again, in microseconds since the process began to count.
#[derive(Default)]
struct Bucket(AtomicU64);

/// What was charged, as headers tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Charge {
    limit: u32,
    remaining: u64,
    /// Until the bucket is full again.
    reset: Duration,
    window: Duration,
    /// When there is nothing left: until there is.
    wait: Option<Duration>,
}

/// What a request shows of who sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shown {
    Nothing,
    Password,
    Token,
}

/// One request and who is charged for it.
pub(crate) struct Meter<'a> {
    limits: &'a RateLimits,
    /// `None` where nobody is limited by address: our own machine, in its own name.
    address: Option<IpAddr>,
    shown: Shown,
    is_settled: bool,
    charge: Option<Charge>,
}

impl RateLimits {
    pub(crate) fn new(config: &Config) -> Self {
        let window = Duration::from_secs(config.rate_window_s.max(1));
        let buckets = Cache::builder()
            .max_capacity(BUCKETS_MAX)
            .eviction_policy(EvictionPolicy::lru())
            // A bucket that was not touched for so long is full.
            .time_to_idle(window);
        Self {
            per_viewer: config.rate_viewer_max,
            per_address: config.rate_address_max,
            searches: config.rate_search_max,
            unverified: config.rate_unverified_max,
            window,
            proxies: config.trusted_proxies.clone(),
            buckets: buckets.build(),
            since: Instant::now(),
        }
    }

    /// Begins one request.
    pub(crate) fn meter<'a>(&'a self, request: &Parts) -> Meter<'a> {
        Meter {
            limits: self,
            address: self.address(request),
            shown: Shown::of(&request.headers),
            is_settled: false,
            charge: None,
        }
    }

    /// The customer who asks, by address; `None` for our own machine, in its own name.
    pub(crate) fn address(&self, request: &Parts) -> Option<IpAddr> {
        let peer = request.extensions.get::<Peer>().map(|peer| peer.0);
        peer.and_then(|peer| self.client(peer, &request.headers)).map(customer)
    }

    /// Who asks: of what trusted proxies say, the nearest that is none of them. A trusted machine that names nobody asks for itself.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Option<IpAddr> {
        let is_proxy =
            |address: IpAddr| self.proxies.iter().any(|network| network.contains(address));
        if !is_proxy(peer) {
            return Some(peer);
        }
        let mut nearest = None;
        let lines: Vec<&HeaderValue> = headers.get_all(FORWARDED_FOR).iter().collect();
        for line in lines.into_iter().rev() {
            // Piece by piece: whatever a client wrote in front must not hide what the proxy wrote behind it.
            for named in line.as_bytes().rsplit(|&byte| byte == b',') {
                let named = std::str::from_utf8(named).ok().and_then(address);
                let Some(address) = named else { return nearest };
                nearest = Some(address);
                if !is_proxy(address) {
                    return nearest;
                }
            }
        }
        nearest
    }

    /// How many requests a bucket holds; 0: as many as they like.
    fn limit(&self, key: Key) -> u32 {
        match key {
            Key::Viewer(_) => self.per_viewer,
            Key::Address(_) | Key::Refused(_) | Key::Media(_) => self.per_address,
            Key::SearchingViewer(_) | Key::SearchingAddress(_) => self.searches,
            Key::Unverified(_) => self.unverified,
        }
    }

    fn charge(&self, key: Key) -> Option<Charge> {
        let limit = self.limit(key);
        if limit == 0 {
            return None;
        }
        let bucket = self.buckets.get_with(key, Arc::default);
        let now = micros(self.since.elapsed());
        Some(bucket.charge(now, limit, self.window))
    }

    fn is_empty(&self, key: Key) -> bool {
        let (limit, now) = (self.limit(key), micros(self.since.elapsed()));
        let full_at = self.buckets.get(&key).map_or(0, |bucket| bucket.0.load(Ordering::Relaxed));
        limit > 0 && full_at.saturating_sub(now) + cost(limit, self.window) > micros(self.window)
    }
}

impl Bucket {
    fn charge(&self, now: u64, limit: u32, window: Duration) -> Charge {
        let (cost, most) = (cost(limit, window), micros(window));
        let next = |full_at: u64| full_at.max(now) + cost;
        let charged = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |full_at| {
            let full_at = next(full_at);
            (full_at - now <= most).then_some(full_at)
        });
        let (missing, wait) = match charged {
            Ok(before) => (next(before) - now, None),
            Err(full_at) => {
                let missing = full_at.saturating_sub(now);
                (missing, Some(Duration::from_micros((missing + cost).saturating_sub(most))))
            }
        };
        let remaining = most.saturating_sub(missing) / cost;
        Charge { limit, remaining, reset: Duration::from_micros(missing), window, wait }
    }
}

/// What one request takes of a bucket's window.
fn cost(limit: u32, window: Duration) -> u64 {
    (micros(window) / u64::from(limit.max(1))).max(1)
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX / 4)
}

/// An address as proxies write it, perhaps with a port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let address =
        text.parse().or_else(|_| text.parse().map(|address: std::net::SocketAddr| address.ip()));
    address.ok().map(canonical)
}

impl Shown {
    fn of(headers: &HeaderMap) -> Self {
        match headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes) {
            None => Self::Nothing,
            Some(value) if value.starts_with(b"Bearer ") => Self::Token,
            Some(_) => Self::Password,
        }
    }
}

impl Meter<'_> {
    /// Before anything is done: whether the caller's address has anything left. Errors: 429.
    pub(crate) fn enter(&mut self) -> Result<(), Failure> {
        let Some(address) = self.address else { return Ok(()) };
        match self.shown {
            Shown::Nothing => self.settle(Key::Address(address)),
            Shown::Password if self.limits.is_empty(Key::Refused(address)) => {
                self.settle(Key::Refused(address))
            }
            // Whether a token of a known account holds is found out without asking anybody.
            Shown::Password | Shown::Token => Ok(()),
        }
    }

    /// Whether somebody may be asked for the key of a token.
    pub(crate) fn may_look_up(&self) -> bool {
        self.address.is_none_or(|address| !self.limits.is_empty(Key::Unverified(address)))
    }

    /// Once it is known who asks. Errors: 429.
    pub(crate) fn identified(&mut self, caller: &Caller) -> Result<(), Failure> {
        if caller.privileged {
            (self.is_settled, self.charge) = (true, None);
            return Ok(());
        }
        match &caller.viewer {
            Some(viewer) => self.settle(Key::Viewer(viewer.actor())),
            None => self.anonymous(),
        }
    }

    /// Of a search in posts, once it is known who asks. Errors: 429.
    pub(crate) fn searching(&mut self, caller: &Caller) -> Result<(), Failure> {
        let key = match (&caller.viewer, self.address) {
            _ if caller.privileged => return Ok(()),
            (Some(viewer), _) => Key::SearchingViewer(viewer.actor()),
            (None, Some(address)) => Key::SearchingAddress(address),
            (None, None) => return Ok(()),
        };
        self.settle(key)
    }

    /// Once it is known that the credentials do not hold, or that nobody can say. Shape: that, or 429.
    pub(crate) fn refused(&mut self, failure: Failure) -> Failure {
        let (Some(address), false) = (self.address, self.is_settled) else { return failure };
        let settled = match self.shown {
            Shown::Token => self.settle(Key::Unverified(address)),
            Shown::Nothing | Shown::Password => self.settle(Key::Refused(address)),
        };
        settled.err().unwrap_or(failure)
    }

    /// At the end: what was charged to nobody is charged to the address.
    pub(crate) fn end(&mut self) -> Option<Charge> {
        if !self.is_settled {
            let _ = self.anonymous();
        }
        self.charge
    }

    fn anonymous(&mut self) -> Result<(), Failure> {
        match self.address {
            Some(address) if !self.is_settled => self.settle(Key::Address(address)),
            Some(_) | None => Ok(()),
        }
    }

    fn settle(&mut self, key: Key) -> Result<(), Failure> {
        self.is_settled = true;
        // Where this has no limit, what was charged before is told.
        self.charge = self.limits.charge(key).or(self.charge);
        match self.charge {
            Some(charge) if charge.is_refused() => Err(Failure::too_often()),
            Some(_) | None => Ok(()),
        }
    }
}

impl Charge {
    fn is_refused(&self) -> bool {
        self.wait.is_some()
    }

    /// Tells the caller.
    pub(crate) fn tell(&self, headers: &mut HeaderMap) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        headers.insert(LIMIT, self.limit.into());
        headers.insert(REMAINING, self.remaining.into());
        headers.insert(RESET, (now + self.reset).as_secs().into());
        let policy = format!("{};w={}", self.limit, self.window.as_secs());
        if let Ok(policy) = HeaderValue::try_from(policy) {
            headers.insert(POLICY, policy);
        }
        if let Some(wait) = self.wait {
            headers.insert(header::RETRY_AFTER, (wait.as_secs() + 1).into());
        }
    }
}

/// Limits blobs and images by address.
pub(crate) async fn media(State(api): State<Arc<Api>>, request: Request, next: Next) -> Response {
    by_address(&api.limits, &[Key::Media], request, next).await
}

/// Limits pages for people by address, which has as many of them and of anonymous requests together as of the latter alone.
pub(crate) async fn pages(State(api): State<Arc<Api>>, request: Request, next: Next) -> Response {
    by_address(&api.limits, &[Key::Address], request, next).await
}

/// Limits searches that are no methods, as those that are.
pub(crate) async fn searches(
    State(api): State<Arc<Api>>,
    request: Request,
    next: Next,
) -> Response {
    by_address(&api.limits, &[Key::Address, Key::SearchingAddress], request, next).await
}

/// Charges one bucket after the other, until one has nothing left. The last charge is the one that is told.
async fn by_address(
    limits: &RateLimits,
    keys: &[fn(IpAddr) -> Key],
    request: Request,
    next: Next,
) -> Response {
    let (head, body) = request.into_parts();
    let mut charge: Option<Charge> = None;
    if let Some(address) = limits.address(&head) {
        for key in keys {
            charge = limits.charge(key(address)).or(charge);
            if charge.is_some_and(|charge| charge.is_refused()) {
                break;
            }
        }
    }
    let mut response = match charge {
        Some(charge) if charge.is_refused() => Failure::too_often().into_response(),
        Some(_) | None => next.run(Request::from_parts(head, body)).await,
    };
    if let Some(charge) = charge {
        charge.tell(response.headers_mut());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Duration = Duration::from_secs(60);

    #[test]
    fn a_bucket_gives_its_limit_at_once_and_then_as_it_fills() {
        let bucket = Bucket::default();
        for left in (0..6).rev() {
            let charge = bucket.charge(1_000, 6, WINDOW);
            assert_eq!((charge.remaining, charge.wait), (left, None));
        }
        let refused = bucket.charge(1_000, 6, WINDOW);
        assert_eq!((refused.remaining, refused.wait), (0, Some(Duration::from_secs(10))));
        assert_eq!(refused.reset, WINDOW);
        assert_eq!(
            bucket.charge(1_000 + 9_999_999, 6, WINDOW).wait,
            Some(Duration::from_micros(1))
        );
        assert_eq!(bucket.charge(1_000 + 10_000_000, 6, WINDOW).wait, None);
        assert!(bucket.charge(1_000 + 10_000_000, 6, WINDOW).wait.is_some());
        assert_eq!(bucket.charge(600_000_000, 6, WINDOW).remaining, 5, "full again");
    }
}
