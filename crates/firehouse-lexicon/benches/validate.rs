//! What checking one record against its lexicon costs, where it lies in DAG-CBOR; and what typing a query string costs.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use firehouse_lexicon::{Blobs, Catalog, to_dag_cbor};
use serde_json::{Value, json};

fn records() -> Vec<(&'static str, Value)> {
    let post = json!({
        "uri": "at://did:plc:44ybard66vv44zksje25o7dz/app.bsky.feed.post/3jwdwj2ctlk26",
        "cid": "bafyreiclp443lavogvhj3d2ob2cxbfuscni2k5jk7bebjzg7khl3esabwq",
    });
    let time = "2024-01-01T00:00:00.123Z";
    let facet =
        |feature: Value| json!({"index": {"byteStart": 0, "byteEnd": 5}, "features": [feature]});
    vec![
        ("like", json!({"$type": "app.bsky.feed.like", "subject": post, "createdAt": time})),
        (
            "follow",
            json!({"$type": "app.bsky.graph.follow", "subject": "did:plc:44ybard66vv44zksje25o7dz", "createdAt": time}),
        ),
        (
            "post",
            json!({"$type": "app.bsky.feed.post", "text": "a short post", "langs": ["en"], "createdAt": time}),
        ),
        (
            "post_rich",
            json!({
                "$type": "app.bsky.feed.post",
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
        ),
    ]
}

fn validate(criterion: &mut Criterion) {
    let catalog = Catalog::embedded();
    let mut group = criterion.benchmark_group("validate");
    for (name, record) in records() {
        let collection = record["$type"].as_str().unwrap_or_default();
        let bytes = to_dag_cbor(&record).unwrap();
        group.throughput(Throughput::Bytes(bytes.len() as u64));
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                catalog.validate_record(collection, black_box(&bytes), Blobs::Lenient).unwrap()
            });
        });
    }
    group.finish();
    criterion.bench_function("params/getTimeline", |bencher| {
        let pairs = [("limit", "30"), ("cursor", "2024-01-01T00:00:00.000Z")];
        bencher.iter(|| {
            catalog.validate_params("app.bsky.feed.getTimeline", black_box(&pairs)).unwrap()
        });
    });
}

criterion_group!(benches, validate);
criterion_main!(benches);
