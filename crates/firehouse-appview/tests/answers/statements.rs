//! How many statements of read queries an answer takes: three on average, and never more for more that is in it.

use firehouse_appview::{AppView, Caller};
use firehouse_types::Did;
use serde_json::{Value, json};

use crate::network::{Network, Written, parameters, viewer};
use crate::offered::{generator, labeler, starter_pack};

/// On average over all methods, and for anyone of them.
const MEAN_MAX: f64 = 3.0;
const WORST: u64 = 4;

/// A network in which there are `n` of everything: followers, posts, replies, likes, quotes, members of lists, notifications.
struct Crowd {
    network: Network,
    /// Whom it is all about, and who looks at it.
    alice: Did,
    post: Written,
    others: Vec<Did>,
    posts: Vec<Written>,
    list: Written,
    pack: Written,
    feeds: Vec<Written>,
}

/// Some of them block, some are blocked by lists, so that nothing is left out for being the usual.
async fn crowd(n: usize) -> Option<Crowd> {
    let mut network = Network::new().await?;
    let alice = network.account("alice");
    let others: Vec<_> = (0..n).map(|at| network.account(&format!("crowd{at}"))).collect();
    let trusted = network.account("trusted");
    labeler(&mut network, &others[0]);
    let post = network.post(&alice, "of the crowd");
    let (mut posts, mut feeds, mut packs) = (Vec::new(), Vec::new(), Vec::new());
    for (at, other) in others.iter().enumerate() {
        let name = format!("Crowd {at}");
        network.write_as(
            other,
            "app.bsky.actor.profile",
            Some("self"),
            json!({ "displayName": name }),
        );
        let found = json!({ "subject": other.as_str(), "handle": format!("crowd{at}.test"), "displayName": name });
        network.write(&trusted, "app.bsky.graph.verification", found);
        network.follow(&alice, other);
        network.follow(other, &alice);
        network.follow(other, &others[(at + 1) % n]);
        let own = network.post(other, &format!("crowd of {at}"));
        let reply = network.reply(other, "a crowd answers", &post, &own);
        network.reply(&alice, "so be it", &post, &reply);
        network.quote(other, "a crowd quotes", &post);
        network.like(other, &post);
        network.like(&alice, &own);
        network.repost(other, &post);
        network.repost(&alice, &own);
        feeds.push(generator(&mut network, &alice, &format!("crowd{at}")));
        let list = network.list(&alice, "curatelist", &[other]);
        packs.push(starter_pack(&mut network, &alice, &list, &[]));
        posts.push(own);
    }
    let members: Vec<&Did> = others.iter().collect();
    let list = network.list(&alice, "curatelist", &members);
    let pack = starter_pack(&mut network, &alice, &list, &feeds.iter().take(3).collect::<Vec<_>>());
    network.settle().await;
    Some(Crowd { network, alice, post, others, posts, list, pack, feeds })
}

