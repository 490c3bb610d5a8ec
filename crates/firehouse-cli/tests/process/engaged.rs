//! Posts that were answered often are found by how often: the real binary copies them, both those that are answered over the stream and those
//! of which it only holds that they were.
//!
//! It looks once a minute, and when it starts; nobody waits for the minute here, it is started again.

use std::path::Path;
use std::time::{Duration, Instant};

use firehouse_sim::WorldConfig;

use crate::support::{Firehouse, follow, has_engine, serve};
use crate::town::Engine;

const LIMIT: Duration = Duration::from_secs(60);
/// As many likes as the first tier has.
const OFTEN: usize = 10;
const AUTHOR: usize = 0;

/// Waits until a query answers just this.
fn wait_for_rows(firehouse: &Firehouse, sql: &str, expected: &str) {
    let began = Instant::now();
    loop {
        // Before it answers it may not even have its tables.
        let rows = firehouse.get("/xrpc/_health").and_then(|_| firehouse.rows(sql));
        if rows.as_ref().is_some_and(|rows| rows.iter().eq([expected])) {
            return;
        }
        assert!(began.elapsed() < LIMIT, "{sql}: {rows:?}, not {expected}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Waits until a search finds just these posts.
fn wait_until_found(firehouse: &Firehouse, query: &str, expected: &[&str]) {
    let (path, began) = (
        format!("/xrpc/app.bsky.feed.searchPosts?q={}", query.replace(' ', "%20")),
        Instant::now(),
    );
    loop {
        let answer = firehouse.get(&path).filter(|(status, _)| *status == 200);
        let posts = answer.and_then(|(_, body)| body["posts"].as_array().cloned());
        let uris: Option<Vec<String>> = posts.map(|posts| {
            posts.iter().map(|post| post["uri"].as_str().unwrap().to_owned()).collect()
        });
        if uris.as_ref().is_some_and(|uris| uris.iter().eq(expected)) {
            return;
        }
        assert!(began.elapsed() < LIMIT, "{query} finds {uris:?}, not {expected:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Does this while no firehouse runs on the store.
fn behind_its_back(firehouse: Firehouse, data: &Path, statements: &[&str]) {
    assert!(firehouse.stop(LIMIT).success());
    let engine = Engine::start(data);
    statements.iter().for_each(|statement| drop(engine.ask(statement)));
    engine.stop();
}

#[test]
fn posts_that_are_liked_often_are_found_by_how_often_as_they_come_and_by_sweeping() {
    if !has_engine() {
        return;
    }
    let config = WorldConfig { accounts: 1 + OFTEN, pdses: 1, labelers: 0, ..WorldConfig::new(13) };
    let (world, urls) = serve(config);
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let firehouse = follow(&urls, data, &[]);
    // Likes of accounts that are not in step yet would not come over the stream.
    for account in 0..=OFTEN {
        world.write_post(account, "good morning");
    }
    let in_step = "SELECT count() FROM repos FINAL WHERE state = 'synchronized'";
    wait_for_rows(&firehouse, in_step, &(1 + OFTEN).to_string());
    let swept = "SELECT count() > 0 FROM positions WHERE walk LIKE 'engaged sweep %'";
    wait_for_rows(&firehouse, swept, "1");

    let often = world.write_post(AUTHOR, "breakfast in bed");
    let seldom = world.write_post(AUTHOR, "breakfast on the go");
    for account in 1..=OFTEN {
        world.like_post(account, &often);
        if account < OFTEN {
            world.like_post(account, &seldom);
        }
    }
    let likes = "SELECT count() FROM links FINAL WHERE collection = 'app.bsky.feed.like'";
    wait_for_rows(&firehouse, likes, &(2 * OFTEN - 1).to_string());
    // Of each post one row or more: those of one batch are one.
    wait_for_rows(&firehouse, "SELECT uniqExact(target_rkey) FROM engagements", "2");
    wait_until_found(&firehouse, "breakfast min_likes:9", &[&seldom, &often]);

    // The sweep was over before, and none is due for a while: only what follows the stream can find it.
    let put_off = "INSERT INTO positions SELECT * REPLACE (concat('2.1.1000000.', toString(toUnixTimestamp(now()))) AS cursor, version + 1 AS version) \
         FROM positions FINAL WHERE walk LIKE 'engaged sweep %'";
    behind_its_back(firehouse, data, &[put_off]);
    let firehouse = follow(&urls, data, &[]);
    wait_until_found(&firehouse, "breakfast min_likes:10", &[&often]);
    wait_until_found(&firehouse, "min_likes:10", &[&often]);
    let is_put_off =
        "SELECT cursor LIKE '2.1.1000000.%' FROM positions FINAL WHERE walk LIKE 'engaged sweep %'";
    wait_for_rows(&firehouse, is_put_off, "1");

    // What follows the stream is behind all of it: only a sweep can find it again.
    let followed = "SELECT toUInt64(splitByChar('.', cursor)[1]) >= (SELECT max(number) FROM engagements) FROM positions FINAL WHERE walk = 'engaged'";
    wait_for_rows(&firehouse, followed, "1");
    let forget = "ALTER TABLE positions DELETE WHERE walk LIKE 'engaged sweep %' SETTINGS mutations_sync = 2";
    behind_its_back(firehouse, data, &[forget, "TRUNCATE TABLE engaged_texts"]);
    let firehouse = follow(&urls, data, &[]);
    wait_until_found(&firehouse, "breakfast min_likes:10", &[&often]);
    wait_until_found(&firehouse, "breakfast", &[&seldom, &often]);
    assert!(firehouse.stop(LIMIT).success());
}
