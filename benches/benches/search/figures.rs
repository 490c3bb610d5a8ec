//! What the search bench and its yardstick have in common beside the posts: how many of what, since when, and how figures are written.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Who writes.
pub const ACCOUNTS: usize = 50_000;
/// Over which the posts are spread, until now.
pub const DAYS: i64 = 10;
pub const MS_PER_DAY: i64 = 86_400_000;

/// Posts, unless it is said how many.
const POSTS: usize = 10_000_000;

/// How many posts are wanted.
pub fn wanted() -> usize {
    let posts = std::env::var("FIREHOUSE_BENCH_POSTS").ok().and_then(|posts| posts.parse().ok());
    posts.unwrap_or(POSTS)
}

pub fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(0))
}

pub fn mib(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let mib = bytes as f64 / 1_048_576.0;
    format!("{mib:.1} MiB")
}

/// Bytes beside those of the texts.
pub fn ratio(bytes: u64, text: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a ratio for people")]
    let ratio = bytes as f64 / text as f64;
    format!("{ratio:.2} of the text")
}

pub fn percentiles(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1_000.0;
    format!("p50 {:>6.1} p90 {:>6.1} p99 {:>6.1} ms", at(50), at(90), at(99))
}
