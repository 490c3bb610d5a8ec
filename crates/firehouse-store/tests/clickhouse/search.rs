//! Conditions of a search: each finds what it says, alone, among others and negated, and the text indexes answer it.

use clickhouse::Client;
use firehouse_schema::{EngagedTextRow, MIGRATIONS, Migration, PostRow, PostTextRow};
use firehouse_sim::engine;
use firehouse_store::Store;
use firehouse_store::read::{Among, Condition, Engaged, LinkPosition, PostSearch};
use firehouse_types::{ActorId, Datetime, Rev, RkeyId};

use Condition::{All, Any, AnyMark, AnyWord, By, Character, Marks, Not, Phrase, Run, Since, Words};

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn row(rkey: u64, words: &str, runs: &str, marks: &[&str]) -> PostTextRow {
    PostTextRow {
        sort_at: Datetime::from_ms(i64::try_from(rkey).unwrap() * 1_000),
        actor: ActorId::from(rkey % 2),
        rkey: RkeyId::from(rkey),
        rev: Rev::from(1),
        deleted: 0,
        words: words.into(),
        runs: runs.into(),
        marks: texts(marks),
    }
}

fn search(condition: Condition) -> PostSearch {
    let (after, until) = (Datetime::from_ms(i64::MIN), Datetime::from_ms(i64::MAX));
    PostSearch { condition, after, until }
}

async fn found(store: &Store, condition: Condition) -> Vec<u64> {
    let search = search(condition);
    let rows = store.search_posts(&search, Among::All, LinkPosition::START, 100).await.unwrap();
    let hits = store.search_hits(&search, 100).await.unwrap();
    assert_eq!(hits, rows.len() as u64);
    rows.iter().map(|row| row.rkey.get()).collect()
}

fn run(text: &str) -> Condition {
    let chars: Vec<char> = text.chars().collect();
    Run(text.to_owned(), chars.windows(2).map(String::from_iter).collect())
}

fn not(condition: Condition) -> Condition {
    Not(Box::new(condition))
}

async fn filled() -> Option<Store> {
    let store = engine::store().await?;
    let rows = [
        row(1, "a wide reply", "", &["lang:en", "#rail"]),
        row(2, "reply but wide . a card", "", &["lang:en", "is:reply"]),
        row(3, "", "昨日東京都に行った ", &["lang:ja"]),
        row(4, "iphone", "東 京都で買った ", &["lang:ja", "#rail"]),
    ];
    let _ = store.insert(&rows).await.unwrap();
    Some(store)
}

#[tokio::test]
async fn each_condition_finds_what_it_says() {
    let Some(store) = filled().await else { return };
    for (condition, expected) in [
        (Condition::everything(), vec![4, 3, 2, 1]),
        (Any(vec![]), vec![]),
        (Words(texts(&["wide", "reply"])), vec![2, 1]),
        (Phrase(texts(&["wide", "reply"])), vec![1]),
        (Phrase(texts(&["wide", "a"])), vec![]),
        (Phrase(texts(&["ide", "reply"])), vec![]),
        (AnyWord(texts(&["card", "iphone", "nothing"])), vec![4, 2]),
        (run("東京都"), vec![3]),
        (run("東京"), vec![3]),
        (run("京都"), vec![4, 3]),
        (Character("東".into(), Some(texts(&["東京", "東 "]))), vec![4, 3]),
        (Character("東".into(), None), vec![4, 3]),
        (Marks(texts(&["lang:ja", "#rail"])), vec![4]),
        (AnyMark(texts(&["lang:ja", "#rail"])), vec![4, 3, 1]),
        (By(vec![ActorId::from(1)]), vec![3, 1]),
        (Since(Datetime::from_ms(3_000)), vec![4, 3]),
        (not(Words(texts(&["wide"]))), vec![4, 3]),
        (not(Marks(texts(&["is:reply"]))), vec![4, 3, 1]),
        (not(AnyMark(texts(&["is:reply", "lang:ja"]))), vec![1]),
        (not(not(AnyMark(texts(&["is:reply"])))), vec![2]),
        (All(vec![Words(texts(&["wide"])), not(AnyMark(texts(&["is:reply"])))]), vec![1]),
        (All(vec![Words(texts(&["wide"])), not(Marks(texts(&["#rail"])))]), vec![2]),
        (
            All(vec![
                Any(vec![Words(texts(&["card"])), run("東京")]),
                not(By(vec![ActorId::from(0)])),
            ]),
            vec![3],
        ),
    ] {
        assert_eq!(found(&store, condition.clone()).await, expected, "{condition:?}");
    }
}

