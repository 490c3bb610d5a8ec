//! Closes gaps: when an upstream no longer had what we asked for, its list of repos tells which of them have changed meanwhile.
//!
//! Accounts that write again would be found by their broken chain; those that are silent from then on only here.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::Result;
use firehouse_backfill::{Host, Plan};
use firehouse_ingest::{Lists, Status, Walk, Walked};
use firehouse_types::UpstreamKind;
use tokio::sync::{Mutex, Notify};
use tokio::time::sleep;

use crate::upstream_url::UpstreamUrl;

/// Gaps that are not closed yet are lists of this walk, so that a restart knows of them.
const GAPS: &str = "gaps";
/// Between two looks whether what came before a gap is readable.
const POLL: Duration = Duration::from_millis(50);
/// From a list that could not be read to the end to the next try.
const AGAIN: Duration = Duration::from_secs(60);

/// What is not closed yet.
pub struct Gaps {
    /// Upstreams. Locked while the store is told, so that a gap is not taken for closed that came meanwhile.
    open: Mutex<BTreeSet<String>>,
    noted: Notify,
    walk: Walk,
    status: Status,
}

impl Gaps {
    /// As a process before this one has left them; from now on none is passed over. To be called before anything is followed. Errors: the
    /// store's.
    pub async fn left(walk: Walk, status: Status) -> Result<Self> {
        let left = walk.left_to_do(GAPS).await?;
        status.note_gaps(!left.is_empty());
        let open = Mutex::new(left.into_iter().map(String::from).collect());
        Ok(Self { open, noted: Notify::new(), walk, status })
    }

    /// Waits for gaps and closes them. Errors: those that trying again cannot heal.
    pub async fn close(self) -> Result<()> {
        tokio::try_join!(self.note(), self.close_all()).map(drop)
    }

    /// Keeps every gap as it is told; then the upstream goes on, since nothing can make us forget it any more.
    async fn note(&self) -> Result<()> {
        loop {
            // Before the look, so that nothing is told in between.
            let told = self.status.gap_told();
            for (url, held) in self.status.take_gaps() {
                let mut open = self.open.lock().await;
                self.walk.note(GAPS, &url, true).await?;
                open.insert(url);
                drop(held);
                self.noted.notify_one();
            }
            told.await;
        }
    }

    /// Closes one after the other.
    async fn close_all(&self) -> Result<()> {
        loop {
            let Some(url) = self.open.lock().await.pop_first() else {
                self.noted.notified().await;
                continue;
            };
            readable(&self.status, &url).await;
            let is_closed = look_through(&self.walk, &url).await?;
            let mut open = self.open.lock().await;
            if !is_closed {
                open.insert(url);
                drop(open);
                sleep(AGAIN).await;
            } else if !open.contains(&url) {
                self.walk.note(GAPS, &url, false).await?;
            }
        }
    }
}

/// Waits until all is readable that has come from an upstream so far, since a list is compared with what is held.
async fn readable(status: &Status, url: &str) {
    let upstream = || status.health().into_iter().find(|upstream| upstream.url == url);
    let Some(seq) = upstream().and_then(|upstream| upstream.seq_received) else { return };
    while upstream().is_some_and(|upstream| upstream.seq_readable < Some(seq)) {
        sleep(POLL).await;
    }
}

/// Walks through what an upstream lists. Shape: whether that was all of it.
async fn look_through(walk: &Walk, upstream: &str) -> Result<bool> {
    let selection = walk.keeper.selection();
    // Of a selection of accounts each is wanted, also one that was never seen.
    let held_only = walk.held_only && selection.accounts().is_none();
    let walk = Walk { held_only, walked: Walked::default(), ..walk.clone() };
    let url: UpstreamUrl = upstream.parse()?;
    let host = Host::of_url(&url.url)?;
    let plan = match url.kind {
        UpstreamKind::Pds => Plan::Hosts(vec![host]),
        UpstreamKind::Relay => Lists::missed(host, &selection),
        // Nothing but a stream: whoever listens to nothing else learns of it when the account writes again.
        UpstreamKind::Jetstream | UpstreamKind::Labeler => return Ok(true),
    };
    tracing::info!(upstream, "looking for what was missed in a gap");
    let ended = walk.run(&format!("gap of {upstream}"), plan, None).await?;
    let so_far = walk.walked.so_far();
    let is_whole = ended && so_far.lists_failed.is_empty();
    tracing::info!(
        upstream,
        is_whole,
        listed = so_far.listed,
        fetched = so_far.written,
        failed = so_far.failed(),
        changed = so_far.changed,
        "looked for what was missed in a gap"
    );
    Ok(is_whole)
}
