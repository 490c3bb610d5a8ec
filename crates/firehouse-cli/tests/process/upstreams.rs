//! Several upstreams at once, added and removed while firehouse runs, and a single PDS that may speak for its own accounts only.

use std::collections::HashSet;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use firehouse_sim::{Config, IdentityLine, Manifest, Network, directory, files};
use firehouse_stream::{Decoded, FrameReader, FrameWriter, decode};
use firehouse_types::Event;
use serde_json::{Value, json};

use crate::support::{
    FIREHOUSE, Firehouse, free_address, get, has_engine, post, start_and_read_line,
};

const LIMIT: Duration = Duration::from_secs(90);
const PASSWORD: &str = "correct horse";
const FRAMES_PER_SECOND: &str = "800";

/// A file of frames as an upstream. Ends with this test.
struct Replay {
    child: Child,
    address: SocketAddr,
}

impl Replay {
    fn start(frames: &Path) -> Self {
        let mut command = Command::new(FIREHOUSE);
        command.arg("replay").arg(frames);
        command.args(["--listen", "127.0.0.1:0", "--rate", FRAMES_PER_SECOND]);
        let (child, line) = start_and_read_line(&mut command);
        let address = line.strip_prefix("replay listening on ").unwrap();
        let address = address.split(' ').next().unwrap().parse().unwrap();
        Self { child, address }
    }

    fn url(&self) -> String {
        format!("ws://{}/", self.address)
    }
}

