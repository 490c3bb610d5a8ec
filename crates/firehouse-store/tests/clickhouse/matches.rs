//! Conditions asked of posts as they come find what the engine finds; and what came is read back as it was told.

use std::collections::{BTreeSet, HashSet};

use firehouse_schema::{LinkRow, ListItemRow, PostTextRow};
use firehouse_sim::engine;
use firehouse_store::read::{Among, Condition, LinkPosition, Members, PostSearch, PostWords};
use firehouse_store::{ArrivedPost, Store};
use firehouse_types::{ActorId, Datetime, Nsid, Rev, RkeyId};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use Condition::{
    All, Answers, Any, AnyMark, AnyWord, Beginning, By, Character, Embeds, FollowedBy, InThread,
    Listed, Marks, Not, Phrase, Posts, Run, Since, Words,
};

const POSTS: u64 = 150;
const CONDITIONS: usize = 300;
const VOCABULARY: [&str; 7] = ["rain", "rains", "in", "may", "3.14", "☔", "."];
const CHARACTERS: [&str; 5] = ["東", "京", "都", "한", " "];
const MARKS: [&str; 4] = ["#rain", "lang:ja", "has:image", ""];
const POST: &str = "app.bsky.feed.post";

fn words(most: usize) -> impl Strategy<Value = Vec<String>> {
    let word = proptest::sample::select(&VOCABULARY[..]).prop_map(str::to_owned);
    proptest::collection::vec(word, 0..=most)
}

fn run(least: usize, most: usize) -> impl Strategy<Value = String> {
    let character = proptest::sample::select(&CHARACTERS[..]);
    proptest::collection::vec(character, least..=most).prop_map(|all| all.concat())
}

fn marks() -> impl Strategy<Value = Vec<String>> {
    let mark = proptest::sample::select(&MARKS[..]).prop_map(str::to_owned);
    proptest::collection::vec(mark, 0..3)
}

/// Two authors, and keys of which some posts have the same.
fn key() -> impl Strategy<Value = (ActorId, RkeyId)> {
    (0..4_u64, 1..POSTS).prop_map(|(actor, rkey)| (ActorId::from(actor), RkeyId::from(rkey)))
}

fn pairs(run: &str) -> Vec<String> {
    let chars: Vec<char> = run.chars().collect();
    chars.windows(2).map(String::from_iter).collect()
}

/// Everything but what depends on other tables: that is known by its number.
fn leaf() -> impl Strategy<Value = Condition> {
    let keys = || proptest::collection::vec(key(), 1..30);
    prop_oneof![
        words(3).prop_map(Words),
        words(3).prop_map(AnyWord),
        proptest::sample::select(&["ra", "rain", "ma", "3", "zz"][..]).prop_map(|beginning| {
            let known = VOCABULARY.iter().filter(|word| word.starts_with(beginning));
            Beginning(beginning.to_owned(), known.map(|word| (*word).to_owned()).collect())
        }),
        words(3).prop_filter("a phrase of something", |words| !words.is_empty()).prop_map(Phrase),
        run(2, 4).prop_map(|run| {
            let pairs = pairs(&run);
            Run(run, pairs)
        }),
        proptest::sample::select(&CHARACTERS[..4]).prop_map(|character| {
            let pairs = CHARACTERS.iter().map(|next| format!("{character}{next}")).collect();
            Character(character.to_owned(), Some(pairs))
        }),
        proptest::sample::select(&CHARACTERS[..4])
            .prop_map(|character| Character(character.to_owned(), None)),
        marks().prop_map(Marks),
        marks().prop_map(AnyMark),
        proptest::collection::vec(0..4_u64, 1..3)
            .prop_map(|actors| By(actors.into_iter().map(ActorId::from).collect())),
        (7..9_u64).prop_map(|actor| FollowedBy(ActorId::from(actor))),
        (5..7_u64).prop_map(|list| Listed(vec![(ActorId::from(7), RkeyId::from(list))])),
        keys().prop_map(Answers),
        keys().prop_map(InThread),
        keys().prop_map(Posts),
        (keys(), any::<bool>()).prop_map(|(keys, is_post)| {
            let collection = if is_post { POST } else { "app.bsky.graph.list" };
            Embeds(keys.into_iter().map(|(a, r)| (a, r, collection.to_owned())).collect())
        }),
        (0..POSTS).prop_map(|at| Since(time(at))),
    ]
}

