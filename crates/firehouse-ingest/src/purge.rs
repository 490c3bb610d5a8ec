//! Removes what deleted accounts wrote, within the day.

use std::time::Duration;

use firehouse_store::Store;
use tokio::time::sleep;

use crate::error::IngestError;
use crate::flush::retried;
use crate::metrics::{Metrics, now_us};

/// Accounts purged at once: as many as the parameters of one statement hold.
const ACCOUNTS_MAX: u32 = 1_000;

/// Purges what accounts wrote that were deleted longer than `kept` ago, and looks again after as long: each purge writes whole parts
/// anew, so they are to be few. Runs until an error that trying again cannot heal.
pub async fn purge_deleted(
    store: Store,
    kept: Duration,
    metrics: Metrics,
) -> Result<(), IngestError> {
    let kept_us = i64::try_from(kept.as_micros()).unwrap_or(i64::MAX);
    loop {
        let before_us = u64::try_from(now_us().saturating_sub(kept_us)).unwrap_or(0);
        let deletions = retried(&metrics, || store.deletions(before_us, ACCOUNTS_MAX)).await?;
        if deletions.is_empty() {
            sleep(kept).await;
            continue;
        }
        retried(&metrics, || store.purge(&deletions)).await?;
        metrics.purged_accounts.inc_by(deletions.len() as u64);
        tracing::info!(accounts = deletions.len(), "what deleted accounts wrote is removed");
    }
}
