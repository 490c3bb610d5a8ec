//! Malformed queries: every way to search refuses them with 400 `BadQueryString`, and says to the person who wrote them what is wrong and at
//! which character. What only looks malformed is searched for.

use std::fmt::Write as _;

use firehouse_sim::engine;
use url::form_urlencoded::byte_serialize;

use crate::world::World;

/// One of each kind of mistake that a grammar with quotes, parentheses, operators and limits allows.
fn malformed() -> Vec<String> {
    let written = [
        // Values that are none.
        "from:",
        "rain from:\"\"",
        "from:alice",
        "to:everybody",
        "mentions:@",
        "lang:english",
        "lang:日本",
        "since:yesterday",
        "since:2026-02-30",
        "rain until:2026",
        "until:2026-06-01T25:00",
        "within:4",
        "within:0h",
        "within:11y",
        "within:99999999999999999999w",
        "domain:localhost",
        "url:nowhere",
        "has:teeth",
        "is:nice",
        "min_likes:many",
        "min_faves:-1",
        "min_reposts:1.5",
        "list:friends",
        "list:https://bsky.app/profile/a.test/post/3k",
        "label:\"two words\"",
        "in:somewhere",
        "thread:at://a.test/app.bsky.graph.list/3k",
        "sort:best",
        "東京 🌧️ from:alice",
        // Parentheses.
        "(rain",
        "rain (sun OR (snow wind)",
        "rain) sun",
        "rain AND (OR sun)",
        // What joins, and nothing to join.
        "rain OR",
        "OR rain",
        "rain OR OR sun",
        "rain | ",
        "rain|",
        "AND rain",
        "rain AND",
        "rain NOT",
        "(rain -) NOT",
        // What is about the whole search.
        "rain OR sort:top",
        "-sort:latest rain",
        "rain -min_likes:5",
        "(rain OR min_reposts:5) sun",
        "sort:top rain sort:latest",
        "rain min_likes:5|sun",
    ];
    let long = [
        "a ".repeat(101),
        format!("{}rain{}", "(".repeat(21), ")".repeat(21)),
        format!("is:{}", "x".repeat(60)),
        "rain ".repeat(201),
    ];
    written.iter().map(|&query| query.to_owned()).chain(long).collect()
}

/// What is understood although it is unusual: half of it is typed on phones, or not to its end.
const UNUSUAL: [&str; 12] = [
    "\"rain without an end",
    "“rain",
    "-",
    "rain -",
    "- rain",
    "()",
    "rain ()",
    "\"\"",
    "?!",
    "-rain -sun",
    "form:alice rain",
    "rain:",
];

fn escaped(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

#[tokio::test]
async fn malformed_queries_are_refused_in_words_that_say_what_and_where() {
    // Nothing has to be looked up for it.
    let world = World::without_store();
    let mut said = String::new();
    for query in malformed() {
        let path = format!("/xrpc/app.bsky.feed.searchPosts?q={}", escaped(&query));
        let answer = world.get(&path).await;
        let body = answer.json();
        assert_eq!(answer.error(), (400, "BadQueryString".to_owned()), "{query}: {body}");
        let message = body["message"].as_str().unwrap();
        let at = message.strip_prefix("character ").and_then(|rest| rest.split_once(':'));
        let at: usize = at.and_then(|(at, _)| at.parse().ok()).expect(message);
        let chars: Vec<char> = query.chars().collect();
        assert!((1..=chars.len()).contains(&at), "{query}: {message}");
        let from = at.saturating_sub(21);
        let shown: String = chars[from..chars.len().min(from + 60)].iter().collect();
        let cut = if from > 0 { "…" } else { "" };
        writeln!(said, "{cut}{shown}").unwrap();
        writeln!(said, "{}^ {message}\n", " ".repeat(at - 1 - from + cut.chars().count())).unwrap();
    }
    insta::assert_snapshot!("malformed_queries", said);
}

#[tokio::test]
async fn every_way_to_search_refuses_them_alike() {
    let world = World::without_store();
    for query in ["(rain", "since:yesterday", "rain OR", "rain -min_likes:5"] {
        let query = escaped(query);
        let mut messages = Vec::new();
        for path in [
            "/xrpc/app.bsky.feed.searchPosts?q=",
            "/xrpc/app.bsky.feed.searchPostsV2?query=",
            "/xrpc/dev.firehouse.feed.getSearchFacets?query=",
            "/search/facets.csv?q=",
            "/search/rss?q=",
            "/search/atom?q=",
            "/search/live?query=",
        ] {
            let answer = world.get(&format!("{path}{query}")).await;
            assert_eq!(answer.error(), (400, "BadQueryString".to_owned()), "{path}{query}");
            messages.push(answer.json()["message"].clone());
        }
        messages.dedup();
        assert_eq!(messages.len(), 1, "{query}: {messages:?}");
    }
}

#[tokio::test]
async fn what_is_only_unusual_is_searched_for() {
    let Some(store) = engine::store().await else { return };
    let world = World::new(store, |_| ());
    for query in UNUSUAL {
        let path = format!("/xrpc/app.bsky.feed.searchPosts?q={}", escaped(query));
        let answer = world.get(&path).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.json());
    }
}
