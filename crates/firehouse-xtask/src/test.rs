//! `cargo xtask test`: everything CI runs, from a fresh clone. Ends with the test runner's summary.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::workspace::{cargo, target};
use crate::{engine, fuzz, tidy};

/// Fetches what the tests need and runs them all: tidy, format, lints, a little fuzzing, tests.
pub fn run(arguments: &[String]) -> Result<()> {
    let library = engine::run()?;
    step("tidy", tidy::run)?;
    step("format", || command(cargo().args(["fmt", "--all", "--check"])))?;
    step("lints", || {
        command(cargo().args([
            "clippy",
            "--quiet",
            "--workspace",
            "--all-targets",
            "--",
            "--deny",
            "warnings",
        ]))
    })?;
    step("build", || command(cargo().args(["build", "--quiet", "--workspace", "--bins"])))?;
    // Short, and the same every time: what a longer run finds becomes a seed or a test.
    step("fuzz", || {
        fuzz::run(&fuzz::Options { targets: Vec::new(), seconds: 3, jobs: 2, seed: Some(1) })
    })?;
    step("tests", || {
        let mut tests = cargo();
        tests.args(["test", "--workspace", "--no-fail-fast"]).args(arguments);
        tests.env("FIREHOUSE_ENGINE_LIB", &library);
        let built = target().join("debug");
        tests.env("FIREHOUSE_ENGINE_PROGRAM", built.join("firehouse-engine"));
        tests.env("FIREHOUSE_PROGRAM", built.join("firehouse"));
        command(&mut tests)
    })
}

fn step(name: &str, act: impl FnOnce() -> Result<()>) -> Result<()> {
    eprintln!("test: {name}");
    let began = Instant::now();
    act().with_context(|| format!("step {name}"))?;
    eprintln!("test: {name} passed in {} s", began.elapsed().as_secs());
    Ok(())
}

fn command(command: &mut Command) -> Result<()> {
    let ended = command.status().with_context(|| format!("{command:?} cannot be started"))?;
    if ended.success() { Ok(()) } else { bail!("{command:?} ended with {ended}") }
}
