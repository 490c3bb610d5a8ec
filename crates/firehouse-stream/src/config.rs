//! [`Config`]: one upstream, and how patient we are with it.

use tokio::sync::mpsc;
use url::Url;

use crate::error::StreamError;
use crate::notice::Received;

/// Where a relay or a PDS serves its stream.
pub(crate) const SUBSCRIBE_REPOS_PATH: &str = "/xrpc/com.atproto.sync.subscribeRepos";

/// How one upstream is followed.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `wss://HOST`, or with the full path of the subscription; `ws`, `http` and `https` are understood too.
    pub url: Url,
    /// What to ask for when no cursor was saved.
    pub start: Start,
    /// Largest frame that is read; the protocol's limit is 5,000,000.
    pub frame_bytes_max: usize,
    /// Frames that may wait for the consumer; when they do, the socket is not read.
    pub queue_frames: usize,
    /// Bytes of frames that may wait for the consumer; at least one frame always may. Units: bytes.
    pub queue_bytes_max: usize,
    /// How often a ping is sent. Units: seconds.
    pub ping_interval_s: u64,
    /// How long the upstream may give no sign of life, frames and pongs alike, before we dial again. Units: seconds.
    pub idle_timeout_s: u64,
    /// How long no frame may come although pongs do; for relays that never pause. None: a quiet upstream is fine. Units: seconds.
    pub silence_timeout_s: Option<u64>,
    /// Limit of dialling, TLS and upgrade included. Units: seconds.
    pub connect_timeout_s: u64,
    /// First wait before dialling again; doubles, with jitter. Units: milliseconds.
    pub backoff_min_ms: u64,
    /// Longest wait before dialling again. Units: milliseconds.
    pub backoff_max_ms: u64,
    /// The wait where trying sooner is no use: a future cursor, a method that is not served. Units: milliseconds.
    pub backoff_long_ms: u64,
    /// How long a connection must have held for the waits to begin anew. Units: seconds.
    pub stable_after_s: u64,
    /// From how many missing seqs after a reconnect on a loss is suspected. Hosts leave numbers out.
    pub gap_seqs_min: u64,
}

/// Where to begin without a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// With the next event.
    Live,
    /// With the oldest event the upstream keeps.
    Oldest,
}

impl Config {
    /// The queue that [`subscribe`](crate::subscribe) fills.
    pub fn queue(&self) -> (mpsc::Sender<Received>, mpsc::Receiver<Received>) {
        mpsc::channel(self.queue_frames.max(1))
    }

    /// What an upstream's numbers belong to: its host, and its port unless it is the scheme's own. Cursors are saved under it.
    pub fn authority(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        self.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// The address to dial.
    pub(crate) fn endpoint(&self, path: &str, cursor: Option<u64>) -> Result<Url, StreamError> {
        let invalid = || StreamError::InvalidUrl { url: self.url.to_string() };
        let mut url = self.url.clone();
        let scheme = match url.scheme() {
            "ws" | "http" => "ws",
            "wss" | "https" => "wss",
            _ => return Err(invalid()),
        };
        url.set_scheme(scheme).map_err(|()| invalid())?;
        if url.host_str().is_none_or(str::is_empty) {
            return Err(invalid());
        }
        if matches!(url.path(), "" | "/") {
            url.set_path(path);
        }
        let cursor = match (cursor, self.start) {
            (Some(cursor), _) => Some(cursor),
            (None, Start::Oldest) => Some(0),
            (None, Start::Live) => None,
        };
        if let Some(cursor) = cursor {
            url.query_pairs_mut().append_pair("cursor", &cursor.to_string());
        }
        Ok(url)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Some configuration; only the URL means anything.
    pub(crate) fn config(url: &str) -> Config {
        Config {
            url: url.parse().expect("a URL"),
            start: Start::Oldest,
            frame_bytes_max: 1_000,
            queue_frames: 1,
            queue_bytes_max: 1 << 20,
            ping_interval_s: 1,
            idle_timeout_s: 1,
            silence_timeout_s: None,
            connect_timeout_s: 1,
            backoff_min_ms: 1,
            backoff_max_ms: 1,
            backoff_long_ms: 1,
            stable_after_s: 1,
            gap_seqs_min: 1,
        }
    }
}
