//! The order "top": over any length of time, page by page while likes arrive, and explained to those who may ask.

use firehouse_appview::{AppView, Caller, search_posts, search_posts_v2};
use firehouse_schema::{LinkRow, PostTextRow};
use firehouse_types::{ActorId, Datetime, Did, Nsid, Rev, RkeyId};
use serde_json::{Value, json};

use crate::network::{Network, Written, json, parameters, pluck, viewer};

async fn page(app: &AppView, caller: &Caller, asked: Value) -> Value {
    json("app.bsky.feed.searchPosts", search_posts(app, caller, parameters(asked)).await)
}

async fn found(app: &AppView, asked: Value) -> Vec<String> {
    pluck(&page(app, &Caller::default(), asked).await["posts"], "/record/text")
}

fn key(author: &Did, post: &Written) -> (ActorId, RkeyId) {
    (author.actor(), RkeyId::of(post.rkey()))
}

/// Accounts of which nothing is known like it.
async fn likes(network: &Network, (target_actor, target_rkey): (ActorId, RkeyId), times: u64) {
    let like = |by| LinkRow {
        target_actor,
        target_rkey,
        target_collection: "app.bsky.feed.post".into(),
        collection: Nsid::parse("app.bsky.feed.like").unwrap(),
        path: ".subject.uri".into(),
        actor: ActorId::from(by),
        rkey: RkeyId::from(1),
        rev: Rev::from(1),
        deleted: 0,
        target_cid: [0; 32],
        target_url: "".into(),
        sort_at: Datetime::EPOCH,
    };
    let _ = network.store.insert(&(1..=times).map(like).collect::<Vec<_>>()).await.unwrap();
}

#[tokio::test]
async fn an_old_post_that_very_many_like_is_a_top_one_however_many_came_since() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob] = ["alice", "bob"].map(|name| network.account(name));
    let old = network.post(&alice, "a usual word, long ago");
    let liked = network.post(&alice, "a usual word, liked a little");
    for at in 0..3_000 {
        network.post(&bob, &format!("a usual word, {at}"));
    }
    network.settle().await;
    let (old, liked) = (key(&alice, &old), key(&alice, &liked));
    likes(&network, old, 1_000).await;
    likes(&network, liked, 12).await;
    let top = || json!({ "q": "usual", "sort": "top", "limit": 25 });
    let before = found(&network.app, top()).await;
    assert!(!before.contains(&"a usual word, long ago".to_owned()), "{before:?}");

    let copied = network.store.copy_engaged(&[old, liked]).await.unwrap();
    assert_eq!(copied, 2);
    assert_eq!(found(&network.app, top()).await[0], "a usual word, long ago");
    // More of it replaces what was there, and is found once.
    likes(&network, old, 1_001).await;
    network.store.copy_engaged(&[old]).await.unwrap();
    let after = found(&network.app, top()).await;
    let times = after.iter().filter(|text| *text == "a usual word, long ago").count();
    assert_eq!((times, after.len()), (1, 25));

    for (q, expected) in [
        ("usual min_likes:1001", vec!["a usual word, long ago"]),
        ("usual min_likes:1002", vec![]),
        ("usual min_likes:11", vec!["a usual word, liked a little", "a usual word, long ago"]),
        ("usual min_likes:12 -little", vec!["a usual word, long ago"]),
        ("usual min_likes:10 min_reposts:10", vec![]),
    ] {
        for sort in ["latest", "top"] {
            let app = network.app.for_request();
            let mut texts = found(&app, json!({ "q": q, "sort": sort })).await;
            texts.sort();
            assert_eq!(texts, expected, "{q} {sort}");
            // Posts without likes are not looked at.
            assert!(app.statements() <= 5, "{q} {sort}: {}", app.statements());
        }
    }
}

