//! Every parameter of every search method: the answer with it is not the answer without it.
//!
//! Which parameters there are is read out of the lexicons: one that no line of [`METHODS`] names fails, and so does a search method that is
//! not walked here.

use std::collections::BTreeSet;

use firehouse_appview::{
    LiveSearches, ViewError, get_popular_feed_generators, get_search_facets, get_trend_history,
    get_trending_topics, get_trends, get_trends_skeleton, search_actors, search_actors_skeleton,
    search_actors_typeahead, search_lists, search_posts, search_posts_skeleton, search_posts_v2,
    search_starter_packs, search_starter_packs_skeleton, search_starter_packs_v2,
};
use firehouse_lexicon::Catalog;
use serde_json::Value;
use url::form_urlencoded;

use crate::found_and_told::{found, told};
use crate::network::{json, parameters};
use crate::searched::Searched;

/// Cases of one method.
struct Method {
    nsid: &'static str,
    /// What is asked beside each of the parameters, or instead.
    beside: &'static str,
    /// What must not be empty in any answer.
    shown: &'static str,
    /// Names and values. `{cursor}` is that of the first page of one.
    cases: &'static [&'static [(&'static str, &'static str)]],
}

/// What narrows a search of posts.
const FILTERS: &[(&str, &str)] = &[
    ("query", "snow"),
    ("authors", "ben.test"),
    ("mentions", "ben.test"),
    ("domains", "example.com"),
    ("urls", "https://example.com/x"),
    ("embeddedAtUris", "{root}"),
    ("hashtags", "wet"),
    ("languages", "pt"),
    ("excludeAuthors", "ben.test"),
    ("excludeMentions", "ben.test"),
    ("excludeDomains", "example.com"),
    ("excludeUrls", "https://example.com/x"),
    ("excludeEmbeddedAtUris", "{root}"),
    ("excludeHashtags", "wet"),
    ("excludeLanguages", "pt"),
    ("since", "2025-01-01"),
    ("until", "2025-01-01"),
    ("allTime", "false"),
    ("hasMedia", "true"),
    ("hasVideo", "true"),
    ("replyParentUri", "{root}"),
    ("threadRootUri", "{root}"),
    ("excludeReplies", "true"),
    ("repliesOnly", "true"),
    ("following", "true"),
];
/// The same in the first version.
const FIRST_FILTERS: &[(&str, &str)] = &[
    ("q", "snow"),
    ("sort", "top"),
    ("since", "2025-01-01"),
    ("until", "2025-01-01"),
    ("mentions", "ben.test"),
    ("author", "ben.test"),
    ("lang", "pt"),
    ("domain", "example.com"),
    ("url", "https://example.com/x"),
    ("tag", "wet"),
];
const PAGES: &[(&str, &str)] = &[("limit", "1"), ("cursor", "{cursor}")];
/// Who does not see all that Ana sees, in whose name everything is asked.
const FOR_DEE: &[(&str, &str)] = &[("viewer", "{dee}")];
const RAIN: &str = "query=rain&allTime=true";

