//! What the embedded lexicons say of records and answers, in which words, and that nothing upsets them.

use proptest::prelude::*;
use serde_json::{Value, json};

use firehouse_lexicon::{Blobs, Catalog, InvalidRecord, to_dag_cbor};

const CID: &str = "bafkreicn3dv6rhcbyrwmoycxrbodx6yb6fypbp5clhdlgzzx4peiz5yp6m";

fn post(with: Value) -> Value {
    let mut post =
        json!({"$type": "app.bsky.feed.post", "text": "", "createdAt": "2024-01-01T00:00:00Z"});
    let (Value::Object(post_map), Value::Object(with)) = (&mut post, with) else { return post };
    post_map.extend(with);
    post
}

fn blob(with: Value) -> Value {
    let mut image =
        json!({"$type": "blob", "ref": {"$link": CID}, "mimeType": "image/png", "size": 1_234});
    let (Value::Object(image_map), Value::Object(with)) = (&mut image, with) else {
        return image;
    };
    image_map.extend(with);
    post(
        json!({"embed": {"$type": "app.bsky.embed.images", "images": [{"alt": "", "image": image}]}}),
    )
}

/// The message of a violation; empty when the record is fine.
fn told(record: &Value, blobs: Blobs) -> String {
    match Catalog::embedded().validate_record_json("app.bsky.feed.post", record, blobs) {
        Ok(()) => String::new(),
        Err(InvalidRecord::Violation(violation)) => violation.to_string(),
        Err(other) => other.to_string(),
    }
}

fn check(with: Value, expected: &str) {
    assert_eq!(told(&post(with), Blobs::Lenient), expected);
}

#[test]
fn the_first_problem_in_the_order_of_the_document_is_told() {
    check(json!({}), "");
    check(json!({"text": 1, "langs": "en"}), "Expected string value type (got 1) at $.text");
    check(json!({"createdAt": null}), "Expected string value type (got null) at $.createdAt");
    check(json!({"langs": ["en", "-"]}), "Invalid language (got \"-\") at $.langs[1]");
    check(
        json!({"langs": ["en", "en", "en", "en"]}),
        "array too big (maximum 3, got 4) at $.langs",
    );
    check(json!({"reply": {"root": {}}}), "Missing required key \"uri\" at $.reply.root");
    check(
        json!({"tags": [{"a b": [1, 2, 3]}]}),
        "Expected string value type (got {\"a b\": ...}) at $.tags[0]",
    );
    check(
        json!({"text": [[1, 2, 3], {"a": [], "b": 1, "c": 2}, 3]}),
        "Expected string value type (got [[1, 2, ...], {\"a\": ..., \"b\": ..., ...}, ...]) at $.text",
    );
    check(
        json!({"entities": [{"index": {"start": -1, "end": 0}, "type": "", "value": ""}]}),
        "integer too small (minimum 0, got -1) at $.entities[0].index.start",
    );
}

#[test]
fn unions_are_open_unless_they_are_closed() {
    let typed = "Expected an object which includes the \"$type\" property value type";
    check(json!({"embed": {"$type": "com.example.unheard", "anything": [1]}}), "");
    check(json!({"embed": {}}), &format!("{typed} (got {{}}) at $.embed"));
    check(json!({"embed": {"$type": 5}}), "Expected string value type (got 5) at $.embed.$type");
    check(
        json!({"embed": {"$type": "app.bsky.embed.record", "record": {"uri": "at://did:web:a.b"}}}),
        "Missing required key \"cid\" at $.embed.record",
    );
    check(
        json!({"reply": {"$type": "app.bsky.feed.post#other", "root": 1, "parent": 1}}),
        "Expected \"app.bsky.feed.post#replyRef\" (got \"app.bsky.feed.post#other\") at $.reply.$type",
    );
}

#[test]
fn texts_are_counted_in_bytes_and_graphemes() {
    let family = "👨‍👩‍👧‍👧";
    check(json!({"text": "a".repeat(300)}), "");
    check(json!({"text": "a".repeat(301)}), "grapheme too big (maximum 300, got 301) at $.text");
    check(json!({"text": "\r\n".repeat(300)}), "");
    check(json!({"text": family.repeat(120)}), "");
    check(json!({"text": family.repeat(121)}), "string too big (maximum 3000, got 3025) at $.text");
    check(json!({"text": "ä".repeat(301)}), "grapheme too big (maximum 300, got 301) at $.text");
}

#[test]
fn blobs_on_the_network_are_read_more_leniently_than_those_to_be_written() {
    let both =
        |with: Value| (told(&blob(with.clone()), Blobs::Strict), told(&blob(with), Blobs::Lenient));
    assert_eq!(both(json!({})), (String::new(), String::new()));
    let at = "$.embed.images[0].image";
    assert_eq!(
        both(json!({"size": 9_000_000})),
        (format!("blob too big (maximum 2000000, got 9000000) at {at}"), String::new())
    );
    assert_eq!(
        both(json!({"mimeType": "text/plain"})),
        (format!("Expected \"image/*\" (got \"text/plain\") at {at}.mimeType"), String::new())
    );
    let neither = both(json!({"extra": 1}));
    assert!(
        neither.0.starts_with("Expected blob value type") && neither.0 == neither.1,
        "{neither:?}"
    );
    let old = post(
        json!({"embed": {"$type": "app.bsky.embed.images", "images": [{"alt": "", "image": {"cid": CID, "mimeType": "image/png"}}]}}),
    );
    assert_eq!(told(&old, Blobs::Lenient), "");
    assert!(told(&old, Blobs::Strict).starts_with("Expected blob value type"));
}

