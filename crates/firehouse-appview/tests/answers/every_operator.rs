//! Every operator of the grammar, and every value of those that have few: a query with it finds something else than the same query without.
//!
//! [`CASES`] has a line for each kind of condition. A condition that the grammar gets anew does not compile here before it has one, and a
//! name of an operator that no query uses fails.

use std::collections::{BTreeMap, BTreeSet};

use firehouse_appview::{ViewError, search_posts_v2};
use firehouse_text::{Has, Kind, Leaf, Query, Sort, Who, operators, parse};
use serde_json::{Value, json};

use crate::network::{json, parameters, pluck};
use crate::searched::Searched;

/// Kinds of conditions, each with queries that hold one.
macro_rules! cases {
    ($($kind:literal, $pattern:pat => [$($query:literal),+];)*) => {
        const CASES: &[(&str, &[&str])] = &[$(($kind, &[$($query),+])),*];

        fn kind(leaf: &Leaf) -> &'static str {
            match leaf {
                $($pattern => $kind,)*
            }
        }
    };
}

cases! {
    "a word", Leaf::Text(_) => ["rain snow", "rain 雨", "rain 🌧", "rain 3.14", "rain with-snow"];
    "a phrase", Leaf::Phrase(_) => ["\"rain snow\"", "rain \"told to\"", "“rain snow”", "「雨が」 rain"];
    "word*", Leaf::Prefix(_) => ["rain umb*", "rain 雨*"];
    "from:me", Leaf::From(Who::Me) => ["rain from:me", "rain author:me"];
    "from:did", Leaf::From(Who::Did(_)) => ["rain from:{ben}", "rain {ben}"];
    "from:handle", Leaf::From(Who::Handle(_)) => ["rain from:ben.test", "rain author:@ben.test"];
    "to:me", Leaf::Mentions(Who::Me) => ["rain to:me", "rain mentions:me"];
    "to:did", Leaf::Mentions(Who::Did(_)) => ["rain to:{ben}"];
    "to:handle", Leaf::Mentions(Who::Handle(_)) => ["rain to:ben.test", "rain mentions:ben.test", "rain @ben.test"];
    "#tag", Leaf::Tag(_) => ["rain #wet"];
    "$ticker", Leaf::Cashtag(_) => ["rain $wet"];
    "lang:", Leaf::Lang(_) => ["rain lang:pt"];
    "since:", Leaf::Since(_) => ["rain since:2025-01-01"];
    "until:", Leaf::Until(_) => ["rain until:2025-01-01"];
    "within:", Leaf::Within(_) => ["rain within:2h"];
    "domain:", Leaf::Domain(_) => ["rain domain:example.com"];
    "url:", Leaf::Url(_) => ["rain url:example.com/x", "rain https://example.com/x"];
    "has:media", Leaf::Has(Has::Media) => ["rain has:media"];
    "has:image", Leaf::Has(Has::Image) => ["rain has:image", "rain has:images"];
    "has:video", Leaf::Has(Has::Video) => ["rain has:video"];
    "has:link", Leaf::Has(Has::Link) => ["rain has:link"];
    "has:gif", Leaf::Has(Has::Gif) => ["rain has:gif"];
    "has:quote", Leaf::Has(Has::Quote) => ["rain has:quote"];
    "has:alt", Leaf::Has(Has::Alt) => ["rain has:alt"];
    "has:poll", Leaf::Has(Has::Poll) => ["rain has:poll"];
    "is:reply", Leaf::Is(Kind::Reply) => ["rain is:reply"];
    "is:thread", Leaf::Is(Kind::Thread) => ["rain is:thread"];
    "is:quote", Leaf::Is(Kind::Quote) => ["rain is:quote"];
    "is:bridged", Leaf::Is(Kind::Bridged) => ["rain is:bridged"];
    "min_likes:", Leaf::MinLikes(_) => ["rain min_likes:1", "rain min_faves:1"];
    "min_reposts:", Leaf::MinReposts(_) => ["rain min_reposts:1"];
    "list:", Leaf::List(_) => ["rain list:{list}"];
    "label:", Leaf::Label(_) => ["rain label:cold"];
    "in:", Leaf::InThread(_) => ["rain in:{root}", "rain thread:{root}"];
    "sort:top", Leaf::Sort(Sort::Top) => ["rain sort:top"];
    "sort:latest", Leaf::Sort(Sort::Latest) => ["rain sort:latest"];
}

