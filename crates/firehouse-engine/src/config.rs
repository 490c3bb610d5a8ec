//! [`Config`]: where the engine keeps its data, and how much it may take on.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

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
            server_settings: caches_of_a_server(),
        }
    }
}

/// The library's defaults are those of `clickhouse-local`; these make them a server's, so that
/// what works here works in a cluster.
fn settings_of_a_server() -> BTreeMap<String, String> {
    let differing = [("implicit_select", "0"), ("allow_introspection_functions", "0")];
    differing.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// What is kept decoded, where the library would let it grow beyond what an engine beside other programs may take (2 GiB of postings of
/// common words), or keeps nothing: blocks of columns, unpacked, for statements that ask for it.
fn caches_of_a_server() -> BTreeMap<String, String> {
    let sizes =
        [("text_index_postings_cache_size", 256 << 20), ("uncompressed_cache_size", 512 << 20)];
    sizes
        .into_iter()
        .map(|(name, bytes): (&str, u64)| (name.to_owned(), bytes.to_string()))
        .collect()
}
