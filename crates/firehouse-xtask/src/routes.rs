//! `cargo xtask routes`: names every route that the reference AppView serves and firehouse does not.
//!
//! Reads the source, so that nothing has to be built. That the methods named there answer is what the tests of firehouse-xrpc see to.

use anyhow::{Context, Result, bail};

use crate::workspace;

/// Every route of the reference, a verb and a path each.
const REFERENCE: &str = "crates/firehouse-xrpc/reference-routes.txt";
/// Our methods by name, and our other routes by path.
const OURS: [&str; 3] = [
    "crates/firehouse-xrpc/src/methods.rs",
    "crates/firehouse-xrpc/src/server.rs",
    "crates/firehouse-media/src/routes.rs",
];
/// What stands at the root is a page of ours.
const ELSEWHERE: &str = "/";

/// Prints what is missing. Errors: something is.
pub fn run() -> Result<()> {
    let root = workspace::root();
    let read = |file: &str| {
        std::fs::read_to_string(root.join(file)).with_context(|| format!("cannot read {file}"))
    };
    let ours = OURS.into_iter().map(read).collect::<Result<Vec<_>>>()?.concat();
    let reference = read(REFERENCE)?;
    let missing = missing(&reference, &ours);
    for route in &missing {
        eprintln!("{route}");
    }
    match missing.len() {
        0 => Ok(()),
        n => bail!("{n} routes of the reference are not served"),
    }
}

fn missing<'a>(reference: &'a str, ours: &str) -> Vec<&'a str> {
    let routes = reference.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    routes
        .filter(|route| {
            let path = route.split_once(' ').map_or(*route, |(_, path)| path);
            path != ELSEWHERE && !is_served(path, ours)
        })
        .collect()
}

fn is_served(path: &str, ours: &str) -> bool {
    let quoted = |text: &str| ours.contains(&format!("\"{text}\""));
    // One handler reads what stands behind /img/ itself.
    let images = path.starts_with("/img/") && quoted("/img/{*path}");
    // A parameter takes the whole segment, so its handler reads the ending.
    let stem = path.strip_suffix(".xml.gz").filter(|stem| stem.ends_with('}'));
    let method = path.strip_prefix("/xrpc/");
    images || [Some(path), stem, method].into_iter().flatten().any(quoted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_served_when_its_method_or_its_path_is_named() {
        let reference =
            "# all\nGET /\nGET /xrpc/a.b.c\nPOST /xrpc/a.b.d\nGET /robots.txt\nGET /x.gz\n";
        let ours = "query(\"a.b.c\", …) .route(\"/robots.txt\", …)";
        assert_eq!(missing(reference, ours), ["POST /xrpc/a.b.d", "GET /x.gz"]);
    }
}
