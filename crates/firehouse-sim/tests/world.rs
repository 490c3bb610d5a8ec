//! A simulated world, looked at from outside: what it tells verifies, what it serves is what its model says, what is planned happens.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use bytes::Bytes;
use firehouse_repo::{Chain, PublicKey, RepoHead, read_repo, verify_commit, verify_sync};
use firehouse_sim::{
    Ability, Fault, FaultPlan, Mix, Place, Planned, RecordTruth, Status, World, WorldConfig,
};
use firehouse_stream::{Config, Decoded, Metrics, Start, decode, subscribe};
use firehouse_types::{Did, DropReason, Event, OpAction};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Long after the simulation's time. Units: microseconds since 1970.
const NOW_US: u64 = 1_900_000_000_000_000;

fn plain(seed: u64) -> WorldConfig {
    let mix = Mix {
        key_rotations: false,
        migrations: false,
        rebirths: false,
        syncs: false,
        legacy: false,
        ..Mix::ALL
    };
    WorldConfig { mix, ..WorldConfig::new(seed) }
}

#[test]
fn a_seed_gives_its_frames_and_its_truth() {
    let lived = |seed| {
        let world = World::new(WorldConfig::new(seed));
        world.act(300);
        (world.frames(0), world.model())
    };
    assert_eq!(lived(1), lived(1));
    assert_ne!(lived(1), lived(2));
}

#[test]
fn faults_change_no_truth() {
    let lived = |faults: Vec<Planned>| {
        let world = World::new(WorldConfig { faults: FaultPlan(faults), ..WorldConfig::new(5) });
        world.act(300);
        (world.frames(0), world.model())
    };
    let everything = Fault::ALL.iter().filter(|fault| fault.place() != Place::Labels);
    let faults = everything.map(|&fault| Planned { fault, host: 0, at: 60 }).collect();
    let (calm, stormy) = (lived(Vec::new()), lived(faults));
    assert_eq!(calm.1, stormy.1);
    assert_ne!(calm.0, stormy.0);
}

#[test]
fn what_is_told_adds_up_to_the_model() {
    let world = World::new(plain(7));
    world.act(1_500);
    let model = world.model();
    let mut heads: HashMap<Did, RepoHead> = HashMap::new();
    let mut records: BTreeMap<(String, String), String> = BTreeMap::new();
    let mut gone = Vec::new();
    for (number, frame) in world.frames(0).into_iter().enumerate() {
        let Ok(Decoded::Event(event)) = decode(&Bytes::from(frame)) else {
            panic!("frame {number} is no event")
        };
        match event {
            Event::Commit(commit) => {
                let key = PublicKey::from_did_key(&model.accounts()[commit.repo.as_str()].key);
                let head = heads.get(&commit.repo).copied();
                let verified = verify_commit(&commit, &key.unwrap(), head, NOW_US);
                let verified = verified.unwrap_or_else(|reason| panic!("{number}: {reason:?}"));
                let chain = if head.is_some() { Chain::Linked } else { Chain::Genesis };
                assert_eq!((verified.chain, verified.since_matches), (chain, true), "{number}");
                heads.insert(commit.repo.clone(), verified.head());
                for op in &verified.ops {
                    let path = format!("{}/{}", op.collection.as_str(), op.rkey);
                    let key = (commit.repo.to_string(), path);
                    match op.action {
                        OpAction::Delete => drop(records.remove(&key)),
                        _ => drop(records.insert(key, op.cid.unwrap().to_string())),
                    }
                }
                let dropped = |reason| verified.dropped.iter().all(|(_, why)| *why == reason);
                assert!(dropped(DropReason::InvalidPath), "{:?}", verified.dropped);
            }
            Event::Sync(sync) => {
                let key = PublicKey::from_did_key(&model.accounts()[sync.did.as_str()].key);
                verify_sync(&sync, &key.unwrap(), NOW_US).unwrap();
            }
            Event::Account(account) => {
                let is_deleted = account.status == Some(firehouse_types::AccountStatus::Deleted);
                gone.extend(is_deleted.then(|| account.did.to_string()));
            }
            Event::Identity(_) | Event::Info(_) | Event::Unproven(_) => {}
        }
    }
    records.retain(|(did, _), _| !gone.contains(did));
    let expected: BTreeMap<_, _> = model
        .records()
        .into_iter()
        .map(|((did, path), record)| ((did.to_owned(), path.to_owned()), record.cid.clone()))
        .collect();
    assert_eq!(records, expected);
    assert!(expected.len() > 500, "{}", expected.len());
    assert!(!gone.is_empty(), "nobody was deleted");
}

