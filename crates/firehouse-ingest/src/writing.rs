//! Writes fetched repos: asks what the store holds of them, compares, and hands the rows of the difference to the writer.

use std::collections::HashMap;
use std::sync::Arc;

use firehouse_backfill::FetchedRepo;
use firehouse_indexer::{Indexer, Witness};
use firehouse_repo::RecordOp;
use firehouse_schema::Proof;
use firehouse_store::{HeldRecord, Store};
use firehouse_types::{ActorId, Rev};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;

use crate::apply::apply_op;
use crate::asked::{Asked, RepoEnd};
use crate::difference::Difference;
use crate::error::IngestError;
use crate::flush::retried;
use crate::keep::{Selected, Selection};
use crate::metrics::{Metrics, now_us};
use crate::work::{Output, Promise, Verdict, Work, tell};

/// Repos whose held records are asked for in one query.
const REPOS_PER_QUERY: usize = 32;
/// Records of repos asked for in one query, as far as the fetched repos tell; a larger repo is asked for alone.
const RECORDS_PER_QUERY: u64 = 50_000;
/// Rows that are handed to the writer at once.
const ROWS_PER_OUTPUT: usize = 4_000;

/// A fetched repo whose worker is ready for it.
pub struct Admitted {
    pub repo: FetchedRepo,
    /// Where it came from.
    pub host: Box<str>,
    /// Rows up to this rev are in every table.
    pub vouched: Rev,
}

/// All rows of a repo are on their way.
struct HandedOver {
    /// Told when they are in the store.
    durable: oneshot::Receiver<Verdict>,
    /// Whether the repo could be read to its end.
    is_whole: bool,
    /// Records that were other here.
    ops: u64,
}

/// The task that writes the repos which their workers have admitted.
pub struct Writing {
    pub store: Store,
    pub indexer: Arc<Indexer>,
    pub admitted: mpsc::Receiver<Admitted>,
    /// Weak: repos under way must not keep the workers from ending.
    pub workers: Vec<mpsc::WeakSender<Work>>,
    pub output: mpsc::Sender<Output>,
    /// Repos that are compared and indexed at once.
    pub threads: usize,
    pub asked: Asked,
    pub selected: Selected,
    pub metrics: Metrics,
}

impl Writing {
    /// Runs until nobody fetches any more and the last repo is handed over.
    pub async fn run(mut self) -> Result<(), IngestError> {
        let permits = Arc::new(Semaphore::new(self.threads));
        let (mut repos, mut under_way) = (Vec::new(), JoinSet::new());
        while self.admitted.recv_many(&mut repos, REPOS_PER_QUERY).await > 0 {
            while under_way.try_join_next().is_some() {}
            for group in groups(std::mem::take(&mut repos)) {
                let mut held = self.held(&group).await?;
                for Admitted { repo, host, vouched } in group {
                    // Closed never: the semaphore lives as long as this task.
                    let Ok(permit) = Arc::clone(&permits).acquire_owned().await else {
                        return Ok(());
                    };
                    let held = held.remove(&repo.did().actor()).unwrap_or_default();
                    let (indexer, output) = (Arc::clone(&self.indexer), self.output.clone());
                    let (workers, metrics) = (self.workers.clone(), self.metrics.clone());
                    let (asked, selected) = (self.asked.clone(), self.selected.clone());
                    under_way.spawn(async move {
                        let (did, head, records) =
                            (repo.did().clone(), repo.head(), repo.record_count());
                        let actor = did.actor();
                        let handed_over = tokio::task::spawn_blocking(move || {
                            let _permit = permit;
                            let origin = Origin { host: &host, held, vouched };
                            // As it is now: workers wait for this one before they call it taken over.
                            let selection = Arc::clone(&selected.borrow());
                            let durable =
                                hand_over(&repo, origin, &selection, &indexer, &output, &metrics);
                            (repo, durable)
                        });
                        let (is_whole, changed) = match handed_over.await {
                            // Rows are slices of the repo, so it is held until they are in the store.
                            Ok((_repo, Some(handed))) => {
                                (handed.durable.await.is_ok() && handed.is_whole, handed.ops)
                            }
                            Ok((_, None)) | Err(_) => (false, 0),
                        };
                        let (in_step, is_in_step) = oneshot::channel();
                        let written = Work::Written { actor, head, is_whole, in_step };
                        tell(&workers, actor, written).await;
                        let end = match is_in_step.await {
                            Ok(_) => RepoEnd::Written { records, changed },
                            Err(_) => RepoEnd::GaveUp("not_whole"),
                        };
                        asked.ended(&did, end);
                    });
                }
            }
        }
        while under_way.join_next().await.is_some() {}
        Ok(())
    }

