//! The daily look for repos that are missing here, beside the stream.

use std::time::{Duration, Instant};

use anyhow::Result;
use firehouse_backfill::Host;
use firehouse_ingest::{Walk, Walked};
use url::Url;

use crate::commands::backfill::of_network;

/// From the end of one look to the beginning of the next.
const EVERY: Duration = Duration::from_secs(24 * 3_600);
/// A list that is newer than the store may be so because of a commit that is on its way: then it is here after this.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Walks through everything the relays know, again and again. Errors: those that trying again cannot heal.
pub async fn sweep(walk: Walk, relays: &[Url]) -> Result<()> {
    let relays: Vec<Host> = relays.iter().map(Host::of_url).collect::<Result<_, _>>()?;
    loop {
        let began = Instant::now();
        let walk = Walk { walked: Walked::default(), ..walk.clone() };
        for relay in &relays {
            let (name, plan) = of_network(relay, &walk.keeper);
            walk.run(&name, plan, None).await?;
        }
        let so_far = walk.walked.so_far();
        tracing::info!(
            listed = so_far.listed,
            in_step = so_far.in_step,
            fetched = so_far.written,
            gone = so_far.gone(),
            failed = so_far.failed(),
            records = so_far.records,
            changed = so_far.changed,
            lists_failed = so_far.lists_failed.len(),
            seconds = began.elapsed().as_secs(),
            "looked for repos in the whole network"
        );
        tokio::time::sleep(EVERY).await;
    }
}