#[tokio::test]
async fn what_was_there_before_the_index_is_searched_as_exactly() {
    let Some(store) = engine::store().await else { return };
    let client = Client::default().with_url(engine::url().unwrap()).with_database(store.database());
    let run = async |sql: &str| client.query_raw(sql).execute().await.unwrap();
    run("ALTER TABLE post_texts DROP INDEX tokens, DROP INDEX runs").await;
    let _ = store.insert(&[row(1, "guten tag", "", &["lang:de"])]).await.unwrap();
    let add_index = |migration: &&Migration| migration.name == "index_post_texts_in_short_blocks";
    run(MIGRATIONS.iter().find(add_index).unwrap().sql).await;
    let _ = store.insert(&[row(2, "jeden tag", "", &["lang:de"])]).await.unwrap();
    assert_eq!(found(&store, Words(texts(&["tag"]))).await, vec![2, 1]);
    assert_eq!(found(&store, Words(texts(&["de"]))).await, Vec::<u64>::new(), "inside a mark");
}

#[tokio::test]
async fn words_marks_pairs_and_authors_are_answered_by_their_index_alone() {
    let Some(store) = filled().await else { return };
    for (condition, columns) in [
        (Words(texts(&["wide", "reply"])), vec!["tokens"]),
        (AnyWord(texts(&["wide", "reply"])), vec!["tokens"]),
        (run("京都"), vec!["runs"]),
        (Marks(texts(&["#rail"])), vec!["tokens"]),
        (AnyMark(texts(&["#rail", "lang:en"])), vec!["tokens"]),
        (By(vec![ActorId::from(1)]), vec!["tokens"]),
        (not(Words(texts(&["wide"]))), vec!["tokens"]),
        (
            Any(vec![All(vec![Words(texts(&["wide"])), Marks(texts(&["#rail"]))]), run("京都")]),
            vec!["tokens", "runs"],
        ),
    ] {
        let plan = store.explain_search(&search(condition.clone())).await.unwrap().join("\n");
        for column in columns {
            let of = format!("__text_index_{column}_");
            assert!(
                plan.contains(&of),
                "{condition:?} is not read from the index {column}:\n{plan}"
            );
        }
    }
}

#[tokio::test]
async fn that_a_post_answers_nothing_is_one_of_its_tokens() {
    let Some(store) = filled().await else { return };
    let condition = All(vec![Words(texts(&["wide"])), not(AnyMark(texts(&["is:reply"])))]);
    let plan = store.explain_search(&search(condition)).await.unwrap().join("\n");
    assert!(!plan.contains("NOT "), "the index is looked at once:\n{plan}");
}

#[tokio::test]
async fn a_version_that_is_no_longer_so_is_told_apart() {
    let Some(store) = filled().await else { return };
    let post = |rkey: u64, rev: u64, deleted: u8| PostRow {
        actor: ActorId::from(rkey % 2),
        rkey: RkeyId::from(rkey),
        rev: Rev::from(rev),
        deleted,
        ..crate::rows::post(rkey)
    };
    // The second was edited, the third is gone, the fourth is still being written.
    let posts = [post(1, 1, 0), post(2, 1, 0), post(2, 2, 0), post(3, 1, 0), post(3, 2, 1)];
    let _ = store.insert(&posts).await.unwrap();
    let everything = search(Condition::everything());
    let rows = store.search_posts(&everything, Among::All, LinkPosition::START, 100).await.unwrap();
    let so = store.still_so(&rows).await.unwrap();
    assert_eq!(so.into_iter().map(|(_, rkey)| rkey.get()).collect::<Vec<_>>(), [1]);
}

