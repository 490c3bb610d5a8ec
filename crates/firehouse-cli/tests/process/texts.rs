//! A build that reads texts in another way than the one before writes what search reads again, in the background: it goes on after a crash
//! where it was, and searches are answered meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use firehouse_stream::{FrameReader, seq_of};

use crate::order::serve_directory;
use crate::support::{FIREHOUSE, Firehouse, free_address, has_engine, start_and_read_line};
use crate::town::Engine;

const FRAMES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/demo/frames.bin.zst");
const LIMIT: Duration = Duration::from_secs(120);
/// Copies of one post, so that there is some work to be killed in.
const COPIES: usize = 30_000;
/// What an older build made of every text.
const OLD: &str = "asolderbuildsreadit";

/// Which posts each word finds.
type Found = BTreeMap<String, BTreeSet<String>>;

/// The town of the demo, indexed.
fn indexed(data: &Path, directory: &str) {
    let mut reader = FrameReader::open(Path::new(FRAMES)).unwrap();
    let mut last_seq = 0;
    while let Some(frame) = reader.next_frame().unwrap() {
        last_seq = seq_of(&frame).map_or(last_seq, |seq| seq.get());
    }
    let mut command = Command::new(FIREHOUSE);
    let (mut replay, line) =
        start_and_read_line(command.arg("replay").arg(FRAMES).args(["--listen", "127.0.0.1:0"]));
    let relay = line.strip_prefix("replay listening on ").unwrap().split(' ').next().unwrap();
    let mut firehouse = run(data, directory, &["--relay", &format!("ws://{relay}")]);
    firehouse.wait_readable(last_seq, LIMIT);
    assert!(firehouse.stop(LIMIT).success());
    let _ = replay.kill();
    let _ = replay.wait();
}

fn run(data: &Path, directory: &str, more: &[&str]) -> Firehouse {
    let flags = ["--plc", directory, "--handle-resolver", directory, "--allow-private-addresses"];
    Firehouse::run(data, free_address(), &[&flags[..], more].concat())
}

/// Without an upstream: nothing comes but what is written again.
fn run_alone(data: &Path, directory: &str) -> Firehouse {
    let firehouse = run(data, directory, &["--relay", "ws://127.0.0.1:1"]);
    let began = Instant::now();
    while firehouse.get("/xrpc/_health").is_none() {
        assert!(began.elapsed() < LIMIT, "firehouse does not answer");
        std::thread::sleep(Duration::from_millis(20));
    }
    firehouse
}

fn search(firehouse: &Firehouse, word: &str) -> BTreeSet<String> {
    let path = format!("/xrpc/app.bsky.feed.searchPosts?q={word}&limit=100");
    let (status, body) = firehouse.get(&path).unwrap();
    assert_eq!(status, 200, "{word}: {body}");
    let posts = body["posts"].as_array().unwrap();
    let uris: BTreeSet<_> =
        posts.iter().map(|post| post["uri"].as_str().unwrap().to_owned()).collect();
    assert_eq!(uris.len(), posts.len(), "{word} finds a post twice");
    uris
}

fn search_all(firehouse: &Firehouse, words: &[String]) -> Found {
    words.iter().map(|word| (word.clone(), search(firehouse, word))).collect()
}

/// Where the walk over the texts stands: the account that was read last, or that it is done.
fn position(answer: &str) -> Option<u64> {
    let (cursor, done) = answer.trim().split_once([' ', '\t']).unwrap_or(("", ""));
    assert_ne!(done, "1", "the walk is done already");
    u64::from_str_radix(cursor.split('.').next()?, 16).ok()
}

const POSITION: &str = "SELECT cursor, done FROM positions FINAL WHERE walk LIKE 'texts %'";

