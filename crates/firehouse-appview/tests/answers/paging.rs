//! Pages joined equal the whole list, whatever the size of a page and however the times coincide.

use firehouse_appview::{
    Caller, get_actor_likes, get_author_feed, get_followers, get_likes, get_list_feed, get_lists,
    get_quotes, get_timeline,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::network::{Network, json, parameters, viewer};

/// One network for all cases of the property: 24 accounts that post, like, quote and follow, many of them in the same millisecond.
async fn busy() -> Option<Network> {
    let mut network = Network::new().await?;
    let alice = network.account("alice");
    let post = network.post(&alice, "popular");
    let list = network.list(&alice, "curatelist", &[]);
    for number in 0..24 {
        let one = network.account(&format!("fan{}", char::from(b'a' + number)));
        let at = format!("2025-01-01T00:00:{:02}.000Z", number / 5);
        let (liked, followed) = (post.strong_ref(), alice.as_str());
        network.write(&one, "app.bsky.feed.like", json!({ "subject": liked, "createdAt": at }));
        network.write(
            &one,
            "app.bsky.graph.follow",
            json!({ "subject": followed, "createdAt": at }),
        );
        let embed = json!({ "$type": "app.bsky.embed.record", "record": liked });
        let quote = network.write(
            &one,
            "app.bsky.feed.post",
            json!({ "text": "look", "embed": embed, "createdAt": at }),
        );
        let item = json!({ "list": list.uri, "subject": one.as_str() });
        network.write(&alice, "app.bsky.graph.listitem", item);
        let quote = quote.strong_ref();
        network.write(&alice, "app.bsky.feed.like", json!({ "subject": quote, "createdAt": at }));
        network.write(
            &alice,
            "app.bsky.feed.post",
            json!({ "text": format!("{number}"), "createdAt": at }),
        );
        network.follow(&alice, &one);
    }
    network.settle().await;
    Some(network)
}

#[derive(Clone, Copy, Debug)]
enum Method {
    Likes,
    Followers,
    Quotes,
    AuthorFeed,
    Timeline,
    ListFeed,
    ActorLikes,
}

async fn page(network: &Network, method: Method, limit: usize, cursor: &Value) -> Value {
    let alice = firehouse_types::Did::parse(&format!("did:plc:{:a<24}", "alice")).unwrap();
    let first = {
        let asked = parameters(json!({ "actor": alice.as_str(), "limit": 100 }));
        let all = get_author_feed(&network.app, &Caller::default(), asked).await.unwrap().body;
        let popular = |item: &&firehouse_appview::view::FeedViewPost| {
            item.post.record.get().contains("popular")
        };
        all.feed.iter().find(popular).unwrap().post.uri.clone()
    };
    let mut asked = json!({ "limit": limit });
    if !cursor.is_null() {
        asked["cursor"] = cursor.clone();
    }
    let mut with = |name: &str, value: &str| {
        asked[name] = value.into();
        asked.clone()
    };
    let (app, anyone) = (&network.app, Caller::default());
    match method {
        Method::Likes => json(
            "app.bsky.feed.getLikes",
            get_likes(app, &anyone, parameters(with("uri", &first))).await,
        ),
        Method::Quotes => json(
            "app.bsky.feed.getQuotes",
            get_quotes(app, &anyone, parameters(with("uri", &first))).await,
        ),
        Method::Followers => json(
            "app.bsky.graph.getFollowers",
            get_followers(app, &anyone, parameters(with("actor", alice.as_str()))).await,
        ),
        Method::AuthorFeed => json(
            "app.bsky.feed.getAuthorFeed",
            get_author_feed(app, &anyone, parameters(with("actor", alice.as_str()))).await,
        ),
        Method::ListFeed => json(
            "app.bsky.feed.getListFeed",
            get_list_feed(app, &anyone, parameters(with("list", &list(network).await))).await,
        ),
        Method::ActorLikes => json(
            "app.bsky.feed.getActorLikes",
            get_actor_likes(app, &viewer(&alice), parameters(with("actor", alice.as_str()))).await,
        ),
        Method::Timeline => json(
            "app.bsky.feed.getTimeline",
            get_timeline(app, &viewer(&alice), parameters(asked)).await,
        ),
    }
}

/// Alice's only list.
async fn list(network: &Network) -> String {
    let asked = parameters(json!({ "actor": format!("did:plc:{:a<24}", "alice") }));
    let lists = get_lists(&network.app, &Caller::default(), asked).await.unwrap().body.lists;
    lists.first().unwrap().uri.clone()
}

fn items(answer: &Value) -> Vec<Value> {
    let lists =
        ["likes", "followers", "posts", "feed"].iter().filter_map(|name| answer[name].as_array());
    lists.flatten().cloned().collect()
}

async fn walk(network: &Network, method: Method, limit: usize) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let answer = page(network, method, limit, &cursor).await;
        let items = items(&answer);
        assert!(items.len() <= limit, "{method:?}: {} items of {limit}", items.len());
        all.extend(items);
        assert!(all.len() <= 200, "{method:?} walks in a circle");
        cursor = answer["cursor"].clone();
        if cursor.is_null() {
            return all;
        }
    }
}

#[test]
fn pages_joined_equal_the_whole_list() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let Some(network) = runtime.block_on(busy()) else { return };
    let config =
        ProptestConfig { cases: 18, failure_persistence: None, ..ProptestConfig::default() };
    let methods = prop_oneof![
        Just(Method::Likes),
        Just(Method::Followers),
        Just(Method::Quotes),
        Just(Method::AuthorFeed),
        Just(Method::ListFeed),
        Just(Method::ActorLikes),
    ];
    proptest!(config, |(method in methods, limit in 1_usize..30)| {
        let (whole, joined) = runtime.block_on(async {
            (walk(&network, method, 100).await, walk(&network, method, limit).await)
        });
        prop_assert_eq!(whole.len(), if matches!(method, Method::AuthorFeed) { 25 } else { 24 });
        prop_assert_eq!(whole, joined);
    });
    // Own items of a timeline are rationed by the page, so pages of it are not cuts of one list: but nothing of the followed is lost.
    runtime.block_on(async {
        for limit in [7, 30] {
            let own = |item: &Value| item["post"]["author"]["handle"] == "alice.test";
            let walked = walk(&network, Method::Timeline, limit).await;
            assert_eq!(walked.iter().filter(|item| !own(item)).count(), 24, "limit {limit}");
        }
    });
}

#[tokio::test]
async fn what_is_written_between_pages_moves_nothing() {
    let Some(mut network) = busy().await else { return };
    let alice = network.account("alice");
    let fan = network.account("fana");
    let uris =
        |items: &[Value]| items.iter().map(|item| item["post"]["uri"].clone()).collect::<Vec<_>>();
    for method in [Method::AuthorFeed, Method::ListFeed, Method::ActorLikes] {
        let whole = walk(&network, method, 100).await;
        let (mut joined, mut cursor) = (Vec::new(), Value::Null);
        loop {
            let answer = page(&network, method, 7, &cursor).await;
            joined.extend(items(&answer));
            cursor = answer["cursor"].clone();
            if cursor.is_null() {
                break;
            }
            network.post(&alice, "meanwhile");
            let post = network.post(&fan, "meanwhile");
            network.like(&alice, &post);
            network.settle().await;
        }
        assert_eq!(uris(&joined), uris(&whole), "{method:?}");
    }
}
