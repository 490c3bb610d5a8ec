//! What time it is, for what ends by itself.

use std::time::{SystemTime, UNIX_EPOCH};

use firehouse_types::Datetime;

/// Now, as versions count it: microseconds since 1970.
pub(crate) fn now_us() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// Now.
pub(crate) fn now() -> Datetime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Datetime::from_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
