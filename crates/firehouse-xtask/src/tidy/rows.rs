//! A crate depends on lower rows only. The rows are those of the crate table in ARCHITECTURE.md.

use std::collections::{BTreeMap, BTreeSet};

use super::Metadata;

/// A crate and what the first column says: a row, or a dash for those that stand beside the rows.
type Table = BTreeMap<String, Option<u8>>;

/// The one crate that ships without a row: a leaf, which only the cli starts.
const LEAF: &str = "firehouse-engine";
const STARTS_IT: &str = "firehouse-cli";

/// Names every arrow that does not point down.
pub fn check(metadata: &Metadata, architecture: &str) -> Vec<String> {
    let table = table(architecture);
    let row = |name: &str| table.get(name).copied().flatten();
    let mut wrong = Vec::new();
    for package in metadata.members() {
        let own = row(&package.name);
        let ships = package.dependencies.iter().filter(|dependency| dependency.kind.is_none());
        for to in ships.map(|dependency| &dependency.name).filter(|to| to.starts_with("firehouse-"))
        {
            let points_down = match (own, row(to)) {
                (Some(own), Some(row)) => row < own,
                (Some(_), None) => package.name == STARTS_IT && to == LEAF,
                // What ships with nothing may use everything.
                (None, _) => package.name != LEAF,
            };
            if !points_down {
                wrong.push(format!("{} → {to}: a crate depends on lower rows only", package.name));
            }
        }
    }
    wrong
}

/// Names every crate that is missing in the crate table, and every one that is only there.
pub fn check_table(metadata: &Metadata, architecture: &str) -> Vec<String> {
    let table: BTreeSet<String> = table(architecture).into_keys().collect();
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

fn table(architecture: &str) -> Table {
    let entry = |line: &str| {
        let mut cells = line.strip_prefix("| ")?.split('|').map(str::trim);
        let (row, name) = (cells.next()?, cells.next()?.trim_matches('`'));
        name.starts_with("firehouse-").then(|| (name.to_owned(), row.parse().ok()))
    };
    architecture.lines().filter_map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::{Dependency, Package};

    const TABLE: &str = "\
        | 0 | `firehouse-types` | x |\n\
        | 1 | `firehouse-repo` | x |\n\
        | 2 | `firehouse-store` | x |\n\
        | 2 | `firehouse-indexer` | x |\n\
        | 5 | `firehouse-cli` | x |\n\
        | – | `firehouse-engine` | x |\n\
        | – | `firehouse-sim` | x |\n";

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

    fn check_arrow(from: &str, to: &str, expected: usize) {
        let wrong = check(&metadata(&[(from, to)]), TABLE);
        assert_eq!(wrong.len(), expected, "{from} → {to}: {wrong:?}");
    }

    #[test]
    fn an_arrow_that_points_up_or_sideways_is_named() {
        check_arrow("firehouse-store", "firehouse-repo", 0);
        check_arrow("firehouse-store", "serde", 0);
        check_arrow("firehouse-store", "firehouse-indexer", 1);
        check_arrow("firehouse-types", "firehouse-repo", 1);
        check_arrow("firehouse-indexer", "firehouse-cli", 1);
        check_arrow("firehouse-indexer", "firehouse-unknown", 1);
    }

    #[test]
    fn only_the_cli_starts_the_engine_and_nothing_that_ships_uses_what_does_not() {
        check_arrow("firehouse-cli", "firehouse-engine", 0);
        check_arrow("firehouse-store", "firehouse-engine", 1);
        check_arrow("firehouse-engine", "firehouse-types", 1);
        check_arrow("firehouse-sim", "firehouse-engine", 0);
        check_arrow("firehouse-sim", "firehouse-cli", 0);
        check_arrow("firehouse-cli", "firehouse-sim", 1);
    }

    #[test]
    fn the_table_and_the_workspace_must_agree() {
        let metadata = metadata(&[("firehouse-store", "serde"), ("firehouse-types", "serde")]);
        let wrong =
            check_table(&metadata, "| 2 | `firehouse-store` | x |\n| 3 | `firehouse-gone` | y |\n");
        assert_eq!(wrong.len(), 2, "{wrong:?}");
    }
}
