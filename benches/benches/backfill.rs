//! What fetching a repo of 100,000 records costs, in memory and spilled: over loopback, hashed, verified, and read record by record.
//!
//! Run: `cargo bench --package firehouse-benches --bench backfill`. The server runs in the same process and has the CAR ready.

use std::hint::black_box;

use axum::Router;
use axum::body::Bytes;
use axum::routing::get;
use criterion::{Criterion, Throughput};
use firehouse_backfill::{FetchedRepo, Host, SyncClient};
use firehouse_repo::read_repo;

#[path = "backfill/client.rs"]
mod client;
#[path = "../../crates/firehouse-backfill/src/testing.rs"]
mod testing;

use client::{client, config};
use testing::{Account, posts, rev};

const RECORDS: u64 = 100_000;

fn main() {
    let mut criterion = Criterion::default().configure_from_args().sample_size(10);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let account = Account::new("did:web:someone.test");
    let car = Bytes::from(account.repo(rev(RECORDS), &posts(RECORDS)).car());
    let host = runtime.block_on(serve(car.clone()));
    let fetch = async |client: &SyncClient| {
        client.fetch_repo(&host, &account.did, &account.key(), None).await.expect("a repo")
    };

    let mut group = criterion.benchmark_group("backfill");
    group.throughput(Throughput::Elements(RECORDS));
    let now_us = 1_893_456_000_000_000;
    group.bench_function("in one piece, without a socket", |bencher| {
        bencher.iter(|| read_repo(black_box(&car), &account.did, &account.key(), now_us));
    });
    for (name, memory_repo_bytes_max) in [("memory", 1 << 30), ("spilled", 0)] {
        let client = client(&config(memory_repo_bytes_max));
        group.bench_function(format!("fetch and verify, {name}"), |bencher| {
            bencher.iter(|| runtime.block_on(fetch(&client)));
        });
        let repo = runtime.block_on(fetch(&client));
        group.bench_function(format!("read every record, {name}"), |bencher| {
            bencher.iter(|| read(&repo));
        });
    }
    group.finish();
    criterion.final_summary();
}

fn read(repo: &FetchedRepo) -> u64 {
    let (mut records, mut count) = (repo.records(), 0);
    while let Ok(Some(record)) = records.next() {
        black_box(record.record.len());
        count += 1;
    }
    assert_eq!(count, repo.record_count());
    count
}

async fn serve(car: Bytes) -> Host {
    let routes = Router::new().route(
        "/xrpc/com.atproto.sync.getRepo",
        get(move || async move { ([("content-type", "application/vnd.ipld.car")], car) }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, routes).await });
    Host::of_url(&format!("http://{address}").parse().expect("a URL")).expect("a host")
}
