use firehouse_schema::{LinkRow, PostArrivalRow, PostRow, PostTextRow};
use firehouse_sim::engine;
use firehouse_store::read::{Among, Condition, Engaged, LinkPosition, PostSearch};
use firehouse_types::{ActorId, Datetime, Nsid, Rev, RkeyId};
use prometheus::Registry;

use super::*;

/// Accounts far apart, so that each slice of a sweep has some.
fn author(at: u64) -> ActorId {
    ActorId::from(at << 59)
}

/// Ten million microseconds: revs that a row's version tells apart.
fn rev(at: u64) -> Rev {
    Rev::from((at * 10_000_000) << 10)
}

fn like(of: u64, by: u64) -> LinkRow {
    LinkRow {
        target_actor: author(of),
        target_rkey: RkeyId::from(7),
        target_collection: "app.bsky.feed.post".into(),
        collection: Nsid::parse("app.bsky.feed.like").unwrap(),
        path: ".subject.uri".into(),
        actor: ActorId::from(by),
        rkey: RkeyId::from(by),
        rev: rev(1),
        deleted: 0,
        target_cid: [0; 32],
        target_url: "".into(),
        sort_at: Datetime::EPOCH,
    }
}

fn text(of: u64, rev: Rev, words: &str, deleted: u8) -> PostTextRow {
    PostTextRow {
        sort_at: Datetime::from_ms(i64::try_from(of).unwrap()),
        actor: author(of),
        rkey: RkeyId::from(7),
        rev,
        deleted,
        words: words.into(),
        runs: "".into(),
        marks: vec!["lang:en".into()],
    }
}

fn post(text: &PostTextRow) -> PostRow {
    let &PostTextRow { sort_at, actor, rkey, rev, deleted, .. } = text;
    PostRow {
        actor,
        rkey,
        rev,
        deleted,
        cid: [0; 32],
        created_at: sort_at,
        sort_at,
        root_actor: 0,
        root_rkey: 0,
        parent_actor: 0,
        parent_rkey: 0,
        quote_actor: 0,
        quote_rkey: 0,
        embeds: 0,
        langs: Vec::new(),
        made_at: sort_at,
    }
}

async fn write(store: &Store, texts: &[PostTextRow]) {
    let _ = store.insert(texts).await.unwrap();
    let _ = store.insert(&texts.iter().map(post).collect::<Vec<_>>()).await.unwrap();
}

async fn like_each(store: &Store, of: impl Iterator<Item = u64>, times: u64) {
    let likes: Vec<_> = of.flat_map(|of| (1..=times).map(move |by| like(of, by))).collect();
    let _ = store.insert(&likes).await.unwrap();
}

/// Whose posts are found with this mark, and with this word.
async fn found(store: &Store, mark: String, word: &str) -> Vec<u64> {
    let condition = Condition::All(vec![
        Condition::Marks(vec![mark, "lang:en".into()]),
        Condition::Words(vec![word.into()]),
    ]);
    let (after, until) = (Datetime::from_ms(i64::MIN), Datetime::from_ms(i64::MAX));
    let search = PostSearch { condition, after, until };
    let rows = store.search_posts(&search, Among::Engaged, LinkPosition::START, 100).await;
    let rows = rows.unwrap();
    let mut found: Vec<_> = rows.iter().map(|row| row.actor.get() >> 59).collect();
    found.dedup();
    found
}

fn job_of(store: &Store, slice_links: u64) -> EngagedJob {
    let metrics = Metrics::new(&Registry::new()).unwrap();
    EngagedJob { store: store.clone(), metrics, slice_links }
}

#[tokio::test]
async fn a_sweep_that_was_cut_off_goes_on_and_another_comes_when_there_is_more() {
    let Some(store) = engine::store().await else { return };
    let texts: Vec<_> = (1..20).map(|of| text(of, rev(1), "words", 0)).collect();
    write(&store, &texts).await;
    like_each(&store, 1..16, 12).await;
    like_each(&store, 16..20, 9).await;
    // As whoever likes twice: counted once.
    let again = LinkRow { rkey: RkeyId::from(99), ..like(19, 1) };
    let _ = store.insert(&[again]).await.unwrap();

    let killed = job_of(&store, 20);
    let mut sweep = killed.due().await.unwrap().unwrap();
    assert_eq!((sweep.slice, sweep.slices), (0, 11));
    for _ in 0..5 {
        killed.step(&mut sweep).await.unwrap();
    }
    let half = found(&store, Engaged::Likes.mark(10), "words").await;
    assert!(!half.is_empty() && half.len() < 15, "{half:?}");

    let job = job_of(&store, 20);
    let resumed = job.due().await.unwrap().unwrap();
    assert_eq!(resumed, sweep);
    job.sweep(resumed).await.unwrap();
    let all: Vec<u64> = (1..16).rev().collect();
    assert_eq!(found(&store, Engaged::Likes.mark(10), "words").await, all);
    assert_eq!(found(&store, Engaged::Likes.mark(100), "words").await, [0_u64; 0]);
    assert_eq!(job.due().await.unwrap(), None);

    like_each(&store, 3..4, 100).await;
    let next = job.due().await.unwrap().unwrap();
    assert_eq!(next.slice, 0);
    job.sweep(next).await.unwrap();
    assert_eq!(found(&store, Engaged::Likes.mark(100), "words").await, [3]);
    assert_eq!(found(&store, Engaged::Likes.mark(10), "words").await, all);
    assert_eq!(found(&store, Engaged::Answers.mark(100), "words").await, [3]);
    assert_eq!(found(&store, Engaged::Reposts.mark(10), "words").await, [0_u64; 0]);
}

