//! `cargo xtask tidy`: the map is true. Rows of dependencies, the crate table, the top level, licences.

mod licences;
mod rows;
mod top_level;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::workspace::{cargo, root};

/// What `cargo metadata` says, as far as we ask.
#[derive(Deserialize)]
pub struct Metadata {
    packages: Vec<Package>,
    workspace_members: Vec<String>,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    /// `None` for what ships; `dev` and `build` for the others.
    kind: Option<String>,
}

impl Metadata {
    fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| self.workspace_members.contains(&package.id))
    }
}

/// Runs every check and names all that is wrong.
pub fn run() -> Result<()> {
    let metadata = cargo()
        .args(["metadata", "--format-version", "1", "--locked"])
        .output()
        .context("cargo metadata")?;
    if !metadata.status.success() {
        bail!("cargo metadata: {}", String::from_utf8_lossy(&metadata.stderr));
    }
    let metadata: Metadata = serde_json::from_slice(&metadata.stdout).context("cargo metadata")?;
    let read =
        |file: &str| std::fs::read_to_string(root().join(file)).with_context(|| file.to_owned());
    let architecture = read("ARCHITECTURE.md")?;
    let mut wrong = rows::check_table(&metadata, &architecture);
    wrong.extend(rows::check(&metadata, &architecture));
    wrong.extend(licences::check(&metadata, &read(".deny.toml")?)?);
    wrong.extend(top_level::check(&root())?);
    if wrong.is_empty() { Ok(()) } else { bail!("{}", wrong.join("\n")) }
}
