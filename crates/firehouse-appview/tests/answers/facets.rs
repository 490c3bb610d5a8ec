//! getSearchFacets: what the posts of a search are like.

use firehouse_appview::{Caller, ViewError, get_search_facets};
use serde_json::{Value, json};

use crate::network::{Network, json, parameters, viewer};

async fn facets(network: &Network, caller: &Caller, mut asked: Value) -> Value {
    asked["allTime"] = json!(true);
    let answer = get_search_facets(&network.app, caller, parameters(asked)).await;
    json("dev.firehouse.feed.getSearchFacets", answer)
}

/// Values and counts of one kind.
fn counts(facets: &Value, kind: &str) -> Vec<(String, u64)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let count = |facet: &Value| {
        let value = match kind {
            "authors" => &facet["author"]["handle"],
            _ => &facet["value"],
        };
        (text(value), facet["count"].as_u64().unwrap_or_default())
    };
    facets[kind].as_array().into_iter().flatten().map(count).collect()
}

fn of(pairs: &[(&str, u64)]) -> Vec<(String, u64)> {
    pairs.iter().map(|&(value, count)| (value.to_owned(), count)).collect()
}

#[tokio::test]
async fn posts_of_a_search_are_counted_by_all_that_they_are() {
    let Some(mut network) = Network::new().await else { return };
    let [alice, bob] = ["alice", "bob"].map(|name| network.account(name));
    let link = |uri: &str| {
        json!([{ "index": { "byteStart": 0, "byteEnd": 1 },
            "features": [{ "$type": "app.bsky.richtext.facet#link", "uri": uri }] }])
    };
    for (who, text, langs, at, more) in [
        (&alice, "rain #Wet", json!(["en", "de-AT"]), "2024-06-01T10:00:00Z", json!({})),
        (
            &alice,
            "rain #wet #cold",
            json!(["en"]),
            "2024-06-01T23:59:59Z",
            json!({ "facets": link("https://a.b.example/x") }),
        ),
        (
            &bob,
            "rain",
            json!(["en"]),
            "2024-06-03T00:00:00Z",
            json!({ "facets": link("https://b.example/") }),
        ),
        (&bob, "sun #dry", json!(["pt"]), "2024-06-04T00:00:00Z", json!({})),
    ] {
        let mut post = json!({ "text": text, "langs": langs, "createdAt": at });
        if let (Some(post), Value::Object(more)) = (post.as_object_mut(), more) {
            post.extend(more);
        }
        network.write(who, "app.bsky.feed.post", post);
    }
    network.settle().await;
    let anybody = Caller::default();
    let found = facets(&network, &anybody, json!({ "query": "rain", "interval": "day" })).await;
    assert_eq!((&found["counted"], &found["isComplete"]), (&json!(3), &json!(true)));
    assert_eq!(
        counts(&found, "times"),
        of(&[("2024-06-01T00:00:00.000Z", 2), ("2024-06-03T00:00:00.000Z", 1)])
    );
    assert_eq!(counts(&found, "languages"), of(&[("en", 3), ("de", 1)]));
    assert_eq!(counts(&found, "domains"), of(&[("a.b.example", 1), ("b.example", 1)]));
    assert_eq!(counts(&found, "tags"), of(&[("wet", 2), ("cold", 1)]));
    assert_eq!(counts(&found, "media"), of(&[("link", 2)]));
    assert_eq!(counts(&found, "authors"), of(&[("alice.test", 2), ("bob.test", 1)]));

    let months = facets(&network, &anybody, json!({ "interval": "month", "values": 1 })).await;
    assert_eq!(months["counted"], 4);
    assert_eq!(counts(&months, "times"), of(&[("2024-06-01T00:00:00.000Z", 4)]));
    assert_eq!(counts(&months, "languages"), of(&[("en", 3)]), "one value was asked for");
    let minutes =
        json!({ "query": "rain", "since": "2024-06-01", "until": "2024-06-01T12:00:00Z" });
    let hours = facets(&network, &anybody, minutes).await;
    assert_eq!(counts(&hours, "times"), of(&[("2024-06-01T10:00:00.000Z", 1)]));
    let filtered = json!({ "languages": ["de"], "excludeHashtags": ["cold"] });
    assert_eq!(facets(&network, &anybody, filtered).await["counted"], 1);

    network.block(&alice, &bob);
    network.settle().await;
    let blocked = facets(&network, &viewer(&alice), json!({ "query": "rain" })).await;
    assert_eq!(
        counts(&blocked, "authors"),
        of(&[("alice.test", 2)]),
        "who is blocked is not named"
    );

    let wrong = parameters(json!({ "interval": "fortnight" }));
    let refused = get_search_facets(&network.app, &anybody, wrong).await;
    assert!(matches!(refused, Err(ViewError::InvalidRequest { .. })), "{refused:?}");
    let wrong = parameters(json!({ "query": "(rain" }));
    let refused = get_search_facets(&network.app, &anybody, wrong).await;
    assert!(matches!(refused, Err(ViewError::BadQueryString(_))), "{refused:?}");
}
