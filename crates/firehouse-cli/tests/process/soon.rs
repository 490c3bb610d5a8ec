//! How soon a search finds a post, finds it by its new words, and no longer finds it: the real binary behind a relay at which things happen
//! when the test says so.
//!
//! What must be true is asserted, with much patience. How long it took is told at the end in one line of JSON, from the moment before the
//! account writes to the answer; FIREHOUSE_SOON says how often each is measured (default 3; 100 for the figures in benches/RESULTS.md).

use std::time::{Duration, Instant};

use firehouse_sim::WorldConfig;
use serde_json::{Value, json};

use crate::support::{Firehouse, follow, has_engine, serve};

/// A test on a busy machine must not fail for being slow.
const LIMIT: Duration = Duration::from_secs(60);
const ASKED_EVERY: Duration = Duration::from_millis(10);
/// Who writes; each of the others is taken down once.
const WRITER: usize = 0;

/// URIs of the posts that have a word, the newest first; `None` while nobody answers.
fn found(firehouse: &Firehouse, word: &str) -> Option<Vec<String>> {
    let (status, body) = firehouse.get(&format!("/xrpc/app.bsky.feed.searchPosts?q={word}"))?;
    let posts = (status == 200).then(|| body["posts"].as_array())??;
    Some(posts.iter().map(|post| post["uri"].as_str().unwrap().to_owned()).collect())
}

/// How long it takes from `began` until a word finds just this. Units: milliseconds.
fn until(firehouse: &Firehouse, began: Instant, word: &str, expected: &[&str]) -> f64 {
    loop {
        let found = found(firehouse, word);
        if found.as_ref().is_some_and(|found| found.iter().eq(expected)) {
            return began.elapsed().as_secs_f64() * 1_000.0;
        }
        assert!(began.elapsed() < LIMIT, "{word} finds {found:?}, not {expected:?}");
        std::thread::sleep(ASKED_EVERY);
    }
}

fn figures(mut waits_ms: Vec<f64>) -> Value {
    waits_ms.sort_by(f64::total_cmp);
    let (middle, last) = (waits_ms[waits_ms.len() / 2], waits_ms[waits_ms.len() - 1]);
    json!({ "p50_ms": middle.round(), "max_ms": last.round() })
}

#[test]
fn a_post_is_found_by_what_it_says_now_and_not_at_all_once_it_or_its_author_is_gone() {
    if !has_engine() {
        return;
    }
    let rounds = std::env::var("FIREHOUSE_SOON").ok().and_then(|n| n.parse().ok()).unwrap_or(3);
    let config =
        WorldConfig { accounts: 1 + rounds, pdses: 1, labelers: 0, ..WorldConfig::new(11) };
    let (world, urls) = serve(config);
    let data = tempfile::tempdir().unwrap();
    let firehouse = follow(&urls, data.path(), &[]);
    // Not measured: it has to start, and the account to become known.
    let first = world.write_post(WRITER, "breakfast");
    until(&firehouse, Instant::now(), "breakfast", &[&first]);

    let [mut come, mut edited, mut gone, mut taken_down] = [const { Vec::new() }; 4];
    for round in 0..rounds {
        let (kettle, teapot, saucer) =
            (format!("kettle{round}"), format!("teapot{round}"), format!("saucer{round}"));
        let began = Instant::now();
        let post = world.write_post(WRITER, &format!("breakfast with a {kettle}"));
        come.push(until(&firehouse, began, &kettle, &[&post]));

        let began = Instant::now();
        world.rewrite_post(&post, &format!("breakfast with a {teapot}"));
        edited.push(until(&firehouse, began, &teapot, &[&post]));
        let by_the_old = found(&firehouse, &kettle).unwrap();
        assert!(by_the_old.is_empty(), "found by the new words, and still by the old ones");
        assert_eq!(found(&firehouse, "breakfast").unwrap(), [&*post, &*first], "the newest first");

        let began = Instant::now();
        world.delete_post(&post);
        gone.push(until(&firehouse, began, &teapot, &[]));
        assert_eq!(found(&firehouse, "breakfast").unwrap(), [&*first], "whatever is asked");

        let other = 1 + round;
        let post = world.write_post(other, &saucer);
        until(&firehouse, Instant::now(), &saucer, &[&post]);
        let began = Instant::now();
        world.take_down(other);
        taken_down.push(until(&firehouse, began, &saucer, &[]));
    }
    println!(
        "searches: {}",
        json!({
            "n": rounds,
            "found": figures(come),
            "found_by_new_words": figures(edited),
            "deleted_is_gone": figures(gone),
            "taken_down_is_gone": figures(taken_down),
        })
    );
    assert!(firehouse.stop(LIMIT).success());
}
