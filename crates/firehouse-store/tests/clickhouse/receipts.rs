//! Receipts are those of the final state, whatever the way to it.

use std::collections::BTreeMap;

use firehouse_schema::{Proof, RecordRow};
use firehouse_sim::{Random, engine};
use firehouse_types::{ActorId, CollectionReceipt, Datetime, Nsid, Rev, RkeyId};

const COLLECTIONS: [&str; 3] = ["app.bsky.feed.like", "app.bsky.feed.post", "com.example.anything"];

/// A record's key, and its CID or nothing when it is deleted.
type Op = (ActorId, usize, u64, Option<[u8; 32]>);

fn row(op: &Op, rev: u64) -> RecordRow {
    let &(actor, collection, rkey, cid) = op;
    RecordRow {
        collection: Nsid::parse(COLLECTIONS[collection]).unwrap(),
        actor,
        rkey: RkeyId::from(rkey),
        rev: Rev::from(rev),
        deleted: u8::from(cid.is_none()),
        cid: cid.unwrap_or_default(),
        rkey_text: "".into(),
        body: Vec::new().into(),
        created_at: Datetime::EPOCH,
        sort_at: Datetime::EPOCH,
        witnessed_at: i64::try_from(rev).unwrap() * 1_000_000,
        proof: Proof::Live,
        valid: 1,
        source: "test".into(),
    }
}

/// A life of three accounts: creations, edits, deletions and returns at the same few keys. The rev is the place in the list.
fn life(seed: u64) -> Vec<Op> {
    let mut random = Random::new(seed);
    let mut pick = |n| random.below(n);
    let op = |_| {
        let actor = ActorId::from((1 + pick(3) as u64) << 40);
        // Both kinds of keys, and such as have zeros at either end.
        let rkey = [0, 1, 1 << 62, (1 << 63) | 7, u64::MAX, 3 << 32][pick(6)];
        let collection = pick(3);
        let cid = (pick(3) > 0).then(|| [u8::try_from(pick(256)).unwrap(); 32]);
        (actor, collection, rkey, cid)
    };
    (0..120).map(op).collect()
}

#[tokio::test]
async fn whatever_the_order_and_however_often_the_receipt_is_that_of_the_final_state() {
    for seed in 0..6 {
        let Some(store) = engine::store().await else { return };
        let life = life(seed);
        let mut random = Random::new(seed + 100);
        let mut sent = 0;
        while sent < 3 * life.len() {
            // Some in order and some not, some twice, in batches of any size; at last the rest.
            let size = 1 + random.below(60);
            let rows: Vec<_> = (0..size)
                .map(|_| random.below(life.len()))
                .map(|rev| row(&life[rev], rev as u64 + 1))
                .collect();
            sent += rows.len();
            let _ = store.insert(&rows).await.unwrap();
        }
        let all: Vec<_> =
            (1..=life.len()).rev().map(|rev| row(&life[rev - 1], rev as u64)).collect();
        let _ = store.insert(&all).await.unwrap();

        let mut last: BTreeMap<_, Option<[u8; 32]>> = BTreeMap::new();
        let life_of = |actor| {
            let of_actor = life.iter().zip(1_usize..).filter(move |(op, _)| op.0 == actor);
            of_actor.map(|(_, rev)| rev).max()
        };
        for &(actor, collection, rkey, cid) in &life {
            last.insert((actor, collection, rkey), cid);
        }
        let mut expected: BTreeMap<(ActorId, Nsid), CollectionReceipt> = BTreeMap::new();
        for ((actor, collection, rkey), cid) in last {
            if let Some(cid) = cid {
                let key = (actor, Nsid::parse(COLLECTIONS[collection]).unwrap());
                expected.entry(key).or_default().add(RkeyId::from(rkey), &cid);
            }
        }
        let actors: Vec<_> = expected.keys().map(|(actor, _)| *actor).collect();
        let receipts = store.receipts(&actors).await.unwrap();
        let found: BTreeMap<_, _> = receipts
            .into_iter()
            .flat_map(|(actor, repo)| repo.into_iter().map(move |(nsid, r)| ((actor, nsid), r)))
            .collect();
        assert_eq!(found, expected, "seed {seed}");
        for actor in [1, 2, 3].map(|n: u64| ActorId::from(n << 40)) {
            let last = life_of(actor).map(|rev| i64::try_from(rev).unwrap() * 1_000);
            let proven_at = store.proven_at(actor).await.unwrap();
            assert_eq!(proven_at.map(Datetime::ms), last, "seed {seed}");
        }
    }
}

#[tokio::test]
async fn asking_for_one_account_reads_its_granules_only() {
    let Some(store) = engine::store().await else { return };
    let rows: Vec<_> = (0..200_000_u64)
        .map(|n| row(&(ActorId::from(n % 1_000), 0, n, Some([1; 32])), 1))
        .collect();
    let _ = store.insert(&rows).await.unwrap();
    let client = clickhouse::Client::default()
        .with_url(engine::url().unwrap())
        .with_database(store.database());
    let explained: Vec<String> = client
        .query("EXPLAIN indexes = 1 SELECT * FROM receipts WHERE actor IN (7)")
        .fetch_all()
        .await
        .unwrap();
    let granules: Vec<_> =
        explained.iter().filter_map(|line| line.trim().strip_prefix("Granules: ")).collect();
    let last = granules.last().and_then(|granules| granules.split_once('/')).unwrap();
    assert!(last.0.parse::<u32>().unwrap() <= 3, "{explained:#?}");
}
