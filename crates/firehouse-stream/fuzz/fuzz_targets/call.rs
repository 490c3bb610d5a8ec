//! Calls of XRPC methods: query strings and JSON bodies against the method's lexicon. An input is a method's name, a line feed, and
//! either of them.
//!
//! Whatever is asked: parameters that are accepted, written as a query and read again, are the same.
#![no_main]

use firehouse_fuzz::{Seeds, seed};
use firehouse_lexicon::{Catalog, without_brackets};
use serde_json::Value;
use url::form_urlencoded;

libfuzzer_sys::fuzz_target!(init: seed(seeds), |bytes: &[u8]| {
    let Some(at) = bytes.iter().position(|byte| *byte == b'\n') else { return };
    let (name, query) = (&bytes[..at], &bytes[at + 1..]);
    let Ok(nsid) = std::str::from_utf8(name) else { return };
    let catalog = Catalog::embedded();
    let _ = (catalog.validate_input(nsid, query), catalog.validate_output(nsid, query));
    let decoded: Vec<_> = form_urlencoded::parse(query).collect();
    let pairs: Vec<_> = decoded.iter().map(|(name, value)| (&**name, &**value)).collect();
    let loose = without_brackets(&pairs);
    assert_eq!(loose.len(), pairs.len(), "brackets are taken off, nothing is left out");
    let _ = catalog.validate_params(nsid, &loose);
    let Ok(params) = catalog.validate_params(nsid, &pairs) else { return };
    let json = params.to_json();
    let mut written = Vec::new();
    for (name, value) in json.as_object().into_iter().flatten() {
        match value {
            Value::Array(items) => written.extend(items.iter().map(|item| (&**name, text(item)))),
            value => written.push((&**name, text(value))),
        }
    }
    let written: Vec<(&str, &str)> = written.iter().map(|(name, text)| (*name, &**text)).collect();
    let again = catalog.validate_params(nsid, &written).expect("what was accepted is accepted");
    assert_eq!(again.to_json(), json);
});

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn seeds(seeds: &mut Seeds) {
    for (nsid, query) in [
        ("app.bsky.feed.getTimeline", "limit=50&cursor=x&algorithm="),
        (
            "app.bsky.feed.getAuthorFeed",
            "actor=did:plc:abc&limit=1&filter=posts_no_replies&includePins=true",
        ),
        ("app.bsky.feed.getPosts", "uris=at://did:plc:a/b.c.d/e&uris[]=at://did:plc:f/b.c.d/g"),
        (
            "app.bsky.feed.getPostThread",
            "uri=at%3A%2F%2Fdid%3Aplc%3Aa%2Fb.c.d%2Fe&depth=6&parentHeight=80",
        ),
        ("app.bsky.feed.searchPosts", "q=a+b&tag=x&tag=y&since=2024-01-01T00:00:00Z&lang=en"),
        ("app.bsky.actor.getProfiles", "actors=a.test&actors=did:web:b.test"),
        ("app.bsky.graph.getRelationships", "actor=a.test&others=b.test&others[0]=c.test"),
        ("com.atproto.label.queryLabels", "uriPatterns=did:plc:b&sources=did:plc:a&limit=250"),
        ("com.atproto.sync.listRepos", "limit=1000&cursor=0"),
        ("app.bsky.graph.muteActor", r#"{"actor":"a.test"}"#),
        ("app.bsky.notification.updateSeen", r#"{"seenAt":"2024-01-01T00:00:00.000Z"}"#),
    ] {
        seeds.add(format!("{nsid}\n{query}"));
    }
    for (file, nsid) in [
        ("feed-getTimeline.json", "app.bsky.feed.getTimeline"),
        ("feed-getPostThread.json", "app.bsky.feed.getPostThread"),
        ("actor-getProfile.json", "app.bsky.actor.getProfile"),
        ("graph-getList.json", "app.bsky.graph.getList"),
    ] {
        let body = seeds.file(&format!("xrpc-samples/app-bsky/{file}"));
        seeds.add([nsid.as_bytes(), b"\n", &body].concat());
    }
}
