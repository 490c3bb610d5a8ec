//! The whole write path: a generated firehose from a file into the embedded store, verification on.
//!
//! `cargo bench --package firehouse-benches --bench pipeline`; FIREHOUSE_BENCH_COMMITS and FIREHOUSE_BENCH_ACCOUNTS set the size.
//! Prints commits/s, rows/s, bytes per row and per record on disk, and the peak memory of both processes.
#![expect(clippy::print_stdout, reason = "printing figures is what it is for")]

use std::error::Error;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use clickhouse::Client;
use firehouse_identity::{AddressPolicy, OfflineDocument, Resolver};
use firehouse_indexer::Indexer;
use firehouse_ingest::{Config, Ingest, Keep, Keeper, Lists, Metrics, Status, Upstream};
use firehouse_lexicon::Catalog;
use firehouse_sim::{Network, engine, files};
use firehouse_stream::replay_file;
use prometheus::Registry;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

fn main() -> Result<(), Box<dyn Error>> {
    // `cargo test --benches` runs every bench once, without --bench: then there is nothing to measure.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    tokio::runtime::Runtime::new()?.block_on(run())
}

async fn run() -> Result<(), Box<dyn Error>> {
    let size = |name: &str, default| {
        std::env::var(name).ok().and_then(|size| size.parse().ok()).unwrap_or(default)
    };
    let (commits, accounts) =
        (size("FIREHOUSE_BENCH_COMMITS", 100_000), size("FIREHOUSE_BENCH_ACCOUNTS", 2_000));
    let Some(store) = engine::store().await else { return Ok(()) };

    let folder = tempfile::tempdir()?;
    let generating = Instant::now();
    let mut network = Network::new(firehouse_sim::Config::new(1, accounts, commits));
    let written = files::write(&mut network, folder.path())?;
    println!(
        "generated {} frames, {:.1} KB each, in {:.1} s",
        written.frames,
        written.bytes as f64 / written.frames as f64 / 1e3,
        generating.elapsed().as_secs_f64()
    );
    drop(network);

    let registry = Registry::new();
    let status = Status::default();
    let resolver = Resolver::offline(OfflineDocument::read_lines(BufReader::new(File::open(
        folder.path().join("identities.jsonl"),
    )?))?);
    let ingest = Ingest {
        config: config(),
        store: store.clone(),
        resolver,
        backfill: None,
        keeper: Keeper::everything(
            &store,
            Keep { accounts_max: 0, grace_s: 0, check_interval_s: 3_600 },
        ),
        lists: Lists { relays: Vec::new(), policy: AddressPolicy::Private },
        rechecks: None,
        directory: None,
        trends: None,
        indexer: Arc::new(Indexer::new(Catalog::embedded())),
        status: status.clone(),
        metrics: Metrics::new(&registry)?,
    };
    let began = Instant::now();
    let (followed, upstreams) = mpsc::channel(1);
    followed.send(upstream(&folder.path().join("frames.bin"))).await?;
    drop(followed);
    ingest.run(upstreams, CancellationToken::new()).await?;
    let seconds = began.elapsed().as_secs_f64();

    let (commits, rows) = (
        counted(&registry, "firehouse_ingest_events_total", Some("commit")),
        counted(&registry, "firehouse_ingest_rows_total", None),
    );
    let dropped = counted(&registry, "firehouse_ingest_events_dropped_total", None);
    println!(
        "{commits} commits in {seconds:.2} s: {:.0} commits/s; {rows} rows: {:.0} rows/s; {dropped} events dropped",
        commits / seconds,
        rows / seconds
    );
    println!("{} flushes", counted(&registry, "firehouse_ingest_flushes_total", None));
    println!(
        "peak memory: firehouse {} MiB, engine {} MiB",
        peak_mib(std::process::id()),
        engine::pid().map_or(0, peak_mib)
    );
    disk(&store).await
}

/// As in deploy/firehouse.example.toml, on two cores.
fn config() -> Config {
    Config {
        workers: std::thread::available_parallelism().map_or(1, usize::from),
        in_flight_events_max: 20_000,
        in_flight_bytes_max: 256 << 20,
        accounts_max: 500_000,
        flush_wait_ms: 100,
        batch_rows_max: 100_000,
        repo_batch_rows_max: 200_000,
        lookups_max: 64,
        identity_patience_s: 60,
        handle_patience_ms: 150,
        deleted_kept_s: 21_600,
        standings_kept_s: 86_400,
    }
}

fn upstream(frames: &Path) -> Upstream {
    let (output, events) = mpsc::channel(1_024);
    let (to_nobody, notices) = mpsc::channel(64);
    let frames = frames.to_owned();
    tokio::spawn(async move {
        replay_file(frames, None, output, to_nobody, CancellationToken::new()).await
    });
    let removed = CancellationToken::new();
    Upstream {
        name: "bench".into(),
        url: "bench".into(),
        kind: firehouse_types::UpstreamKind::Relay,
        cursor: None,
        events,
        notices,
        removed,
    }
}

/// The sum of a counter over its labels, or over those with one value.
fn counted(registry: &Registry, name: &str, label: Option<&str>) -> f64 {
    let families = registry.gather();
    let metrics = families
        .iter()
        .filter(|family| family.name() == name)
        .flat_map(|family| family.get_metric());
    let chosen = metrics.filter(|metric| {
        label.is_none_or(|value| metric.get_label().iter().any(|label| label.value() == value))
    });
    chosen.map(|metric| metric.get_counter().get_value()).sum()
}

fn peak_mib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kib = status.lines().find_map(|line| {
        line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()
    });
    kib.unwrap_or(0) / 1024
}

/// Merges everything and prints what each table takes.
async fn disk(store: &firehouse_store::Store) -> Result<(), Box<dyn Error>> {
    let client = Client::default()
        .with_url(engine::url().unwrap_or_default())
        .with_database(store.database());
    let tables: Vec<String> = client.query("SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'").fetch_all().await?;
    for table in &tables {
        client.query(&format!("OPTIMIZE TABLE {table} FINAL")).execute().await?;
    }
    let query = "SELECT table, sum(rows), sum(bytes_on_disk) FROM system.parts WHERE active AND database = currentDatabase() GROUP BY table ORDER BY 3 DESC";
    let parts: Vec<(String, u64, u64)> = client.query(query).fetch_all().await?;
    let records =
        parts.iter().find(|(table, ..)| table == "records").map_or(1, |(_, rows, _)| *rows);
    let (rows, bytes): (u64, u64) =
        parts.iter().fold((0, 0), |(rows, bytes), (_, r, b)| (rows + r, bytes + b));
    for (table, rows, bytes) in &parts {
        println!("  {table}: {rows} rows, {:.1} bytes each", *bytes as f64 / (*rows).max(1) as f64);
    }
    println!(
        "on disk, merged: {:.1} bytes per row, {:.1} bytes per record",
        bytes as f64 / rows as f64,
        bytes as f64 / records as f64
    );
    Ok(())
}
