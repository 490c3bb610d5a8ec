//! `cargo xtask lexicons`: the official lexicon documents, out of the npm package the official SDK is published as.
//!
//! The package is the very version the parity tests use, so the schemas here are the ones the reference validates with. Descriptions are
//! dropped: lexicons/ holds schema facts. Running it twice changes nothing; `--check` only says whether anything would change.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

use crate::archive;

const PACKAGE: &str = "@atproto/api";
const VERSION: &str = "0.20.44";
const TARBALL: &str = "atproto-api-0.20.44.tgz";
const INTEGRITY: &str = "sha512-dl5Lo59tqW42B6TE1968R/iczZBVes6MzrO7ZYaFSVOkFTMEdp+iMAG1jzaj6S43HaOzibFP9kRGyypzzYR5Og==";

/// What the reference AppView serves or indexes. `chat.bsky` and `tools.ozone` belong to other services.
const PREFIXES: [&str; 3] = ["app.bsky.", "com.atproto.", "com.germnetwork."];

/// The folders below lexicons/ that hold nothing but what this command writes. `dev/` is ours.
const OWNED: [&str; 2] = ["app", "com"];

const EXTRACT: &str = include_str!("lexicons.mjs");

/// Brings lexicons/ up to date, or with `check` fails when it is not.
pub fn run(check: bool) -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lexicons");
    let wanted = wanted()?;
    let present = present(&folder)?;
    let stale: Vec<&PathBuf> = wanted
        .iter()
        .filter(|(path, text)| present.get(*path) != Some(*text))
        .map(|e| e.0)
        .collect();
    let surplus: Vec<&PathBuf> =
        present.keys().filter(|path| !wanted.contains_key(*path)).collect();

    if check {
        for path in stale.iter().chain(&surplus) {
            eprintln!("lexicons/{} is not what {PACKAGE}@{VERSION} says", path.display());
        }
        ensure!(stale.is_empty() && surplus.is_empty(), "run `cargo xtask lexicons`");
        eprintln!("lexicons/ is up to date with {PACKAGE}@{VERSION}: {} files", wanted.len());
        return Ok(());
    }
    for path in &surplus {
        fs::remove_file(folder.join(path)).with_context(|| format!("remove {}", path.display()))?;
    }
    for path in &stale {
        let target = folder.join(path);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        let text = wanted.get(*path).context("a stale path is a wanted one")?;
        fs::write(&target, text).with_context(|| format!("write {}", target.display()))?;
    }
    eprintln!(
        "lexicons/: {} written, {} removed, {} in all",
        stale.len(),
        surplus.len(),
        wanted.len()
    );
    Ok(())
}

/// Every file that should be there, by its path below lexicons/.
fn wanted() -> Result<BTreeMap<PathBuf, String>> {
    let mut wanted = extract(&fetch()?)?;
    ensure!(wanted.len() > 100, "only {} documents in {PACKAGE}@{VERSION}", wanted.len());
    wanted.insert("README.md".into(), readme(wanted.len()));
    Ok(wanted)
}

/// Every file that is there and that this command answers for.
fn present(folder: &Path) -> Result<BTreeMap<PathBuf, String>> {
    let mut present = BTreeMap::new();
    let mut open: Vec<PathBuf> = OWNED.iter().map(|name| folder.join(name)).collect();
    open.retain(|directory| directory.is_dir());
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else {
                present.insert(path.strip_prefix(folder)?.to_owned(), fs::read_to_string(&path)?);
            }
        }
    }
    let readme = folder.join("README.md");
    if readme.is_file() {
        present.insert("README.md".into(), fs::read_to_string(readme)?);
    }
    Ok(present)
}

/// The text of the package's lexicons.js, from the registry npm is configured for, once the package has the pinned hash.
fn fetch() -> Result<Vec<u8>> {
    let directory = std::env::temp_dir().join(format!("firehouse-lexicons-{}", std::process::id()));
    fs::create_dir_all(&directory)?;
    let source = fetch_into(&directory);
    let _ = fs::remove_dir_all(&directory);
    source
}

fn fetch_into(directory: &Path) -> Result<Vec<u8>> {
    let packed = Command::new("npm")
        .args(["pack", "--silent", "--pack-destination"])
        .arg(directory)
        .arg(format!("{PACKAGE}@{VERSION}"))
        .stdout(Stdio::null())
        .status()
        .context("run npm (it comes with Node)")?;
    ensure!(packed.success(), "npm could not fetch {PACKAGE}@{VERSION}");
    let tarball = directory.join(TARBALL);
    let found = archive::integrity(&tarball)?;
    ensure!(found == INTEGRITY, "{PACKAGE}@{VERSION} has the hash {found}, not {INTEGRITY}");
    let source = directory.join("lexicons.js");
    archive::unpack(&tarball, "package/dist/client/lexicons.js", &source)?;
    Ok(fs::read(source)?)
}

/// Runs [`EXTRACT`] over the source. Shape: path below lexicons/ → text of the document.
fn extract(source: &[u8]) -> Result<BTreeMap<PathBuf, String>> {
    let mut node = Command::new("node")
        .args(["--input-type=module", "--eval", EXTRACT, "--"])
        .args(PREFIXES)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("run node")?;
    // Node reads all of stdin before it writes, so neither side waits for the other.
    node.stdin.take().context("stdin is piped")?.write_all(source)?;
    let output = node.wait_with_output()?;
    ensure!(output.status.success(), "node could not read lexicons.js");
    let mut documents = BTreeMap::new();
    for line in String::from_utf8(output.stdout)?.lines() {
        let (path, text): (PathBuf, String) = serde_json::from_str(line)?;
        if path.components().any(|part| !matches!(part, std::path::Component::Normal(_))) {
            bail!("{} is no path below lexicons/", path.display());
        }
        documents.insert(path, text);
    }
    Ok(documents)
}

fn readme(documents: usize) -> String {
    format!(
        "# Lexicons\n\
         \n\
         Lexicon documents by NSID path: `app/bsky/feed/post.json` is `app.bsky.feed.post`. `firehouse-lexicon` embeds them all.\n\
         \n\
         | folder | what | source | licence |\n\
         | --- | --- | --- | --- |\n\
         | `app/`, `com/` | {documents} official documents | npm package `{PACKAGE}` {VERSION} (github bluesky-social/atproto) | MIT OR Apache-2.0, Copyright (c) 2022-2026 Bluesky Social PBC, and Contributors |\n\
         | `dev/firehouse/` | our own methods, when there are any | this repository | MIT OR Apache-2.0 |\n\
         | `internal/` | a method the reference AppView has for its operator, in no published package | written here after its behaviour | MIT OR Apache-2.0 |\n\
         \n\
         The official ones are schema facts: descriptions are dropped, everything else is as published. They are written by\n\
         `cargo xtask lexicons`; change the version there, not the files. `cargo xtask lexicons --check` says whether they are up to date.\n"
    )
}
