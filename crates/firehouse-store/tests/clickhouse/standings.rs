//! How accounts stand: who stands above whom, and the names that are found by it.

use clickhouse::Client;
use firehouse_schema::{ActorRow, ActorStatus, LinkRow, NameWordRow, RepoRow, RepoState};
use firehouse_sim::engine;
use firehouse_store::read::{RankPosition, Standing};
use firehouse_store::{STANDING_STEPS, Store};
use firehouse_types::{ActorId, Datetime, Did, Nsid, Rev, RkeyId};

fn did(number: u64) -> Did {
    Did::parse(&format!("did:web:a{number}.test")).unwrap()
}

fn follow(actor: u64, target: u64) -> LinkRow {
    LinkRow {
        target_actor: did(target).actor(),
        target_rkey: RkeyId::from(0),
        target_collection: "".into(),
        collection: Nsid::parse("app.bsky.graph.follow").unwrap(),
        path: ".subject".into(),
        actor: did(actor).actor(),
        rkey: RkeyId::from(target + 1),
        rev: Rev::from(1),
        deleted: 0,
        target_cid: [0; 32],
        target_url: "".into(),
        sort_at: Datetime::from_ms(1),
    }
}

async fn followed(store: &Store, follows: impl IntoIterator<Item = (u64, u64)>) {
    let rows: Vec<_> = follows.into_iter().map(|(actor, target)| follow(actor, target)).collect();
    let _ = store.insert(&rows).await.unwrap();
}

async fn standing(store: &Store, number: u64) -> Standing {
    let actor = did(number).actor();
    store.standings(&[actor]).await.unwrap().get(&actor).copied().unwrap_or_default()
}

/// People 1000 to 1199 who follow thirty of themselves each, hardly ever mutually.
fn people() -> impl Iterator<Item = (u64, u64)> {
    (0..200).flat_map(|who| (1..=30).map(move |step| (1_000 + who, 1_000 + (who + step * 5) % 200)))
}

#[tokio::test]
async fn who_is_followed_by_those_who_are_followed_stands_above_and_nobody_has_no_row() {
    let Some(store) = engine::store().await else { return };
    followed(&store, people()).await;
    // As many follow each, but those who follow the first have followers themselves.
    followed(&store, (0..40).map(|who| (1_000 + who, 1))).await;
    followed(&store, (0..40).map(|who| (2_000 + who, 2))).await;
    assert_eq!(store.standings_computed_at().await.unwrap(), None);
    store.rank_accounts(7).await.unwrap();
    assert_eq!(store.standings_computed_at().await.unwrap(), Some(7));
    let (first, second) = (standing(&store, 1).await, standing(&store, 2).await);
    assert_eq!((first.followers, second.followers), (40, 40));
    assert!(first.level > second.level + 300, "{first:?} {second:?}");
    assert!(first.rank > second.rank);
    assert_eq!(standing(&store, 2_000).await, Standing::default());
}

#[tokio::test]
async fn rings_and_bought_followers_do_not_lift_anybody_above_whom_people_follow() {
    let Some(store) = engine::store().await else { return };
    followed(&store, people()).await;
    followed(&store, (0..50).map(|who| (1_000 + who * 4, 1))).await;
    // Twice as many that follow nobody else.
    followed(&store, (0..100).map(|who| (3_000 + who, 2))).await;
    // As many that all follow one another, and who paid for it.
    let ring = (0..50).flat_map(|who| (0..50).map(move |whom| (5_000 + who, 5_000 + whom)));
    followed(&store, ring.filter(|(who, whom)| who != whom)).await;
    followed(&store, (0..50).map(|who| (5_000 + who, 3))).await;
    store.rank_accounts(1).await.unwrap();
    let [people, bought, ring, of_ring] =
        [standing(&store, 1), standing(&store, 2), standing(&store, 3), standing(&store, 5_007)];
    let (people, bought) = (people.await, bought.await);
    let (ring, of_ring) = (ring.await, of_ring.await);
    assert!(people.level > bought.level, "{people:?} {bought:?}");
    assert!(people.level > ring.level, "{people:?} {ring:?}");
    assert!(people.level > of_ring.level + 300, "{people:?} {of_ring:?}");
}

#[tokio::test]
async fn accounts_that_were_taken_down_give_nothing_and_get_nothing() {
    let Some(store) = engine::store().await else { return };
    followed(&store, people()).await;
    followed(&store, (0..40).map(|who| (1_000 + who, 1))).await;
    followed(&store, (0..40).map(|who| (1_000 + who, 2))).await;
    followed(&store, [(2, 1)]).await;
    let gone =
        ActorRow { status: ActorStatus::Takendown, version: 1, ..ActorRow::mentioned(did(2)) };
    let _ = store.insert(&[gone]).await.unwrap();
    store.rank_accounts(1).await.unwrap();
    assert_eq!((standing(&store, 1).await.followers, standing(&store, 2).await.followers), (40, 0));
}

