//! One large repo over loopback: how fast it is verified and read, and how much memory that takes.
//!
//! `cargo bench --package firehouse-benches --bench backfill_large`; FIREHOUSE_BENCH_RECORDS sets its size (3.2 million are 1 GB). The repo
//! is written to a file by another process, so that the peak memory printed is that of fetching. CPU time is that of this process, the
//! server's side included: on a shared machine it says more than the clock.
#![expect(clippy::print_stdout, reason = "printing figures is what it is for")]

use std::error::Error;
use std::hint::black_box;
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
#[path = "../../crates/firehouse-backfill/src/testing.rs"]
#[expect(dead_code, reason = "the tests use all of it")]
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
    let contents: Contents = (0..records.unwrap_or(3_200_000)).map(post).collect();
    let repo = account().repo(rev(1), &contents);
    Ok(std::fs::File::create(path)?.write_all(&repo.car())?)
}

async fn run(path: PathBuf) -> Result<(), Box<dyn Error>> {
    let bytes = std::fs::metadata(&path)?.len();
    let host = serve(path).await?;
    let client = client(&config(16 << 20));
    let account = account();
    let begun = Begun::now()?;
    let repo = client.fetch_repo(&host, &account.did, &account.key(), None).await?;
    println!("{:.2} GB, {} records", bytes as f64 / 1e9, repo.record_count());
    begun.print("fetched and verified", repo.record_count())?;
    for _ in 0..2 {
        let begun = Begun::now()?;
        let mut records = repo.records();
        while let Some(record) = records.next()? {
            black_box(record.record.len());
        }
        begun.print("read", repo.record_count())?;
    }
    Ok(())
}

/// Clock and CPU time at the start of something.
struct Begun {
    clock: Instant,
    cpu_s: f64,
}

impl Begun {
    fn now() -> Result<Self, Box<dyn Error>> {
        Ok(Self { clock: Instant::now(), cpu_s: cpu_s()? })
    }

    fn print(&self, what: &str, records: u64) -> Result<(), Box<dyn Error>> {
        let (clock_s, cpu_s, records) =
            (self.clock.elapsed().as_secs_f64(), cpu_s()? - self.cpu_s, records as f64);
        println!(
            "{what}: {clock_s:.1} s, {:.0} records/s; {:.2} µs of CPU per record; peak memory {} MiB",
            records / clock_s,
            cpu_s / records * 1e6,
            peak_mib()?,
        );
        Ok(())
    }
}

/// User and system time of this process, in ticks of 10 ms.
fn cpu_s() -> Result<f64, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // The name before may hold spaces, but ends with the last parenthesis.
    let fields = stat.rsplit_once(") ").ok_or("no name")?.1;
    let ticks: u64 =
        fields.split(' ').skip(11).take(2).map(str::parse::<u64>).sum::<Result<_, _>>()?;
    Ok(ticks as f64 / 100.0)
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