#[tokio::test]
async fn what_is_served_is_what_the_model_says() {
    let world = World::new(WorldConfig::new(9));
    let urls = world.start().await.unwrap();
    world.act(600);
    let model = world.model();
    let (mut whole, mut moved) = (0, 0);
    for (did, account) in model.accounts() {
        let document: serde_json::Value =
            get(&format!("{}/{did}", urls.plc)).await.json().await.unwrap();
        assert_eq!(document["service"][0]["serviceEndpoint"], account.pds.as_str());
        assert_eq!(document["alsoKnownAs"][0], format!("at://{}", account.claimed));
        let audit = get(&format!("{}/{did}/log/audit", urls.plc)).await;
        let audit: Vec<serde_json::Value> = audit.json().await.unwrap();
        moved += usize::from(audit.len() > 2);
        let asked = format!("{}/xrpc/com.atproto.sync.getRepo?did={did}", urls.relays[0]);
        let answer = get(&asked).await;
        assert_eq!(answer.status() == 200, account.status == Status::Active, "{did}");
        if answer.status() != 200 {
            continue;
        }
        let key = PublicKey::from_did_key(&account.key).unwrap();
        let bytes = answer.bytes().await.unwrap();
        let repo = read_repo(&bytes, &Did::parse(did).unwrap(), &key, NOW_US).unwrap();
        let found: BTreeMap<String, String> = repo
            .records()
            .map(|record| {
                (format!("{}/{}", record.collection, record.rkey), record.cid.to_string())
            })
            .collect();
        let truth = |(path, record): (&str, &RecordTruth)| (path.to_owned(), record.cid.clone());
        assert_eq!(found, model.records_of(did).map(truth).collect());
        whole += 1;
    }
    assert!(whole > 10 && moved > 3, "{whole} {moved}");
    let mut exported =
        get(&format!("{}/export?after=0&count=1000", urls.plc)).await.text().await.unwrap();
    exported.push('\n');
    assert!(exported.lines().count() > 2 * model.accounts().len());
}

async fn get(url: &str) -> reqwest::Response {
    reqwest::get(url).await.unwrap()
}

#[tokio::test]
async fn a_consumer_of_one_stream_meets_every_fault_of_it_and_loses_nothing() {
    let is_of_streams = |fault: &&Fault| {
        fault.needs() == Ability::Stream && !matches!(fault.place(), Place::Directory)
    };
    let faults = Fault::ALL.iter().filter(is_of_streams);
    let planned: Vec<Planned> =
        faults.zip(50..).map(|(&fault, at)| Planned { fault, host: 0, at }).collect();
    assert!(planned.len() > 15);
    let world = World::new(WorldConfig { faults: FaultPlan(planned), ..plain(11) });
    let urls = world.start().await.unwrap();
    world.act(200);
    world.settle(false);
    let head = world.heads().0[0];

    let config = Config {
        url: urls.relays[0].replace("http", "ws").parse().unwrap(),
        start: Start::Oldest,
        frame_bytes_max: 5_000_000,
        queue_frames: 64,
        queue_bytes_max: 64 << 20,
        ping_interval_s: 30,
        idle_timeout_s: 60,
        silence_timeout_s: None,
        connect_timeout_s: 5,
        backoff_min_ms: 1,
        backoff_max_ms: 20,
        backoff_long_ms: 20,
        stable_after_s: 1,
        gap_seqs_min: 1_000,
    };
    let (output, mut events) = config.queue();
    let (to_watch, mut notices) = mpsc::channel(1_000);
    tokio::spawn(async move { while notices.recv().await.is_some() {} });
    let stop = CancellationToken::new();
    let metrics = Metrics::new(&prometheus::Registry::new()).unwrap();
    let following = tokio::spawn(subscribe(config, None, metrics, output, to_watch, stop.clone()));
    let mut seqs = Vec::new();
    let reading = async {
        while seqs.last() != Some(&head) {
            let received = events.recv().await.unwrap();
            seqs.push(received.event.seq().unwrap().get().cast_signed());
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(30), reading).await;
    assert!(in_time.is_ok(), "at {:?} of {head}; {:?}", seqs.last(), world.ledger().missing());
    stop.cancel();
    following.await.unwrap().unwrap();
    assert!(seqs.is_sorted_by(|a, b| a < b));
    assert_eq!(world.ledger().missing(), BTreeMap::new());
    // What is not an event has a seq of its own, and nothing else is missing.
    let kinds = [Fault::FramePoisoned, Fault::FrameOversized, Fault::FrameUnknown].len() as i64;
    assert_eq!(seqs.len() as i64, head - kinds);
}
