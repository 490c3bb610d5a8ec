//! Whole repos: asks for those that the workers want, and has the difference to what the store holds written.
//!
//! A fetched repo goes through three hands. Its worker admits it, from when on the account's events wait, and the writer of the stream
//! says when every older row of the account is in the store. Then the difference is made (`writing.rs`) and written by a writer of its
//! own, so that the stream's rows never wait behind a million records. Last the worker hears that the repo is written, and goes on.

use std::sync::Arc;
use std::time::Duration;

use firehouse_backfill::{
    FetchedRepo, Gone, Host, Job, Outcomes, Priority, Reason, Scheduler, SyncClient,
};
use firehouse_identity::Resolver;
use firehouse_indexer::Indexer;
use firehouse_store::Store;
use firehouse_types::{Did, Rev};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::asked::{Asked, RepoEnd};
use crate::config::Fetch;
use crate::error::IngestError;
use crate::keep::Selected;
use crate::metrics::Metrics;
use crate::requests::Wanted;
use crate::standing::{Answering, Questions, Standings};
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
    /// Who waits for which repo.
    pub asked: Asked,
    /// Repos that differ from what is held here; see [`Repairs`].
    pub repairs: mpsc::Receiver<Repair>,
    /// Where it is asked how accounts stand.
    pub standings: Standings,
    /// The other end.
    pub questions: Questions,
}

/// A fetched repo whose records are others than those held here.
pub struct Repair(Admitted);

/// Has repos written that were found to differ from what is held here. Cheap to clone.
#[derive(Clone)]
pub struct Repairs {
    asked: Asked,
    repairs: mpsc::Sender<Repair>,
}

impl Repairs {
    /// For [`Backfill::repairs`], which comes second.
    pub fn new(asked: Asked) -> (Self, mpsc::Receiver<Repair>) {
        let (repairs, end) = mpsc::channel(1);
        (Self { asked, repairs }, end)
    }

    /// Writes the difference to this repo, deletes included, while the account's events wait; ends when that is durable.
    /// `None` when the pipeline stops.
    pub async fn repair(&self, repo: FetchedRepo, host: &Host) -> Option<RepoEnd> {
        let ended = self.asked.end_of(repo.did());
        let (host, vouched) = (host.as_str().into(), Rev::from(0));
        self.repairs.send(Repair(Admitted { repo, host, vouched })).await.ok()?;
        ended.told.await.ok()
    }
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
    pub selected: Selected,
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
            asked: self.backfill.asked.clone(),
            selected: self.selected.clone(),
            metrics: self.metrics.clone(),
        };
        let Backfill {
            fetch,
            sweep_every,
            client,
            scheduler,
            outcomes,
            asked,
            repairs,
            standings,
            questions,
        } = self.backfill;
        let answering = Answering {
            client: client.clone(),
            resolver: self.resolver.clone(),
            questions,
            workers: self.workers.clone(),
        };
        let sweep = Sweep {
            store: self.store,
            scheduler: scheduler.clone(),
            fetch,
            every: sweep_every,
            selected: self.selected,
            metrics: self.metrics.clone(),
        };
        let asking = Asking {
            client,
            resolver: self.resolver,
            scheduler,
            outcomes,
            standings,
            asked: asked.clone(),
            repairs,
            wanted: self.wanted,
            workers: self.workers,
            admitted,
            metrics: self.metrics,
        };
        let asking = async {
            tokio::select! {
                () = asking.run() => Ok(()),
                () = answering.run() => Ok(()),
                failed = sweep.run() => failed,
            }
        };
        let ended = tokio::try_join!(asking, writing.run()).map(drop);
        asked.close();
        ended
    }
}

/// Asks for repos, and for the admission of those that come.
struct Asking {
    client: SyncClient,
    resolver: Resolver,
    scheduler: Scheduler,
    outcomes: Outcomes,
    standings: Standings,
    asked: Asked,
    repairs: mpsc::Receiver<Repair>,
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
                        let host = outcome.host.as_ref().map_or("", Host::as_str).into();
                        let admitted = Admitted { repo, host, vouched: Rev::from(0) };
                        under_way.spawn(self.admission().run(admitted, false));
                    }
                    Err(error) => {
                        self.metrics.fetches.with_label_values(&["given_up"]).inc();
                        tracing::debug!(did = %outcome.did, error = &error as &dyn std::error::Error, "repo not fetched; its turn comes again");
                        let end = RepoEnd::from(&error);
                        if matches!(end, RepoEnd::Gone(gone) if gone != Gone::NotFound) {
                            // Else it would be asked for again and again.
                            self.standings.raise(outcome.did.clone());
                        }
                        self.asked.ended(&outcome.did, end);
                    }
                },
                Some(Repair(repo)) = self.repairs.recv() => {
                    under_way.spawn(self.admission().run(repo, true));
                }
                Some(_) = under_way.join_next() => {}
            }
        }
        under_way.shutdown().await;
    }

    fn admission(&self) -> Admission {
        Admission {
            workers: self.workers.clone(),
            scheduler: self.scheduler.clone(),
            asked: self.asked.clone(),
            admitted: self.admitted.clone(),
        }
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

/// Between the fetch of a repo and its writing.
struct Admission {
    workers: Vec<mpsc::WeakSender<Work>>,
    scheduler: Scheduler,
    asked: Asked,
    admitted: mpsc::Sender<Admitted>,
}

impl Admission {
    /// Waits until the account of a fetched repo is ready for it.
    async fn run(self, fetched: Admitted, differs: bool) {
        let (verdict, answer) = oneshot::channel();
        let (did, head) = (fetched.repo.did().clone(), fetched.repo.head());
        let work = Work::Fetched(Fetched { did: did.clone(), head, differs, verdict });
        tell(&self.workers, did.actor(), work).await;
        match answer.await {
            // Nobody takes it only when the pipeline is being torn down.
            Ok(Verdict::Write { vouched }) => {
                let _ = self.admitted.send(Admitted { vouched, ..fetched }).await;
            }
            Ok(Verdict::Again(not_before)) => {
                // Its memory is what the next fetch may be waiting for.
                drop(fetched);
                let job = job(did, Reason::Desynchronized, Priority::Normal, not_before);
                let _ = self.scheduler.submit(&job).await;
            }
            Ok(Verdict::Needless) => self.asked.ended(&did, RepoEnd::InStep),
            Ok(Verdict::Refused(reason)) => {
                self.asked.ended(&did, RepoEnd::GaveUp(reason.as_str()));
            }
            Err(_) => self.asked.ended(&did, RepoEnd::GaveUp("stopped")),
        }
    }
}
