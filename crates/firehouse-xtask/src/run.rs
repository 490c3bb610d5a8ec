//! `cargo xtask run`: fetches the engine once, builds, and runs consumer, API and embedded store.

use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::engine;
use crate::workspace::{cargo, target};

/// Builds in release and becomes `firehouse run` with `arguments`, so that signals reach it and nobody else. Returns only errors.
pub fn run(arguments: &[String]) -> Result<()> {
    let library = engine::run()?;
    eprintln!("run: building; the first time takes some minutes");
    let built = cargo().args(["build", "--release", "--package", "firehouse-cli"]).status()?;
    if !built.success() {
        bail!("firehouse does not build");
    }
    let program = target().join("release").join("firehouse");
    let mut firehouse = Command::new(&program);
    firehouse.arg("run").args(arguments).env("FIREHOUSE_ENGINE_LIB", library);
    Err(firehouse.exec()).with_context(|| format!("cannot start {}", program.display()))
}
