//! Searches as RSS and Atom, and as feeds of ours.

use axum::body::Body;
use firehouse_appview::SavedSearch;
use firehouse_identity::Resolver;
use firehouse_indexer::Rows;
use firehouse_schema::{ActorRow, ActorStatus};
use firehouse_sim::engine;
use firehouse_store::Store;
use serde_json::{Value, json};

use crate::records::{account, delete_posts, insert, write};
use crate::world::{ALICE, BOB, LABELER, OUR_DID, World, get};

const POST: &str = "app.bsky.feed.post";

/// Bob's posts of rain and sun, one of alice who is for members only, one of somebody who is gone.
async fn filled() -> Option<Store> {
    let store = engine::store().await?;
    let mut rows = Rows::default();
    let image = json!({ "$type": "blob", "mimeType": "image/png", "size": 1, "ref": { "$link": "bafkreicn3dv6rhcbyrwmoycxrbodx6yb6fypbp5clhdlgzzx4peiz5yp6m" } });
    let images = json!([{ "alt": "a \"wet\" cat", "image": image }]);
    let embed = json!({ "$type": "app.bsky.embed.images", "images": images });
    let said = "rain & <b>wind</b>\nand 東京";
    write(&mut rows, BOB, POST, "3lebsxaigos2a", json!({ "text": said, "embed": embed }));
    write(&mut rows, BOB, POST, "3lebsxaigos2b", json!({ "text": "sun" }));
    write(&mut rows, ALICE, POST, "3lebsxaigos2c", json!({ "text": "rain at Alice's" }));
    write(&mut rows, LABELER, POST, "3lebsxaigos2d", json!({ "text": "rain of who is gone" }));
    let values = json!([{ "val": "!no-unauthenticated" }]);
    let labels = json!({ "$type": "com.atproto.label.defs#selfLabels", "values": values });
    write(&mut rows, ALICE, "app.bsky.actor.profile", "self", json!({ "labels": labels }));
    let gone = ActorRow { status: ActorStatus::Takendown, ..account(LABELER, "gone.test") };
    insert(&store, rows, &[account(ALICE, "alice.test"), account(BOB, "bob.test"), gone]).await;
    Some(store)
}

#[tokio::test]
async fn readers_of_rss_and_atom_read_what_anybody_may_see() {
    let Some(store) = filled().await else { return };
    let site = |config: &mut firehouse_xrpc::Config| {
        config.site_url = Some("https://site.example/app/".parse().unwrap());
    };
    let world = World::new(store, site);
    for (path, kind) in [("rss", "application/rss+xml"), ("atom", "application/atom+xml")] {
        let answer = world.get(&format!("/search/{path}?q=rain&allTime=true")).await;
        assert_eq!(answer.status, 200);
        assert!(answer.header("content-type").unwrap().starts_with(kind));
        let feed = feed_rs::parser::parse(&*answer.body).unwrap();
        assert_eq!(feed.title.unwrap().content, "Posts: rain");
        let [entry] = &feed.entries[..] else { panic!("{:?}", feed.entries) };
        assert_eq!(entry.id, format!("at://{BOB}/{POST}/3lebsxaigos2a"));
        assert_eq!(entry.title.as_ref().unwrap().content, "rain & <b>wind</b> and 東京");
        let page = "https://site.example/app/profile/bob.test/post/3lebsxaigos2a";
        assert_eq!(entry.links[0].href, page);
        let html = entry.summary.as_ref().map(|summary| summary.content.clone());
        let html = html.or_else(|| entry.content.as_ref()?.body.clone()).unwrap();
        assert!(html.starts_with("<p>rain &amp; &lt;b&gt;wind&lt;/b&gt;<br>and 東京</p><p><img "));
        assert!(html.ends_with("alt=\"a &quot;wet&quot; cat\"></p>"), "{html}");
    }
    let wrong = world.get("/search/rss?q=(rain").await;
    assert_eq!(wrong.error(), (400, "BadQueryString".to_owned()));
}

#[tokio::test]
async fn a_reader_that_has_the_feed_is_told_so_until_a_post_comes_or_goes() {
    let Some(store) = filled().await else { return };
    let world = World::new(store.clone(), |_| ());
    let path = "/search/rss?q=rain+OR+sun&allTime=true";
    let first = world.get(path).await;
    let feed = feed_rs::parser::parse(&*first.body).unwrap();
    assert_eq!(feed.entries.len(), 2);
    let own = "https://appview.example.com/xrpc/app.bsky.feed.getPosts?uris=at%3A%2F%2F";
    assert!(feed.entries.iter().all(|entry| entry.links[0].href.starts_with(own)));
    let (tag, modified) = (first.header("etag").unwrap(), first.header("last-modified").unwrap());
    let again = async |name: &str, value: &str| {
        let request = get(path).header(name, value).body(Body::empty()).unwrap();
        world.ask(request).await.status
    };
    assert_eq!(again("if-none-match", tag).await, 304);
    assert_eq!(again("if-modified-since", modified).await, 304);
    assert_eq!(again("if-none-match", "\"other\"").await, 200);
    let mut rows = Rows::default();
    write(&mut rows, BOB, POST, "3lebsxaigos2b", json!({ "text": "sun" }));
    delete_posts(&store, rows).await;
    assert_eq!(again("if-none-match", tag).await, 200, "a post is gone");
}

