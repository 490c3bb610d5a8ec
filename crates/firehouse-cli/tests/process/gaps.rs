//! What a gap has swallowed is found in the lists: what accounts wrote, and how they stand.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use firehouse_sim::{Mix, Model, Status, WorldConfig};
use firehouse_types::{ActorId, RkeyId};

use crate::support::{Firehouse, follow, has_engine, serve};

const LIMIT: Duration = Duration::from_secs(90);

/// Short waits: what a deployment spreads over minutes.
const QUICK: [(&str, &str); 4] = [
    ("FIREHOUSE_BACKFILL__SWEEP_INTERVAL_S", "1"),
    ("FIREHOUSE_BACKFILL__BACKOFF_MIN_MS", "50"),
    ("FIREHOUSE_BACKFILL__BACKOFF_MAX_MS", "500"),
    ("FIREHOUSE_BACKFILL__REQUESTS_PER_HOST_PER_S", "1000"),
];

/// Nothing changes in it that only the directory would tell of.
fn config() -> WorldConfig {
    let mix = Mix {
        key_rotations: false,
        migrations: false,
        handles: false,
        contests: false,
        ..Mix::ALL
    };
    WorldConfig { accounts: 30, pdses: 2, labelers: 0, mix, ..WorldConfig::new(31) }
}

/// What is held other than it is; `None` while nobody can say.
fn differences(firehouse: &Firehouse, model: &Model) -> Option<Vec<String>> {
    // Before it answers it may not even have its tables.
    firehouse.get("/xrpc/_health")?;
    let mut found = Vec::new();
    let held = firehouse.rows("SELECT did, status FROM actors FINAL WHERE version > 0")?;
    let held: BTreeSet<String> = held.into_iter().collect();
    for (did, account) in model.accounts() {
        let expected = format!("{did} {}", account.status.as_str());
        if !held.contains(&expected) {
            found.push(format!("not so: {expected}"));
        }
    }
    let in_step = firehouse.rows("SELECT actor FROM repos FINAL WHERE state = 'synchronized'")?;
    // Of those whom nobody gives something may be missing, but then nobody may say that it is all.
    let is_told = |did: &str, status: Status| match status {
        Status::Active => true,
        Status::Deleted => false,
        _ => in_step.contains(&ActorId::of(did).get().to_string()),
    };
    let told: BTreeMap<String, &String> = model
        .accounts()
        .iter()
        .filter(|(did, account)| is_told(did, account.status))
        .map(|(did, _)| (ActorId::of(did).get().to_string(), did))
        .collect();
    let mut expected = BTreeSet::new();
    for ((did, path), record) in model.records() {
        let actor = ActorId::of(did).get().to_string();
        if told.contains_key(&actor) {
            let (collection, rkey) = path.split_once('/').unwrap();
            let digest = data_encoding::HEXLOWER.encode(&record.digest);
            expected.insert(format!("{actor} {collection} {} {digest}", RkeyId::of(rkey).get()));
        }
    }
    let held = firehouse.rows(
        "SELECT actor, collection, rkey, lower(hex(cid)) FROM records FINAL WHERE deleted = 0",
    )?;
    let is_of_told = |row: &String| told.contains_key(row.split(' ').next().unwrap());
    let held: BTreeSet<String> = held.into_iter().filter(is_of_told).collect();
    found.extend(expected.difference(&held).map(|row| format!("missing: {row}")));
    found.extend(held.difference(&expected).map(|row| format!("should not be there: {row}")));
    Some(found)
}

fn wait(firehouse: &Firehouse, model: &Model) {
    let began = Instant::now();
    loop {
        let found = differences(firehouse, model);
        if found.as_ref().is_some_and(Vec::is_empty) {
            return;
        }
        let shown: Vec<_> = found.iter().flatten().take(8).collect();
        assert!(began.elapsed() < LIMIT, "{shown:#?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn what_was_written_in_a_gap_and_how_accounts_stand_since_is_found() {
    if !has_engine() {
        return;
    }
    let (world, urls) = serve(config());
    let data = tempfile::tempdir().unwrap();
    world.act(300);
    let mut firehouse = follow(&urls, data.path(), &QUICK);
    wait(&firehouse, &world.model());
    for announced in [true, false] {
        firehouse.kill();
        let before = statuses(&world.model());
        world.act(1_500);
        world.forget(0, announced);
        let after = statuses(&world.model());
        let changed = after.iter().filter(|(did, status)| before.get(*did) != Some(status));
        assert!(changed.count() > 2);
        firehouse = follow(&urls, data.path(), &QUICK);
        // A gap that nobody announces is seen by what comes after it.
        world.act(10);
        wait(&firehouse, &world.model());
    }
}

fn statuses(model: &Model) -> BTreeMap<String, Status> {
    model.accounts().iter().map(|(did, account)| (did.clone(), account.status)).collect()
}