#[test]
fn texts_of_an_older_build_are_written_again_across_a_crash_and_found_meanwhile() {
    if !has_engine() {
        return;
    }
    let (folder, directory) = (tempfile::tempdir().unwrap(), serve_directory());
    let data = folder.path().join("data");
    indexed(&data, &directory);

    // A store of an older build, with many copies of a post of somebody in the middle.
    let engine = Engine::start(&data);
    let ask = |statement: &str| engine.ask(statement).trim().to_owned();
    let posts = "(SELECT * FROM records FINAL WHERE collection = 'app.bsky.feed.post' AND deleted = 0 AND valid = 1)";
    let copied: u64 =
        ask(&format!("SELECT arraySort(groupUniqArray(actor))[10] FROM {posts}")).parse().unwrap();
    let copied_words = format!(
        "SELECT arrayJoin(splitByChar(' ', words)) FROM post_texts FINAL WHERE actor = {copied}"
    );
    let words = format!(
        "SELECT word FROM (SELECT arrayJoin(splitByChar(' ', words)) AS word, actor, rkey FROM post_texts FINAL WHERE deleted = 0) \
         WHERE match(word, '^[a-z]{{4,}}$') AND word NOT IN ({copied_words}) \
         GROUP BY word HAVING uniqExact(actor, rkey) BETWEEN 4 AND 20 AND min(actor) < {copied} AND max(actor) > {copied} ORDER BY word LIMIT 12"
    );
    let words: Vec<String> = ask(&words).lines().map(str::to_owned).collect();
    assert!(words.len() >= 4, "{words:?}");
    engine.stop();
    let firehouse = run_alone(&data, &directory);
    let before = search_all(&firehouse, &words);
    assert!(before.values().all(|found| found.len() > 1), "{before:?}");
    assert!(firehouse.stop(LIMIT).success());

    let make_old = |engine: &Engine, of: &str| {
        engine.ask(&format!(
            "INSERT INTO post_texts SELECT * REPLACE ('{OLD}' AS words, '' AS runs, [] AS marks) FROM post_texts FINAL WHERE deleted = 0 AND {of}"
        ));
        engine.ask("OPTIMIZE TABLE post_texts FINAL");
    };
    let engine = Engine::start(&data);
    engine.ask(&format!(
        "INSERT INTO records SELECT * EXCEPT (number) REPLACE (rkey + 1 + number AS rkey) \
         FROM (SELECT * FROM {posts} WHERE actor = {copied} ORDER BY rkey LIMIT 1) AS post CROSS JOIN numbers({COPIES}) AS copies"
    ));
    make_old(&engine, "1");
    engine
        .ask("ALTER TABLE positions DELETE WHERE walk LIKE 'texts %' SETTINGS mutations_sync = 2");
    engine.stop();

    // Killed among the copies. Until then everything is found, by what the older build read or by what it says.
    let firehouse = run_alone(&data, &directory);
    let began = Instant::now();
    let all: BTreeSet<_> = before.values().flatten().collect();
    loop {
        let by_the_old = search(&firehouse, OLD);
        assert!(!by_the_old.is_empty(), "nothing is old any more");
        let by_the_new = search(&firehouse, &words[0]);
        assert!(by_the_new.is_subset(&before[&words[0]]), "{by_the_new:?}");
        let standing = firehouse.rows(POSITION).unwrap();
        if standing.first().and_then(|row| position(row)) == Some(copied) {
            break;
        }
        assert!(began.elapsed() < LIMIT, "the walk stands at {standing:?}");
    }
    firehouse.kill();

    // What lies behind is not read again: it stays as we make it now.
    let engine = Engine::start(&data);
    assert_eq!(position(&engine.ask(POSITION)), Some(copied));
    make_old(&engine, &format!("actor < {copied}"));
    engine.stop();
    let firehouse = run_alone(&data, &directory);
    let began = Instant::now();
    while firehouse.rows(&POSITION.replace("cursor, done", "done")).unwrap() != ["1"] {
        assert!(began.elapsed() < LIMIT, "the walk does not end");
        search_all(&firehouse, &words[..2]);
    }
    let dids = firehouse.rows(&format!("SELECT did FROM actors FINAL WHERE actor < {copied}"));
    let dids: BTreeSet<String> = dids.unwrap().into_iter().collect();
    let is_behind = |uri: &str| dids.contains(uri.split('/').nth(2).unwrap());
    let again = search_all(&firehouse, &words);
    for (word, found) in &before {
        let expected: BTreeSet<_> = found.iter().filter(|uri| !is_behind(uri)).cloned().collect();
        assert_eq!(again[word], expected, "{word}");
    }
    assert!(all.iter().any(|uri| is_behind(uri)) && all.iter().any(|uri| !is_behind(uri)));
    assert!(firehouse.stop(LIMIT).success());
}