fn condition() -> impl Strategy<Value = Condition> {
    leaf().prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(All),
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Any),
            inner.prop_map(|inner| Not(Box::new(inner))),
        ]
    })
}

fn time(at: u64) -> Datetime {
    Datetime::from_ms(i64::try_from(at).unwrap() * 1_000)
}

fn post(number: u64, words: &[String], runs: String, marks: &[String]) -> PostTextRow {
    PostTextRow {
        sort_at: time(number),
        actor: ActorId::from(number % 4),
        rkey: RkeyId::from(number),
        rev: Rev::from(number + 1),
        deleted: 0,
        words: words.join(" ").into(),
        // As firehouse-text writes them: a space behind each run.
        runs: if runs.is_empty() { "".into() } else { format!("{} ", runs.trim()).into() },
        marks: marks.iter().filter(|mark| !mark.is_empty()).cloned().collect(),
    }
}

fn link(
    from: &PostTextRow,
    path: &'static str,
    to: (ActorId, RkeyId),
    what: &'static str,
) -> LinkRow {
    LinkRow {
        target_actor: to.0,
        target_rkey: to.1,
        target_collection: what.into(),
        collection: Nsid::parse(if path == ".subject" { "app.bsky.graph.follow" } else { POST })
            .unwrap(),
        path: path.into(),
        actor: from.actor,
        rkey: from.rkey,
        rev: from.rev,
        deleted: 0,
        target_cid: [0; 32],
        target_url: "".into(),
        sort_at: from.sort_at,
    }
}

/// Posts with their references, and who follows and lists whom.
fn generated(runner: &mut TestRunner) -> (Vec<PostTextRow>, Vec<LinkRow>) {
    let (mut texts, mut links) = (Vec::new(), Vec::new());
    let shape = (words(6), run(0, 6), marks(), key(), key(), 0..4_u8);
    for number in 1..=POSTS {
        let (words, runs, marks, parent, root, kind) = shape.new_tree(runner).unwrap().current();
        let text = post(number, &words, runs, &marks);
        match kind {
            1 => {
                links.push(link(&text, ".reply.parent.uri", parent, POST));
                links.push(link(&text, ".reply.root.uri", root, POST));
            }
            2 => links.push(link(&text, ".embed.record.uri", parent, "app.bsky.graph.list")),
            3 => links.push(link(&text, ".embed.record.record.uri", parent, POST)),
            _ => {}
        }
        texts.push(text);
    }
    (texts, links)
}

/// 7 follows the author 0, and has the author 1 on its list 5.
async fn insert_members(store: &Store) {
    let item = ListItemRow {
        list_actor: ActorId::from(7),
        list_rkey: RkeyId::from(5),
        subject: ActorId::from(1),
        rkey: RkeyId::from(1),
        rev: Rev::from(1),
        deleted: 0,
        sort_at: Datetime::EPOCH,
    };
    let _ = store.insert(&[item]).await.unwrap();
    let from = PostTextRow { actor: ActorId::from(7), ..post(1, &[], String::new(), &[]) };
    let follow = link(&from, ".subject", (ActorId::from(0), RkeyId::from(0)), "");
    let _ = store.insert(&[follow]).await.unwrap();
}

fn found_by_predicate(
    search: &PostSearch,
    posts: &[ArrivedPost],
    members: &Members,
) -> BTreeSet<u64> {
    let standing = posts.iter().filter(|post| post.text.deleted == 0);
    let found = standing.filter(|post| search.finds(&PostWords::new(post), members));
    found.map(|post| post.text.rkey.get()).collect()
}

