//! Feeds of many accounts: the same items by time as by author, whatever was deleted or written twice.

use clickhouse::Client;
use firehouse_sim::engine;
use firehouse_store::Store;
use firehouse_store::read::{FeedItem, FeedPosition};
use firehouse_types::{ActorId, RkeyId};

async fn run(store: &Store, sql: &str) {
    let client = Client::default().with_url(engine::url().unwrap()).with_database(store.database());
    client.query(sql).execute().await.unwrap();
}

/// 200 accounts with 5 items each, one a second; each item thrice, and of the newest 300 all but every tenth deleted. Account 1 follows
/// all of them, account 2 the first three; list 7 of account 9 has them all.
async fn network() -> Option<Store> {
    let store = engine::store().await?;
    const ITEM: &str = "fromUnixTimestamp64Milli(toInt64(1700000000000 + number * 1000), 'UTC'), number % 200 + 1000, 'post', number, \
        number % 200 + 1000, number, 0, 0";
    for rev in 1..=3 {
        run(&store, &format!("INSERT INTO feed_items SELECT {ITEM}, {rev}, 0 FROM numbers(1000)"))
            .await;
    }
    let newest = "FROM numbers(700, 300) WHERE number % 10 != 0";
    run(&store, &format!("INSERT INTO feed_items SELECT {ITEM}, 4, 1 {newest}")).await;
    for (who, whom) in [(1, 200), (2, 3)] {
        let follow = format!(
            "INSERT INTO links_by_source SELECT {who}, 'app.bsky.graph.follow', number, '.subject', number + 1000, 0, '', 1, 0, now64(3) \
            FROM numbers({whom})"
        );
        run(&store, &follow).await;
    }
    let listed = "INSERT INTO list_items SELECT 9, 7, number + 1000, number, 1, 0, now64(3) FROM numbers(200)";
    run(&store, listed).await;
    Some(store)
}

fn keys(items: &[FeedItem]) -> Vec<u64> {
    items.iter().map(|item| item.rkey.get()).collect()
}

#[tokio::test]
async fn pages_by_time_hold_what_lives_newest_first_and_lose_nothing() {
    let Some(store) = network().await else { return };
    let newest = (700..1000_u64).filter(|n| n % 10 == 0);
    let mut expected: Vec<u64> = (0..700).chain(newest).collect();
    expected.reverse();
    for limit in [7, 60, 400] {
        let (mut walked, mut listed) = (Vec::new(), Vec::new());
        for by_list in [false, true] {
            let mut before = FeedPosition::START;
            loop {
                let page = if by_list {
                    let list = (ActorId::from(9), RkeyId::from(7));
                    store.list_feed_items(list, before, limit).await.unwrap()
                } else {
                    store.timeline_items(ActorId::from(1), before, limit).await.unwrap()
                };
                let Some(last) = page.last() else { break };
                before = last.position();
                if by_list { &mut listed } else { &mut walked }.extend(keys(&page));
            }
        }
        assert!(walked == expected, "limit {limit}: {walked:?}");
        assert_eq!(listed, expected, "limit {limit}");
    }
}

#[tokio::test]
async fn few_followed_are_read_by_author() {
    let Some(store) = network().await else { return };
    let items = store.timeline_items(ActorId::from(2), FeedPosition::START, 9).await.unwrap();
    assert_eq!(keys(&items), [800, 602, 601, 600, 402, 401, 400, 202, 201]);
    let nobody = store.timeline_items(ActorId::from(3), FeedPosition::START, 9).await.unwrap();
    assert!(nobody.is_empty());
}