/// All pages of a search, with something done behind the first one.
async fn pages(
    app: &AppView,
    later: &AppView,
    limit: usize,
    behind_the_first: impl AsyncFn(),
) -> Vec<String> {
    let (mut joined, mut cursor, mut app) = (Vec::new(), Value::Null, app);
    loop {
        let mut asked = json!({ "q": "numbered", "sort": "top", "limit": limit });
        if cursor.is_string() {
            asked["cursor"] = cursor;
        }
        let body = page(app, &Caller::default(), asked).await;
        joined.extend(pluck(&body["posts"], "/record/text"));
        cursor = body["cursor"].clone();
        if cursor.is_null() {
            return joined;
        }
        if !std::ptr::eq(app, later) {
            behind_the_first().await;
            app = later;
        }
    }
}

#[tokio::test]
async fn likes_that_arrive_between_two_pages_repeat_and_lose_nothing() {
    let Some(mut network) = Network::new().await else { return };
    let alice = network.account("alice");
    let posts: Vec<_> = (0..12).map(|at| network.post(&alice, &format!("numbered {at}"))).collect();
    network.settle().await;
    let keys: Vec<_> = posts.iter().map(|post| key(&alice, post)).collect();
    for (at, key) in keys.iter().enumerate() {
        likes(&network, *key, 2 * at as u64).await;
    }
    let asked = json!({ "q": "numbered", "sort": "top" });
    let whole = found(&network.app, asked.clone()).await;
    assert_eq!((whole.len(), whole[0].as_str()), (12, "numbered 11"));
    let (app, same) = (network.app.clone(), network.app.clone());
    let joined = pages(&app, &same, 5, async || {
        // The last becomes the first, and others change their places.
        for (at, times) in [(0, 500), (3, 90), (5, 70)] {
            likes(&network, keys[at], times).await;
        }
    });
    assert_eq!(joined.await, whole);
    let now = found(&network.app, asked).await;
    assert_eq!(now[0], "numbered 0", "who begins anew sees what is so now");

    // Another process knows nothing of the list, and goes on at the rank in the cursor.
    let other = network.app_with(|_| {});
    assert_eq!(pages(&app, &other, 5, async || {}).await, now);
    let asked = json!({ "q": "numbered", "sort": "top", "limit": 5 });
    let cursor = page(&app, &Caller::default(), asked).await["cursor"].clone();
    let another = json!({ "q": "numbered 7", "sort": "top", "cursor": cursor });
    let texts = found(&app, another).await;
    assert!(texts.iter().all(|text| text == "numbered 7"), "{texts:?}");
}

/// So many posts that nobody is shown, one a second, before all others.
async fn fill(network: &Network, posts: u64) {
    let first = Datetime::parse("2024-12-01T00:00:00Z").unwrap();
    let filler = |n: u64| PostTextRow {
        sort_at: Datetime::from_ms(first.ms() + 1_000 * n as i64),
        actor: ActorId::from(1),
        rkey: RkeyId::from(n),
        rev: Rev::from(1),
        deleted: 0,
        words: "filler".into(),
        runs: "".into(),
        marks: Vec::new(),
    };
    for from in (0..posts).step_by(50_000) {
        let rows: Vec<_> = (from..posts.min(from + 50_000)).map(filler).collect();
        let _ = network.store.insert(&rows).await.unwrap();
    }
}

