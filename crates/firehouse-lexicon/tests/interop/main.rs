//! The verdicts of every other implementation: atproto-interop-tests, and every lexicon document that could be found on the network.

mod answers;
mod documents;
mod records;

use std::io::Write;
use std::path::{Path, PathBuf};

/// A folder beside the fixtures or in them, or a loud word that there is none.
fn folder(name: &str) -> Option<PathBuf> {
    let root = std::env::var_os("FIREHOUSE_FIXTURES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures"),
        PathBuf::from,
    );
    let path = root.join(name);
    if path.exists() {
        return Some(path);
    }
    skipped(&path);
    None
}

/// Past the test harness, which swallows what a passing test prints.
fn skipped(path: &Path) {
    let word = format!("SKIPPED: {} does not exist; set FIREHOUSE_FIXTURES\n", path.display());
    let _ = std::io::stderr().write_all(word.as_bytes());
}

/// A JSON list of cases.
fn cases(name: &str) -> Vec<serde_json::Value> {
    let Some(path) = folder(name) else { return Vec::new() };
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Every JSON document below a folder.
fn json_below(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    found.sort();
    found
}
