//! [`Health`]: one host's pace, parking and places. Pure: the caller says what time it is.
//!
//! Pace: requests are spaced as the host allows, with a second's worth at once after a pause. Parking: after a failure that speaks
//! against the host nobody asks it for a while; then one fetch at a time, until one succeeds.

use std::time::Duration;

use tokio::time::Instant;

use crate::config::{Config, jittered};
use crate::error::FetchError;
use crate::limits::RateLimit;

/// What may be used at once after a pause.
const BURST: Duration = Duration::from_secs(1);
/// As many failures in a row are taken for the weather, and cost a second or two each.
const LIGHT_FAILURES: u32 = 2;
const LIGHT_WAIT: Duration = Duration::from_secs(1);

/// What is known of one host.
#[derive(Debug)]
pub(crate) struct Health {
    pub(crate) fetches: usize,
    /// In a row, as far as they speak against the host.
    pub(crate) failures: u32,
    /// The label of the last failure.
    pub(crate) last_failure: Option<&'static str>,
    pub(crate) interval: Duration,
    pub(crate) last_used: Instant,
    /// When the next request is due; it may be made up to [`BURST`] earlier.
    due: Instant,
    parked_until: Option<Instant>,
}

/// Why a host cannot be asked now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Busy {
    /// Until then.
    Until(Instant),
    /// Until a fetch of it ends.
    Full,
}

impl Health {
    pub(crate) fn new(config: &Config, now: Instant) -> Self {
        Self {
            fetches: 0,
            failures: 0,
            last_failure: None,
            interval: Duration::from_secs(1) / config.requests_per_host_per_s.max(1),
            last_used: now,
            due: now,
            parked_until: None,
        }
    }

    /// Takes the right to one request.
    pub(crate) fn take_turn(&mut self, now: Instant) -> Result<(), Busy> {
        if let Some(until) = self.parked_until(now) {
            return Err(Busy::Until(until));
        }
        // Requests that were not made long ago do not add up.
        let due = self.due.max(now.checked_sub(BURST).unwrap_or(now));
        let burst = now + BURST.saturating_sub(self.interval);
        if due > burst {
            return Err(Busy::Until(now + (due - burst)));
        }
        self.due = due + self.interval;
        self.last_used = now;
        Ok(())
    }

    /// Takes the right to one request and a place for a fetch.
    pub(crate) fn take_place(&mut self, fetches_max: usize, now: Instant) -> Result<(), Busy> {
        let fetches_max = if self.failures > 0 { 1 } else { fetches_max.max(1) };
        if self.fetches >= fetches_max {
            return Err(Busy::Full);
        }
        self.take_turn(now)?;
        self.fetches += 1;
        Ok(())
    }

    /// Notes what an answer's headers say. Waiting for the next window is no failure.
    pub(crate) fn limited(&mut self, limit: &RateLimit, config: &Config, now: Instant) {
        match limit.interval() {
            Some(interval) => self.interval = interval.min(config.backoff_max()),
            None => self.park(now + limit.reset_after.min(config.backoff_max())),
        }
    }

    /// Notes a request that spoke for the host, whatever it said of an account.
    pub(crate) fn succeeded(&mut self) {
        self.failures = 0;
        self.last_failure = None;
    }

    /// Notes a request that spoke against the host.
    pub(crate) fn failed(&mut self, error: &FetchError, config: &Config, now: Instant) {
        // Requests that were under way when it went down tell nothing new.
        let is_news = self.parked_until(now).is_none();
        if is_news {
            self.failures = self.failures.saturating_add(1);
        }
        self.last_failure = Some(error.as_str());
        let wait = match error {
            FetchError::RateLimited { after: Some(after) }
            | FetchError::Unavailable { after: Some(after), .. } => {
                (*after).max(LIGHT_WAIT).min(config.backoff_max())
            }
            _ if !is_news => return,
            FetchError::RateLimited { after: None } => config.backoff(self.failures),
            _ if self.failures <= LIGHT_FAILURES => jittered(LIGHT_WAIT.min(config.backoff_max())),
            _ => config.backoff(self.failures - LIGHT_FAILURES),
        };
        self.park(now + wait);
    }

