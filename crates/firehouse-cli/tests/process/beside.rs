//! Beside a running firehouse: `firehouse verify` on its store asks it, and people look at its pages.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Firehouse, free_address, has_engine, page, post};
use crate::town::{Engine, REPOS, Town};

const PASSWORD: &str = "beside";
const LIMIT: Duration = Duration::from_secs(60);

/// Runs on the town's store, and answers.
fn running(town: &Town) -> Firehouse {
    let listen = free_address();
    let mut command = town.command(&["run", "--admin-password", PASSWORD]);
    command.args(["--listen", &listen.to_string()]);
    let child = command.stdin(std::process::Stdio::null()).spawn().unwrap();
    let mut firehouse = Firehouse { child, listen, engine: free_address() };
    let began = Instant::now();
    while firehouse.get("/xrpc/_health").is_none_or(|(status, _)| status != 200) {
        assert!(firehouse.child.try_wait().unwrap().is_none(), "firehouse ended");
        assert!(began.elapsed() < LIMIT, "firehouse does not answer");
        std::thread::sleep(Duration::from_millis(50));
    }
    firehouse
}

#[test]
fn verify_asks_the_firehouse_that_runs_on_its_store_and_has_it_repair() {
    if !has_engine() {
        return;
    }
    let town = Town::start();
    town.backfill(&["--network"]);
    let engine = Engine::start(town.data.path());
    let likes = |did: &str| {
        format!(
            "actor = xxh3('{did}') AND collection = 'app.bsky.feed.like' SETTINGS mutations_sync = 2"
        )
    };
    engine.ask(&format!("ALTER TABLE records DELETE WHERE {}", likes(&town.dids[0])));
    engine.ask(&format!(
        "ALTER TABLE records UPDATE cid = unhex(repeat('ab', 32)) WHERE {}",
        likes(&town.dids[1])
    ));
    engine.stop();
    let firehouse = running(&town);

    let refused = town.run(&["verify", &town.dids[0]]);
    let words = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && words.contains("admin_password"), "{words}");
    let admin = ["--admin-password", PASSWORD];
    let dids: Vec<&str> = town.dids[..3].iter().map(String::as_str).collect();
    let (status, report) = town.verify(&[&dids[..], &admin].concat());
    assert_eq!(status, Some(1), "{report}");
    assert_eq!((&report["equal"], &report["differ"]), (&json!(1), &json!(2)), "{report}");
    for account in report["accounts"].as_array().unwrap() {
        let kind = if account["did"] == dids[0] { "missing" } else { "different" };
        let path = account[kind]["paths"][0].as_str().unwrap();
        assert!(path.starts_with("app.bsky.feed.like/"), "{account}");
        assert_eq!(account["repaired"], false, "{account}");
    }
    let (_, report) = town.verify(&[&["--repair"], &admin[..]].concat());
    assert_eq!((&report["repaired"], &report["equal"]), (&json!(2), &json!(REPOS - 2)), "{report}");
    let (status, report) = town.verify(&admin);
    assert_eq!((status, &report["equal"]), (Some(0), &json!(REPOS)), "{report}");
    let (status, report) = town.verify(&[&["--sample", "3"], &admin[..]].concat());
    assert_eq!((status, &report["equal"]), (Some(0), &json!(3)), "{report}");

    let path = "/xrpc/dev.firehouse.admin.repairRepo";
    let unknown = json!({ "did": "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa" });
    let (status, answer) = post(firehouse.listen, path, PASSWORD, &unknown).unwrap();
    assert_eq!((status, &answer["error"]), (400, &json!("NotCompared")), "{answer}");
    let (status, answer) = post(firehouse.listen, path, "wrong", &unknown).unwrap();
    assert_eq!(status, 401, "{answer}");

    assert!(firehouse.stop(LIMIT).success());
    let (status, report) = town.verify(&[]);
    assert_eq!((status, &report["equal"]), (Some(0), &json!(REPOS)), "alone again: {report}");
}

#[test]
fn people_find_out_whether_an_account_is_complete() {
    if !has_engine() {
        return;
    }
    let town = Town::start();
    town.backfill(&["--network"]);
    let firehouse = running(&town);
    let show = |path: &str| {
        let (status, head, body) = page(firehouse.listen, path).unwrap();
        assert!(
            head.contains("content-security-policy: default-src 'none'; style-src 'self'"),
            "{head}"
        );
        for link in
            ["src=\"", "href=\"", "action=\""].iter().flat_map(|name| body.split(name).skip(1))
        {
            assert!(link.starts_with(['/', '#']), "{path} loads or leads elsewhere: {link:.80}");
        }
        assert!(!body.contains("<script"), "{body}");
        (status, head, body)
    };
    let (status, _, start) = show("/");
    assert_eq!(status, 200);
    assert!(start.contains("Where it listens") && start.contains("name=\"actor\""), "{start}");

    let did = &town.dids[0];
    let (status, _, account) = show(&format!("/account/{did}"));
    assert_eq!(status, 200);
    for expected in
        ["badge good", "Every record of this account is here", did, "app.bsky.feed.post"]
    {
        assert!(account.contains(expected), "no {expected:?} in {account}");
    }
    let path = format!("/xrpc/dev.firehouse.sync.getCompleteness?did={did}");
    let complete = firehouse.get(&path).unwrap().1;
    let hash = complete["collections"][0]["hash"].as_str().unwrap();
    assert!(account.contains(hash) && account.contains(complete["rev"].as_str().unwrap()));

    let (status, head, _) = show(&format!("/account?actor=%40{did}"));
    assert_eq!(status, 303);
    assert!(head.contains(&format!("location: /account/{}", did.replace(':', "%3a"))), "{head}");
    assert_eq!(show("/account/did:plc:aaaaaaaaaaaaaaaaaaaaaaaa").0, 404);
    assert_eq!(show("/account/%3Cscript%3Ealert(1)%3C%2Fscript%3E").0, 400);
    let (status, head, _) = page(firehouse.listen, "/console.css").unwrap();
    assert!(status == 200 && head.contains("content-type: text/css"), "{head}");
    assert!(firehouse.stop(LIMIT).success());
}
