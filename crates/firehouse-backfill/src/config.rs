//! [`Config`]: how much is fetched at once, how much of it is kept where, and how hosts are treated.

use std::path::PathBuf;
use std::time::Duration;

/// How repos are fetched.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Repos fetched at once.
    pub fetches_max: usize,
    /// Repos fetched at once from one host.
    pub host_fetches_max: usize,
    /// Largest repo that is taken, as a CAR.
    pub repo_bytes_max: u64,
    /// Larger repos, as CARs, are spilled to a file.
    pub memory_repo_bytes_max: usize,
    /// Repos in memory, being fetched and waiting for whoever asked; each holds `memory_repo_bytes_max` until its size is known.
    pub memory_bytes_max: usize,
    /// Largest index of a spilled repo, which stays in memory; 40 bytes per block, so about 55 per record.
    pub index_bytes_max: usize,
    /// Spilled repos at once, being fetched and waiting for whoever asked.
    pub spilled_repos_max: usize,
    /// Where they are spilled to. The files have no names and vanish with the process.
    pub spill_dir: PathBuf,
    /// Jobs that may wait or run; beyond, [`Scheduler::submit`](crate::Scheduler::submit) waits. About 300 bytes each.
    pub queue_jobs_max: usize,
    /// Jobs of one host among them, so that the line of a large host leaves room for others.
    pub queue_host_jobs_max: usize,
    /// How often one repo is asked for before its job is given up.
    pub attempts_max: u32,
    /// How long a job waits for a host that is parked; for longer, it is given up, to be submitted again later. Units: milliseconds.
    pub host_wait_ms_max: u64,
    /// Requests to one host that does not say how many it allows. Units: per second.
    pub requests_per_host_per_s: u32,
    /// Hosts that are remembered; the ones asked longest ago are forgotten first.
    pub hosts_max: usize,
    /// Limit of one request until its answer begins, and of a whole page. Units: milliseconds.
    pub request_timeout_ms: u64,
    /// Limit of one repo from first to last byte. Units: milliseconds.
    pub fetch_timeout_ms: u64,
    /// Least speed of a repo's transfer, in each stretch of `rate_grace_ms`.
    pub rate_bytes_per_s_min: u64,
    /// How long a transfer may be slower. Units: milliseconds.
    pub rate_grace_ms: u64,
    /// Largest page of a list.
    pub page_bytes_max: usize,
    /// Wait before a failed repo or host is asked again; doubles, with jitter. Units: milliseconds.
    pub backoff_min_ms: u64,
    /// Longest such wait. Units: milliseconds.
    pub backoff_max_ms: u64,
    /// Hosts that are enumerated at once.
    pub list_hosts_max: usize,
    /// Pages of one list after which it is taken to be endless.
    pub list_pages_max: u64,
}

impl Config {
    pub(crate) fn request_timeout(&self) -> Duration {
        Duration::from_millis(self.request_timeout_ms)
    }

    pub(crate) fn fetch_timeout(&self) -> Duration {
        Duration::from_millis(self.fetch_timeout_ms)
    }

    pub(crate) fn backoff_max(&self) -> Duration {
        Duration::from_millis(self.backoff_max_ms)
    }

    /// The wait after this many failures in a row, drawn from the upper half of its step so that many spread out.
    pub(crate) fn backoff(&self, failures: u32) -> Duration {
        let step = Duration::from_millis(self.backoff_min_ms)
            .saturating_mul(1 << failures.saturating_sub(1).min(20))
            .min(self.backoff_max());
        jittered(step)
    }
}

/// Between half and all of `wait`.
pub(crate) fn jittered(wait: Duration) -> Duration {
    wait.mul_f64(rand::RngExt::random_range(&mut rand::rng(), 0.5..=1.0))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Duration;

    use super::Config;

    /// Small limits and short waits.
    pub(crate) fn config() -> Config {
        Config {
            fetches_max: 8,
            host_fetches_max: 4,
            repo_bytes_max: 1 << 30,
            memory_repo_bytes_max: 1 << 20,
            memory_bytes_max: 16 << 20,
            index_bytes_max: 16 << 20,
            spilled_repos_max: 2,
            spill_dir: std::env::temp_dir(),
            queue_jobs_max: 1_000,
            queue_host_jobs_max: 500,
            attempts_max: 3,
            host_wait_ms_max: 10_000,
            requests_per_host_per_s: 10,
            hosts_max: 100,
            request_timeout_ms: 5_000,
            fetch_timeout_ms: 60_000,
            rate_bytes_per_s_min: 1_000,
            rate_grace_ms: 1_000,
            page_bytes_max: 1 << 20,
            backoff_min_ms: 60_000,
            backoff_max_ms: 3_600_000,
            list_hosts_max: 4,
            list_pages_max: 1_000,
        }
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let config = config();
        for (failures, step_s) in [(1, 60), (2, 120), (3, 240), (7, 3_600), (u32::MAX, 3_600)] {
            let (wait, step) = (config.backoff(failures), Duration::from_secs(step_s));
            assert!(wait >= step / 2 && wait <= step, "{failures} failures: {wait:?}");
        }
    }
}
