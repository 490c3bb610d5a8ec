//! The demo and the commands around it, with no network at all.

use std::process::Command;
use std::time::Duration;

use crate::support::{FIREHOUSE, Firehouse, free_address, has_engine, start_and_read_line};

/// Events in the recording: its README says how many.
const LAST_SEQ_MIN: u64 = 400;

#[test]
fn the_demo_shows_posts_without_a_network() {
    if !has_engine() {
        return;
    }
    let data = tempfile::tempdir().unwrap();
    let mut firehouse = Firehouse::run(data.path(), free_address(), &["--demo"]);
    firehouse.wait_readable(LAST_SEQ_MIN, Duration::from_secs(120));
    let (status, feed) =
        firehouse.get("/xrpc/app.bsky.feed.getAuthorFeed?actor=alma.sparrowhill.test").unwrap();
    assert_eq!(status, 200, "{feed}");
    let posts = feed["feed"].as_array().unwrap();
    assert!(posts.len() > 3, "{feed}");
    assert!(
        posts
            .iter()
            .all(|item| item["post"]["record"]["text"].is_string() || item["reason"].is_object())
    );

    let (status, profile) =
        firehouse.get("/xrpc/app.bsky.actor.getProfile?actor=brigade.sparrowhill.test").unwrap();
    assert_eq!((status, profile["handle"].as_str()), (200, Some("brigade.sparrowhill.test")));
    assert!(profile["followersCount"].as_u64().unwrap() > 0);

    let status = Command::new(FIREHOUSE)
        .args(["status", "--json", "--listen", &firehouse.listen.to_string()])
        .output()
        .unwrap();
    assert!(status.status.success());
    let health: serde_json::Value = serde_json::from_slice(&status.stdout).unwrap();
    assert_eq!(health["upstreams"][0]["gaps"], 0);
    assert!(firehouse.stop(Duration::from_secs(30)).success());
}

#[test]
fn a_recording_served_as_an_upstream_can_be_recorded_again_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let recording = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/demo/frames.bin.zst");
    let (mut server, line) = start_and_read_line(Command::new(FIREHOUSE).args([
        "replay",
        recording,
        "--listen",
        "127.0.0.1:0",
    ]));
    let address =
        line.strip_prefix("replay listening on ").and_then(|rest| rest.split(' ').next()).unwrap();
    let frames: u64 =
        line.split('(').nth(1).and_then(|rest| rest.split(' ').next()).unwrap().parse().unwrap();
    let copy = folder.path().join("copy.bin");
    let recorded = Command::new(FIREHOUSE)
        .arg("record")
        .arg(&copy)
        .args([
            "--relay",
            &format!("ws://{address}"),
            "--cursor",
            "0",
            "--frames",
            &frames.to_string(),
            "--seconds",
            "60",
        ])
        .output()
        .unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(recorded.status.success(), "{}", String::from_utf8_lossy(&recorded.stderr));
    let original = zstd::decode_all(std::fs::File::open(recording).unwrap()).unwrap();
    assert!(std::fs::read(copy).unwrap() == original, "the copy differs from the recording");
}

#[test]
fn help_names_every_command_and_a_wrong_value_is_named() {
    let help = Command::new(FIREHOUSE).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    for command in ["run", "ingest", "serve", "engine", "migrate", "record", "replay", "status"] {
        assert!(help.contains(&format!("  {command} ")), "{help}");
    }
    let wrong = Command::new(FIREHOUSE)
        .args(["status"])
        .env("FIREHOUSE_LISTEN", "nowhere")
        .output()
        .unwrap();
    assert!(!wrong.status.success());
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("listen"));
}
