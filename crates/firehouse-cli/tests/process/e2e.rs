//! A real PDS and PLC directory write, the official client reads it back from firehouse.
//!
//! The scripts in tests/e2e do the talking (see their README); here they get something to talk to. They install what they need from the
//! npm registry, and where there is no Node the test says so loudly and passes.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::support::{FIREHOUSE, Firehouse, free_address, has_engine, start_and_read_line};
use serde_json::Value;

/// The installed scripts; `None` where there is no Node.
fn installed() -> Option<Vec<String>> {
    if !Command::new("node")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_ok_and(|ended| ended.success())
    {
        eprintln!("SKIPPED: the end-to-end test needs Node (any from 18 on) and npm on the PATH");
        return None;
    }
    let output = Command::new("node")
        .arg(scripts().join("setup.mjs"))
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "setup.mjs failed");
    let setup: Value = serde_json::from_slice(&output.stdout).unwrap();
    Some(
        setup["command"]
            .as_array()
            .unwrap()
            .iter()
            .map(|word| word.as_str().unwrap().to_owned())
            .collect(),
    )
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e")
}

fn script(command: &[String], name: &str) -> Command {
    let (program, arguments) = command.split_first().unwrap();
    let mut script = Command::new(program);
    script.args(arguments).arg(scripts().join(name));
    script
}

/// PLC directory and PDSes. Closing their standard input ends them, and so does this test's end.
struct Network {
    child: Child,
    about: Value,
}

impl Network {
    fn start(command: &[String], firehouse: &str, did: &str) -> Self {
        let mut network = script(command, "network.mjs");
        let (child, line) = start_and_read_line(network.args([
            "--appview-url",
            firehouse,
            "--appview-did",
            did,
            "--ttl",
            "900",
        ]));
        Self {
            child,
            about: serde_json::from_str(&line)
                .unwrap_or_else(|_| panic!("network.mjs said {line:?}")),
        }
    }

    fn get(&self, key: &str) -> &str {
        let value = &self.about[key];
        value.as_str().or_else(|| value[0].as_str()).unwrap()
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

#[test]
fn what_a_real_pds_writes_the_official_client_reads_back() {
    if !has_engine() {
        return;
    }
    let Some(command) = installed() else { return };
    let listen = free_address();
    let (url, did) = (
        format!("http://localhost:{}", listen.port()),
        format!("did:web:localhost%3A{}", listen.port()),
    );
    let network = Network::start(&command, &url, &did);
    let data = tempfile::tempdir().unwrap();
    let flags = [
        "--did",
        &did,
        "--public-url",
        &url,
        "--relay",
        network.get("firehose"),
        "--plc",
        network.get("plc"),
        "--handle-resolver",
        network.get("handle_resolver"),
        "--allow-private-addresses",
    ];
    let firehouse = Firehouse::run(data.path(), listen, &flags);

    let pds = network.get("pds");
    let told = script(&command, "scenario.mjs")
        .args([
            "--pds",
            pds,
            "--control",
            network.get("control"),
            "--firehouse",
            &url,
            "--did",
            &did,
        ])
        .status()
        .unwrap();
    assert!(told.success(), "the story was not read back as it was written; its report is above");

    let n = std::env::var("FIREHOUSE_E2E_FRESHNESS").unwrap_or_else(|_| "50".into());
    let freshness = script(&command, "freshness.mjs")
        .args(["--pds", pds, "--firehouse", &url, "--n", &n])
        .output()
        .unwrap();
    assert!(freshness.status.success(), "posts did not become readable");
    println!("freshness of posts: {}", String::from_utf8_lossy(&freshness.stdout).trim());

    let ended = firehouse.stop(Duration::from_secs(30));
    assert!(ended.success(), "an orderly stop ends with {ended}");
}

#[test]
fn accounts_that_change_move_and_go_are_answered_as_they_are() {
    if !has_engine() {
        return;
    }
    let Some(command) = installed() else { return };
    let n = std::env::var("FIREHOUSE_E2E_ACCOUNTS").unwrap_or_else(|_| "1".into());
    let told =
        script(&command, "accounts.mjs").args(["--binary", FIREHOUSE, "--n", &n]).output().unwrap();
    println!("accounts: {}", String::from_utf8_lossy(&told.stdout).trim());
    let words = String::from_utf8_lossy(&told.stderr);
    assert!(told.status.success(), "not every change was seen as it should be: {words}");
    eprintln!("{words}");
}

#[test]
fn what_the_app_does_through_a_pds_works() {
    if !has_engine() {
        return;
    }
    let Some(command) = installed() else { return };
    let told = script(&command, "app.mjs").args(["--binary", FIREHOUSE]).status().unwrap();
    assert!(told.success(), "the app would not work as its users expect; the report is above");
}
