//! `GET /`: how this firehouse is, and where to ask for an account.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use firehouse_types::{Health, ReposHealth, UpstreamHealth, UpstreamState};
use tokio::time::timeout;

use crate::page::page;
use crate::router::Console;
use crate::words::{ago, grouped};

/// A store that takes longer than this does not answer.
const PING_PATIENCE: Duration = Duration::from_secs(2);

#[derive(Template)]
#[template(path = "start.html")]
struct StartPage {
    did: String,
    version: &'static str,
    store_answers: bool,
    upstreams: Vec<Upstream>,
    queued: Option<String>,
    waiting: Vec<Waiting>,
}

/// One upstream, as a row.
struct Upstream {
    url: String,
    mood: &'static str,
    state: &'static str,
    lag: String,
    gaps: String,
    queued: String,
    error: Option<String>,
}

/// Repos out of step for one reason.
struct Waiting {
    reason: String,
    repos: String,
}

/// Shows it, also while the store is away.
pub(crate) async fn show(State(console): State<Arc<Console>>) -> Response {
    let sources = &console.sources;
    let pinged = timeout(PING_PATIENCE, sources.store.ping());
    let (health, pinged) = tokio::join!((sources.health)(), pinged);
    let store_answers = matches!(pinged, Ok(Ok(())));
    page(&start_page(sources.appview.config().did.as_str(), health, store_answers))
}

fn start_page(did: &str, health: Health, store_answers: bool) -> StartPage {
    let ReposHealth { desynchronized, queued, .. } = health.repos.unwrap_or(ReposHealth {
        desynchronized: None,
        counted_seconds_ago: None,
        queued: None,
        fetching: None,
    });
    let waiting = desynchronized.into_iter().flatten();
    StartPage {
        did: did.to_owned(),
        version: health.version,
        store_answers,
        upstreams: health.upstreams.into_iter().map(upstream).collect(),
        queued: queued.map(grouped),
        waiting: waiting
            .map(|(reason, repos)| Waiting {
                reason: reason.replace('_', " "),
                repos: grouped(repos),
            })
            .collect(),
    }
}

fn upstream(health: UpstreamHealth) -> Upstream {
    let (mood, state) = match (health.state, health.seq_readable) {
        (UpstreamState::Connected, _) => ("good", "connected"),
        (UpstreamState::Connecting, Some(_)) => ("bad", "connection lost"),
        (UpstreamState::Connecting, None) => ("waiting", "connecting"),
        (UpstreamState::Finished, _) => ("waiting", "ended"),
    };
    Upstream {
        url: health.url,
        mood,
        state,
        lag: health
            .lag_seconds
            .map_or("unknown".to_owned(), |seconds| format!("{} old", ago(seconds))),
        gaps: grouped(health.gaps),
        queued: grouped(health.queued),
        error: health.last_error,
    }
}

#[cfg(test)]
mod tests {
    use firehouse_types::UpstreamKind;

    use super::*;

    #[test]
    fn what_an_upstream_says_is_escaped() {
        let upstream = UpstreamHealth {
            url: "wss://relay.test/\"><script>alert(1)</script>".to_owned(),
            kind: UpstreamKind::Relay,
            state: UpstreamState::Connecting,
            last_error: Some("<img src=x>".to_owned()),
            seq_received: None,
            seq_readable: None,
            lag_seconds: Some(200),
            gaps: 1_000,
            queued: 0,
        };
        let health = Health {
            version: "1.2.3",
            upstreams: vec![upstream],
            ingest: None,
            keep: None,
            repos: None,
            hosts: None,
        };
        let text = start_page("did:web:firehouse.test", health, true).render().unwrap();
        assert!(!text.contains("<script") && !text.contains("<img src=x"), "{text}");
        assert!(text.contains("3 minutes") && text.contains("1,000"), "{text}");
    }
}
