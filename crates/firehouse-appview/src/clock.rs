//! What time it is: for what ends by itself, and as the version of what is said at run time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use firehouse_types::Datetime;

/// Now, as versions count it: microseconds since 1970, never the same twice, also when the clock is set back meanwhile.
pub(crate) fn version() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = u64::try_from(since.as_micros()).unwrap_or(u64::MAX);
    let before = LAST.fetch_max(now, Ordering::Relaxed);
    if before < now { now } else { LAST.fetch_add(1, Ordering::Relaxed) + 1 }
}

/// Now.
pub(crate) fn now() -> Datetime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Datetime::from_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// The time of a version, or of anything else that counts microseconds since 1970.
pub(crate) fn at_us(us: u64) -> Datetime {
    Datetime::from_ms(i64::try_from(us / 1_000).unwrap_or(i64::MAX))
}
