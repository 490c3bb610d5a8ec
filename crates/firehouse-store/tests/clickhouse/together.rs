//! Queries that one request asks side by side are one statement, with the answers they have one by one.

use firehouse_schema::{ActorRow, ActorStatus};
use firehouse_sim::engine;
use firehouse_store::StoreError;
use firehouse_types::{ActorId, Did};

fn dids(n: usize) -> Vec<Did> {
    (0..n).map(|at| Did::parse(&format!("did:web:host-{at}.example.com")).unwrap()).collect()
}

#[tokio::test]
async fn what_is_asked_side_by_side_is_one_statement() {
    let Some(store) = engine::store().await else { return };
    let dids = dids(30);
    let rows = dids.iter().map(|did| ActorRow {
        handle: format!("o'{}\\", did.as_str().len()).into(),
        status: ActorStatus::Active,
        ..ActorRow::mentioned(did.clone())
    });
    let rows: Vec<_> = rows.collect();
    store.insert(&rows).await.map(drop).unwrap();

    let request = store.for_request();
    let (some, others): (Vec<ActorId>, Vec<ActorId>) =
        (dids[..10].iter().map(Did::actor).collect(), dids[5..].iter().map(Did::actor).collect());
    let (first, second, owners, rev) = tokio::try_join!(
        request.actors(&some),
        request.actors(&others),
        request.owners_of_handles(&["o'27\\", "nobody's"]),
        request.repo_rev(some[0]),
    )
    .unwrap();
    assert_eq!((first.len(), second.len(), owners.len(), rev), (10, 25, 1, None));
    assert!(first.iter().all(|row| dids[..10].contains(&row.did)));
    assert_eq!(request.statements(), 1);
    let alone = request.actors(&some).await.unwrap();
    assert_eq!((alone.len(), request.statements(), store.statements()), (10, 2, 0));
}

#[tokio::test]
async fn keys_that_fill_a_url_take_a_statement_more() {
    let Some(store) = engine::store().await else { return };
    let request = store.for_request();
    let many = |from: u64| (0..2_000).map(|n| ActorId::from(u64::MAX - from - n)).collect();
    let many: Vec<Vec<_>> = (0..4).map(many).collect();
    let asked = many.iter().map(|many| request.actors(many));
    let answers = futures_util::future::try_join_all(asked).await.unwrap();
    assert!(answers.iter().all(Vec::is_empty));
    assert_eq!(request.statements(), 4);
    // The same keys fill it only once.
    let asked = (0..4).map(|_| request.actors(&many[0]));
    let answers = futures_util::future::try_join_all(asked).await.unwrap();
    assert!(answers.iter().all(Vec::is_empty));
    assert_eq!(request.statements(), 5);
}

#[tokio::test]
async fn whoever_asks_beside_one_who_gives_up_is_answered_all_the_same() {
    let Some(store) = engine::store().await else { return };
    let request = store.for_request();
    let (leaving, staying) = (request.clone(), request.clone());
    let actor = ActorId::from(1);
    let given_up = async {
        tokio::select! {
            biased;
            _ = leaving.repo_rev(actor) => unreachable!("it has only asked"),
            () = std::future::ready(()) => {}
        }
    };
    let ((), answer) = tokio::join!(given_up, staying.repo_rev(actor));
    assert_eq!(answer.unwrap(), None);
}

#[tokio::test]
async fn one_query_that_fails_fails_those_beside_it_by_name() {
    let Some(store) = engine::store().await else { return };
    let client = clickhouse::Client::default().with_url(engine::url().unwrap());
    let client = client.with_database(store.database());
    client.query("DROP TABLE repos").execute().await.unwrap();
    let request = store.for_request();
    let actor = ActorId::from(1);
    let (rev, actors) =
        tokio::join!(request.repo_rev(actor), request.actors(std::slice::from_ref(&actor)));
    for failed in [rev.map(drop), actors.map(drop)] {
        assert!(matches!(failed, Err(StoreError::ReadTogether { .. })), "{failed:?}");
    }
    assert!(request.actors(&[actor]).await.is_ok());
}
