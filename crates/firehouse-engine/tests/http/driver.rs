//! A driver no one here wrote: `clickhouse-connect` for Python, which speaks the Native format.
//!
//! It is installed once into the target directory, at a pinned version.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::server;

const DRIVER: &str = "clickhouse-connect==1.12.0";

/// The Python of an environment that has the driver; `None`, loudly, when that cannot be had.
fn python() -> Option<PathBuf> {
    let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).join("clickhouse-connect-1.12.0");
    let python = environment.join("bin").join("python");
    let stamp = environment.join("installed");
    if !stamp.exists() {
        let make = Command::new("python3").args(["-m", "venv"]).arg(&environment).output();
        if !make.is_ok_and(|output| output.status.success()) {
            eprintln!("SKIPPED: python3 -m venv does not work here");
            return None;
        }
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", DRIVER];
        let install = Command::new(&python).args(pip).output().expect("the environment's python");
        if !install.status.success() {
            eprintln!(
                "SKIPPED: pip install {DRIVER}: {}",
                String::from_utf8_lossy(&install.stderr)
            );
            return None;
        }
        std::fs::write(&stamp, DRIVER).expect("a stamp");
    }
    Some(python)
}

#[test]
fn clickhouse_connect_works_unchanged() {
    let Some(server) = server::start() else { return };
    let Some(python) = python() else { return };
    let port = server.url.rsplit(':').next().expect("a port");
    let output = Command::new(python)
        .args(["-c", include_str!("driver.py"), port])
        .output()
        .expect("python runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "all is well\n");
}
