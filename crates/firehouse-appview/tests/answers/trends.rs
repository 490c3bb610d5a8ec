//! getTrends and its kin: the trends of the last interval in the viewer's languages, and those of before.

use std::sync::{Arc, LazyLock};
use std::time::{SystemTime, UNIX_EPOCH};

use firehouse_appview::{
    Caller, get_trend_history, get_trending_topics, get_trends, get_trends_skeleton, search_posts,
};
use firehouse_schema::TrendRow;
use firehouse_types::{Datetime, Did};
use serde_json::{Value, json};

use crate::network::{Network, json, parameters, pluck, viewer};

pub const SPAN_S: u32 = 900;

/// So many intervals ago, as seen from where the tests began: none of them may see another interval begin.
pub fn ago(intervals: i64) -> Datetime {
    static NOW_MS: LazyLock<i64> = LazyLock::new(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        i64::try_from(now.as_millis()).unwrap()
    });
    let span = i64::from(SPAN_S) * 1_000;
    Datetime::from_ms(*NOW_MS / span * span - intervals * span)
}

pub fn trend(intervals: i64, lang: &str, (name, query): (&str, &str), score: f32) -> TrendRow {
    TrendRow {
        id: name.len() as u64 * 1_000 + lang.len() as u64,
        lang: lang.into(),
        name: name.into(),
        query: query.into(),
        term: query.into(),
        started_at: ago(4),
        accounts: 20,
        posts: 30,
        all_posts: 90,
        score,
        ..TrendRow::heading(ago(intervals), SPAN_S, 1)
    }
}

/// A caller who reads some languages.
fn reader(languages: &str) -> Caller {
    Caller {
        forwarded: Arc::new([("accept-language".into(), languages.into())]),
        ..Caller::default()
    }
}

async fn found(network: &Network, caller: &Caller, asked: Value) -> Vec<String> {
    let answer = get_trends(&network.app, caller, parameters(asked)).await;
    pluck(&json("app.bsky.unspecced.getTrends", answer)["trends"], "/displayName")
}

#[tokio::test]
async fn trends_of_the_last_interval_are_shown_in_the_languages_of_the_reader() {
    let Some(network) = Network::new().await else { return };
    let rows = [
        TrendRow::heading(ago(2), SPAN_S, 1),
        TrendRow::heading(ago(1), SPAN_S, 1),
        trend(2, "", ("Over", "over"), 90.0),
        trend(1, "", ("Everywhere", "everywhere"), 50.0),
        trend(1, "", ("Both", "both"), 60.0),
        trend(1, "en", ("English", "english"), 30.0),
        trend(1, "en", ("Both", "both"), 40.0),
        trend(1, "pt", ("Both", "both"), 20.0),
        trend(1, "pt", ("Português", "portugues"), 35.0),
        TrendRow { deleted: 1, version: 2, ..trend(1, "en", ("Taken back", "back"), 99.0) },
    ];
    let _ = network.store.insert(&rows).await.unwrap();
    let nobody = Caller::default();
    assert_eq!(found(&network, &nobody, json!({})).await, ["Both", "Everywhere"]);
    assert_eq!(found(&network, &reader("en-GB"), json!({})).await, ["Both", "English"]);
    assert_eq!(
        found(&network, &reader("pt-BR, en;q=0.5"), json!({ "limit": 2 })).await,
        ["Both", "Português"]
    );
    assert_eq!(found(&network, &reader("et"), json!({})).await, ["Both", "Everywhere"]);

    let asked = parameters(json!({ "limit": 1 }));
    let answer = get_trending_topics(&network.app, &reader("en"), asked).await;
    let body = json("app.bsky.unspecced.getTrendingTopics", answer);
    assert_eq!(pluck(&body["topics"], "/topic"), ["both"]);
    assert_eq!(pluck(&body["suggested"], "/displayName"), ["English"]);
}

#[tokio::test]
async fn what_nothing_was_counted_after_is_no_trend_any_more() {
    let Some(network) = Network::new().await else { return };
    let rows = [TrendRow::heading(ago(25), SPAN_S, 1), trend(25, "", ("Old", "old"), 9.0)];
    let _ = network.store.insert(&rows).await.unwrap();
    assert!(found(&network, &Caller::default(), json!({})).await.is_empty());
}

