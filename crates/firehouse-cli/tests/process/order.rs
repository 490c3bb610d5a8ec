//! The same town, indexed in whatever order its repos arrive, gives the same answers to every question.
//!
//! The recording is cut into one stream for each third of its repos. Read third by third, the later ones first, replies come before what
//! they answer, likes before posts, and members before their lists.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use bytes::Bytes;
use firehouse_sim::{directory, files};
use firehouse_stream::{Decoded, FrameReader, FrameWriter, decode, seq_of};
use serde_json::Value;

use crate::support::{FIREHOUSE, Firehouse, free_address, has_engine, start_and_read_line};

const PARTS: usize = 3;
const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/demo");

/// A file of frames served as an upstream.
struct Upstream {
    replay: Child,
    url: String,
    last_seq: u64,
}

impl Upstream {
    fn serve(file: &Path, last_seq: u64) -> Self {
        let mut command = Command::new(FIREHOUSE);
        let (replay, line) =
            start_and_read_line(command.arg("replay").arg(file).args(["--listen", "127.0.0.1:0"]));
        let address = line.strip_prefix("replay listening on ").unwrap().split(' ').next().unwrap();
        Self { replay, url: format!("ws://{address}"), last_seq }
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        let _ = self.replay.kill();
        let _ = self.replay.wait();
    }
}

/// The recording whole, and cut by repo.
struct Recording {
    whole: (PathBuf, u64),
    parts: Vec<(PathBuf, u64)>,
}

impl Recording {
    fn cut(folder: &Path) -> Self {
        let whole = PathBuf::from(format!("{DEMO}/frames.bin.zst"));
        let paths: Vec<_> = (0..PARTS).map(|at| folder.join(format!("part-{at}.bin"))).collect();
        let mut parts: Vec<_> =
            paths.iter().map(|path| (FrameWriter::create(path).unwrap(), 0)).collect();
        let mut repos = BTreeMap::new();
        let mut reader = FrameReader::open(&whole).unwrap();
        let mut last_seq = 0;
        while let Some(frame) = reader.next_frame().unwrap() {
            let Some(did) = repo_of(&frame) else { continue };
            let next = repos.len();
            let part = *repos.entry(did).or_insert(next) % PARTS;
            last_seq = seq_of(&frame).unwrap().get();
            parts[part].0.write(&frame).unwrap();
            parts[part].1 = last_seq;
        }
        let parts = parts.into_iter().zip(paths).map(|((writer, seq), path)| {
            writer.finish().unwrap();
            (path, seq)
        });
        Self { whole: (whole, last_seq), parts: parts.collect() }
    }
}

fn repo_of(frame: &Bytes) -> Option<String> {
    match decode(frame) {
        Ok(Decoded::Event(event)) => event.did().map(ToString::to_string),
        _ => None,
    }
}

/// Serves the people's documents until this process ends.
pub fn serve_directory() -> String {
    let identities = files::read_identities(Path::new(DEMO)).unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    listener.set_nonblocking(true).unwrap();
    std::thread::spawn(move || {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, directory::router(identities)).await
        })
    });
    url
}

/// Indexes these files one after the other into one store, and asks it everything.
fn answers(data: &Path, directory: &str, files: &[(PathBuf, u64)]) -> BTreeMap<String, Value> {
    let mut answers = BTreeMap::new();
    for (at, (file, last_seq)) in files.iter().enumerate() {
        let upstream = Upstream::serve(file, *last_seq);
        let flags = ["--relay", &upstream.url, "--plc", directory, "--handle-resolver", directory];
        let more = ["--allow-private-addresses", "--public-url", "http://appview.test"];
        let mut firehouse = Firehouse::run(data, free_address(), &[&flags[..], &more].concat());
        firehouse.wait_readable(upstream.last_seq, Duration::from_secs(120));
        if at + 1 == files.len() {
            answers = ask_everything(&firehouse);
        }
        assert!(firehouse.stop(Duration::from_secs(60)).success());
    }
    answers
}

fn ask_everything(firehouse: &Firehouse) -> BTreeMap<String, Value> {
    let mut answers = BTreeMap::new();
    let mut ask = |path: String| {
        let (status, answer) = firehouse.get(&format!("/xrpc/{path}")).unwrap();
        assert_eq!(status, 200, "{path}: {answer}");
        answers.insert(path, answer.clone());
        answer
    };
    let (mut posts, mut lists) = (BTreeSet::new(), BTreeSet::new());
    for account in files::read_identities(Path::new(DEMO)).unwrap() {
        let actor = account.did.to_string();
        for filter in ["posts_with_replies", "posts_no_replies", "posts_and_author_threads"] {
            let feed = ask(format!(
                "app.bsky.feed.getAuthorFeed?actor={actor}&filter={filter}&includePins=true&limit=100"
            ));
            posts.extend(strings(&feed["feed"], "/post/uri"));
        }
        for method in ["graph.getFollows", "graph.getFollowers", "feed.getActorFeeds"] {
            ask(format!("app.bsky.{method}?actor={actor}&limit=100"));
        }
        ask(format!("app.bsky.actor.getProfile?actor={actor}"));
        lists.extend(strings(
            &ask(format!("app.bsky.graph.getLists?actor={actor}"))["lists"],
            "/uri",
        ));
    }
    for list in lists {
        ask(format!("app.bsky.graph.getList?list={list}&limit=100"));
        ask(format!("app.bsky.feed.getListFeed?list={list}&limit=100"));
    }
    assert!(posts.len() > 100, "{} posts", posts.len());
    for post in posts {
        for method in ["getLikes", "getRepostedBy", "getQuotes", "getPostThread"] {
            ask(format!("app.bsky.feed.{method}?uri={post}"));
        }
        for sort in ["oldest", "top"] {
            ask(format!("app.bsky.unspecced.getPostThreadV2?anchor={post}&sort={sort}"));
        }
    }
    answers
}

fn strings(items: &Value, pointer: &str) -> Vec<String> {
    let found = items.as_array().unwrap().iter().filter_map(|item| item.pointer(pointer)?.as_str());
    found.map(str::to_owned).collect()
}

#[test]
fn whatever_repo_comes_first_the_answers_are_the_same() {
    if !has_engine() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let recording = Recording::cut(folder.path());
    let directory = serve_directory();
    let expected =
        answers(&folder.path().join("live"), &directory, std::slice::from_ref(&recording.whole));
    assert!(expected.len() > 600, "{} answers", expected.len());
    let backwards: Vec<_> = recording.parts.iter().rev().cloned().collect();
    let forwards = recording.parts.clone();
    for (name, order) in [("backwards", backwards), ("forwards", forwards)] {
        let found = answers(&folder.path().join(name), &directory, &order);
        for (question, answer) in &expected {
            assert_eq!(found.get(question), Some(answer), "{name}: {question}");
        }
    }
}
