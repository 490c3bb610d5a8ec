//! Binaries of other crates, for tests: cargo hands a test only those of its own.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A binary that an environment variable names (as `cargo xtask test` does), or one built here, into the target directory of the running
/// test. Errors: it does not build, or no cargo runs us.
pub(crate) fn built(variable: &str, package: &str, bin: &str) -> std::io::Result<PathBuf> {
    if let Some(program) = std::env::var_os(variable) {
        return Ok(program.into());
    }
    let test = std::env::current_exe()?;
    // target/PROFILE/deps/test-HASH
    let profile = test
        .parent()
        .and_then(Path::parent)
        .ok_or_else(|| std::io::Error::other("not run by cargo"))?;
    let target = profile.parent().unwrap_or(profile);
    let release = profile.ends_with("release").then_some("--release");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--package", package, "--bin", bin, "--target-dir"])
        .arg(target)
        .args(release)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()?;
    if built.success() {
        Ok(profile.join(bin))
    } else {
        Err(std::io::Error::other(format!("cargo build of {bin} failed")))
    }
}
