//! kill -9 of `firehouse run` and of its engine at random points of a replay: after the last restart the store is that of an
//! undisturbed run, row for row, and so are the answers.
//!
//! FIREHOUSE_KILLS says how often (default 6, half of them the engine's); the stream grows with it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::support::{
    FIREHOUSE, Firehouse, free_address, get, has_engine, signal, start_and_read_line,
};
use firehouse_sim::{Config, Manifest, Network, Random, directory, files};
use serde_json::Value;

/// Frames of the stream per kill, and how fast they come.
const COMMITS_PER_KILL: usize = 1_200;
const FRAMES_PER_SECOND: u32 = 1_500;

/// A generated network: its upstream, its directory, and what must be true of it at the end.
struct Upstream {
    replay: Child,
    relay: String,
    directory: String,
    manifest: Manifest,
    last_seq: u64,
}

impl Upstream {
    fn start(folder: &Path, kills: usize) -> Self {
        let mut network = Network::new(Config::new(7, 120, COMMITS_PER_KILL * kills));
        let written = files::write(&mut network, folder).unwrap();
        let identities = files::read_identities(folder).unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let directory = format!("http://{}", listener.local_addr().unwrap());
        listener.set_nonblocking(true).unwrap();
        // Ends with this process.
        std::thread::spawn(move || {
            tokio::runtime::Runtime::new().unwrap().block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                axum::serve(listener, directory::router(identities)).await
            })
        });
        let frames = folder.join("frames.bin");
        let (replay, line) =
            start_and_read_line(Command::new(FIREHOUSE).arg("replay").arg(frames).args([
                "--listen",
                "127.0.0.1:0",
                "--rate",
                &FRAMES_PER_SECOND.to_string(),
            ]));
        let address = line
            .strip_prefix("replay listening on ")
            .and_then(|rest| rest.split(' ').next())
            .unwrap();
        let relay = format!("ws://{address}");
        Self { replay, relay, directory, manifest: network.manifest(), last_seq: written.frames }
    }

    fn run(&self, data: &Path, listen: SocketAddr) -> Firehouse {
        let flags = [
            "--relay",
            &self.relay,
            "--plc",
            &self.directory,
            "--handle-resolver",
            &self.directory,
            "--allow-private-addresses",
            // The base of image links, which the runs that are compared must share.
            "--public-url",
            "http://appview.test",
        ];
        Firehouse::run(data, listen, &flags)
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        let _ = self.replay.kill();
        let _ = self.replay.wait();
    }
}

/// The engine of a running firehouse: its only child.
fn engine_of(firehouse: &Firehouse) -> Option<u32> {
    let pid = firehouse.child.id();
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).ok()?;
    // The child was started by whichever thread the runtime chose.
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).ok()?;
    let of_tasks =
        tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("children")).ok());
    of_tasks.chain([children]).find_map(|children| children.split_whitespace().next()?.parse().ok())
}

/// What must be equal: every table but for our own clock, and a sample of answers.
#[derive(Debug, PartialEq)]
struct Picture {
    tables: BTreeMap<&'static str, String>,
    answers: BTreeMap<String, Value>,
}

const TABLES: [(&str, &str); 16] = [
    ("records", "* EXCEPT (witnessed_at)"),
    ("actors", "actor, did, handle, pds, key, status"),
    ("repos", "*"),
    ("links", "* EXCEPT (target_cid, target_url)"),
    ("links_by_source", "*"),
    ("posts", "*"),
    ("thread_items", "*"),
    ("feed_items", "*"),
    ("author_items", "*"),
    ("profiles", "*"),
    ("lists", "*"),
    ("list_items", "*"),
    ("list_memberships", "*"),
    ("thread_gates", "*"),
    ("post_gates", "*"),
    ("cursors", "upstream, seq"),
];

