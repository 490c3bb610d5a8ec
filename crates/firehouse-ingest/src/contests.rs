//! [`Contests`]: a handle belongs to the account it leads to. When one is found to have it, whoever had it before is looked at again.
//!
//! Nobody tells of the loss: the loser's document is what it was. The event that brought the winner its handle is done only when the
//! loser's row is durable, so that a crash in between finds both again.

use firehouse_identity::Resolver;
use firehouse_store::Store;
use firehouse_types::Did;
use tokio::sync::{mpsc, oneshot};

use crate::error::IngestError;
use crate::flush::retried;
use crate::metrics::Metrics;
use crate::rechecks::look_again;
use crate::ticket::Ticket;
use crate::work::{Verdict, Work, tell};

/// Handles asked for in one query.
const HANDLES_PER_QUERY: usize = 200;

/// Somebody was found to have a handle that they did not have before.
pub struct Contest {
    pub did: Did,
    /// Lower case.
    pub handle: Box<str>,
    /// Of the event that said so, if one did.
    pub ticket: Option<Ticket>,
    /// Told when the store knows; until then it may not know of another who was found to have it a moment earlier, either.
    pub durable: oneshot::Receiver<Verdict>,
}

/// The task that looks for whoever had them before.
pub struct Contests {
    pub store: Store,
    pub resolver: Resolver,
    pub inbox: mpsc::Receiver<Contest>,
    /// Weak: contests must not keep the workers from ending.
    pub workers: Vec<mpsc::WeakSender<Work>>,
    pub metrics: Metrics,
}

impl Contests {
    /// Runs until every worker is gone.
    pub async fn run(mut self) -> Result<(), IngestError> {
        let mut contests = Vec::new();
        while self.inbox.recv_many(&mut contests, HANDLES_PER_QUERY).await > 0 {
            for contest in &mut contests {
                // Without an answer the pipeline is being torn down, and the store gives none either.
                let _ = (&mut contest.durable).await;
            }
            let handles: Vec<&str> = contests.iter().map(|contest| &*contest.handle).collect();
            let holders = retried(&self.metrics, || self.store.holders(&handles)).await?;
            for contest in contests.drain(..) {
                let holders = holders.iter().filter(|holder| holder.handle == contest.handle);
                let holders = holders.filter_map(|holder| Did::parse(&holder.did).ok());
                let others: Vec<Did> = holders.filter(|did| *did != contest.did).collect();
                // Who was found to have it may have been looked at before the other was, and told after.
                let both = (!others.is_empty()).then(|| contest.did.clone());
                for did in others.into_iter().chain(both) {
                    look_again(&self.resolver, &self.workers, did).await;
                }
                if let Some(ticket) = contest.ticket {
                    tell(&self.workers, contest.did.actor(), Work::Settled(ticket)).await;
                }
            }
        }
        Ok(())
    }
}
