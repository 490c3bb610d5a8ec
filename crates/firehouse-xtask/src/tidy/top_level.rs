//! The top level holds what the map says, and nothing else.

use std::path::Path;

use anyhow::Result;

const ENTRIES: [&str; 14] = [
    "Cargo.toml",
    "Cargo.lock",
    "crates",
    "schema",
    "lexicons",
    "dashboards",
    "benches",
    "deploy",
    "README.md",
    "LICENSE-MIT",
    "LICENSE-APACHE",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    // What cargo and a first run leave behind; not in git.
    "target",
];

/// Names every entry that does not belong there. Dot files do.
pub fn check(root: &Path) -> Result<Vec<String>> {
    let mut wrong = Vec::new();
    for entry in std::fs::read_dir(root)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') && !ENTRIES.contains(&name.as_str()) {
            wrong.push(format!(
                "{name} stands at the top level: ARCHITECTURE.md and tidy/top_level.rs say what may"
            ));
        }
    }
    Ok(wrong)
}