fn saved() -> SavedSearch {
    let text = json!({ "name": "rain", "query": "rain", "title": "Rain", "description": "wet" });
    serde_json::from_value(text).unwrap()
}

#[tokio::test]
async fn a_saved_search_is_a_feed_for_others_and_for_us() {
    let Some(store) = filled().await else { return };
    // Bob has a feed whose generator we are.
    let mut rows = Rows::default();
    let record = json!({ "did": OUR_DID, "displayName": "Rain" });
    let of_bob = write(&mut rows, BOB, "app.bsky.feed.generator", "rain", record.clone());
    let unknown = write(&mut rows, BOB, "app.bsky.feed.generator", "snow", record);
    insert(&store, rows, &[]).await;
    let world = World::with(
        store.clone(),
        |_| (),
        |services| {
            let mut config = services.appview.config().clone();
            config.saved_searches = vec![saved()];
            let resolver = Resolver::offline([]);
            services.appview = firehouse_appview::AppView::new(store, resolver, config);
        },
    );
    let uri = format!("at://{OUR_DID}/app.bsky.feed.generator/rain");
    let described = world.get("/xrpc/app.bsky.feed.describeFeedGenerator").await.json();
    assert_eq!((&described["did"], &described["feeds"][0]["uri"]), (&json!(OUR_DID), &json!(uri)));
    let ask = async |method: &str, feed: &str| {
        world.get(&format!("/xrpc/app.bsky.feed.{method}?feed={feed}&limit=1")).await.json()
    };
    let skeleton = ask("getFeedSkeleton", &uri).await;
    let newest = format!("at://{ALICE}/{POST}/3lebsxaigos2c");
    let newest_of_bob = format!("at://{BOB}/{POST}/3lebsxaigos2a");
    let first = skeleton["feed"][0]["post"].as_str().unwrap();
    assert!([&*newest, &*newest_of_bob].contains(&first), "{skeleton}");
    let cursor = skeleton["cursor"].as_str().unwrap();
    let next = ask("getFeedSkeleton", &format!("{uri}&cursor={cursor}")).await;
    assert_eq!(next["feed"].as_array().map(Vec::len), Some(1), "{next}");
    assert_ne!(next["feed"][0]["post"], skeleton["feed"][0]["post"]);
    for feed in [&uri, &of_bob] {
        let page = ask("getFeed", feed).await;
        assert_eq!(page["feed"][0]["post"]["uri"], skeleton["feed"][0]["post"], "{page}");
    }
    assert_eq!(ask("getFeedSkeleton", &of_bob).await["error"], "UnknownFeed");
    assert_eq!(ask("getFeed", &unknown).await["message"], "could not find feed");
    let document: Value = world.get("/.well-known/did.json").await.json();
    let kinds = document["service"].as_array().unwrap().iter().map(|service| &service["type"]);
    assert!(kinds.into_iter().any(|kind| kind == "BskyFeedGenerator"), "{document}");
}

#[tokio::test]
async fn what_posts_of_a_search_are_like_is_a_table_too() {
    let Some(store) = filled().await else { return };
    let world = World::new(store, |_| ());
    let answer = world.get("/search/facets.csv?q=rain+OR+sun&allTime=true&interval=month").await;
    assert_eq!(answer.status, 200);
    assert!(answer.header("content-type").unwrap().starts_with("text/csv"));
    let mut table = csv::Reader::from_reader(&*answer.body);
    let rows: Vec<Vec<String>> =
        table.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    let of = |kind: &str| -> Vec<[&str; 2]> {
        let rows = rows.iter().filter(|row| row[0] == kind);
        rows.map(|row| [row[1].as_str(), row[2].as_str()]).collect()
    };
    assert_eq!(of("counted"), [["", "4"]]);
    assert_eq!(of("author"), [[BOB, "2"], [ALICE, "1"]], "who is gone is not named");
    assert_eq!(of("media"), [["alt", "1"], ["image", "1"]]);
    assert_eq!(of("time").len(), 1);
    let wrong = world.get("/search/facets.csv?q=(rain").await;
    assert_eq!(wrong.error(), (400, "BadQueryString".to_owned()));
}
