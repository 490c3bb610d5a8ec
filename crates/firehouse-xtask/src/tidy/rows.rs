//! A crate depends on lower rows only. The rows are those of the crate table in ARCHITECTURE.md.

use std::collections::BTreeSet;

use super::Metadata;

/// Every crate that ships, with its row. `firehouse-engine` is a leaf: only the cli starts it.
const ROWS: [(&str, u8); 15] = [
    ("firehouse-types", 0),
    ("firehouse-lexicon", 1),
    ("firehouse-repo", 1),
    ("firehouse-schema", 1),
    ("firehouse-identity", 2),
    ("firehouse-indexer", 2),
    ("firehouse-store", 2),
    ("firehouse-stream", 3),
    ("firehouse-appview", 3),
    ("firehouse-ingest", 4),
    ("firehouse-xrpc", 4),
    ("firehouse-engine", 4),
    ("firehouse-cli", 5),
    ("firehouse-backfill", 3),
    ("firehouse-text", 1),
];

/// Stand beside the rows, since nothing ships with them.
const BESIDE: [&str; 3] = ["firehouse-sim", "firehouse-xtask", "firehouse-benches"];

/// Names every arrow that does not point down.
pub fn check(metadata: &Metadata) -> Vec<String> {
    let row = |name: &str| ROWS.iter().find(|(crate_, _)| *crate_ == name).map(|(_, row)| *row);
    let mut wrong = Vec::new();
    for package in metadata.members().filter(|package| !BESIDE.contains(&package.name.as_str())) {
        let Some(own) = row(&package.name) else {
            wrong.push(format!(
                "{} has no row: give it one in tidy/rows.rs and in ARCHITECTURE.md",
                package.name
            ));
            continue;
        };
        for dependency in package.dependencies.iter().filter(|dependency| dependency.kind.is_none())
        {
            let name = &dependency.name;
            let is_ours = name.starts_with("firehouse-");
            let points_down =
                row(name).is_some_and(|row| row < own) && (package.name != "firehouse-engine");
            if is_ours && !points_down {
                wrong
                    .push(format!("{} → {name}: a crate depends on lower rows only", package.name));
            }
        }
    }
    wrong
}

/// The crate table of ARCHITECTURE.md names exactly the crates there are.
pub fn check_table(metadata: &Metadata, architecture: &str) -> Vec<String> {
    let in_table = |line: &str| {
        Some(line.strip_prefix("| ")?.split('|').nth(1)?.trim().trim_matches('`').to_owned())
    };
    let table: BTreeSet<String> = architecture
        .lines()
        .filter_map(in_table)
        .filter(|name| name.starts_with("firehouse-"))
        .collect();
    let members: BTreeSet<String> =
        metadata.members().map(|package| package.name.clone()).collect();
    let missing = members
        .difference(&table)
        .map(|name| format!("{name} is not in the crate table of ARCHITECTURE.md"));
    let surplus = table
        .difference(&members)
        .map(|name| format!("{name} is in the crate table of ARCHITECTURE.md, and does not exist"));
    missing.chain(surplus).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::{Dependency, Package};

    fn metadata(arrows: &[(&str, &str)]) -> Metadata {
        let package = |&(from, to): &(&str, &str)| Package {
            id: from.into(),
            name: from.into(),
            version: "0.1.0".into(),
            license: None,
            dependencies: vec![Dependency { name: to.into(), kind: None }],
        };
        Metadata {
            packages: arrows.iter().map(package).collect(),
            workspace_members: arrows.iter().map(|(from, _)| (*from).into()).collect(),
        }
    }

    #[test]
    fn an_arrow_that_points_up_or_sideways_is_named() {
        let check = |from, to, expected| {
            assert_eq!(check(&metadata(&[(from, to)])).len(), expected, "{from} → {to}")
        };
        check("firehouse-store", "firehouse-schema", 0);
        check("firehouse-store", "serde", 0);
        check("firehouse-store", "firehouse-indexer", 1);
        check("firehouse-types", "firehouse-repo", 1);
        check("firehouse-ingest", "firehouse-xrpc", 1);
        check("firehouse-engine", "firehouse-types", 1);
        check("firehouse-sim", "firehouse-engine", 0);
        check("firehouse-utils", "serde", 1);
    }

    #[test]
    fn the_table_and_the_workspace_must_agree() {
        let metadata = metadata(&[("firehouse-store", "serde"), ("firehouse-types", "serde")]);
        let wrong =
            check_table(&metadata, "| 2 | `firehouse-store` | x |\n| 3 | `firehouse-gone` | y |\n");
        assert_eq!(wrong.len(), 2, "{wrong:?}");
    }
}