    pub(crate) fn parked_until(&self, now: Instant) -> Option<Instant> {
        self.parked_until.filter(|&until| until > now)
    }

    /// Whether nothing would be lost by forgetting the host.
    pub(crate) fn is_idle(&self, now: Instant) -> bool {
        self.fetches == 0 && self.failures == 0 && self.parked_until(now).is_none()
    }

    fn park(&mut self, until: Instant) {
        self.parked_until = Some(self.parked_until.map_or(until, |parked| parked.max(until)));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::{Busy, Health};
    use crate::config::tests::config;
    use crate::error::FetchError;
    use crate::limits::RateLimit;

    const MS: Duration = Duration::from_millis(1);
    const S: Duration = Duration::from_secs(1);

    /// How many requests go out in `span` when somebody always wants one.
    fn requests(health: &mut Health, from: Instant, span: Duration) -> usize {
        let (mut now, mut count) = (from, 0);
        while now < from + span {
            match health.take_turn(now) {
                Ok(()) => count += 1,
                Err(Busy::Until(until)) => now = until,
                Err(Busy::Full) => unreachable!("turns take no place"),
            }
        }
        count
    }

    #[test]
    fn a_silent_host_is_asked_as_often_as_configured() {
        let start = Instant::now();
        let mut health = Health::new(&config(), start);
        let count = requests(&mut health, start, 10 * S);
        assert!((100..=111).contains(&count), "{count}");
        let burst = (0..100).take_while(|_| health.take_turn(start + 60 * S).is_ok()).count();
        assert!((10..=20).contains(&burst), "a pause is not saved up: {burst}");
    }

    #[test]
    fn a_host_that_says_its_limits_is_asked_so_often() {
        let start = Instant::now();
        let mut health = Health::new(&config(), start);
        let policy = Some((3_000, 300 * S));
        health.limited(&RateLimit { remaining: 20, reset_after: 10 * S, policy }, &config(), start);
        let count = requests(&mut health, start, 10 * S);
        assert!((20..=22).contains(&count), "{count}");
        health.limited(&RateLimit { remaining: 0, reset_after: 7 * S, policy }, &config(), start);
        assert_eq!(health.take_turn(start), Err(Busy::Until(start + 7 * S)));
        assert_eq!(health.failures, 0, "a preventive wait is no failure");
    }

    #[test]
    fn places_are_few_and_after_a_failure_there_is_one() {
        let start = Instant::now();
        let mut health = Health::new(&config(), start);
        let places = (0..9).take_while(|_| health.take_place(4, start).is_ok()).count();
        assert_eq!((places, health.take_place(4, start)), (4, Err(Busy::Full)));
        health.fetches = 0;
        health.failed(&FetchError::NotXrpc { status: 404 }, &config(), start);
        let later = start + 2 * S;
        assert_eq!(health.take_place(4, later), Ok(()));
        assert_eq!(health.take_place(4, later), Err(Busy::Full), "half open");
        health.succeeded();
        assert_eq!(health.take_place(4, later), Ok(()));
    }

    #[test]
    fn failures_park_for_longer_and_longer_and_one_outage_counts_once() {
        let mut now = Instant::now();
        let mut health = Health::new(&config(), now);
        let down = FetchError::Unavailable { status: 502, after: None };
        for seconds in [1, 1, 60, 120, 240] {
            for _ in 0..4 {
                health.failed(&down, &config(), now);
            }
            let until = health.parked_until(now).unwrap();
            let (wait, most) = (until - now, seconds * S);
            assert!(wait >= most / 2 && wait <= most, "{wait:?} of {most:?}");
            now = until + MS;
        }
        assert_eq!(health.failures, 5);
    }

    #[test]
    fn what_retry_after_asks_for_is_done_up_to_the_longest_wait() {
        let now = Instant::now();
        for (asked_s, parked_s) in [(0, 1), (90, 90), (86_400, 3_600)] {
            let mut health = Health::new(&config(), now);
            let after = Some(Duration::from_secs(asked_s));
            health.failed(&FetchError::RateLimited { after }, &config(), now);
            assert_eq!(health.parked_until(now), Some(now + parked_s * S));
        }
    }
}
