//! [`RateLimit`]: what a host says about how often it may be asked, read from an answer's headers.
//!
//! PDSes say `ratelimit-limit: 3000`, `ratelimit-remaining: 2990`, `ratelimit-reset: 1784894400` (seconds since 1970; the IETF's draft has
//! seconds from now) and `ratelimit-policy: 3000;w=300`. `retry-after` has seconds or a date.
//! Sources: <https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/>, RFC 9110 section 10.2.3.

use std::time::{Duration, SystemTime};

use reqwest::header::{HeaderMap, RETRY_AFTER};

/// Nobody is believed who wants to be left alone for longer.
const WAIT_MAX: Duration = Duration::from_secs(24 * 3_600);
/// Larger values of `ratelimit-reset` are moments, not spans: a span of 3 years would be one too.
const SPAN_S_MAX: u64 = 100_000_000;

/// How many requests a host grants until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RateLimit {
    pub(crate) remaining: u64,
    /// Until there are `limit` again.
    pub(crate) reset_after: Duration,
    /// Requests per window, when both are said.
    pub(crate) policy: Option<(u64, Duration)>,
}

impl RateLimit {
    /// `None` when the headers do not say enough.
    pub(crate) fn of_headers(headers: &HeaderMap, now: SystemTime) -> Option<Self> {
        let text = |name: &str| headers.get(name)?.to_str().ok();
        let number = |name: &str| text(name)?.trim().parse::<u64>().ok();
        let reset = number("ratelimit-reset")?;
        let reset_after = if reset < SPAN_S_MAX {
            Duration::from_secs(reset)
        } else {
            let moment = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(reset))?;
            moment.duration_since(now).unwrap_or_default()
        };
        let window = text("ratelimit-policy").and_then(window_of);
        let policy = number("ratelimit-limit").filter(|&limit| limit > 0).zip(window);
        Some(Self {
            remaining: number("ratelimit-remaining")?,
            reset_after: reset_after.min(WAIT_MAX),
            policy,
        })
    }

    /// The time between two requests that uses what is granted evenly; `None` when nothing is left.
    pub(crate) fn interval(&self) -> Option<Duration> {
        let remaining = u32::try_from(self.remaining).unwrap_or(u32::MAX);
        let fair = self.reset_after.checked_div(remaining)?;
        let policy = self.policy.and_then(|(limit, window)| {
            window.checked_div(u32::try_from(limit).unwrap_or(u32::MAX))
        });
        // What others behind our address have used up makes it slower, never faster than the policy.
        Some(policy.map_or(fair, |policy| fair.max(policy)))
    }
}

/// What `retry-after` asks for.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => httpdate::parse_http_date(text).ok()?.duration_since(now).unwrap_or_default(),
    };
    Some(wait.min(WAIT_MAX))
}

/// The window of `3000;w=300`, of the first policy when there are several.
fn window_of(policy: &str) -> Option<Duration> {
    let first = policy.split(',').next()?;
    let seconds = first.split(';').find_map(|part| part.trim().strip_prefix("w="))?;
    seconds.parse().ok().filter(|&seconds| seconds > 0).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use reqwest::header::{HeaderMap, HeaderName};

    use super::{RateLimit, retry_after};

    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_784_894_400)
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let header = |&(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), value.parse().unwrap())
        };
        pairs.iter().map(header).collect()
    }

    fn read(remaining: &str, reset: &str) -> Option<RateLimit> {
        let pairs = [
            ("ratelimit-limit", "3000"),
            ("ratelimit-remaining", remaining),
            ("ratelimit-reset", reset),
            ("ratelimit-policy", "3000;w=300"),
        ];
        RateLimit::of_headers(&headers(&pairs), now())
    }

    #[test]
    fn a_reset_is_a_moment_or_a_span() {
        let seconds = |reset: &str| read("1", reset).map(|limit| limit.reset_after.as_secs());
        assert_eq!(seconds("1784894430"), Some(30));
        assert_eq!(seconds("30"), Some(30));
        assert_eq!(seconds("1784894000"), Some(0), "past");
        assert_eq!(seconds("99999999999"), Some(86_400), "no host is left alone for ever");
        assert_eq!(seconds("soon"), None);
        assert_eq!(RateLimit::of_headers(&HeaderMap::new(), now()), None);
    }

    #[test]
    fn what_is_left_is_spread_over_the_rest_of_the_window() {
        let millis = |remaining: &str, reset: &str| {
            read(remaining, reset).unwrap().interval().map(|interval| interval.as_millis())
        };
        assert_eq!(millis("3000", "300"), Some(100));
        assert_eq!(millis("10", "300"), Some(30_000), "others used it up");
        assert_eq!(millis("2000", "1"), Some(100), "no burst at the end");
        assert_eq!(millis("0", "300"), None);
    }

    #[test]
    fn retry_after_has_seconds_or_a_date() {
        let check = |value: &str, expected: Option<u64>| {
            let found = retry_after(&headers(&[("retry-after", value)]), now());
            assert_eq!(found.map(|wait| wait.as_secs()), expected, "{value}");
        };
        check("120", Some(120));
        check(&httpdate::fmt_http_date(now() + Duration::from_secs(90)), Some(90));
        check("Wed, 21 Oct 2015 07:28:00 GMT", Some(0));
        check("99999999999", Some(86_400));
        check("-1", None);
        check("tomorrow", None);
    }
}
