//! One large repo over loopback: how fast it is verified and read, and how much memory that takes.
//!
//! `cargo bench --package firehouse-benches --bench backfill_large`; FIREHOUSE_BENCH_RECORDS sets its size (2.6 million are 1 GB). The repo
//! is written to a file by another process, so that the peak memory printed is that of fetching.
#![expect(clippy::print_stdout, reason = "printing figures is what it is for")]

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use firehouse_backfill::Host;
use tokio_util::io::ReaderStream;

#[path = "backfill/client.rs"]
mod client;
#[expect(dead_code, reason = "the tests of the crate, which share it, use the rest")]
#[path = "../../crates/firehouse-backfill/src/testing.rs"]
mod testing;

use client::{client, config};
use testing::{Account, Contents, record, rev};

/// In the environment of the process that writes the repo: where to.
const WRITE_TO: &str = "FIREHOUSE_BENCH_WRITE_TO";

fn main() -> Result<(), Box<dyn Error>> {
    // `cargo test --benches` runs every bench once, without --bench: then there is nothing to measure.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    if let Some(path) = std::env::var_os(WRITE_TO) {
        return write(Path::new(&path));
    }
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("repo.car");
    let status =
        Command::new(std::env::current_exe()?).arg("--bench").env(WRITE_TO, &path).status()?;
    if !status.success() {
        return Err("the repo was not written".into());
    }
    tokio::runtime::Runtime::new()?.block_on(run(path))
}

fn account() -> Account {
    Account::new("did:web:someone.test")
}

fn write(path: &Path) -> Result<(), Box<dyn Error>> {
    let records = std::env::var("FIREHOUSE_BENCH_RECORDS").ok().and_then(|n| n.parse().ok());
    let post = |n: u64| {
        let text = format!(
            "{n} is the number of this post. {}",
            "It has a text of usual length. ".repeat(4)
        );
        (format!("app.bsky.feed.post/{}", rev(n)), record(&text))
    };
    let contents: Contents = (0..records.unwrap_or(2_600_000)).map(post).collect();
    let repo = account().repo(rev(1), &contents);
    Ok(std::fs::File::create(path)?.write_all(&repo.car())?)
}

async fn run(path: PathBuf) -> Result<(), Box<dyn Error>> {
    let bytes = std::fs::metadata(&path)?.len();
    let host = serve(path).await?;
    let client = client(&config(16 << 20));
    let account = account();
    let begun = Instant::now();
    let repo = client.fetch_repo(&host, &account.did, &account.key(), None).await?;
    let (verified_s, peak_mib) = (begun.elapsed().as_secs_f64(), peak_mib()?);
    println!(
        "{} records, {:.2} GB: verified in {verified_s:.1} s, {:.0} records/s, peak memory {peak_mib} MiB",
        repo.record_count(),
        bytes as f64 / 1e9,
        repo.record_count() as f64 / verified_s,
    );
    let begun = Instant::now();
    let (mut records, mut record_bytes) = (repo.records(), 0);
    while let Some(record) = records.next()? {
        record_bytes += record.record.len();
    }
    let read_s = begun.elapsed().as_secs_f64();
    println!(
        "read {:.2} GB of records in {read_s:.1} s, {:.0} records/s, peak memory {} MiB",
        record_bytes as f64 / 1e9,
        repo.record_count() as f64 / read_s,
        self::peak_mib()?,
    );
    Ok(())
}

/// The most memory this process has had.
fn peak_mib() -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse::<u64>()? >> 10)
}

async fn serve(path: PathBuf) -> Result<Host, Box<dyn Error>> {
    let answer = async move || {
        let file = tokio::fs::File::open(path).await.expect("the repo that was written");
        let body = Body::from_stream(ReaderStream::with_capacity(file, 1 << 18));
        ([("content-type", "application/vnd.ipld.car")], body)
    };
    let routes = Router::new().route("/xrpc/com.atproto.sync.getRepo", get(answer));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Ok(Host::of_url(&format!("http://{address}").parse()?)?)
}