const METHODS: &[Method] = &[
    Method {
        nsid: "app.bsky.feed.searchPosts",
        beside: "q=rain",
        shown: "/posts",
        cases: &[PAGES, FIRST_FILTERS],
    },
    Method {
        nsid: "app.bsky.feed.searchPostsV2",
        beside: RAIN,
        shown: "/posts",
        cases: &[PAGES, FILTERS, &[("sort", "recent"), ("queryLanguage", "ja")]],
    },
    Method {
        nsid: "dev.firehouse.feed.getSearchFacets",
        beside: RAIN,
        shown: "/times",
        cases: &[FILTERS, &[("interval", "day"), ("values", "1")]],
    },
    Method {
        nsid: "app.bsky.actor.searchActors",
        beside: "q=rain",
        shown: "/actors",
        cases: &[PAGES, &[("q", "snow")]],
    },
    Method {
        nsid: "app.bsky.actor.searchActorsTypeahead",
        beside: "q=rain",
        shown: "/actors",
        cases: &[&[("q", "sno"), ("limit", "1")]],
    },
    // What the parameter was called at first counts where the other is not there.
    Method {
        nsid: "app.bsky.actor.searchActors",
        beside: "",
        shown: "/actors",
        cases: &[&[("term", "rain")]],
    },
    Method {
        nsid: "app.bsky.actor.searchActorsTypeahead",
        beside: "",
        shown: "/actors",
        cases: &[&[("term", "rain")]],
    },
    Method {
        nsid: "app.bsky.graph.searchStarterPacks",
        beside: "q=rain",
        shown: "/starterPacks",
        cases: &[PAGES, &[("q", "snow")]],
    },
    Method {
        nsid: "app.bsky.graph.searchStarterPacksV2",
        beside: "q=rain",
        shown: "/starterPacks",
        cases: &[PAGES, &[("q", "snow")]],
    },
    Method {
        nsid: "app.bsky.unspecced.searchPostsSkeleton",
        beside: "q=rain",
        shown: "/posts",
        cases: &[PAGES, FIRST_FILTERS, FOR_DEE],
    },
    Method {
        nsid: "app.bsky.unspecced.searchActorsSkeleton",
        beside: "q=rain",
        shown: "/actors",
        cases: &[PAGES, &[("q", "snow")], FOR_DEE],
    },
    // Somebody behind a block is found by a whole handle that is being typed, and only so.
    Method {
        nsid: "app.bsky.unspecced.searchActorsSkeleton",
        beside: "q=dee.test",
        shown: "/actors",
        cases: &[&[("typeahead", "true")]],
    },
    Method {
        nsid: "app.bsky.unspecced.searchStarterPacksSkeleton",
        beside: "q=rain",
        shown: "/starterPacks",
        cases: &[PAGES, &[("q", "snow")], FOR_DEE],
    },
    Method {
        nsid: "dev.firehouse.graph.searchLists",
        beside: "q=rain",
        shown: "/lists",
        cases: &[PAGES, &[("q", "snow"), ("purposes", "modlist")]],
    },
    Method {
        nsid: "app.bsky.unspecced.getPopularFeedGenerators",
        beside: "",
        shown: "/feeds",
        cases: &[PAGES, &[("query", "snow")]],
    },
    Method {
        nsid: "app.bsky.unspecced.getTrends",
        beside: "",
        shown: "/trends",
        cases: &[&[("limit", "1")]],
    },
    Method {
        nsid: "app.bsky.unspecced.getTrendsSkeleton",
        beside: "",
        shown: "/trends",
        cases: &[&[("limit", "1"), ("viewer", "{ben}")]],
    },
    Method {
        nsid: "app.bsky.unspecced.getTrendingTopics",
        beside: "",
        shown: "/topics",
        cases: &[&[("limit", "1")]],
    },
    Method {
        nsid: "dev.firehouse.unspecced.getTrendHistory",
        beside: "",
        shown: "/trends",
        cases: &[PAGES, &[("since", "{an hour ago}"), ("until", "{an hour ago}"), ("lang", "pt")]],
    },
];

/// Parameters that mean nothing, and why.
const MEANINGLESS: [(&str, &str, &str); 1] = [(
    "app.bsky.unspecced.getTrendingTopics",
    "viewer",
    "topics name nobody, so they are the same for everybody; whoever is signed in is named by a token",
)];

/// Posts as they come.
const LIVE: &str = "dev.firehouse.feed.subscribeSearch";

/// A method that others may have and we do not: it answers for a PDS.
const NOT_OURS: &str = "com.atproto.admin.searchAccounts";

/// A query string as the type that a method takes, in the way that firehouse-xrpc reads it.
fn read<T: serde::de::DeserializeOwned>(nsid: &str, query: &str) -> T {
    parameters(checked(nsid, query))
}

fn checked(nsid: &str, query: &str) -> Value {
    let decoded: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    let pairs: Vec<_> = decoded.iter().map(|(name, value)| (&**name, &**value)).collect();
    let read = Catalog::embedded().validate_params(nsid, &pairs);
    read.unwrap_or_else(|wrong| panic!("{query}: {wrong}")).to_json()
}

async fn answer(searched: &Searched, nsid: &str, query: &str) -> Value {
    let (app, caller) = (&searched.network.app, &searched.caller());
    macro_rules! ask {
        ($($name:literal => $method:ident,)*) => {
            match nsid {
                $($name => json(nsid, Box::pin($method(app, caller, read(nsid, query))).await),)*
                _ => panic!("nobody answers {nsid}"),
            }
        };
    }
    ask! {
        "app.bsky.feed.searchPosts" => search_posts,
        "app.bsky.feed.searchPostsV2" => search_posts_v2,
        "dev.firehouse.feed.getSearchFacets" => get_search_facets,
        "app.bsky.actor.searchActors" => search_actors,
        "app.bsky.actor.searchActorsTypeahead" => search_actors_typeahead,
        "app.bsky.graph.searchStarterPacks" => search_starter_packs,
        "app.bsky.graph.searchStarterPacksV2" => search_starter_packs_v2,
        "app.bsky.unspecced.searchPostsSkeleton" => search_posts_skeleton,
        "app.bsky.unspecced.searchActorsSkeleton" => search_actors_skeleton,
        "app.bsky.unspecced.searchStarterPacksSkeleton" => search_starter_packs_skeleton,
        "dev.firehouse.graph.searchLists" => search_lists,
        "app.bsky.unspecced.getPopularFeedGenerators" => get_popular_feed_generators,
        "app.bsky.unspecced.getTrends" => get_trends,
        "app.bsky.unspecced.getTrendsSkeleton" => get_trends_skeleton,
        "app.bsky.unspecced.getTrendingTopics" => get_trending_topics,
        "dev.firehouse.unspecced.getTrendHistory" => get_trend_history,
    }
}