#[tokio::test]
async fn words_and_pairs_are_looked_up_by_how_they_begin() {
    let Some(store) = filled().await else { return };
    assert_eq!(store.words_beginning("wi", 10).await.unwrap(), ["wide"]);
    assert_eq!(store.words_beginning("", 2).await.unwrap(), ["a", "reply"]);
    assert_eq!(store.pairs_beginning("東", 10).await.unwrap(), ["東 ", "東京"]);
    assert!(store.words_beginning("x", 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_many_posts_have_is_counted_out_of_the_indexes() {
    let Some(store) = filled().await else { return };
    let usual = store.usual_tokens(4, 2, 3).await.unwrap();
    assert_eq!((usual.posts, usual.latest), (4, 3));
    assert_eq!((usual.span_ms, usual.newest_ms), (2_000, 4_000));
    // One of two at least: two of four.
    let of = |tokens: &std::collections::HashMap<String, u64>| {
        let mut tokens: Vec<_> = tokens.iter().map(|(token, &n)| (token.clone(), n)).collect();
        tokens.sort_unstable();
        tokens
    };
    let tokens = ["#rail", "a", "by:0", "by:1", "is:post", "lang:en", "lang:ja", "reply", "wide"];
    let expected = tokens.map(|token| (token.to_owned(), if token == "is:post" { 3 } else { 2 }));
    assert_eq!(of(&usual.tokens), expected);
    assert!(usual.pairs.contains_key("京都"), "{usual:?}");
    let few = store.usual_tokens(5, 2, 3).await.unwrap();
    assert!(few.tokens.is_empty(), "too few posts to plan by: {few:?}");
}

#[tokio::test]
async fn posts_of_a_tier_are_found_by_all_conditions_among_those_that_were_answered_often() {
    let Some(store) = filled().await else { return };
    let engaged = |rkey: u64, version: u64, words: &str, marks: &[&str]| {
        let PostTextRow { sort_at, actor, rev, .. } = row(rkey, "", "", &[]);
        let (words, marks) = (words.into(), texts(marks));
        let like = crate::keep::engaged(actor, rkey, rev.get());
        EngagedTextRow { sort_at, version, words, marks, standing: 1, ..like }
    };
    let rows = [
        engaged(1, 1, "a wide reply", &["lang:en", "engaged:10", "likes:10"]),
        engaged(2, 1, "reply but wide . a card", &["lang:en", "engaged:10"]),
        engaged(2, 2, "reply but wide . a card", &["lang:en", "engaged:10", "engaged:100"]),
    ];
    let _ = store.insert(&rows).await.unwrap();
    let found = async |condition: Condition| {
        let search = search(condition);
        let rows = store.search_posts(&search, Among::Engaged, LinkPosition::START, 100).await;
        let mut found: Vec<_> = rows.unwrap().iter().map(|row| row.rkey.get()).collect();
        found.dedup();
        found
    };
    let tier = |engaged: Engaged, tier| Marks(vec![engaged.mark(tier)]);
    assert_eq!(found(Condition::everything()).await, [2, 1], "of the others nobody knows here");
    assert_eq!(found(tier(Engaged::Answers, 10)).await, [2, 1]);
    assert_eq!(found(tier(Engaged::Answers, 100)).await, [2]);
    assert_eq!(found(tier(Engaged::Likes, 10)).await, [1]);
    let both = All(vec![tier(Engaged::Answers, 10), Phrase(texts(&["wide", "reply"]))]);
    assert_eq!(found(both).await, [1]);
    // However few have them, searches are planned by how many do.
    let usual = store.usual_tokens(1, 2, 10).await.unwrap();
    assert_eq!(usual.tokens.get("engaged:10"), Some(&2), "{usual:?}");
    assert_eq!(usual.tokens.get("likes:10"), Some(&1));
    assert_eq!(usual.tokens.get("lang:en"), Some(&2), "of all posts");
}
