//! Removes what deleted accounts wrote, within the day.

use std::time::Duration;

use firehouse_store::Store;
use tokio::time::sleep;

use crate::error::IngestError;
use crate::flush::retried;
use crate::metrics::{Metrics, now_us};

/// Pause between two looks. Each purge writes whole parts anew, so they are few.
const EVERY: Duration = Duration::from_secs(6 * 3_600);
/// An account that is back sooner has lost nothing. Units: microseconds.
const GRACE_US: i64 = 6 * 3_600 * 1_000_000;
/// Accounts purged at once.
const ACCOUNTS_MAX: u32 = 2_000;

/// Runs until an error that trying again cannot heal.
pub async fn purge_deleted(store: Store, metrics: Metrics) -> Result<(), IngestError> {
    loop {
        let before_us = u64::try_from(now_us() - GRACE_US).unwrap_or(0);
        let actors = retried(&metrics, || store.deleted_accounts(before_us, ACCOUNTS_MAX)).await?;
        if actors.is_empty() {
            sleep(EVERY).await;
            continue;
        }
        retried(&metrics, || store.purge(&actors)).await?;
        metrics.purged_accounts.inc_by(actors.len() as u64);
        tracing::info!(accounts = actors.len(), "what deleted accounts wrote is removed");
    }
}
