//! `firehouse status`: what a running firehouse says about itself.

use std::io::Write;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::settings::Settings;

/// Longest answer that is read.
const ANSWER_BYTES_MAX: u64 = 1 << 20;

/// Asks `/xrpc/_health` at the configured address. Ends with an error when nobody answers, or when the store is down.
pub async fn run(settings: Settings, json: bool) -> Result<()> {
    let (healthy, health) = ask(&settings).await?;
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
        for section in ["ingest", "repos", "hosts"] {
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

async fn ask(settings: &Settings) -> Result<(bool, Value)> {
    let listen = settings.listen;
    let mut socket = TcpStream::connect(listen).await.with_context(|| {
        format!("no firehouse answers at {listen}: start it, or name it with --listen")
    })?;
    socket
        .write_all(
            format!("GET /xrpc/_health HTTP/1.1\r\nHost: {listen}\r\nConnection: close\r\n\r\n")
                .as_bytes(),
        )
        .await?;
    let mut answer = String::new();
    socket.take(ANSWER_BYTES_MAX).read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").context("not an HTTP answer")?;
    Ok((head.contains(" 200 "), serde_json::from_str(body).context("not firehouse's health")?))
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
