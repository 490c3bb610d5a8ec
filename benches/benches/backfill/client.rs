//! A client without patience limits, for loopback.

use firehouse_backfill::{Config, Metrics, SyncClient};
use firehouse_identity::{GuardedClient, GuardedConfig};
use prometheus::Registry;

/// Repos larger than `memory_repo_bytes_max` are spilled.
pub fn config(memory_repo_bytes_max: usize) -> Config {
    Config {
        fetches_max: 32,
        host_fetches_max: 32,
        repo_bytes_max: 8 << 30,
        memory_repo_bytes_max,
        memory_bytes_max: 512 << 20,
        index_bytes_max: 512 << 20,
        spilled_repos_max: 2,
        spill_dir: std::env::temp_dir(),
        queue_jobs_max: 10_000,
        queue_host_jobs_max: 10_000,
        attempts_max: 1,
        host_wait_ms_max: 60_000,
        requests_per_host_per_s: 100_000,
        hosts_max: 10_000,
        request_timeout_ms: 60_000,
        fetch_timeout_ms: 3_600_000,
        rate_bytes_per_s_min: 1,
        rate_grace_ms: 600_000,
        page_bytes_max: 4 << 20,
        backoff_min_ms: 1_000,
        backoff_max_ms: 1_000,
        list_hosts_max: 16,
        list_pages_max: 100_000,
    }
}

/// A client that may reach this machine.
pub fn client(config: &Config) -> SyncClient {
    let guarded = GuardedConfig {
        allow_private_addresses: true,
        trusted: Vec::new(),
        dns_servers: Vec::new(),
        connect_timeout_ms: 10_000,
        request_timeout_ms: 60_000,
        body_bytes_max: 1 << 20,
        redirects_max: 3,
    };
    let guarded = GuardedClient::new(&guarded).expect("a client");
    SyncClient::new(config, guarded, Metrics::new(&Registry::new()).expect("fresh names"))
}