#[test]
fn an_address_need_not_be_ascii() {
    let link = |uri: &str| json!({"embed": {"$type": "app.bsky.embed.external", "external": {"uri": uri, "title": "", "description": ""}}});
    for uri in ["https://a.b/c", "Https://a.b", "https://ja.example/日本", "dns:example.com"] {
        check(link(uri), "");
    }
    for uri in ["", "a b:c", "x", "https://a b", "https:"] {
        check(link(uri), &format!("Invalid uri (got {:?}) at $.embed.external.uri", uri));
    }
}

#[test]
fn a_record_of_another_type_is_no_violation_of_this_one() {
    let catalog = Catalog::embedded();
    let verdict = |collection: &str, record: Value| {
        catalog.validate_record_json(collection, &record, Blobs::Lenient)
    };
    assert_eq!(verdict("app.bsky.feed.like", post(json!({}))), Err(InvalidRecord::TypeMismatch));
    assert_eq!(
        verdict("app.bsky.feed.post", json!({"text": "", "createdAt": "2024-01-01T00:00:00Z"})),
        Err(InvalidRecord::TypeMismatch)
    );
    assert_eq!(verdict("app.bsky.feed.post", json!([])), Err(InvalidRecord::TypeMismatch));
    assert_eq!(verdict("com.example.unheard", json!(1)), Err(InvalidRecord::UnknownCollection));
    assert!(
        catalog.allows_rkey("app.bsky.actor.profile", "self")
            && !catalog.allows_rkey("app.bsky.actor.profile", "other")
    );
    assert!(
        catalog.allows_rkey("app.bsky.feed.post", "3jwdwj2ctlk26")
            && !catalog.allows_rkey("app.bsky.feed.post", "self")
    );
}

#[test]
fn answers_are_checked_too() {
    let catalog = Catalog::embedded();
    let output = |nsid: &str, body: Value| {
        catalog
            .validate_output(nsid, body.to_string().as_bytes())
            .map_err(|error| error.to_string())
    };
    let resolve = "com.atproto.identity.resolveHandle";
    assert_eq!(
        output(resolve, json!({"did": "did:plc:44ybard66vv44zksje25o7dz", "more": 1.0})),
        Ok(())
    );
    assert_eq!(
        output(resolve, json!({"did": "x"})),
        Err("Invalid DID (got \"x\") at $.did".into())
    );
    assert_eq!(
        output("app.bsky.feed.getTimeline", json!({})),
        Err("Missing required key \"feed\" at $".into())
    );
    let input = catalog.validate_input("app.bsky.notification.updateSeen", b"{\"seenAt\": 1}");
    assert_eq!(
        input.map_err(|error| error.to_string()),
        Err("Expected string value type (got 1) at $.seenAt".into())
    );
}

/// JSON of any shape, with the words that lexicons know among its keys and texts.
fn value() -> impl Strategy<Value = Value> {
    let text = prop::sample::select(vec![
        "",
        "en",
        "app.bsky.feed.post",
        "app.bsky.embed.images",
        "at://did:web:a.b",
        "did:web:a.b",
        "blob",
        CID,
        "image/png",
        "2024-01-01T00:00:00Z",
        "https://a.b",
        "app.bsky.embed.record",
    ]);
    let key = prop::sample::select(vec![
        "$type",
        "text",
        "createdAt",
        "embed",
        "images",
        "image",
        "alt",
        "ref",
        "size",
        "mimeType",
        "record",
        "uri",
        "cid",
        "reply",
        "root",
        "parent",
        "langs",
        "facets",
        "features",
        "index",
        "subject",
        "labels",
        "values",
        "val",
        "$link",
        "$bytes",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-3..400_i64).prop_map(Value::from),
        text.prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..6).prop_map(|entries| Value::Object(
                entries.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
            )),
        ]
    })
}

proptest! {
    #[test]
    fn any_record_gets_a_verdict_and_both_orders_of_checking_agree(with in value(), collection in 0_usize..100) {
        let catalog = Catalog::embedded();
        let mut collections: Vec<&str> = catalog.collections().collect();
        collections.sort_unstable();
        let collection = collections[collection % collections.len()];
        let mut record = post(with);
        record["$type"] = collection.into();
        // The catalog asserts that what is wrong in DAG-CBOR's order is wrong in the document's order too.
        let verdict = catalog.validate_record_json(collection, &record, Blobs::Lenient);
        let strict = catalog.validate_record_json(collection, &record, Blobs::Strict);
        prop_assert!(verdict.is_ok() || strict.is_err(), "{:?} {:?}", verdict, strict);
    }

    #[test]
    fn damaged_bytes_never_panic(with in value(), at in any::<prop::sample::Index>(), byte: u8, cut in any::<prop::sample::Index>()) {
        let mut bytes = to_dag_cbor(&post(with)).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let catalog = Catalog::embedded();
        let _ = catalog.validate_record("app.bsky.feed.post", &bytes, Blobs::Lenient);
        bytes.truncate(cut.index(bytes.len()));
        let _ = catalog.validate_record("app.bsky.feed.post", &bytes, Blobs::Strict);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
        let catalog = Catalog::embedded();
        for collection in catalog.collections() {
            let _ = catalog.validate_record(collection, &bytes, Blobs::Lenient);
        }
    }
}