#[tokio::test]
async fn what_is_answered_over_the_stream_is_there_and_what_goes_or_changes_is_not_what_it_was() {
    let Some(store) = engine::store().await else { return };
    let texts: Vec<_> = (1..6).map(|of| text(of, rev(1), "words", 0)).collect();
    write(&store, &texts).await;
    let job = job_of(&store, 20);
    let answered = async |of: std::ops::Range<u64>, times| {
        like_each(&store, of.clone(), times).await;
        let links: Vec<_> = of.map(|of| like(of, 1)).collect();
        let rows = store.arrivals().number_engagements(&links);
        assert_eq!(rows.len(), links.len());
        let _ = store.insert(&rows).await.unwrap();
    };
    answered(1..4, 10).await;
    answered(4..6, 5).await;
    job.catch_up().await.unwrap();
    let likes = || Engaged::Likes.mark(10);
    assert_eq!(found(&store, likes(), "words").await, [3, 2, 1]);

    // Nothing is lost to a process that ends, and the same again changes nothing.
    answered(4..5, 10).await;
    job_of(&store, 20).catch_up().await.unwrap();
    assert_eq!(found(&store, likes(), "words").await, [4, 3, 2, 1]);

    // The second is edited, the third is gone.
    let edited = [text(2, rev(2), "others", 0), text(3, rev(2), "", 1)];
    write(&store, &edited).await;
    let number = store.arrivals().number_engagements(&[like(5, 1)])[0].number;
    let went = edited.each_ref().map(|text| {
        let &PostTextRow { sort_at, actor, rkey, rev, .. } = text;
        PostArrivalRow { number: number + actor.get() % 7, sort_at, actor, rkey, rev, deleted: 1 }
    });
    let _ = store.insert(&went).await.unwrap();
    job.catch_up().await.unwrap();
    client(&store).query("OPTIMIZE TABLE engaged_texts FINAL").execute().await.unwrap();
    assert_eq!(found(&store, likes(), "words").await, [4, 1]);
    assert_eq!(found(&store, likes(), "others").await, [2]);

    // Nobody told that these went: the sweep sees it.
    write(&store, &[text(1, rev(2), "", 1), text(4, rev(2), "others", 0)]).await;
    let sweep = job.due().await.unwrap().unwrap();
    job.sweep(sweep).await.unwrap();
    client(&store).query("OPTIMIZE TABLE engaged_texts FINAL").execute().await.unwrap();
    assert_eq!(found(&store, likes(), "words").await, [0_u64; 0]);
    assert_eq!(found(&store, likes(), "others").await, [4, 2]);
}

#[tokio::test]
async fn who_was_away_for_so_long_that_it_is_forgotten_sweeps_over_everything() {
    let Some(store) = engine::store().await else { return };
    write(&store, &[text(1, rev(1), "words", 0)]).await;
    let job = job_of(&store, 20);
    job.catch_up().await.unwrap();
    let sweep = job.due().await.unwrap().unwrap();
    job.sweep(sweep).await.unwrap();
    job.catch_up().await.unwrap();
    assert_eq!(job.due().await.unwrap(), None);
    let long_ago = u64::try_from(now_us()).unwrap() - 6 * 3_600_000_000;
    let cursor = Followed { answered: long_ago, went: long_ago }.to_string();
    store.save_position(FOLLOWED, 0, "answers", Some(&cursor)).await.unwrap();
    job.catch_up().await.unwrap();
    assert!(job.due().await.unwrap().is_some());
}

#[test]
fn slices_are_all_accounts_and_none_is_in_two() {
    for slices in [1, 2, 3, 7, 1_000] {
        let mut sweep = Sweep { slice: 0, slices, links: 1, began_s: 2 };
        let mut next = Some(0);
        while let Some((first, last)) = sweep.accounts() {
            assert_eq!(Some(first), next);
            assert!(last >= first);
            next = last.checked_add(1);
            sweep.slice += 1;
        }
        assert_eq!(next, None);
        assert_eq!(Sweep::parse(&sweep.to_string()), Some(sweep));
        assert!(!sweep.is_over());
    }
    assert_eq!(Sweep::parse("garbage"), None);
    assert_eq!(Followed::parse("1.2"), Some(Followed { answered: 1, went: 2 }));
}

fn client(store: &Store) -> clickhouse::Client {
    let client = clickhouse::Client::default().with_url(engine::url().unwrap());
    client.with_database(store.database())
}
