//! Waits until firehouse says that everything is readable.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::run::process::Firehouse;

const POLL: Duration = Duration::from_millis(10);

/// Waits until `_health` names every one of these upstreams as readable up to its seq. Errors: what it says instead.
pub(crate) async fn wait_readable(
    client: &reqwest::Client,
    origin: &str,
    heads: &BTreeMap<String, i64>,
    firehouse: &mut Firehouse,
    patience: Duration,
) -> Result<(), String> {
    let began = Instant::now();
    loop {
        let health = health(client, origin).await;
        let behind = match &health {
            Some(health) => behind(health, heads),
            None => vec!["no answer".to_owned()],
        };
        if behind.is_empty() {
            return Ok(());
        }
        if let Some(status) = firehouse.ended() {
            return Err(format!("firehouse ended by itself: {status}"));
        }
        if began.elapsed() > patience {
            let health = health.map_or_else(String::new, |health| health.to_string());
            let behind = behind.join("; ");
            return Err(format!("not readable after {} s: {behind}; {health}", patience.as_secs()));
        }
        tokio::time::sleep(POLL).await;
    }
}

async fn health(client: &reqwest::Client, origin: &str) -> Option<Value> {
    let answer = client.get(format!("{origin}/xrpc/_health")).send().await.ok()?;
    answer.json().await.ok()
}

fn behind(health: &Value, heads: &BTreeMap<String, i64>) -> Vec<String> {
    let known = health["upstreams"].as_array().cloned().unwrap_or_default();
    let readable = |url: &str| {
        let is_it = |upstream: &&Value| {
            let name = upstream["url"].as_str().unwrap_or_default();
            origin(name) == origin(url)
        };
        known.iter().find(is_it).and_then(|upstream| upstream["seq_readable"].as_i64()).unwrap_or(0)
    };
    let behind = heads.iter().filter(|(url, head)| readable(url) < **head);
    behind.map(|(url, head)| format!("{url} at {} of {head}", readable(url))).collect()
}

/// Host and port, whatever the scheme.
fn origin(url: &str) -> &str {
    url.split("://").nth(1).unwrap_or(url).split('/').next().unwrap_or_default()
}
