//! All that a search finds, page by page, and all that a live one tells: what two tests hold against each other.

use std::collections::BTreeSet;
use std::time::Duration;

use firehouse_appview::{Caller, LiveSearch, Told, search_posts_v2};
use serde_json::{Value, json};

use crate::network::{Network, json, parameters, pluck};

/// URIs of all posts of a search, whatever order and pages it asks for.
pub async fn found(network: &Network, caller: &Caller, mut asked: Value) -> BTreeSet<String> {
    (asked["sort"], asked["limit"]) = (json!("recent"), json!(100));
    let mut found = BTreeSet::new();
    loop {
        let answer = search_posts_v2(&network.app, caller, parameters(asked.clone())).await;
        let mut body = json("app.bsky.feed.searchPostsV2", answer);
        found.extend(pluck(&body["posts"], "/uri"));
        asked["cursor"] = body["cursor"].take();
        if asked["cursor"].is_null() {
            return found;
        }
    }
}

/// URIs of what a live search tells, until it has told so many and then nothing more.
pub async fn told(mut live: LiveSearch, expected: usize) -> BTreeSet<String> {
    let mut told = BTreeSet::new();
    loop {
        // What came is looked at at once for all searches.
        let patience = if told.len() < expected { 10_000 } else { 20 };
        let next = tokio::time::timeout(Duration::from_millis(patience), live.next()).await;
        let Ok(next) = next else { return told };
        told.extend(next.unwrap().into_iter().map(|told| match told {
            Told::Post { uri, .. } | Told::Gone { uri, .. } => uri.to_string(),
        }));
    }
}