#[tokio::test]
async fn steps_that_were_cut_off_are_taken_again_and_nothing_changes_before_the_end() {
    let Some(store) = engine::store().await else { return };
    followed(&store, people()).await;
    store.rank_accounts(1).await.unwrap();
    let before = standing(&store, 1_001).await;
    followed(&store, (0..100).map(|who| (1_000 + who, 1))).await;
    for step in 0..STANDING_STEPS {
        if step + 2 < STANDING_STEPS {
            assert_eq!(standing(&store, 1).await, Standing::default(), "before step {step}");
            assert_eq!(standing(&store, 1_001).await, before);
        }
        store.rank_step(step, 2).await.unwrap();
        store.rank_step(step, 2).await.unwrap();
    }
    let twice = standing(&store, 1).await;
    store.rank_accounts(3).await.unwrap();
    assert_eq!(standing(&store, 1).await, twice);
    assert_eq!(twice.followers, 100);
}

#[tokio::test]
async fn of_a_beginning_that_very_many_have_those_who_stand_best_are_found() {
    let Some(store) = engine::store().await else { return };
    let names = (0..2_000).flat_map(|number| {
        let actor = did(10_000 + number).actor();
        [format!("anna{number:04}"), "smith".to_owned()]
            .map(|word| NameWordRow { word: word.into(), actor })
    });
    let mut names: Vec<_> = names.collect();
    names.push(NameWordRow { word: "an".into(), actor: did(1).actor() });
    let _ = store.insert(&names).await.unwrap();
    followed(&store, people()).await;
    // The names behind all that are read in their order.
    followed(&store, (0..60).map(|who| (1_000 + who, 11_999))).await;
    followed(&store, (0..40).map(|who| (1_000 + who, 11_998))).await;
    followed(&store, (0..1_900).map(|number| (1_000, 10_000 + number))).await;
    let best = async |beginnings: &[&str]| -> Vec<ActorId> {
        let beginnings: Vec<_> = beginnings.iter().map(|&word| word.to_owned()).collect();
        let rows = store.search_actors(&beginnings, &[], RankPosition::START, 3).await.unwrap();
        rows.iter().map(|row| row.actor).collect()
    };
    store.rank_accounts(1).await.unwrap();
    let [first, second, whole] = [11_999, 11_998, 1].map(|number| did(number).actor());
    assert_eq!(best(&["a"]).await[..2], [first, second]);
    assert_eq!(best(&["anna"]).await[..2], [first, second]);
    assert_eq!(best(&["an"]).await, [whole, first, second], "whose word it is comes first");
    assert_eq!(best(&["smith", "ann"]).await[..2], [first, second]);
    assert_eq!(best(&["anna1999"]).await, [first]);
    assert!(best(&["bert"]).await.is_empty());
    let word = ["a".to_owned()];
    let others = store.search_actors(&word, &[first], RankPosition::START, 1).await.unwrap();
    assert_eq!(others[0].actor, second, "without those that are excepted");
}

#[tokio::test]
async fn what_an_account_stands_for_goes_when_it_is_purged() {
    let Some(store) = engine::store().await else { return };
    let actor = did(1).actor();
    let _ = store.insert(&[NameWordRow { word: "gone".into(), actor }]).await.unwrap();
    followed(&store, people()).await;
    followed(&store, (0..40).map(|who| (1_000 + who, 1))).await;
    store.rank_accounts(1).await.unwrap();
    let row = ActorRow { status: ActorStatus::Deleted, version: 5, ..ActorRow::mentioned(did(1)) };
    let repo = RepoRow {
        actor,
        rev: Rev::from(1),
        data: [1; 32],
        state: RepoState::Synchronized,
        reason: "".into(),
        vouched: Rev::from(1),
    };
    let _ = store.insert(&[row]).await.unwrap();
    let _ = store.insert(&[repo]).await.unwrap();
    assert!(standing(&store, 1).await.level > 0);
    store.purge(&store.deletions(9, 10).await.unwrap()).await.unwrap();
    assert_eq!(standing(&store, 1).await, Standing::default());
    let client = Client::default().with_url(engine::url().unwrap()).with_database(store.database());
    for table in ["standings", "ranked_names", "best_names", "account_words", "name_words"] {
        let count = format!("SELECT count() FROM {table} WHERE actor = {}", actor.get());
        assert_eq!(client.query(&count).fetch_one::<u64>().await.unwrap(), 0, "{table}");
    }
}
