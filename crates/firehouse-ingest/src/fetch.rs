//! Whole repos: asks for those that the workers want, and has the difference to what the store holds written.
//!
//! A fetched repo goes through three hands. Its worker admits it, from when on the account's events wait, and the writer of the stream
//! says when every older row of the account is in the store. Then the difference is made (`writing.rs`) and written by a writer of its
//! own, so that the stream's rows never wait behind a million records. Last the worker hears that the repo is written, and goes on.

use std::sync::Arc;
use std::time::Duration;

use firehouse_backfill::{Host, Job, Outcomes, Priority, Reason, Scheduler, SyncClient};
use firehouse_identity::Resolver;
use firehouse_indexer::Indexer;
use firehouse_store::Store;
use firehouse_types::{Did, Rev};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::config::Fetch;
use crate::error::IngestError;
use crate::metrics::Metrics;
use crate::requests::Wanted;
use crate::sweep::Sweep;
use crate::work::{Fetched, Output, Verdict, Work, tell};
use crate::writing::{Admitted, Writing};

/// Admitted repos that wait for their turn to be compared.
const ADMITTED_MAX: usize = 32;

/// Whom to ask for whole repos.
pub struct Backfill {
    /// Which repos are fetched.
    pub fetch: Fetch,
    /// Pause between two looks at the store for repos that are not in step.
    pub sweep_every: Duration,
    /// Asks hosts one thing at a time.
    pub client: SyncClient,
    /// Fetches repos.
    pub scheduler: Scheduler,
    /// What it has fetched, or not.
    pub outcomes: Outcomes,
}

/// The tasks between the scheduler of fetches and the writer.
pub struct Fetches {
    pub backfill: Backfill,
    pub store: Store,
    pub resolver: Resolver,
    pub indexer: Arc<Indexer>,
    pub wanted: mpsc::Receiver<Wanted>,
    /// Weak: repos under way must not keep the workers from ending.
    pub workers: Vec<mpsc::WeakSender<Work>>,
    pub output: mpsc::Sender<Output>,
    /// Repos that are compared and indexed at once.
    pub threads: usize,
    pub metrics: Metrics,
}

impl Fetches {
    /// Runs until every worker is gone and what was admitted is handed to the writer.
    pub async fn run(self) -> Result<(), IngestError> {
        let (admitted, admissions) = mpsc::channel(ADMITTED_MAX);
        let writing = Writing {
            store: self.store.clone(),
            indexer: self.indexer,
            admitted: admissions,
            workers: self.workers.clone(),
            output: self.output,
            threads: self.threads,
            metrics: self.metrics.clone(),
        };
        let Backfill { fetch, sweep_every, client, scheduler, outcomes } = self.backfill;
        let sweep = Sweep {
            store: self.store,
            scheduler: scheduler.clone(),
            fetch,
            every: sweep_every,
            metrics: self.metrics.clone(),
        };
        let asking = Asking {
            client,
            resolver: self.resolver,
            scheduler,
            outcomes,
            wanted: self.wanted,
            workers: self.workers,
            admitted,
            metrics: self.metrics,
        };
        let asking = async {
            tokio::select! {
                () = asking.run() => Ok(()),
                failed = sweep.run() => failed,
            }
        };
        tokio::try_join!(asking, writing.run()).map(drop)
    }
}

/// Asks for repos, and for the admission of those that come.
struct Asking {
    client: SyncClient,
    resolver: Resolver,
    scheduler: Scheduler,
    outcomes: Outcomes,
    wanted: mpsc::Receiver<Wanted>,
    workers: Vec<mpsc::WeakSender<Work>>,
    admitted: mpsc::Sender<Admitted>,
    metrics: Metrics,
}

impl Asking {
    async fn run(mut self) {
        let mut under_way = JoinSet::new();
        loop {
            tokio::select! {
                wanted = self.wanted.recv() => match wanted {
                    Some(Wanted { held: Some(held), did, not_before }) => {
                        let (client, resolver) = (self.client.clone(), self.resolver.clone());
                        let job = job(did, Reason::Reactivated, Priority::High, not_before);
                        under_way.spawn(compare(job, held, client, resolver, self.scheduler.clone()));
                    }
                    Some(Wanted { did, not_before, .. }) => {
                        let job = job(did, Reason::Desynchronized, Priority::Normal, not_before);
                        // What finds no place is found again by the next sweep.
                        let _ = self.scheduler.try_submit(&job);
                    }
                    // Every worker is gone.
                    None => break,
                },
                Some(outcome) = self.outcomes.next() => match outcome.result {
                    Ok(repo) => {
                        self.metrics.fetches.with_label_values(&["fetched"]).inc();
                        let (workers, scheduler) = (self.workers.clone(), self.scheduler.clone());
                        let host = outcome.host.as_ref().map_or("", Host::as_str).into();
                        let repo = Admitted { repo, host, vouched: Rev::from(0) };
                        under_way.spawn(admission(repo, workers, scheduler, self.admitted.clone()));
                    }
                    Err(error) => {
                        self.metrics.fetches.with_label_values(&["given_up"]).inc();
                        tracing::debug!(did = %outcome.did, error = &error as &dyn std::error::Error, "repo not fetched; its turn comes again");
                    }
                },
                Some(_) = under_way.join_next() => {}
            }
        }
        under_way.shutdown().await;
    }
}

fn job(did: Did, reason: Reason, priority: Priority, not_before: Rev) -> Job {
    Job { did, host: None, reason, priority, not_before: Some(not_before) }
}

/// Asks for a repo if its PDS has a newer one than is held. What cannot be found out now, the next commit tells.
async fn compare(
    job: Job,
    held: Rev,
    client: SyncClient,
    resolver: Resolver,
    scheduler: Scheduler,
) {
    let Ok(identity) = resolver.resolve(&job.did).await else { return };
    let Some(host) = identity.pds.as_ref().and_then(|pds| Host::of_url(pds).ok()) else { return };
    match client.latest_commit(&host, &job.did).await {
        Ok(latest) if latest.rev <= held => {}
        Ok(_) => drop(scheduler.submit(&job).await),
        Err(error) => {
            tracing::debug!(did = %job.did, error = &error as &dyn std::error::Error, "latest commit not known");
        }
    }
}

/// Waits until the account of a fetched repo is ready for it.
async fn admission(
    fetched: Admitted,
    workers: Vec<mpsc::WeakSender<Work>>,
    scheduler: Scheduler,
    admitted: mpsc::Sender<Admitted>,
) {
    let (verdict, answer) = oneshot::channel();
    let (did, head) = (fetched.repo.did().clone(), fetched.repo.head());
    tell(&workers, did.actor(), Work::Fetched(Fetched { did: did.clone(), head, verdict })).await;
    match answer.await {
        // Nobody takes it only when the pipeline is being torn down.
        Ok(Verdict::Write { vouched }) => {
            let _ = admitted.send(Admitted { vouched, ..fetched }).await;
        }
        Ok(Verdict::Again(not_before)) => {
            // Its memory is what the next fetch may be waiting for.
            drop(fetched);
            let job = job(did, Reason::Desynchronized, Priority::Normal, not_before);
            let _ = scheduler.submit(&job).await;
        }
        Ok(Verdict::Needless) | Err(_) => {}
    }
}
