//! What one record costs, from its bytes to its rows, by collection.

use std::hint::black_box;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use firehouse_indexer::{Indexer, Rows, Witness};
use firehouse_lexicon::{Catalog, to_dag_cbor};
use firehouse_repo::{RecordOp, sha256};
use firehouse_schema::Proof;
use firehouse_types::{Cid, Did, Nsid, OpAction, Rkey};
use serde_json::{Value, json};

fn op(mut record: Value, collection: &str) -> RecordOp {
    record["$type"] = collection.into();
    let record = Bytes::from(to_dag_cbor(&record).unwrap());
    RecordOp {
        did: Did::parse("did:plc:ewvi7nxzyoun6zhxrhs64oiz").unwrap(),
        collection: Nsid::parse(collection).unwrap(),
        rkey: Rkey::parse("3jwdwj2ctlk26").unwrap(),
        action: OpAction::Create,
        cid: Some(Cid::dag_cbor(sha256(&record))),
        rev: "3jwdwj2ctlk27".parse().unwrap(),
        record,
    }
}

fn index(criterion: &mut Criterion) {
    let post = json!({
        "uri": "at://did:plc:44ybard66vv44zksje25o7dz/app.bsky.feed.post/3jwdwj2ctlk26",
        "cid": "bafyreiclp443lavogvhj3d2ob2cxbfuscni2k5jk7bebjzg7khl3esabwq",
    });
    let time = "2024-01-01T00:00:00.123Z";
    let facet =
        |feature: Value| json!({"index": {"byteStart": 0, "byteEnd": 5}, "features": [feature]});
    let records = [
        ("like", op(json!({"subject": post, "createdAt": time}), "app.bsky.feed.like")),
        (
            "follow",
            op(
                json!({"subject": "did:plc:44ybard66vv44zksje25o7dz", "createdAt": time}),
                "app.bsky.graph.follow",
            ),
        ),
        ("repost", op(json!({"subject": post, "createdAt": time}), "app.bsky.feed.repost")),
        (
            "post",
            op(
                json!({"text": "a short post", "langs": ["en"], "createdAt": time}),
                "app.bsky.feed.post",
            ),
        ),
        (
            "post_rich",
            op(
                json!({
                    "text": "ein Beitrag mit allem: @someone, einem Link und einer Antwort, größer als ASCII ✨".repeat(3),
                    "langs": ["de"],
                    "createdAt": time,
                    "reply": {"root": post, "parent": post},
                    "embed": {"$type": "app.bsky.embed.record", "record": post},
                    "facets": [
                        facet(json!({"$type": "app.bsky.richtext.facet#mention", "did": "did:plc:44ybard66vv44zksje25o7dz"})),
                        facet(json!({"$type": "app.bsky.richtext.facet#link", "uri": "https://example.com/page"})),
                    ],
                }),
                "app.bsky.feed.post",
            ),
        ),
        ("unknown", op(json!({"subject": post, "createdAt": time}), "com.example.star")),
    ];
    let indexer = Indexer::new(Catalog::embedded());
    let witness = Witness { witnessed_at_us: 1, proof: Proof::Live, source: "wss://relay.example" };
    let mut group = criterion.benchmark_group("index");
    for (name, op) in &records {
        group.throughput(Throughput::Bytes(op.record.len() as u64));
        let mut rows = Rows::default();
        group.bench_function(*name, |bencher| {
            bencher.iter(|| {
                let outcome = indexer.index(black_box(op), &witness, &mut rows);
                assert_eq!(outcome, Ok(()));
                if rows.records.len() >= 1_000 {
                    rows = Rows::default();
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, index);
criterion_main!(benches);