#[tokio::test]
async fn a_trend_shows_who_talks_about_it_and_leads_to_their_posts() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| network.account(name));
    let post = network.post(&bob, "São Paulo is on! #Now");
    network.post(&carol, "something else");
    network.block(&carol, &alice);
    network.settle().await;
    let actors = [&bob, &carol].map(Did::actor).to_vec();
    let rows = [
        TrendRow::heading(ago(1), SPAN_S, 1),
        TrendRow { actors, is_hot: 1, ..trend(1, "", ("São Paulo", "\"sao paulo\""), 9.0) },
        trend(1, "", ("#Now", "#now"), 8.0),
    ];
    let _ = network.store.insert(&rows).await.unwrap();
    let answer = get_trends(&network.app, &viewer(&alice), parameters(json!({}))).await;
    let body = json("app.bsky.unspecced.getTrends", answer);
    let trend = &body["trends"][0];
    assert_eq!(pluck(&trend["actors"], "/handle"), ["bob.test"], "without the one behind a block");
    assert_eq!((&trend["status"], &trend["postCount"]), (&json!("hot"), &json!(90)));
    assert_eq!(trend["startedAt"], json!(ago(4).to_string()));
    for trend in body["trends"].as_array().unwrap() {
        let link = format!("https://app.test{}", trend["link"].as_str().unwrap());
        let link = url::Url::parse(&link).unwrap();
        let (_, query) = link.query_pairs().find(|(name, _)| name == "q").unwrap();
        let asked = parameters(json!({ "q": query }));
        let found = search_posts(&network.app, &Caller::default(), asked).await;
        let found = json("app.bsky.feed.searchPosts", found);
        assert_eq!(pluck(&found["posts"], "/uri"), [post.uri.as_str()], "{query}");
    }
    let answer = get_trends_skeleton(&network.app, &Caller::default(), parameters(json!({}))).await;
    let body = json("app.bsky.unspecced.getTrendsSkeleton", answer);
    assert_eq!(body["trends"][0]["dids"], json!([bob, carol]));
}

#[tokio::test]
async fn history_has_every_interval_and_goes_on_page_by_page() {
    let Some(network) = Network::new().await else { return };
    let started = |trend: TrendRow, intervals| TrendRow { started_at: ago(intervals), ..trend };
    let rows = [
        started(trend(3, "", ("First", "first"), 9.0), 3),
        TrendRow { all_posts: 120, ..started(trend(2, "", ("First", "first"), 4.6), 3) },
        started(trend(2, "", ("Second!", "second"), 7.0), 2),
        started(trend(1, "pt", ("Terceiro", "terceiro"), 7.0), 1),
    ];
    let _ = network.store.insert(&rows).await.unwrap();
    let page = async |asked: Value| {
        let answer = get_trend_history(&network.app, &Caller::default(), parameters(asked)).await;
        json("dev.firehouse.unspecced.getTrendHistory", answer)
    };
    let first = page(json!({ "limit": 1 })).await;
    assert_eq!(pluck(&first["trends"], "/displayName"), ["Second!"]);
    let second = page(json!({ "limit": 1, "cursor": first["cursor"] })).await;
    let trend = &second["trends"][0];
    assert_eq!((&trend["displayName"], &trend["postCount"]), (&json!("First"), &json!(120)));
    let intervals = json!([
        { "at": ago(3).to_string(), "accounts": 20, "posts": 30, "score": 9 },
        { "at": ago(2).to_string(), "accounts": 20, "posts": 30, "score": 5 },
    ]);
    assert_eq!(trend["intervals"], intervals);
    assert_eq!(second["cursor"], Value::Null);
    let of_lang = page(json!({ "lang": "pt-BR" })).await;
    assert_eq!(pluck(&of_lang["trends"], "/displayName"), ["Terceiro"]);
    let early = page(json!({ "until": ago(2).to_string() })).await;
    assert_eq!(pluck(&early["trends"], "/displayName"), ["First"]);
    assert_eq!(early["trends"][0]["intervals"].as_array().unwrap().len(), 1);
    let late = page(json!({ "since": ago(1).to_string() })).await;
    assert!(late["trends"].as_array().unwrap().is_empty());
}