#[tokio::test]
async fn what_is_asked_of_posts_as_they_come_finds_what_the_engine_finds() {
    let Some(store) = engine::store().await else { return };
    let mut runner = TestRunner::deterministic();
    let (texts, links) = generated(&mut runner);
    insert_members(&store).await;
    let _ = store.insert(&texts).await.unwrap();
    let _ = store.insert(&links).await.unwrap();
    let mut told = store.arrivals().listen();
    let arriving = store.arrivals().number(&texts, &HashSet::new());
    let _ = store.insert(&arriving.rows).await.unwrap();
    let numbers = (arriving.rows[0].number - 1, arriving.rows[arriving.rows.len() - 1].number);
    store.arrivals().tell(arriving, texts, &links);
    let posts = told.recv().await.unwrap();

    let (mut found_some, strategy) = (0, (condition(), 0..POSTS, 0..POSTS));
    for _ in 0..CONDITIONS {
        let (condition, from, to) = strategy.new_tree(&mut runner).unwrap().current();
        let search =
            PostSearch { condition, after: time(from.min(to) / 2), until: time(POSTS - to / 4) };
        let members = store.members(&search.condition, 100).await.unwrap();
        let rows =
            store.search_posts(&search, Among::All, LinkPosition::START, 1_000).await.unwrap();
        let by_engine: BTreeSet<_> = rows.iter().map(|row| row.key().1.get()).collect();
        let by_predicate = found_by_predicate(&search, &posts, &members);
        assert_eq!(by_predicate, by_engine, "{search:?}");
        let missed = store.search_arrived(&search, numbers, 1_000).await.unwrap();
        let missed: Vec<_> = missed.iter().map(|row| row.post().key().1.get()).collect();
        assert_eq!(missed, by_engine.iter().copied().collect::<Vec<_>>(), "{search:?}");
        found_some += usize::from(!by_engine.is_empty() && (by_engine.len() as u64) < POSTS);
    }
    assert!(found_some > CONDITIONS / 4, "only {found_some} searches find some and not all");
}

#[tokio::test]
async fn what_came_is_read_back_as_it_was_told() {
    let Some(store) = engine::store().await else { return };
    let (texts, links) = generated(&mut TestRunner::deterministic());
    let _ = store.insert(&texts).await.unwrap();
    let _ = store.insert(&links).await.unwrap();
    let gone =
        PostTextRow { deleted: 1, rev: Rev::from(1_000), ..post(5, &[], String::new(), &[]) };
    let all: Vec<_> = texts.into_iter().chain([gone]).collect();
    let mut told = store.arrivals().listen();
    let arriving = store.arrivals().number(&all, &HashSet::new());
    let _ = store.insert(&arriving.rows).await.unwrap();
    let (first, last) = (arriving.rows[0].number, arriving.rows[arriving.rows.len() - 1].number);
    store.arrivals().tell(arriving, all, &links);
    let told = told.recv().await.unwrap();
    assert_eq!(store.arrivals_held().await.unwrap(), (first, last));
    let sorted = |posts: &[ArrivedPost]| {
        let mut posts = posts.to_vec();
        posts.iter_mut().for_each(|post| post.links.sort_by_key(|link| format!("{link:?}")));
        posts
    };
    assert_eq!(sorted(&store.arrivals_behind(first - 1).await.unwrap()), sorted(&told));
    let behind = store.arrivals_behind(last - 1).await.unwrap();
    assert_eq!(behind.iter().map(|post| post.text.deleted).collect::<Vec<_>>(), [1]);
    assert!(store.arrivals_behind(last).await.unwrap().is_empty());
    // A process that was killed before it could acknowledge them sees the same versions again.
    let next = engine::beside(&store);
    next.go_on_numbering().await.unwrap();
    let again: Vec<_> = told.iter().map(|post| post.text.clone()).collect();
    assert!(next.arrivals().number(&again, &HashSet::new()).rows.is_empty());
}
