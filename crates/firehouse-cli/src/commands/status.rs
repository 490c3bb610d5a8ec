//! `firehouse status`: what a running firehouse says about itself.

use std::io::Write;

use anyhow::{Result, bail};
use serde_json::Value;

use crate::running::Running;
use crate::settings::Settings;

/// Asks `/xrpc/_health` at the configured address. Ends with an error when nobody answers, or when the store is down.
pub async fn run(settings: Settings, json: bool) -> Result<()> {
    let answer = Running::named(&settings).get("/xrpc/_health").await?;
    let (healthy, health) = (answer.status == 200, answer.body);
    let mut out = std::io::stdout();
    if json {
        writeln!(out, "{health}")?;
    } else {
        writeln!(
            out,
            "firehouse {} at {}",
            health["version"].as_str().unwrap_or_default(),
            settings.listen
        )?;
        for upstream in health["upstreams"].as_array().into_iter().flatten() {
            let text = |key: &str| {
                upstream[key].as_str().map_or_else(|| upstream[key].to_string(), str::to_owned)
            };
            let names = [
                "kind",
                "state",
                "seq_received",
                "seq_readable",
                "lag_seconds",
                "gaps",
                "queued",
                "last_error",
            ];
            let shown = names
                .iter()
                .filter(|name| !upstream[**name].is_null())
                .map(|name| format!("{name} {}", text(name)));
            writeln!(out, "{}: {}", text("url"), shown.collect::<Vec<_>>().join(", "))?;
        }
        for section in ["keep", "ingest", "repos", "hosts"] {
            let shown = leaves(&health[section]);
            if !shown.is_empty() {
                writeln!(out, "{section}: {}", shown.join(", "))?;
            }
        }
    }
    if healthy { Ok(()) } else { bail!("the store does not answer") }
}

/// Every number of a section with its name, those of an inner section behind the name of that.
fn leaves(section: &Value) -> Vec<String> {
    let mut leaves = Vec::new();
    for (name, value) in section.as_object().into_iter().flatten() {
        match value {
            Value::Null => {}
            Value::Object(inner) if inner.is_empty() => leaves.push(format!("{name} 0")),
            Value::Object(_) => {
                leaves.extend(self::leaves(value).into_iter().map(|leaf| format!("{name} {leaf}")));
            }
            _ => leaves.push(format!("{name} {value}")),
        }
    }
    leaves
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_section_is_told_in_one_line() {
        let section = json!({
            "desynchronized": { "chain_broken": 2, "too_big": 1 }, "counted_seconds_ago": 3, "queued": null,
        });
        let expected =
            ["counted_seconds_ago 3", "desynchronized chain_broken 2", "desynchronized too_big 1"];
        let mut found = leaves(&section);
        found.sort_unstable();
        assert_eq!(found, expected);
        assert_eq!(leaves(&json!({ "desynchronized": {} })), ["desynchronized 0"]);
        assert!(leaves(&Value::Null).is_empty());
    }
}
