//! Whole repos on loopback through the whole pipeline into the embedded store: listed, fetched, verified, indexed, durable.
//!
//! `cargo bench --package firehouse-benches --bench backfill_pipeline`; FIREHOUSE_BENCH_REPOS and FIREHOUSE_BENCH_RECORDS, per repo, set
//! the size (2,000 of 1,000; one of 2,600,000 is 1 GB), FIREHOUSE_BENCH_FOLDER keeps the repos from run to run. They are served by another
//! process, so that the peak memory printed is that of the pipeline and that of the engine.
#![expect(clippy::print_stdout, reason = "printing figures is what it is for")]

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use firehouse_backfill::{Host, HostFilter, Plan, Scheduler, SyncClient};
use firehouse_identity::{AddressPolicy, GuardedClient, Resolver};
use firehouse_indexer::Indexer;
use firehouse_ingest::{
    Asked, Backfill, Fetch, Ingest, Keep, Keeper, Lists, Metrics, Repairs, Standings, Status, Walk,
    Walked,
};
use firehouse_lexicon::Catalog;
use firehouse_sim::bulk::{Bulk, BulkConfig};
use firehouse_sim::{Urls, engine};
use prometheus::Registry;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// In the environment of the process that serves the repos: where they are.
const SERVE: &str = "FIREHOUSE_BENCH_SERVE";

fn main() -> Result<(), Box<dyn Error>> {
    // `cargo test --benches` runs every bench once, without --bench: then there is nothing to measure.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    let runtime = tokio::runtime::Runtime::new()?;
    if let Some(folder) = std::env::var_os(SERVE) {
        return runtime.block_on(serve(Path::new(&folder)));
    }
    let folder = tempfile::tempdir()?;
    let kept = std::env::var_os("FIREHOUSE_BENCH_FOLDER");
    let server = Server::start(kept.as_ref().map_or(folder.path(), Path::new))?;
    runtime.block_on(run(&server.urls))
}

fn size(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|size| size.parse().ok()).unwrap_or(default)
}

async fn serve(folder: &Path) -> Result<(), Box<dyn Error>> {
    let config = BulkConfig {
        seed: 1,
        repos: size("FIREHOUSE_BENCH_REPOS", 2_000),
        records_per_repo: size("FIREHOUSE_BENCH_RECORDS", 1_000),
        pdses: 4,
    };
    let bulk = Bulk::prepare(&config, folder, |_| {})?;
    let urls = bulk.serve().await?;
    println!("{} {} {}", urls.plc, urls.relays.concat(), urls.pdses.join(" "));
    std::io::stdout().flush()?;
    // Until whoever started us ends.
    tokio::task::spawn_blocking(|| std::io::stdin().lines().count()).await?;
    Ok(())
}

/// Serves the repos in a process of its own, which ends with this one.
struct Server {
    urls: Urls,
    _input: Option<ChildStdin>,
    child: Child,
}