/// What each method takes.
async fn counts(n: usize) -> Option<Vec<(String, u64)>> {
    let Crowd { network, alice, post, others, posts, list, pack, feeds } = crowd(n).await?;
    let mut counts = Vec::new();
    let uris = |written: &[Written]| -> Vec<Value> {
        written.iter().take(25).map(|written| json!(written.uri)).collect()
    };
    let dids: Vec<_> = others.iter().take(25).map(|did| json!(did.as_str())).collect();
    let stranger = json!(others[0].as_str());
    // Whose verifications count is known already, as it is after the first request of a process.
    warm(&network.app).await;
    for caller in [Caller::default(), viewer(&alice), viewer(&others[1])] {
        macro_rules! ask {
            ($name:ident, $asked:tt) => {{
                let app = network.app.for_request();
                let asked = parameters(json!($asked));
                let answer = firehouse_appview::$name(&app, &caller, asked).await;
                assert!(answer.is_ok(), "{} {answer:?}", stringify!($name));
                let who = caller.viewer.as_ref().map_or("nobody", |did| did.as_str());
                counts.push((
                    format!("{} by {who} {}", stringify!($name), json!($asked)),
                    app.statements(),
                ));
            }};
        }
        let actor = json!(alice.as_str());
        ask!(get_author_feed, { "actor": actor, "limit": 50 });
        ask!(get_author_feed, { "actor": actor, "limit": 50, "filter": "posts_and_author_threads", "includePins": true });
        ask!(get_list_feed, { "list": list.uri, "limit": 50 });
        ask!(get_post_thread, { "uri": post.uri });
        ask!(get_post_thread_v2, { "anchor": post.uri });
        ask!(get_post_thread_other_v2, { "anchor": post.uri });
        ask!(get_posts, { "uris": uris(&posts) });
        ask!(get_quotes, { "uri": post.uri, "limit": 50 });
        ask!(get_likes, { "uri": post.uri, "limit": 50 });
        ask!(get_reposted_by, { "uri": post.uri, "limit": 50 });
        ask!(get_followers, { "actor": actor, "limit": 50 });
        ask!(get_follows, { "actor": actor, "limit": 50 });
        ask!(get_profile, { "actor": stranger });
        ask!(get_profile, { "actor": "alice.test" });
        ask!(get_profiles, { "actors": dids });
        ask!(get_relationships, { "actor": actor, "others": dids });
        ask!(search_posts, { "q": "crowd", "sort": "latest", "limit": 50 });
        ask!(search_posts_v2, { "query": "crowd", "sort": "recent", "limit": 50 });
        ask!(search_posts, { "q": "crowd", "sort": "top", "limit": 50 });
        ask!(search_posts, { "q": "crowd min_likes:10", "sort": "top", "limit": 50 });
        ask!(search_posts_v2, { "query": "crowd", "sort": "top", "allTime": true, "limit": 50 });
        ask!(search_actors, { "q": "crowd", "limit": 50 });
        ask!(search_actors_typeahead, { "q": "crowd" });
        ask!(search_starter_packs, { "q": "pack" });
        ask!(search_starter_packs_v2, { "q": "pack" });
        ask!(search_lists, { "q": "list" });
        ask!(get_popular_feed_generators, { "query": "feed" });
        ask!(get_list, { "list": list.uri, "limit": 50 });
        ask!(get_lists, { "actor": actor, "limit": 50 });
        ask!(get_starter_pack, { "starterPack": pack.uri });
        ask!(get_starter_packs, { "uris": [pack.uri] });
        ask!(get_actor_starter_packs, { "actor": actor, "limit": 50 });
        ask!(get_feed_generators, { "feeds": uris(&feeds) });
        ask!(get_actor_feeds, { "actor": actor, "limit": 50 });
        ask!(get_services, { "dids": dids, "detailed": true });
        ask!(get_suggested_follows_by_actor, { "actor": stranger });
        ask!(get_suggestions, { "limit": 50 });
        if caller.viewer.is_none() {
            continue;
        }
        let own = json!(caller.viewer.as_ref().map(Did::as_str));
        ask!(get_timeline, { "limit": 50 });
        ask!(get_actor_likes, { "actor": own, "limit": 50 });
        ask!(get_known_followers, { "actor": actor, "limit": 50 });
        ask!(list_notifications, { "limit": 50 });
        ask!(get_unread_count, {});
        ask!(get_lists_with_membership, { "actor": stranger });
        ask!(get_starter_packs_with_membership, { "actor": stranger });
        ask!(get_blocks, { "limit": 50 });
        ask!(get_mutes, { "limit": 50 });
        ask!(get_list_blocks, { "limit": 50 });
        ask!(get_list_mutes, { "limit": 50 });
        ask!(get_bookmarks, { "limit": 50 });
    }
    Some(counts)
}

async fn warm(app: &AppView) {
    let asked = parameters(json!({ "actors": ["did:plc:nobody"] }));
    let answer = firehouse_appview::get_profiles(app, &Caller::default(), asked).await;
    assert!(answer.is_ok());
}

fn table(counts: &[(String, u64)]) -> String {
    let lines = counts.iter().map(|(name, statements)| format!("{statements:3}  {name}\n"));
    lines.collect()
}

#[tokio::test]
async fn an_answer_takes_three_statements_on_average_and_more_items_take_no_more() {
    let (Some(some), Some(many)) = (counts(12).await, counts(40).await) else { return };
    let all: u64 = many.iter().map(|(_, statements)| statements).sum();
    let mean = all as f64 / many.len() as f64;
    let worst = many.iter().map(|(_, statements)| *statements).max().unwrap_or_default();
    assert!(mean <= MEAN_MAX && worst <= WORST, "mean {mean:.2}\n{}", table(&many));

    let both = some.iter().zip(&many).filter(|((_, some), (_, many))| many > some);
    let more = both.map(|((_, some), many)| (format!("{} (was {some})", many.0), many.1));
    let more: Vec<_> = more.collect();
    assert!(more.is_empty(), "\n{}", table(&more));
}