fn picture(firehouse: &Firehouse, manifest: &Manifest) -> Picture {
    let count = |&(table, columns): &(&'static str, &'static str)| {
        let query = format!(
            "SELECT count(), sum(cityHash64(*)) FROM (SELECT {columns} FROM firehouse.{table} FINAL) FORMAT TSV"
        );
        let (status, answer) =
            get(firehouse.engine, &format!("/?query={}", query.replace(' ', "%20"))).unwrap();
        assert_eq!(status, 200, "{answer}");
        (table, answer.as_str().map_or_else(|| answer.to_string(), |text| text.trim().to_owned()))
    };
    let mut answers = BTreeMap::new();
    let mut ask = |path: String| {
        let (status, answer) = firehouse.get(&path).unwrap();
        assert_eq!(status, 200, "{path}: {answer}");
        answers.insert(path, answer);
    };
    for account in manifest.accounts.iter().take(20) {
        ask(format!("/xrpc/app.bsky.actor.getProfile?actor={}", account.did));
        ask(format!("/xrpc/app.bsky.feed.getAuthorFeed?actor={}&limit=50", account.handle));
        ask(format!("/xrpc/app.bsky.graph.getFollowers?actor={}&limit=100", account.did));
    }
    for post in manifest.posts.iter().take(20) {
        ask(format!("/xrpc/app.bsky.feed.getPostThread?uri={}", post.uri));
        ask(format!("/xrpc/app.bsky.feed.getLikes?uri={}&limit=100", post.uri));
    }
    Picture { tables: TABLES.iter().map(count).collect(), answers }
}

fn assert_counts(firehouse: &Firehouse, manifest: &Manifest) {
    for account in manifest.accounts.iter().take(40) {
        let (_, profile) = firehouse
            .get(&format!("/xrpc/app.bsky.actor.getProfile?actor={}", account.did))
            .unwrap();
        let counts = ["followersCount", "followsCount", "postsCount"]
            .map(|name| profile[name].as_u64().unwrap());
        assert_eq!(counts, [account.followers, account.follows, account.posts], "{profile}");
    }
    for post in manifest.posts.iter().take(40) {
        let (_, found) =
            firehouse.get(&format!("/xrpc/app.bsky.feed.getPosts?uris={}", post.uri)).unwrap();
        let counts = ["likeCount", "repostCount", "replyCount", "quoteCount"]
            .map(|name| found["posts"][0][name].as_u64().unwrap());
        assert_eq!(counts, [post.likes, post.reposts, post.replies, post.quotes], "{found}");
    }
}

#[test]
fn killed_at_random_points_the_store_ends_equal_to_that_of_an_undisturbed_run() {
    if !has_engine() {
        return;
    }
    let kills =
        std::env::var("FIREHOUSE_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(6);
    let folder = tempfile::tempdir().unwrap();
    let upstream = Upstream::start(folder.path(), kills);
    let limit = Duration::from_secs(120 + 2 * kills as u64);

    let mut undisturbed = upstream.run(&folder.path().join("undisturbed"), free_address());
    undisturbed.wait_readable(upstream.last_seq, limit);
    wait_settled(&undisturbed, upstream.last_seq);
    assert_counts(&undisturbed, &upstream.manifest);
    let expected = picture(&undisturbed, &upstream.manifest);
    assert!(undisturbed.stop(Duration::from_secs(60)).success());

    let data = folder.path().join("disturbed");
    let mut random = Random::new(u64::from(std::process::id()));
    let listen = free_address();
    let mut firehouse = upstream.run(&data, listen);
    let (mut killed_runs, mut killed_engines) = (0, 0);
    while killed_runs + killed_engines < kills {
        // A start takes about a second, so some kills hit it and most hit the middle of the stream.
        std::thread::sleep(Duration::from_millis(200 + random.below(2_500) as u64));
        match engine_of(&firehouse) {
            Some(engine) if killed_engines < kills / 2 => {
                signal(engine, "KILL");
                killed_engines += 1;
            }
            _ => {
                firehouse.kill();
                killed_runs += 1;
                firehouse = upstream.run(&data, listen);
            }
        }
    }
    firehouse.wait_readable(upstream.last_seq, limit);
    wait_settled(&firehouse, upstream.last_seq);
    println!(
        "killed firehouse {killed_runs} times and its engine {killed_engines} times over {} frames",
        upstream.last_seq
    );
    let found = picture(&firehouse, &upstream.manifest);
    assert_eq!(found.tables, expected.tables);
    assert_eq!(found.answers, expected.answers);
    assert_counts(&firehouse, &upstream.manifest);
    assert!(firehouse.stop(Duration::from_secs(60)).success());
}

/// Rows are readable before their repos and the cursor are written; this waits for those too.
fn wait_settled(firehouse: &Firehouse, seq: u64) {
    let began = Instant::now();
    let saved = || {
        get(firehouse.engine, "/?query=SELECT%20max(seq)%20FROM%20firehouse.cursors%20FORMAT%20TSV")
            .map(|(_, answer)| answer.to_string())
    };
    while saved().is_none_or(|saved| !saved.contains(&seq.to_string())) {
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "the cursor is not saved: {:?}",
            saved()
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}