impl Server {
    fn start(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("--bench")
            .env(SERVE, folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let mut urls = line.split_whitespace().map(str::to_owned);
        let (plc, relay) = (urls.next().ok_or("no directory")?, urls.next().ok_or("no relay")?);
        let urls = Urls { plc, relays: vec![relay], pdses: urls.collect(), ..Urls::default() };
        Ok(Self { urls, _input: child.stdin.take(), child })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already ended is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn run(urls: &Urls) -> Result<(), Box<dyn Error>> {
    let Some(store) = engine::store().await else { return Ok(()) };
    let (registry, stop) = (Registry::new(), CancellationToken::new());
    let identity = identity(urls)?;
    let resolver = Resolver::new(&identity, firehouse_identity::Metrics::new(&registry)?)?;
    let client = GuardedClient::new(&identity.guarded())?;
    let metrics = firehouse_backfill::Metrics::new(&registry)?;
    let client = SyncClient::new(&backfill_config(), client, metrics);
    let (scheduler, outcomes) = Scheduler::start(client.clone(), resolver.clone(), &stop);
    let asked = Asked::default();
    let (_repairs, repairs) = Repairs::new(asked.clone());
    let metrics = Metrics::new(&registry)?;
    let limits = Keep { accounts_max: 0, grace_s: 0, check_interval_s: 3_600 };
    let keeper = Keeper::everything(&store, limits);
    let (standings, questions) = Standings::new();
    let walk = Walk {
        standings: standings.clone(),
        held_only: false,
        store: store.clone(),
        client: client.clone(),
        scheduler: scheduler.clone(),
        asked: asked.clone(),
        patience: Duration::ZERO,
        walked: Walked::default(),
        keeper: keeper.clone(),
        metrics: metrics.clone(),
    };
    let fetch = Fetch::Asked;
    let ingest = Ingest {
        config: config(),
        store: store.clone(),
        resolver,
        rechecks: None,
        directory: None,
        trends: None,
        backfill: Some(Backfill {
            standings,
            questions,
            fetch,
            sweep_every: Duration::from_secs(300),
            client,
            scheduler,
            outcomes,
            asked,
            repairs,
        }),
        keeper,
        lists: Lists { relays: Vec::new(), policy: AddressPolicy::Private },
        indexer: Arc::new(Indexer::new(Catalog::embedded())),
        status: Status::default(),
        metrics,
    };
    let relay = Host::of_url(&urls.relays.concat().parse()?)?;
    let began = Instant::now();
    let (open, upstreams) = mpsc::channel(1);
    let walking = async {
        let walked =
            walk.run("bench", Plan::Network { relay, hosts: HostFilter::all() }, None).await;
        drop(open);
        walked
    };
    tokio::try_join!(walking, ingest.run(upstreams, stop))?;
    let seconds = began.elapsed().as_secs_f64();
    let walked = walk.walked.so_far();
    println!(
        "{} repos, {} records in {seconds:.1} s: {:.1} repos/s, {:.0} records/s; gone {}, failed {:?}",
        walked.written,
        walked.records,
        walked.written as f64 / seconds,
        walked.records as f64 / seconds,
        walked.gone(),
        walked.failed,
    );
    println!(
        "peak memory: firehouse {} MiB, engine {} MiB",
        peak_mib(std::process::id()),
        engine::pid().map_or(0, peak_mib)
    );
    for (name, value) in counted(&registry, "firehouse_ingest_rows_total") {
        println!("rows of {name}: {value}");
    }
    Ok(())
}

fn identity(urls: &Urls) -> Result<firehouse_identity::Config, Box<dyn Error>> {
    Ok(firehouse_identity::Config {
        plc: urls.plc.parse()?,
        handle_resolver: Some(urls.plc.parse()?),
        allow_private_addresses: true,
        dns_servers: Vec::new(),
        cache_entries: 100_000,
        ttl_s: 86_400,
        error_ttl_s: 600,
        transient_ttl_s: 30,
        refresh_min_interval_s: 300,
        lookups_max: 64,
        connect_timeout_ms: 3_000,
        request_timeout_ms: 10_000,
        document_bytes_max: 65_536,
    })
}

/// As in deploy/firehouse.example.toml, but for the requests a host allows.
fn backfill_config() -> firehouse_backfill::Config {
    firehouse_backfill::Config {
        fetches_max: 32,
        host_fetches_max: 4,
        repo_bytes_max: 8 << 30,
        memory_repo_bytes_max: 16 << 20,
        memory_bytes_max: 256 << 20,
        index_bytes_max: 512 << 20,
        spilled_repos_max: 2,
        spill_dir: std::env::temp_dir(),
        queue_jobs_max: 200_000,
        queue_host_jobs_max: 50_000,
        attempts_max: 2,
        host_wait_ms_max: 60_000,
        requests_per_host_per_s: 100_000,
        hosts_max: 20_000,
        request_timeout_ms: 30_000,
        fetch_timeout_ms: 3_600_000,
        rate_bytes_per_s_min: 1,
        rate_grace_ms: 600_000,
        page_bytes_max: 8 << 20,
        backoff_min_ms: 1_000,
        backoff_max_ms: 1_000,
        list_hosts_max: 8,
        list_pages_max: 100_000,
    }
}

/// As in deploy/firehouse.example.toml.
fn config() -> firehouse_ingest::Config {
    firehouse_ingest::Config {
        workers: std::thread::available_parallelism().map_or(1, usize::from),
        in_flight_events_max: 20_000,
        in_flight_bytes_max: 256 << 20,
        accounts_max: 500_000,
        flush_wait_ms: 100,
        batch_rows_max: 100_000,
        repo_batch_rows_max: size("FIREHOUSE_BENCH_BATCH_ROWS", 500_000),
        lookups_max: 64,
        identity_patience_s: 60,
        handle_patience_ms: 150,
        deleted_kept_s: 21_600,
        standings_kept_s: 86_400,
    }
}

fn counted(registry: &Registry, name: &str) -> Vec<(String, f64)> {
    let families = registry.gather();
    let metrics = families
        .iter()
        .filter(|family| family.name() == name)
        .flat_map(|family| family.get_metric());
    let value = |metric: &prometheus::proto::Metric| {
        let labels: Vec<_> = metric.get_label().iter().map(|label| label.value()).collect();
        (labels.join(" "), metric.get_counter().get_value())
    };
    metrics.map(value).collect()
}

fn peak_mib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kib = status.lines().find_map(|line| {
        line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()
    });
    kib.unwrap_or(0) / 1024
}