    async fn held(
        &self,
        repos: &[Admitted],
    ) -> Result<HashMap<ActorId, Vec<HeldRecord>>, IngestError> {
        let actors: Vec<ActorId> =
            repos.iter().map(|admitted| admitted.repo.did().actor()).collect();
        let records = retried(&self.metrics, || self.store.repo_records(&actors)).await?;
        let mut held: HashMap<_, Vec<_>> = HashMap::new();
        for record in records {
            held.entry(record.actor).or_default().push(record);
        }
        Ok(held)
    }
}

/// Repos that are few and small enough to be asked for together.
fn groups(repos: Vec<Admitted>) -> Vec<Vec<Admitted>> {
    let mut groups: Vec<Vec<Admitted>> = Vec::new();
    let mut records = u64::MAX;
    for admitted in repos {
        let more = admitted.repo.record_count();
        records = records.saturating_add(more);
        match groups.last_mut().filter(|_| records <= RECORDS_PER_QUERY) {
            Some(group) => group.push(admitted),
            None => {
                records = more;
                groups.push(vec![admitted]);
            }
        }
    }
    groups
}

/// Where a repo came from, and what of it was here before.
struct Origin<'a> {
    host: &'a str,
    held: Vec<HeldRecord>,
    vouched: Rev,
}

/// Makes the rows of one repo, as far as it is kept. `None` when the pipeline is being torn down.
fn hand_over(
    repo: &FetchedRepo,
    origin: Origin<'_>,
    selection: &Selection,
    indexer: &Indexer,
    output: &mpsc::Sender<Output>,
    metrics: &Metrics,
) -> Option<HandedOver> {
    let Origin { host, held, vouched } = origin;
    let witness = Witness { witnessed_at_us: now_us(), proof: Proof::Repo, source: host };
    let mut difference = Difference::new(repo.did().clone(), repo.head().rev, vouched, held);
    let (mut rows, mut ops) = (Output::default(), 0);
    let mut write = |op: RecordOp| {
        ops += 1;
        apply_op(&op, &witness, indexer, metrics, &mut rows);
        if rows.len() < ROWS_PER_OUTPUT {
            return Some(());
        }
        output.blocking_send(std::mem::take(&mut rows)).ok()
    };
    let mut records = repo.records();
    let is_whole = loop {
        match records.next() {
            // What is not kept counts as not there: what is held of it is deleted.
            Ok(Some(record)) if !selection.keeps_record(record.collection, &record.record) => {
                metrics.unkept.with_label_values(&["record"]).inc();
            }
            Ok(Some(record)) => {
                if let Some(op) = repo.op(&record).and_then(|op| difference.compare(op)) {
                    write(op)?;
                }
            }
            Ok(None) => break true,
            Err(error) => {
                // A part of the repo is no proof that anything is gone. What is handed over already is true all the same.
                tracing::warn!(did = %repo.did(), error = &error as &dyn std::error::Error, "a fetched repo cannot be read back");
                break false;
            }
        }
    };
    if is_whole {
        for op in difference.surplus() {
            write(op)?;
        }
    }
    let (written, durable) = oneshot::channel();
    rows.promises.push(Promise::Verdict { to: written, verdict: Verdict::Write { vouched } });
    output.blocking_send(rows).ok()?;
    Some(HandedOver { durable, is_whole, ops })
}
