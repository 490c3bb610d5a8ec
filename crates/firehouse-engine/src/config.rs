//! [`Config`]: where the engine keeps its data, and how much it may take on.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use sysinfo::System;

/// Units: bytes. Postings that are kept decoded.
const POSTINGS_BYTES: u64 = 256 << 20;
/// One byte of so many of memory keeps unpacked columns.
const UNPACKED_SHARE: u64 = 16;
/// Units: bytes. As little as they get on the smallest machine.
const UNPACKED_BYTES_MIN: u64 = 256 << 20;

/// Where the engine keeps its data, and how much it may take on.
#[derive(Clone, Debug)]
pub struct Config {
    /// The data directory; made when it is missing. One process at a time.
    pub data: PathBuf,
    /// The shared object, from [`locate_library`](crate::locate_library).
    pub library: PathBuf,
    /// Serve on addresses that other machines can reach.
    pub allow_public_listen: bool,
    /// The only user there is.
    pub user: String,
    /// Its password; empty for none.
    pub password: String,
    /// Statements that run at the same time.
    pub pool_size: usize,
    /// Requests that may wait for one of them; the next one is answered 503.
    pub waiting_requests_max: usize,
    /// How long a request waits for its turn before it is answered 503.
    pub wait: Duration,
    /// Open HTTP connections.
    pub http_connections_max: usize,
    /// How long the headers of a request may take to arrive.
    pub header_read: Duration,
    /// Bytes of a request line and its headers.
    pub header_bytes_max: usize,
    /// Bytes of one statement, parameters and INSERT data not counted.
    pub query_bytes_max: usize,
    /// Bytes of one request body, decompressed.
    pub body_bytes_max: u64,
    /// Result bytes held back before the answer begins, so that early errors get their status.
    pub response_buffer_bytes: usize,
    /// The same for a request with `wait_end_of_query`. A longer result is sent as it comes: unlike
    /// a server, the engine does not write it to disk first.
    pub waited_response_buffer_bytes: usize,
    /// How long running requests may take to finish once we are asked to stop.
    pub stop: Duration,
    /// Query settings for every request that does not set them itself.
    pub settings: BTreeMap<String, String>,
    /// Server settings, such as `max_server_memory_usage`.
    pub server_settings: BTreeMap<String, String>,
}

impl Config {
    /// The configuration of `firehouse engine` and of tests: sized for one machine.
    pub fn new(data: PathBuf, library: PathBuf) -> Self {
        Self {
            data,
            library,
            allow_public_listen: false,
            user: "default".to_owned(),
            password: String::new(),
            pool_size: 32,
            waiting_requests_max: 1024,
            wait: Duration::from_secs(60),
            http_connections_max: 1024,
            header_read: Duration::from_secs(30),
            header_bytes_max: 1 << 20,
            query_bytes_max: 16 << 20,
            body_bytes_max: 1 << 40,
            response_buffer_bytes: 1 << 20,
            waited_response_buffer_bytes: 32 << 20,
            stop: Duration::from_secs(10),
            settings: settings_of_a_server(),
            server_settings: caches(memory_bytes_of_machine()).into(),
        }
    }

    /// The whole engine may use so many bytes of memory, and keeps as much decoded as fits. A statement that needs more is refused.
    pub fn limit_memory(&mut self, bytes: u64) {
        let limit = ("max_server_memory_usage".to_owned(), bytes.to_string());
        self.server_settings.extend(caches(bytes));
        self.server_settings.extend([limit]);
    }
}

/// The library's defaults are those of `clickhouse-local`; these make them a server's, so that
/// what works here works in a cluster.
fn settings_of_a_server() -> BTreeMap<String, String> {
    let differing = [("implicit_select", "0"), ("allow_introspection_functions", "0")];
    differing.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// What is kept decoded by an engine with so much memory. The library would let postings of common words grow to 2 GiB, and keep nothing of
/// what statements ask to be kept: blocks of columns, unpacked. These are what a search reads again and again.
fn caches(memory_bytes: u64) -> [(String, String); 2] {
    let unpacked = (memory_bytes / UNPACKED_SHARE).max(UNPACKED_BYTES_MIN);
    [("text_index_postings_cache_size", POSTINGS_BYTES), ("uncompressed_cache_size", unpacked)]
        .map(|(name, bytes)| (name.to_owned(), bytes.to_string()))
}

/// Memory that this process may use: the machine's, or its control group's if that has less; 0 where the system does not tell.
fn memory_bytes_of_machine() -> u64 {
    let Ok(mut system) = System::new() else { return 0 };
    system.refresh_memory();
    let limit = system.cgroup_limits().map_or(u64::MAX, |limits| limits.total_memory);
    system.total_memory().min(limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caches_grow_with_memory() {
        let unpacked = |config: &Config| -> u64 {
            config.server_settings["uncompressed_cache_size"].parse().unwrap()
        };
        let mut config = Config::new(PathBuf::new(), PathBuf::new());
        assert_eq!(unpacked(&config), (memory_bytes_of_machine() / 16).max(256 << 20));
        config.limit_memory(64 << 30);
        assert_eq!(config.server_settings["max_server_memory_usage"], (64_u64 << 30).to_string());
        assert_eq!(unpacked(&config), 4 << 30);
        config.limit_memory(1 << 30);
        assert_eq!(unpacked(&config), 256 << 20, "not less than a search needs");
    }
}
