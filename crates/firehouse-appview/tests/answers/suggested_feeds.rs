//! getSuggestedFeeds and getPopularFeedGenerators: which generators, in which order.

use firehouse_appview::{Caller, get_popular_feed_generators, get_suggested_feeds};
use firehouse_schema::{EditorialList, EditorialRow};
use serde_json::{Value, json};

use crate::network::{Network, Written, json, parameters, pluck};

/// Five generators by alice, the first liked by nobody, each further one by one account more.
async fn network() -> Option<(Network, Vec<Written>)> {
    let mut network = Network::new().await?;
    let alice = network.account("alice");
    let fans = ["bob", "carol", "dan", "eve"].map(|name| network.account(name));
    let mut generators = Vec::new();
    for (likes, name) in ["Cats", "Dogs and cats", "Birds", "Bees", "Trees"].iter().enumerate() {
        let description = if *name == "Bees" { "Not about CATS" } else { "About them" };
        let record =
            json!({ "did": "did:web:feeds.test", "displayName": name, "description": description });
        let generator = network.write(&alice, "app.bsky.feed.generator", record);
        fans.iter().take(likes).for_each(|fan| drop(network.like(fan, &generator)));
        generators.push(generator);
    }
    network.settle().await;
    Some((network, generators))
}

fn names(answer: &Value) -> Vec<String> {
    pluck(&answer["feeds"], "/displayName")
}

async fn popular(network: &Network, asked: Value) -> Value {
    let answer =
        get_popular_feed_generators(&network.app, &Caller::default(), parameters(asked)).await;
    json("app.bsky.unspecced.getPopularFeedGenerators", answer)
}

#[tokio::test]
async fn the_most_liked_come_first_in_pages() {
    let Some((network, _)) = network().await else { return };
    let all = popular(&network, json!({})).await;
    assert_eq!(names(&all), ["Trees", "Bees", "Birds", "Dogs and cats"]);
    let first = popular(&network, json!({ "limit": 3 })).await;
    assert_eq!(names(&first), ["Trees", "Bees", "Birds"]);
    let second = popular(&network, json!({ "limit": 3, "cursor": first["cursor"] })).await;
    assert_eq!((names(&second), second.get("cursor")), (vec!["Dogs and cats".into()], None));
}

#[tokio::test]
async fn a_query_finds_names_before_descriptions_and_needs_every_word() {
    let Some((network, _)) = network().await else { return };
    let found = async |query: &str| names(&popular(&network, json!({ "query": query })).await);
    assert_eq!(found("cats").await, ["Dogs and cats", "Cats", "Bees"]);
    assert_eq!(found("CATS dogs").await, ["Dogs and cats"]);
    // What stands in the record, but in no text for people.
    assert!(found("displayName").await.is_empty());
}

#[tokio::test]
async fn the_list_kept_by_hand_goes_before_likes() {
    let Some((network, generators)) = network().await else { return };
    let row = |at: usize, position| EditorialRow {
        list: EditorialList::Feeds,
        tag: "".into(),
        subject: generators[at].uri.as_str().into(),
        position,
        listed: 1,
        version: 1,
    };
    network.store.save_editorial(&[row(0, 2), row(3, 1), row(1, 2)]).await.unwrap();
    let suggested = async |asked: Value| {
        let answer = get_suggested_feeds(&network.app, &Caller::default(), parameters(asked)).await;
        json("app.bsky.feed.getSuggestedFeeds", answer)
    };
    let all = names(&suggested(json!({})).await);
    assert_eq!((all.len(), all[0].as_str()), (3, "Bees"));
    let (mut joined, mut cursor) = (Vec::new(), Value::Null);
    for _ in 0..3 {
        let mut asked = json!({ "limit": 1 });
        if !cursor.is_null() {
            asked["cursor"] = cursor;
        }
        let page = suggested(asked).await;
        joined.extend(names(&page));
        cursor = page["cursor"].clone();
    }
    assert_eq!((joined, cursor), (all, Value::Null));
}
