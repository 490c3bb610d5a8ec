//! How fast one client writes and reads: `cargo run --release -p firehouse-engine --example
//! throughput -- http://127.0.0.1:8123`, against a running engine or a server.
//!
//! Prints rows/s of typed RowBinary inserts over one connection, and the median and 99th
//! percentile of `SELECT 1` and of a look-up by key.

use std::{
    error::Error,
    io::Write,
    time::{Duration, Instant},
};

use clickhouse::{Client, Compression, Row};
use serde::Serialize;

const ROWS: u64 = 2_000_000;
const QUERIES: u32 = 1000;

#[derive(Row, Serialize)]
struct Link {
    collection: u16,
    path: u16,
    source: u64,
    rkey: u64,
    target: u64,
    rev: u64,
    deleted: u8,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("usage: throughput URL")?;
    let mut out = std::io::stdout();
    let client = Client::default().with_url(url);
    for (name, compression) in [("plain", Compression::None), ("lz4", Compression::Lz4)] {
        let client = client.clone().with_compression(compression);
        client.query("DROP TABLE IF EXISTS throughput").execute().await?;
        client
            .query(
                "CREATE TABLE throughput (collection UInt16, path UInt16, source UInt64, rkey UInt64, \
                 target UInt64, rev UInt64, deleted UInt8) \
                 ENGINE = ReplacingMergeTree(rev, deleted) ORDER BY (target, collection, source, rkey)",
            )
            .execute()
            .await?;
        let started = Instant::now();
        let mut insert = client.insert::<Link>("throughput").await?;
        for number in 0..ROWS {
            insert.write(&link(number)).await?;
        }
        insert.end().await?;
        let rate = ROWS as f64 / started.elapsed().as_secs_f64();
        writeln!(out, "insert, {name}: {rate:.0} rows/s")?;

        let started = Instant::now();
        for batch in 0..20 {
            let mut insert = client.insert::<Link>("throughput").await?;
            for number in 0..10_000 {
                insert.write(&link(ROWS + batch * 10_000 + number)).await?;
            }
            insert.end().await?;
        }
        writeln!(out, "insert of 10000 rows, {name}: {:.1} ms", ms(started.elapsed()) / 20.0)?;

        let mut times = Vec::new();
        for _ in 0..QUERIES {
            let started = Instant::now();
            client.query("SELECT 1").fetch_one::<u8>().await?;
            times.push(started.elapsed());
        }
        report(&mut out, &format!("SELECT 1, {name}"), times)?;

        let mut times = Vec::new();
        for number in 0..QUERIES {
            let target = link(u64::from(number) * 977).target;
            let started = Instant::now();
            let query = "SELECT count() FROM throughput FINAL WHERE target = ?";
            client.query(query).bind(target).fetch_one::<u64>().await?;
            times.push(started.elapsed());
        }
        report(&mut out, &format!("count by key, {name}"), times)?;
    }
    client.query("DROP TABLE throughput").execute().await?;
    Ok(())
}

fn link(number: u64) -> Link {
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    Link {
        collection: 3,
        path: 1,
        source: mixed,
        rkey: number,
        target: mixed >> 44,
        rev: number,
        deleted: 0,
    }
}

fn report(out: &mut impl Write, name: &str, mut times: Vec<Duration>) -> std::io::Result<()> {
    times.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 100).copied().unwrap_or_default();
    writeln!(out, "{name}: p50 {:.2} ms, p99 {:.2} ms", ms(at(50)), ms(at(99)))
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
