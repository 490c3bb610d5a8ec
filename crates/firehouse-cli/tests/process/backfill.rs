//! `firehouse backfill` against a simulated network on loopback, and `firehouse verify` of what it wrote: whatever is changed behind its
//! back is found, named and repaired.

use crate::support::has_engine;
use crate::town::{Engine, REPOS, Town};

#[test]
fn a_network_is_fetched_once_and_an_interrupted_walk_goes_on() {
    if !has_engine() {
        return;
    }
    let town = Town::start();
    let first = town.backfill(&["--network", "--limit", "4"]);
    assert!(first.contains("fetched 4 repos with "), "{first}");
    let second = town.backfill(&["--network"]);
    assert!(second.contains("fetched 6 repos with "), "{second}");
    let third = town.backfill(&["--network"]);
    assert!(third.contains("fetched 0 repos with 0 records"), "{third}");
    let named = town.backfill(&["--did", &town.dids[0], &town.dids[1]]);
    assert!(named.contains("2 asked for"), "{named}");
    assert_eq!(town.verify(&[]).0, Some(0));

    // One repo that missed a commit and a record of it, and one that is known to be out of step.
    let engine = Engine::start(town.data.path());
    let now = "SETTINGS mutations_sync = 2";
    let behind = format!("actor = xxh3('{}')", town.dids[2]);
    let rev = engine.ask(&format!("SELECT max(rev) FROM repos WHERE {behind}"));
    engine.ask(&format!(
        "INSERT INTO repos SELECT * REPLACE (rev - 1024 AS rev) FROM (SELECT * FROM repos FINAL WHERE {behind})"
    ));
    engine.ask(&format!("ALTER TABLE repos DELETE WHERE {behind} AND rev = {rev} {now}"));
    engine.ask(&format!(
        "ALTER TABLE records DELETE WHERE {behind} AND collection = 'app.bsky.feed.like' {now}"
    ));
    engine.ask(&format!(
        "ALTER TABLE repos UPDATE state = 'desynchronized', reason = 'chain_broken' WHERE actor = xxh3('{}') {now}",
        town.dids[3]
    ));
    engine.stop();
    let again = town.backfill(&["--network"]);
    assert!(again.contains("2 asked for") && again.contains("fetched 2 repos"), "{again}");
    assert_eq!(town.verify(&[]).0, Some(0));

    let unknown = town.run(&["backfill", "--did", "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"]);
    assert_eq!(unknown.status.code(), Some(1), "{unknown:?}");
}

#[test]
fn a_record_removed_altered_or_added_behind_its_back_is_named_and_repaired() {
    if !has_engine() {
        return;
    }
    let town = Town::start();
    town.backfill(&["--network"]);
    let (status, report) = town.verify(&[]);
    assert_eq!((status, &report["equal"]), (Some(0), &REPOS.into()), "{report}");

    let engine = Engine::start(town.data.path());
    let key = |did: &str| {
        let row = engine.ask(&format!(
            "SELECT actor, collection, rkey FROM records WHERE actor = xxh3('{did}') AND collection = 'app.bsky.feed.post' ORDER BY rkey LIMIT 1"
        ));
        let key: Vec<_> = row.trim().split('\t').map(str::to_owned).collect();
        format!("actor = {} AND collection = '{}' AND rkey = {}", key[0], key[1], key[2])
    };
    let [removed, altered, added] = [0, 1, 2].map(|n| key(&town.dids[n]));
    engine.ask(&format!("ALTER TABLE records DELETE WHERE {removed} SETTINGS mutations_sync = 2"));
    let other = "unhex(repeat('ab', 32))";
    engine.ask(&format!(
        "ALTER TABLE records UPDATE cid = {other} WHERE {altered} SETTINGS mutations_sync = 2"
    ));
    engine.ask(&format!(
        "INSERT INTO records SELECT * REPLACE (rkey + 1 AS rkey) FROM (SELECT * FROM records WHERE {added})"
    ));
    engine.stop();

    let (status, report) = town.verify(&[]);
    let counts = ["equal", "differ", "behind"].map(|key| report[key].as_u64().unwrap());
    assert_eq!((status, counts), (Some(1), [REPOS as u64 - 3, 3, 0]), "{report}");
    for (did, kind) in town.dids.iter().zip(["missing", "different", "extra"]) {
        let accounts = report["accounts"].as_array().unwrap();
        let account = accounts.iter().find(|account| account["did"] == did.as_str()).unwrap();
        for other in ["missing", "different", "extra"] {
            let found = &account[other];
            assert_eq!(found["count"], u64::from(other == kind), "{other} of {account}");
        }
        let path = account[kind]["paths"][0].as_str().unwrap();
        assert!(path.starts_with("app.bsky.feed.post/"), "{path}");
    }

    let (_, report) = town.verify(&["--repair"]);
    assert_eq!(report["repaired"], 3, "{report}");
    let (status, report) = town.verify(&[]);
    assert_eq!((status, &report["equal"]), (Some(0), &REPOS.into()), "{report}");
    let (status, report) = town.verify(&["--sample", "4"]);
    assert_eq!((status, &report["equal"]), (Some(0), &4.into()), "{report}");
}