/// How conditions are joined, each beside a query that joins them otherwise.
const JOINED: [(&str, &str); 10] = [
    ("rain OR snow", "rain snow"),
    ("rain | snow", "rain snow"),
    ("rain|snow", "rain snow"),
    ("snow|umbrella rain", "snow | umbrella rain"),
    ("(snow OR umbrella) rain", "snow OR umbrella rain"),
    ("rain AND snow", "rain OR snow"),
    ("rain -snow", "rain snow"),
    ("rain NOT snow", "rain snow"),
    ("rain -(with snow)", "rain -with snow"),
    ("\"rain snow\"", "rain snow"),
];

/// URIs in the order they come in: the newest first, or unsorted, which is the best first.
async fn asked(
    searched: &Searched,
    query: &str,
    sort: Option<&str>,
) -> Result<Vec<String>, ViewError> {
    let mut asked = json!({ "query": query, "allTime": true, "limit": 100 });
    if let Some(sort) = sort {
        asked["sort"] = sort.into();
    }
    let app = &searched.network.app;
    let answer = search_posts_v2(app, &searched.caller(), parameters(asked)).await?;
    let body: Value = json("app.bsky.feed.searchPostsV2", Ok(answer));
    Ok(pluck(&body["posts"], "/uri"))
}

async fn found(searched: &Searched, query: &str) -> BTreeSet<String> {
    let found = asked(searched, query, Some("recent")).await;
    found.unwrap_or_else(|error| panic!("{query}: {error}")).into_iter().collect()
}

/// The query with another in the place of a condition, or with none.
fn replaced(query: &Query, leaf: &Leaf, by: Option<&Query>) -> Option<Query> {
    let each = |parts: &[Query]| -> Vec<Query> {
        parts.iter().filter_map(|part| replaced(part, leaf, by)).collect()
    };
    match query {
        Query::All(parts) => Query::all(each(parts)),
        Query::Any(parts) => Query::any(each(parts)),
        Query::Not(inner) => replaced(inner, leaf, by).map(Query::negated),
        Query::Is(own) if own == leaf => by.cloned(),
        Query::Is(_) => Some(query.clone()),
    }
}

fn text(query: Option<Query>) -> String {
    query.map_or_else(String::new, |query| query.to_string())
}

#[tokio::test]
async fn a_query_finds_something_else_without_any_of_its_conditions() {
    let Some(mut searched) = Searched::new().await else { return };
    searched.posts().await;
    let (mut names, mut found_without) = (BTreeSet::new(), BTreeMap::new());
    for (name, queries) in CASES {
        for query in *queries {
            let query = searched.named(query);
            let words = query.split(' ').filter_map(|word| word.split_once(':'));
            names.extend(words.map(|(name, _)| name.to_owned()));
            let tree = parse(&query).unwrap().unwrap();
            let leaves: Vec<_> =
                tree.leaves().into_iter().filter(|leaf| kind(leaf) == *name).cloned().collect();
            assert!(!leaves.is_empty(), "{query} asks for no {name}");
            for leaf in leaves {
                let without = text(replaced(&tree, &leaf, None));
                if let Leaf::Sort(sort) = leaf {
                    let other = match sort {
                        Sort::Top => Some("recent"),
                        Sort::Latest => None,
                    };
                    let sorted = asked(&searched, &query, other).await.unwrap();
                    assert_ne!(sorted, asked(&searched, &without, other).await.unwrap(), "{query}");
                    continue;
                }
                if !found_without.contains_key(&without) {
                    found_without.insert(without.clone(), found(&searched, &without).await);
                }
                let (with, all) = (found(&searched, &query).await, &found_without[&without]);
                assert!(!with.is_empty(), "{query} finds nothing");
                assert_ne!(&with, all, "{name} in {query} changes nothing");
                let negated =
                    text(replaced(&tree, &leaf, Some(&Query::Is(leaf.clone()).negated())));
                if leaf.is_of_the_search() {
                    let refused = asked(&searched, &negated, None).await;
                    let is_refused = matches!(refused, Err(ViewError::BadQueryString(_)));
                    assert!(is_refused, "{negated}: {refused:?}");
                    continue;
                }
                let rest: BTreeSet<_> = all.difference(&with).cloned().collect();
                assert_eq!(
                    found(&searched, &negated).await,
                    rest,
                    "{negated} is the rest of {without}"
                );
            }
        }
    }
    let unused: Vec<_> = operators().filter(|name| !names.contains(*name)).collect();
    assert!(unused.is_empty(), "no query has {unused:?}");
}

#[tokio::test]
async fn how_conditions_are_joined_changes_what_is_found() {
    let Some(mut searched) = Searched::new().await else { return };
    searched.posts().await;
    for (query, otherwise) in JOINED {
        let found_so = found(&searched, query).await;
        assert!(!found_so.is_empty(), "{query} finds nothing");
        assert_ne!(found_so, found(&searched, otherwise).await, "{query} is no {otherwise}");
    }
}