/// The query string with this value of this parameter, and no other.
fn with(beside: &str, name: &str, value: &str) -> String {
    let pairs = form_urlencoded::parse(beside.as_bytes());
    let others = pairs.filter(|(other, _)| other != name);
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(others).append_pair(name, value).finish()
}

fn named_in_cases(nsid: &str) -> BTreeSet<&'static str> {
    let methods = METHODS.iter().filter(|method| method.nsid == nsid);
    methods
        .flat_map(|method| method.cases.iter().copied().flatten())
        .map(|(name, _)| *name)
        .collect()
}

#[test]
fn every_parameter_of_every_search_method_has_a_case() {
    let catalog = Catalog::embedded();
    let is_search =
        |nsid: &str| ["earch", "Trend", "getPopularFeed"].iter().any(|part| nsid.contains(part));
    for nsid in catalog.methods().filter(|nsid| is_search(nsid)) {
        if [NOT_OURS, LIVE].contains(&nsid) {
            continue;
        }
        assert!(METHODS.iter().any(|method| method.nsid == nsid), "{nsid} is not walked");
        let mut cases = named_in_cases(nsid);
        cases.extend(MEANINGLESS.iter().filter(|(of, ..)| *of == nsid).map(|(_, name, _)| *name));
        let all: BTreeSet<&str> = catalog.parameters(nsid).collect();
        assert_eq!(cases, all, "cases of {nsid}, and its parameters");
    }
    let mut live: BTreeSet<&str> = FILTERS.iter().map(|(name, _)| *name).collect();
    live.extend(["cursor", "sort"]);
    assert_eq!(live, catalog.parameters(LIVE).collect(), "cases of {LIVE}, and its parameters");
}

#[tokio::test]
async fn an_answer_with_a_parameter_is_not_the_answer_without_it() {
    let Some(mut searched) = Searched::new().await else { return };
    searched.posts().await;
    searched.offers().await;
    let mut wrong = Vec::new();
    for Method { nsid, beside, shown, cases } in METHODS {
        let without = answer(&searched, nsid, beside).await;
        assert_eq!(without, answer(&searched, nsid, beside).await, "{nsid}: twice the same");
        for (name, value) in cases.iter().copied().flatten() {
            let value = match *value {
                "{cursor}" => {
                    let first = answer(&searched, nsid, &with(beside, "limit", "1")).await;
                    first["cursor"].as_str().expect("a second page").to_owned()
                }
                "{an hour ago}" => crate::trends::ago(4).to_string(),
                value => searched.named(value),
            };
            let query = with(beside, name, &value);
            let with = answer(&searched, nsid, &query).await;
            let is_empty = with.pointer(shown).and_then(Value::as_array).is_none_or(Vec::is_empty);
            if with == without || is_empty {
                wrong.push(format!(
                    "{nsid}?{query}: {}",
                    if is_empty { "nothing" } else { "no other" }
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{} are ignored or find nothing:\n{}", wrong.len(), wrong.join("\n"));
    for (nsid, name, reason) in MEANINGLESS {
        let (with, without) = (with("", name, &searched.named("{ana}")), "");
        let same = (answer(&searched, nsid, &with).await, answer(&searched, nsid, without).await);
        assert_eq!(same.0, same.1, "{name} of {nsid} has come to mean something: {reason}");
    }
}

#[tokio::test]
async fn a_live_search_with_a_parameter_tells_something_else_than_without_it() {
    let Some(mut searched) = Searched::new().await else { return };
    let searches = LiveSearches::new(searched.network.app.clone(), 100);
    let caller = searched.caller();
    let listen = async |query: &str, cursor: Option<u64>| {
        searches.listen(caller.clone(), read(LIVE, query), cursor).await
    };
    let mut listening = Vec::new();
    for (name, value) in FILTERS {
        let query = with(RAIN, name, &searched.named(value));
        listening.push((listen(&query, None).await.unwrap(), query));
    }
    searched.posts().await;
    let found = async |query: &str| {
        let asked = checked("app.bsky.feed.searchPostsV2", query);
        found(&searched.network, &caller, asked).await
    };
    let all = found(RAIN).await;
    for (live, query) in listening {
        let expected = found(&query).await;
        assert_eq!(told(live, expected.len()).await, expected, "{query}");
        assert!(!expected.is_empty() && expected != all, "{query} changes nothing");
    }
    assert!(told(listen(RAIN, None).await.unwrap(), 0).await.is_empty(), "all that came before");
    let from_the_beginning_on = listen(RAIN, Some(0)).await.unwrap();
    assert_eq!(told(from_the_beginning_on, all.len()).await, all);
    let refused = listen(&with(RAIN, "sort", "top"), None).await;
    assert!(matches!(refused, Err(ViewError::BadQueryString(_))));
}
