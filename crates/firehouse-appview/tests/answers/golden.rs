//! The golden set: what must be found, and what must not, in many languages. Each file of `golden/` has posts and queries; all posts are
//! searched at once, and each query is judged by the posts of its own file.

use std::collections::BTreeMap;
use std::path::Path;

use firehouse_appview::{LiveSearch, LiveSearches};
use firehouse_types::Datetime;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::found_and_told::{found, told};
use crate::network::{Network, Written, parameters, viewer};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    post: Vec<Post>,
    query: Vec<Query>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Post {
    name: String,
    text: String,
    langs: Option<Vec<String>>,
    author: Option<String>,
    alt: Option<Vec<String>>,
    card: Option<Card>,
    tags: Option<Vec<String>>,
    bridged: Option<String>,
    reply_to: Option<String>,
    quotes: Option<String>,
    mentions: Option<Vec<String>>,
    links: Option<Vec<String>>,
    video: Option<bool>,
    at: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Card {
    uri: String,
    title: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    q: String,
    #[serde(default)]
    finds: Vec<String>,
    #[serde(default)]
    misses: Vec<String>,
    because: String,
}

fn asked(query: &str) -> Value {
    json!({ "query": query, "allTime": true })
}

fn record(post: &Post, written: &BTreeMap<&str, Written>, did: impl Fn(&str) -> String) -> Value {
    let blob = |kind: &str| json!({ "$type": "blob", "mimeType": kind, "size": 1, "ref": { "$link": "bafkreicn3dv6rhcbyrwmoycxrbodx6yb6fypbp5clhdlgzzx4peiz5yp6m" } });
    let mut record = json!({ "text": post.text });
    if let Some(langs) = &post.langs {
        record["langs"] = json!(langs);
    }
    if let Some(tags) = &post.tags {
        record["tags"] = json!(tags);
    }
    if let Some(at) = &post.at {
        record["createdAt"] = json!(at);
    }
    if let Some(bridged) = &post.bridged {
        record["bridgyOriginalText"] = json!(bridged);
    }
    if let Some(parent) = &post.reply_to {
        let parent = written[parent.as_str()].strong_ref();
        record["reply"] = json!({ "root": parent, "parent": parent });
    }
    let mentioned = post
        .mentions
        .iter()
        .flatten()
        .map(|name| json!({ "$type": "app.bsky.richtext.facet#mention", "did": did(name) }));
    let linked = post
        .links
        .iter()
        .flatten()
        .map(|uri| json!({ "$type": "app.bsky.richtext.facet#link", "uri": uri }));
    let features: Vec<_> = mentioned.chain(linked).collect();
    if !features.is_empty() {
        let index = json!({ "byteStart": 0, "byteEnd": 1 });
        record["facets"] = json!([{ "index": index, "features": features }]);
    }
    let media = match post {
        Post { alt: Some(alt), .. } => {
            let images: Vec<_> =
                alt.iter().map(|alt| json!({ "alt": alt, "image": blob("image/png") })).collect();
            Some(json!({ "$type": "app.bsky.embed.images", "images": images }))
        }
        Post { card: Some(card), .. } => {
            let external = json!({ "uri": card.uri, "title": card.title, "description": "" });
            Some(json!({ "$type": "app.bsky.embed.external", "external": external }))
        }
        Post { video: Some(true), .. } => {
            Some(json!({ "$type": "app.bsky.embed.video", "video": blob("video/mp4") }))
        }
        _ => None,
    };
    let quoted = post.quotes.as_ref().map(|name| written[name.as_str()].strong_ref());
    let quoted = quoted.map(|record| json!({ "$type": "app.bsky.embed.record", "record": record }));
    let embed = match (quoted, media) {
        (Some(record), Some(media)) => Some(
            json!({ "$type": "app.bsky.embed.recordWithMedia", "record": record, "media": media }),
        ),
        (quoted, media) => quoted.or(media),
    };
    if let Some(embed) = embed {
        record["embed"] = embed;
    }
    record
}

#[tokio::test]
async fn what_must_be_found_is_found_and_nothing_that_must_not() {
    let Some(mut network) = Network::new().await else { return };
    // Behind all times that the files name: nobody dates a post ahead.
    network.wait_until(Datetime::parse("2026-06-01T00:00:00Z").unwrap());
    let authors: BTreeMap<&str, _> =
        ["ana", "ben", "cho", "dee"].map(|name| (name, network.account(name))).into();
    network.settle().await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/answers/golden");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let files: Vec<(String, File)> = files
        .iter()
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let file = toml::from_str(&std::fs::read_to_string(path).unwrap());
            (name.clone(), file.unwrap_or_else(|error| panic!("{name}: {error}")))
        })
        .collect();
    let mut uris: Vec<BTreeMap<&str, String>> = Vec::new();
    for (_, file) in &files {
        let mut written: BTreeMap<&str, Written> = BTreeMap::new();
        for post in &file.post {
            let record = record(post, &written, |name| authors[name].to_string());
            let author = &authors[post.author.as_deref().unwrap_or("ana")];
            written.insert(&post.name, network.write(author, "app.bsky.feed.post", record));
        }
        uris.push(written.into_iter().map(|(name, written)| (name, written.uri)).collect());
    }
    let caller = viewer(&authors["ana"]);
    let searches = LiveSearches::new(network.app.clone(), 10_000);
    let mut listening: Vec<Option<LiveSearch>> = Vec::new();
    for Query { q, .. } in files.iter().flat_map(|(_, file)| &file.query) {
        let asked = parameters(asked(q));
        listening.push(searches.listen(caller.clone(), asked, None).await.ok());
    }
    network.settle().await;

    let (mut wrong, mut queries, mut lived) = (Vec::new(), 0, 0);
    let mut listening = listening.into_iter();
    for ((name, file), uris) in files.iter().zip(&uris) {
        for Query { q, finds, misses, because } in &file.query {
            queries += 1;
            let found = found(&network, &caller, asked(q)).await;
            if let Some(live) = listening.next().flatten() {
                let told = told(live, found.len()).await;
                if told != found {
                    let differ: Vec<_> = told.symmetric_difference(&found).collect();
                    wrong.push(format!("{name}: {q}: live, {differ:?} are told or not"));
                }
                lived += 1;
            }
            let is_found = |post: &&String| found.contains(&uris[post.as_str()]);
            let missed: Vec<_> = finds.iter().filter(|post| !is_found(post)).collect();
            let extra: Vec<_> = misses.iter().filter(is_found).collect();
            if !missed.is_empty() || !extra.is_empty() {
                wrong.push(format!(
                    "{name}: {q} ({because}): missed {missed:?}, must not find {extra:?}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {queries}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(queries >= 120, "{queries} queries");
    assert!(lived + 30 > queries, "only {lived} of {queries} can be asked of posts as they come");
}
