//! Looks through the store for repos that are not in step, so that none is forgotten: after a restart, after a fetch that was given up.

use std::sync::Arc;
use std::time::Duration;

use firehouse_backfill::{Job, Priority, Reason, Scheduler, SubmitError};
use firehouse_store::{Desynchronized, Store};
use firehouse_types::ActorId;
use tokio::time::sleep;

use crate::account::UNKNOWN_START;
use crate::config::Fetch;
use crate::error::IngestError;
use crate::flush::retried;
use crate::keep::Selected;
use crate::metrics::Metrics;

/// Repos per query.
const REPOS_PER_PAGE: u32 = 5_000;

/// The task that finds what others forgot.
pub struct Sweep {
    pub store: Store,
    pub scheduler: Scheduler,
    pub fetch: Fetch,
    /// Pause between two looks.
    pub every: Duration,
    pub selected: Selected,
    pub metrics: Metrics,
}

impl Sweep {
    /// Runs until an error that trying again cannot heal.
    pub async fn run(self) -> Result<(), IngestError> {
        if self.fetch == Fetch::Asked {
            // Whoever asks names what is to be fetched.
            return std::future::pending().await;
        }
        loop {
            let selection = Arc::clone(&self.selected.borrow());
            let all = self.fetch == Fetch::Seen || !selection.rules.keeps_everybody();
            let mut after = ActorId::from(0);
            loop {
                let page = retried(&self.metrics, || {
                    self.store.desynchronized(after, all, REPOS_PER_PAGE)
                })
                .await?;
                let is_last = page.len() < REPOS_PER_PAGE as usize;
                let Some(last) = page.last() else { break };
                after = last.actor;
                let is_meant = |repo: &Desynchronized| {
                    // Where nobody could say where it lives, whoever fetches it finds out.
                    repo.is_active == 1 && selection.may_keep_account(repo.actor, &repo.pds)
                };
                for repo in page.into_iter().filter(is_meant) {
                    let reason = match &*repo.reason {
                        UNKNOWN_START => Reason::New,
                        _ => Reason::Desynchronized,
                    };
                    let job = Job {
                        did: repo.did,
                        host: None,
                        reason,
                        priority: Priority::Low,
                        not_before: Some(repo.rev),
                    };
                    // Waits while the scheduler has enough to do; a repo that it has already is not there twice.
                    if self.scheduler.submit(&job).await == Err(SubmitError::Stopped) {
                        return Ok(());
                    }
                }
                if is_last {
                    break;
                }
            }
            sleep(self.every).await;
        }
    }
}