impl Drop for Replay {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves these identities until this process ends. Shape: its URL.
fn serve_directory(identities: Vec<IdentityLine>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
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

fn run(data: &Path, listen: SocketAddr, relays: &[&str], directory: &str) -> Firehouse {
    let mut flags = vec!["--plc", directory, "--handle-resolver", directory];
    flags.extend(["--allow-private-addresses", "--admin-password", PASSWORD]);
    relays.iter().for_each(|relay| flags.extend(["--relay", *relay]));
    Firehouse::run(data, listen, &flags)
}

/// Asks until the answer is as it should be.
fn wait<T: std::fmt::Debug>(what: &str, ask: impl Fn() -> T, is_right: impl Fn(&T) -> bool) -> T {
    let began = Instant::now();
    loop {
        let answer = ask();
        if is_right(&answer) {
            return answer;
        }
        assert!(began.elapsed() < LIMIT, "{what}: {answer:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// `(url, seq_readable)` of every upstream in the health.
fn upstreams(firehouse: &Firehouse) -> Vec<(String, Option<u64>)> {
    let health = firehouse.get("/xrpc/_health").map(|(_, health)| health).unwrap_or_default();
    let upstream =
        |u: &Value| (u["url"].as_str().unwrap_or_default().to_owned(), u["seq_readable"].as_u64());
    health["upstreams"].as_array().into_iter().flatten().map(upstream).collect()
}

fn wait_upstreams(firehouse: &Firehouse, expected: &[(&str, u64)]) {
    let is_right = |found: &Vec<(String, Option<u64>)>| {
        found.len() == expected.len()
            && expected.iter().all(|(url, seq)| {
                found.iter().any(|(other, readable)| other == url && *readable == Some(*seq))
            })
    };
    wait(&format!("{expected:?}"), || upstreams(firehouse), is_right);
}

fn metric(firehouse: &Firehouse, name: &str) -> Option<u64> {
    let (_, text) = firehouse.get("/metrics")?;
    let line = text.as_str()?.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().parse().ok()
}

fn query(firehouse: &Firehouse, sql: &str) -> String {
    let path = format!("/?query={}", sql.replace(' ', "%20").replace('\'', "%27"));
    let (status, answer) = get(firehouse.engine, &path).unwrap();
    assert_eq!(status, 200, "{answer}");
    answer.as_str().map_or_else(|| answer.to_string(), |text| text.trim().to_owned())
}

fn assert_posts(firehouse: &Firehouse, manifest: &Manifest) {
    for account in &manifest.accounts {
        let path = format!("/xrpc/app.bsky.actor.getProfile?actor={}", account.did);
        let (_, profile) = firehouse.get(&path).unwrap();
        assert_eq!(profile["postsCount"], account.posts, "{profile}");
    }
}

/// Deals the commits of one file out to two in turn; first commits, and whatever is no commit, go into both. Shape: the last seqs.
fn deal_out(frames: &Path, files: [&Path; 2]) -> [u64; 2] {
    let mut reader = FrameReader::open(frames).unwrap();
    let mut writers = files.map(|file| FrameWriter::create(file).unwrap());
    let (mut last, mut turn, mut seen) = ([0; 2], 0, HashSet::new());
    while let Some(frame) = reader.next_frame().unwrap() {
        let Ok(Decoded::Event(event)) = decode(&frame) else { panic!("a frame of ours") };
        let is_dealt = match &event {
            Event::Commit(commit) => !seen.insert(commit.repo.clone()),
            _ => false,
        };
        turn = (turn + 1) % 2;
        for (place, writer) in writers.iter_mut().enumerate() {
            if !is_dealt || place == turn {
                writer.write(&frame).unwrap();
                last[place] = event.seq().unwrap().get();
            }
        }
    }
    for writer in writers {
        writer.finish().unwrap();
    }
    last
}

#[test]
fn two_upstreams_that_bring_every_other_commit_break_no_chain() {
    if !has_engine() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut network = Network::new(Config::new(11, 40, 3_000));
    files::write(&mut network, folder.path()).unwrap();
    let (a, b) = (folder.path().join("a.bin"), folder.path().join("b.bin"));
    let last = deal_out(&folder.path().join("frames.bin"), [&a, &b]);
    let (a, b) = (Replay::start(&a), Replay::start(&b));
    let directory = serve_directory(files::read_identities(folder.path()).unwrap());
    let data = folder.path().join("data");
    let firehouse = run(&data, free_address(), &[&a.url(), &b.url()], &directory);

    wait_upstreams(&firehouse, &[(&a.url(), last[0]), (&b.url(), last[1])]);
    let held = |outcome: &str| {
        let name = format!("firehouse_ingest_held_total{{outcome=\"{outcome}\"}}");
        metric(&firehouse, &name).unwrap()
    };
    assert!(held("followed") > 0, "no commit came before the one it follows");
    assert_eq!((held("broken"), metric(&firehouse, "firehouse_ingest_held_events")), (0, Some(0)));
    assert_posts(&firehouse, &network.manifest());
    let lost = "SELECT count() FROM firehouse.repos FINAL WHERE state = 'desynchronized'";
    wait("repos out of step", || query(&firehouse, lost), |count| count == "0");

    let health = firehouse.get("/xrpc/_health").unwrap().1;
    assert_eq!(health["ingest"]["events_held"], 0, "{health}");
    assert!(health["ingest"]["flush_age_seconds"].is_u64(), "{health}");
    assert!(health["ingest"]["queues"]["writer"].is_u64(), "{health}");
    assert!(health["repos"]["desynchronized"].is_object(), "{health}");
    assert!(health["repos"]["queued"].is_u64() && health["hosts"]["parked"].is_u64(), "{health}");
    assert!(firehouse.stop(LIMIT).success());
}

#[test]
fn a_commit_whose_predecessor_nobody_brings_is_taken_after_a_while_and_its_repo_is_out_of_step() {
    if !has_engine() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut network = Network::new(Config::new(12, 10, 300));
    files::write(&mut network, folder.path()).unwrap();
    let (a, b) = (folder.path().join("a.bin"), folder.path().join("b.bin"));
    deal_out(&folder.path().join("frames.bin"), [&a, &b]);
    let reader = || FrameReader::open(&a).unwrap();
    let (mut frames, mut count) = (reader(), 0);
    while frames.next_frame().unwrap().is_some() {
        count += 1;
    }
    // The other brings the beginning only: alive, and of no help.
    let short = folder.path().join("short.bin");
    let (mut frames, mut writer) = (reader(), FrameWriter::create(&short).unwrap());
    (0..count / 8).for_each(|_| writer.write(&frames.next_frame().unwrap().unwrap()).unwrap());
    writer.finish().unwrap();
    let (a, short) = (Replay::start(&a), Replay::start(&short));
    let directory = serve_directory(files::read_identities(folder.path()).unwrap());
    let data = folder.path().join("data");
    let firehouse = run(&data, free_address(), &[&a.url(), &short.url()], &directory);
    let broken = "firehouse_ingest_held_total{outcome=\"broken\"}";
    wait(
        "chains called broken",
        || metric(&firehouse, broken),
        |count| count.is_some_and(|n| n > 0),
    );
    wait("held", || metric(&firehouse, "firehouse_ingest_held_events"), |held| *held == Some(0));
    let reasons = || firehouse.get("/xrpc/_health").unwrap().1["repos"]["desynchronized"].clone();
    wait("in the health", reasons, |reasons| reasons["chain_broken"].as_u64() > Some(0));
    assert!(firehouse.stop(LIMIT).success());
}

#[test]
fn upstreams_are_added_and_removed_while_firehouse_runs_and_stay_so_after_a_restart() {
    if !has_engine() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut network = Network::new(Config::new(13, 20, 200));
    let last = files::write(&mut network, folder.path()).unwrap().frames;
    let frames = folder.path().join("frames.bin");
    let (a, b) = (Replay::start(&frames), Replay::start(&frames));
    let (a, b) = ((a.url(), a), (b.url(), b));
    let directory = serve_directory(files::read_identities(folder.path()).unwrap());
    let (data, listen) = (folder.path().join("data"), free_address());
    let ask = |method: &str, body: Value| {
        let path = format!("/xrpc/dev.firehouse.admin.{method}");
        post(listen, &path, PASSWORD, &body).unwrap()
    };
    let is_ok = |(status, answer): (u16, Value)| assert_eq!(status, 200, "{answer}");

    let firehouse = run(&data, listen, &[&a.0], &directory);
    wait_upstreams(&firehouse, &[(&a.0, last)]);
    is_ok(ask("addUpstream", json!({ "url": b.0 })));
    wait_upstreams(&firehouse, &[(&a.0, last), (&b.0, last)]);
    is_ok(ask("addUpstream", json!({ "url": b.0 })));
    is_ok(ask("removeUpstream", json!({ "url": a.0 })));
    wait_upstreams(&firehouse, &[(&b.0, last)]);
    for (url, error) in [
        (&*a.0, "UpstreamNotFound"),
        ("ftp://127.0.0.1", "InvalidUpstream"),
        ("ws://me:secret@127.0.0.1:1", "InvalidUpstream"),
    ] {
        let (status, answer) = ask("removeUpstream", json!({ "url": url }));
        assert_eq!((status, answer["error"].as_str()), (400, Some(error)), "{answer}");
    }
    let (status, answer) = ask("addUpstream", json!({ "url": "ws://169.254.169.254" }));
    assert_eq!((status, answer["error"].as_str()), (400, Some("InvalidUpstream")), "{answer}");
    let saved = format!("SELECT count() FROM firehouse.cursors FINAL WHERE seq = {last}");
    wait("cursors", || query(&firehouse, &saved), |count| count == "2");
    firehouse.kill();

    let firehouse = run(&data, listen, &[&a.0], &directory);
    wait_upstreams(&firehouse, &[(&b.0, last)]);
    let path = "/xrpc/dev.firehouse.admin.listUpstreams";
    let (_, listed) = crate::support::get_as(listen, path, PASSWORD).unwrap();
    let found = |url: &str| {
        let upstreams = listed["upstreams"].as_array().unwrap();
        upstreams.iter().find(|upstream| upstream["url"] == url).unwrap().clone()
    };
    assert_eq!(
        found(&a.0),
        json!({ "url": a.0, "kind": "relay", "configured": true, "followed": false, "paused": false })
    );
    let added = found(&b.0);
    assert_eq!((&added["configured"], &added["followed"]), (&json!(false), &json!(true)));
    assert_eq!(added["seqReadable"], last);
    is_ok(ask("addUpstream", json!({ "url": a.0 })));
    // From where its cursor stood: every event up to it is readable at once.
    wait_upstreams(&firehouse, &[(&a.0, last), (&b.0, last)]);
    let (status, answer) =
        post(listen, "/xrpc/dev.firehouse.admin.addUpstream", "wrong", &json!({})).unwrap();
    assert_eq!(status, 401, "{answer}");

    // A paused one stays paused, and goes on where it was.
    is_ok(ask("pauseUpstream", json!({ "url": a.0 })));
    is_ok(ask("pauseUpstream", json!({ "url": a.0 })));
    wait_upstreams(&firehouse, &[(&b.0, last)]);
    firehouse.kill();
    let firehouse = run(&data, listen, &[&a.0], &directory);
    wait_upstreams(&firehouse, &[(&b.0, last)]);
    let (_, listed) = crate::support::get_as(listen, path, PASSWORD).unwrap();
    let paused = listed["upstreams"].as_array().unwrap().iter().find(|u| u["url"] == a.0);
    assert_eq!(paused.unwrap()["paused"], true, "{listed}");
    is_ok(ask("resumeUpstream", json!({ "url": a.0 })));
    wait_upstreams(&firehouse, &[(&a.0, last), (&b.0, last)]);
    let (status, answer) = ask("pauseUpstream", json!({ "url": "ws://127.0.0.1:1" }));
    assert_eq!((status, answer["error"].as_str()), (400, Some("UpstreamNotFound")), "{answer}");
    assert!(firehouse.stop(LIMIT).success());
}

#[test]
fn a_handle_is_looked_up_again_when_the_administrator_asks() {
    if !has_engine() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut network = Network::new(Config::new(15, 5, 50));
    let last = files::write(&mut network, folder.path()).unwrap().frames;
    let relay = Replay::start(&folder.path().join("frames.bin"));
    let identities = files::read_identities(folder.path()).unwrap();
    let did = network.manifest().accounts[0].did.clone();
    let directory = serve_directory(identities);
    let (data, listen) = (folder.path().join("data"), free_address());
    let firehouse = run(&data, listen, &[&relay.url()], &directory);
    wait_upstreams(&firehouse, &[(&relay.url(), last)]);
    let ask = |did: &str| {
        let path = "/xrpc/dev.firehouse.admin.recheckHandle";
        post(listen, path, PASSWORD, &json!({ "did": did })).unwrap()
    };
    let profile = format!("/xrpc/app.bsky.actor.getProfile?actor={did}");
    let handle = firehouse.get(&profile).unwrap().1["handle"].clone();
    assert!(handle.as_str().is_some_and(|handle| handle != "handle.invalid"), "{handle}");
    assert_eq!(ask(&did), (200, json!({ "did": did, "handle": handle })));
    let (status, answer) = ask("did:plc:nobodynobodynobodynobody");
    assert_eq!((status, answer["error"].as_str()), (400, Some("AccountNotFound")), "{answer}");
    assert!(firehouse.stop(LIMIT).success());
}

#[test]
fn a_single_pds_speaks_for_its_own_accounts_only() {
    if !has_engine() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut network = Network::new(Config::new(14, 20, 400));
    let last = files::write(&mut network, folder.path()).unwrap().frames;
    let pds = Replay::start(&folder.path().join("frames.bin"));
    let mut identities = files::read_identities(folder.path()).unwrap();
    let here = format!("http://{}", pds.address);
    let own: HashSet<String> = identities.iter().step_by(2).map(|line| line.did.clone()).collect();
    for line in identities.iter_mut().filter(|line| own.contains(&line.did)) {
        line.doc["service"][0]["serviceEndpoint"] = json!(here);
    }
    let directory = serve_directory(identities);
    let data = folder.path().join("data");
    let url = format!("pds+{}", pds.url());
    let firehouse = run(&data, free_address(), &[&url], &directory);
    wait_upstreams(&firehouse, &[(&url, last)]);
    for account in &network.manifest().accounts {
        let path = format!("/xrpc/app.bsky.actor.getProfile?actor={}", account.did);
        let posts = firehouse.get(&path).unwrap().1["postsCount"].as_u64().unwrap_or(0);
        let expected = if own.contains(&account.did) { account.posts } else { 0 };
        assert_eq!(posts, expected, "{}", account.did);
    }
    let dropped =
        metric(&firehouse, "firehouse_ingest_events_dropped_total{reason=\"wrong_host\"}");
    assert!(dropped > Some(0), "{dropped:?}");
    assert!(firehouse.stop(LIMIT).success());
}
