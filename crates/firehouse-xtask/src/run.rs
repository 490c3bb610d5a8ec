//! `cargo xtask run`: fetches the engine once, builds, and runs consumer, API and embedded store.

use std::process::Command;

use anyhow::{Result, bail};

use crate::engine;
use crate::workspace::{cargo, target};

/// Builds in release and runs `firehouse run` with `arguments`, until it ends.
pub fn run(arguments: &[String]) -> Result<()> {
    let library = engine::run()?;
    eprintln!("run: building; the first time takes some minutes");
    let built = cargo().args(["build", "--release", "--package", "firehouse-cli"]).status()?;
    if !built.success() {
        bail!("firehouse does not build");
    }
    let program = target().join("release").join("firehouse");
    let ended = Command::new(program)
        .arg("run")
        .args(arguments)
        .env("FIREHOUSE_ENGINE_LIB", library)
        .status()?;
    if ended.success() { Ok(()) } else { bail!("firehouse ended with {ended}") }
}
