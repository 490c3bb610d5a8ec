//! `cargo xtask sim`: builds firehouse and its simulator in release, and runs one against the other.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::engine;
use crate::workspace::{cargo, target};

/// Runs so many seeds. Errors: something does not build, or a seed fails; the simulator has said which.
pub fn run(seeds: u64, from: u64, jobs: usize, arguments: &[String]) -> Result<()> {
    let library = engine::run()?;
    eprintln!("sim: building; the first time takes some minutes");
    let mut build = cargo();
    build.args(["build", "--release", "--package", "firehouse-cli", "--package", "firehouse-sim"]);
    if !build.status().context("cargo cannot be started")?.success() {
        bail!("firehouse and its simulator do not build");
    }
    let built = target().join("release");
    let end = from.checked_add(seeds).context("that many seeds there are not")?;
    let ended = Command::new(built.join("firehouse-sim"))
        .args(["run", "--seeds", &format!("{from}..{end}"), "--jobs", &jobs.to_string()])
        .arg("--firehouse")
        .arg(built.join("firehouse"))
        .args(arguments)
        .env("FIREHOUSE_ENGINE_LIB", library)
        .status()
        .context("firehouse-sim cannot be started")?;
    if ended.success() { Ok(()) } else { bail!("firehouse-sim ended with {ended}") }
}