#[tokio::test]
async fn among_very_many_posts_nobody_is_counted_anew_until_those_that_were_answered_often_are_shown()
 {
    let Some(mut network) = Network::new().await else { return };
    let alice = network.account("alice");
    let posts: Vec<_> = (0..40).map(|at| network.post(&alice, &format!("numbered {at}"))).collect();
    network.settle().await;
    let keys: Vec<_> = posts.iter().map(|post| key(&alice, post)).collect();
    for (at, key) in keys.iter().enumerate().take(30) {
        likes(&network, *key, 10 + 2 * at as u64).await;
    }
    network.store.copy_engaged(&keys).await.unwrap();
    // Not copied yet, so only who counts knows of it.
    likes(&network, keys[35], 100).await;
    fill(&network, 200_000).await;

    let app = network.app_with(|_| {});
    let page = async |cursor: &Value| {
        let app = app.for_request();
        // Whatever was answered ten times stands before what was written in these hours.
        let until = "2025-01-01T06:00:00Z";
        // Of so many, that a page full of them is expected to be answered often.
        let q = "numbered OR filler";
        let mut asked = json!({ "q": q, "sort": "top", "limit": 12, "until": until });
        if cursor.is_string() {
            asked["cursor"] = cursor.clone();
        }
        let body = page(&app, &Caller::default(), asked).await;
        let texts = pluck(&body["posts"], "/record/text");
        (texts, body["cursor"].clone(), app.statements())
    };
    // How many posts there are is counted beside the first answers.
    let whole = page(&Value::Null).await.2;
    let mut first = page(&Value::Null).await;
    for _ in 0..100 {
        if first.2 < whole {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        first = page(&Value::Null).await;
    }
    assert!(first.2 < whole, "{} statements, as before", first.2);
    let mut found = first.0;
    let mut cursor = first.1;
    while cursor.is_string() {
        let (texts, next, _) = page(&cursor).await;
        found.extend(texts);
        cursor = next;
    }
    let often: Vec<_> = (0..30).rev().map(|at| format!("numbered {at}")).collect();
    assert_eq!(found[..24], often[..24]);
    assert_eq!(found[24], "numbered 35", "what would have stood before comes next");
    assert_eq!(found[25..31], often[24..]);
    found.sort_unstable();
    found.dedup();
    assert_eq!(found.len(), 40, "all of them, each once");
}

#[tokio::test]
async fn developers_are_told_what_a_rank_is_made_of_when_they_ask_and_nobody_else_is() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, fan, debugger] = ["alice", "fan", "debugger"].map(|name| network.account(name));
    let post = network.post(&alice, "explained");
    network.follow(&fan, &alice);
    network.settle().await;
    network.rank().await;
    likes(&network, key(&alice, &post), 7).await;
    let debug = async |caller: &Caller, sort: &str| {
        let asked = json!({ "q": "explained", "sort": sort });
        let first = page(&network.app, caller, asked).await["posts"][0]["debug"].clone();
        if sort == "top" {
            let asked = json!({ "query": "explained", "sort": sort, "allTime": true });
            let second = search_posts_v2(&network.app, caller, parameters(asked)).await;
            let second = json("app.bsky.feed.searchPostsV2", second)["posts"][0]["debug"].clone();
            assert_eq!(first, second);
        }
        first
    };
    let asking = |caller: Caller| Caller { wants_debug: true, ..caller };
    let told = debug(&asking(viewer(&debugger)), "top").await;
    assert!(told["author"].is_object(), "beside what they see anyway: {told}");
    let rank = &told["rank"];
    // log2(1 + 7) doublings of twelve hours, and all of two for being about what was asked.
    assert_eq!(rank["engagement"], json!({ "answers": 7, "ms": 3 * 12 * 3_600_000 }));
    assert_eq!(rank["relevance"]["share"], "1.000");
    assert_eq!(rank["relevance"]["ms"], 2 * 12 * 3_600_000);
    assert!(rank["standing"]["level"].as_u64() > Some(0), "{rank}");
    assert_eq!(rank["age"]["writtenAt"], "2025-01-01T00:01:00.000Z");
    assert!(rank["at"].as_str() > rank["age"]["writtenAt"].as_str());

    assert!(debug(&viewer(&debugger), "top").await["rank"].is_null(), "not asked for");
    assert!(debug(&asking(viewer(&debugger)), "latest").await["rank"].is_null(), "no rank");
    assert_eq!(debug(&asking(viewer(&alice)), "top").await, Value::Null);
    assert_eq!(debug(&asking(Caller::default()), "top").await, Value::Null);
}
