//! What verifying a commit costs, part by part, on frames recorded from the network; and reading a whole repo.
//!
//! Run: `cargo bench -p firehouse-repo`. Each figure is the mean over all recorded commits, taken in turn.

use std::hint::black_box;

use bytes::Bytes;
use criterion::{Criterion, Throughput};
use firehouse_repo::drisl::check_record;
use firehouse_repo::mst::{Change, invert};
use firehouse_repo::{
    Car, Commit, PublicKey, RepoHead, read_repo_unverified, sha256, verify_commit,
};
use firehouse_types::CommitEvent;

#[path = "../tests/interop/event.rs"]
#[expect(dead_code, reason = "only commits are measured")]
mod event;
#[path = "../tests/interop/support.rs"]
#[expect(dead_code, reason = "the interop tests use all of it")]
mod support;

use event::{Frame, decode_frame};
use support::{NOW_US, fixture, frames, read, read_json, signing_key};

/// One commit with what is needed to verify it.
struct Case {
    event: CommitEvent,
    key: PublicKey,
    head: Option<RepoHead>,
    car: Car,
    data: firehouse_types::Cid,
}

fn cases(frames_path: &str, documents: impl Fn(&str) -> Option<PublicKey>) -> Vec<Case> {
    let Some(path) = fixture(frames_path) else { return Vec::new() };
    let case = |frame: &Bytes| {
        let Frame::Commit(event) = decode_frame(frame) else { return None };
        let key = documents(event.repo.as_str())?;
        let head = RepoHead { rev: event.since?, data: event.prev_data? };
        let car = Car::parse(&event.blocks).ok()?;
        let data = Commit::decode(car.block(&event.commit)?).ok()?.data;
        let case = Case { event: *event, key, head: Some(head), car, data };
        verify_commit(&case.event, &case.key, case.head, NOW_US).ok()?;
        Some(case)
    };
    frames(&path).iter().filter_map(case).collect()
}

fn recorded() -> Vec<Case> {
    let Some(documents) = fixture("firehose/did_docs.json") else { return Vec::new() };
    let documents = read_json(&documents);
    cases("firehose/frames.bin.zst", |did| documents.get(did).map(signing_key))
}

fn on_p256() -> Vec<Case> {
    let Some(document) = fixture("firehose/synthetic-p256/did_doc.json") else { return Vec::new() };
    let key = signing_key(&read_json(&document));
    cases("firehose/synthetic-p256/frames.bin", |_| Some(key.clone()))
}

fn mean_bytes(cases: &[Case]) -> u64 {
    cases.iter().map(|case| case.event.blocks.len() as u64).sum::<u64>() / cases.len() as u64
}

fn bench_commits(criterion: &mut Criterion, name: &str, cases: &[Case]) {
    if cases.is_empty() {
        return;
    }
    let mut group = criterion.benchmark_group(name);
    group.throughput(Throughput::Bytes(mean_bytes(cases)));
    let mut part = |name: &str, work: &mut dyn FnMut(&Case)| {
        let mut turn = cases.iter().cycle();
        group.bench_function(name, |b| b.iter(|| turn.next().into_iter().for_each(&mut *work)));
    };
    part("car_and_hashes", &mut |case| drop(black_box(Car::parse(&case.event.blocks))));
    part("hashes_only", &mut |case| {
        for (_, block) in case.car.blocks() {
            black_box(sha256(&block));
        }
    });
    part("hashes_only_aws_lc", &mut |case| {
        for (_, block) in case.car.blocks() {
            black_box(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &block));
        }
    });
    part("commit_decode", &mut |case| {
        let _ = black_box(case.car.block(&case.event.commit).map(Commit::decode));
    });
    part("signature", &mut |case| {
        let commit = case.car.block(&case.event.commit).map(Commit::decode);
        let _ = black_box(commit.map(|commit| commit.map(|c| c.verify_signature(&case.key))));
    });
    part("inversion", &mut |case| {
        let ops = case.event.ops.iter();
        let changes: Vec<_> =
            ops.map(|op| Change::new(op.path.as_bytes(), op.prev, op.cid)).collect();
        let _ = black_box(invert(&case.car, case.data, &changes));
    });
    part("record_check", &mut |case| {
        for record in case.event.ops.iter().filter_map(|op| case.car.get(&op.cid?)) {
            let _ = black_box(check_record(&record));
        }
    });
    part("verify_commit", &mut |case| {
        drop(black_box(verify_commit(&case.event, &case.key, case.head, NOW_US)));
    });
}

fn bench_repos(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("read_repo");
    for (name, path) in support::files("cars", "car") {
        let bytes = Bytes::from(read(&path));
        if let Some(repo) = read_repo_unverified(&bytes).ok().filter(|repo| repo.len() > 200) {
            group.throughput(Throughput::Elements(repo.len() as u64));
            group.bench_function(name, |b| b.iter(|| read_repo_unverified(black_box(&bytes))));
        }
    }
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    bench_commits(&mut criterion, "k256", &recorded());
    bench_commits(&mut criterion, "p256", &on_p256());
    bench_repos(&mut criterion);
    criterion.final_summary();
}
