//! [`Scheduler`]: fetches many repos from many hosts, each job once, fairly and within the limits.
//!
//! One task drives: it takes from the [`Queue`] what can run, starts a task per repo, and hands outcomes on in the order they come. While
//! outcomes wait for whoever asked, nothing new is started. It keeps nothing that could not be asked again: the caller knows which repos
//! are out of step, and submits them again after a stop.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use firehouse_identity::Resolver;
use firehouse_types::Did;
use tokio::sync::{Notify, mpsc};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::attempt::{Attempt, Ended, Task};
use crate::client::SyncClient;
use crate::disposition::Disposition;
use crate::enumeration::resume_panic;
use crate::error::FetchError;
use crate::host::Host;
use crate::hosts::FetchPlace;
use crate::job::{GaveUp, Job, Outcome};
use crate::metrics::JobEnd;
use crate::queue::{Pushed, Queue};

/// How often something that proves nothing is asked for again; a host that forges once will do so twice.
const REFUSALS_MAX: u32 = 2;
/// How often a job follows its document from host to host.
const MOVES_MAX: u32 = 3;
/// How often hosts are counted.
const OBSERVE_INTERVAL: Duration = Duration::from_secs(5);

/// Takes jobs. Cheap to clone; clones share the queue.
#[derive(Clone)]
pub struct Scheduler {
    shared: Arc<Shared>,
}

struct Shared {
    queue: Mutex<Queue>,
    /// There may be something to start.
    work: Notify,
    /// There may be room in the queue.
    room: Notify,
    stop: CancellationToken,
}

/// Gives outcomes. Dropping it stops the scheduler.
pub struct Outcomes {
    taken: mpsc::Receiver<Outcome>,
    /// `None` once it has ended.
    driving: Option<JoinHandle<()>>,
}

/// A job was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// The queue, or its host's share, is full.
    #[error("no room for the job")]
    Full,
    /// The scheduler stops.
    #[error("the scheduler stops")]
    Stopped,
}

/// What the driving task works with.
struct Driver {
    shared: Arc<Shared>,
    client: SyncClient,
    attempt: Attempt,
    running: JoinSet<(Did, Option<Host>, Ended)>,
    outcomes: mpsc::Sender<Outcome>,
    /// Outcomes that nobody has taken yet.
    outbox: VecDeque<Outcome>,
}

impl Scheduler {
    /// Starts fetching; ends when `stop` is cancelled or nobody takes outcomes any more. What is under way then is given up at once.
    ///
    /// Must be called inside a tokio runtime. Outcomes hold memory that fetches wait for: take them.
    pub fn start(
        client: SyncClient,
        resolver: Resolver,
        stop: &CancellationToken,
    ) -> (Self, Outcomes) {
        let config = &client.inner.config;
        let queue = Queue::new(config.queue_jobs_max, config.queue_host_jobs_max);
        let shared = Arc::new(Shared {
            queue: Mutex::new(queue),
            work: Notify::new(),
            room: Notify::new(),
            stop: stop.child_token(),
        });
        let (outcomes, taken) = mpsc::channel(1);
        let driver = Driver {
            shared: shared.clone(),
            attempt: Attempt { client: client.clone(), resolver },
            client,
            running: JoinSet::new(),
            outcomes,
            outbox: VecDeque::new(),
        };
        let driving = Some(tokio::spawn(driver.run()));
        (Self { shared }, Outcomes { taken, driving })
    }

    /// Hands in a job, waiting for room in the queue and in its host's share of it. A job for a repo that waits already joins that one.
    pub async fn submit(&self, job: &Job) -> Result<(), SubmitError> {
        loop {
            let room = self.shared.room.notified();
            match self.try_submit(job) {
                Err(SubmitError::Full) => {}
                result => return result,
            }
            tokio::select! {
                () = room => {}
                () = self.shared.stop.cancelled() => return Err(SubmitError::Stopped),
            }
        }
    }

    /// Hands in a job if there is room for it.
    pub fn try_submit(&self, job: &Job) -> Result<(), SubmitError> {
        if self.shared.stop.is_cancelled() {
            return Err(SubmitError::Stopped);
        }
        match self.shared.queue().push(job) {
            Pushed::Queued | Pushed::Joined => {
                self.shared.work.notify_one();
                Ok(())
            }
            Pushed::Full => Err(SubmitError::Full),
        }
    }

    /// Jobs that wait or run.
    pub fn queued(&self) -> usize {
        self.shared.queue().len()
    }
}

impl Outcomes {
    /// The next outcome, in the order they come; `None` after a stop.
    pub async fn next(&mut self) -> Option<Outcome> {
        let outcome = self.taken.recv().await;
        if outcome.is_none()
            && let Some(driving) = self.driving.take()
        {
            resume_panic(driving.await);
        }
        outcome
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Driver {
    async fn run(mut self) {
        let (shared, outcomes) = (self.shared.clone(), self.outcomes.clone());
        // Whoever waits for room, and whoever comes later, learns that there is none.
        let _stop = shared.stop.clone().drop_guard();
        let mut observed = tokio::time::interval(OBSERVE_INTERVAL);
        loop {
            let next = self.start_what_can_run();
            let sleep = async {
                match next {
                    Some(next) => tokio::time::sleep_until(next).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = shared.stop.cancelled() => break,
                () = shared.work.notified() => {}
                () = sleep => {}
                Some(ended) = self.running.join_next() => match ended {
                    Ok((did, host, ended)) => self.ended(&did, host.as_ref(), ended),
                    // A bug of ours must not turn into a repo that is never fetched.
                    Err(error) => match error.try_into_panic() {
                        Ok(panic) => std::panic::resume_unwind(panic),
                        Err(_) => break,
                    },
                },
                permit = outcomes.reserve(), if !self.outbox.is_empty() => {
                    let (Ok(permit), Some(outcome)) = (permit, self.outbox.pop_front()) else { break };
                    permit.send(outcome);
                }
                () = outcomes.closed() => break,
                _ = observed.tick() => self.client.inner.hosts.observe(),
            }
        }
    }

    /// Shape: when to look again.
    fn start_what_can_run(&mut self) -> Option<Instant> {
        let now = Instant::now();
        let shared = self.shared.clone();
        let mut queue = shared.queue();
        let next = queue.wake(now);
        while self.running.len() + self.outbox.len() < self.client.inner.config.fetches_max.max(1) {
            let hosts = &self.client.inner.hosts;
            if let Some((did, place)) = queue.next(now, |host| hosts.try_place_or_give_up(host)) {
                match place {
                    Ok(place) => self.start(&queue, did, Some(place)),
                    Err(parked) => self.give_up(&mut queue, &did, parked),
                }
            } else if let Some(did) = queue.next_unrouted() {
                self.start(&queue, did, None);
            } else {
                break;
            }
        }
        self.client.inner.metrics.queue_jobs.set(i64::try_from(queue.len()).unwrap_or(i64::MAX));
        // Hosts that were found busy just now have gone to sleep.
        queue.wake(now).or(next)
    }

    fn start(&mut self, queue: &Queue, did: Did, place: Option<FetchPlace>) {
        let Some(waiting) = queue.get(&did) else { return };
        let task = Task {
            did: did.clone(),
            place,
            not_before: waiting.not_before,
            fresh: waiting.reasons.wants_fresh_identity(),
        };
        let (attempt, host) = (self.attempt.clone(), waiting.host.clone());
        self.running.spawn(async move { (did, host, attempt.run(task).await) });
    }

    fn ended(&mut self, did: &Did, host: Option<&Host>, ended: Ended) {
        let shared = self.shared.clone();
        let mut queue = shared.queue();
        if let Some(host) = host {
            queue.freed(host);
        }
        let Some(waiting) = queue.get(did) else { return };
        let attempts = waiting.attempts + 1;
        let error = match ended {
            Ended::Routed(_) if waiting.moves >= MOVES_MAX => FetchError::NoPds,
            Ended::Routed(to) => {
                queue.moved(did, to);
                // In the line that it left.
                return shared.room.notify_waiters();
            }
            Ended::Fetched(repo) => match waiting.not_before {
                // It was asked for again meanwhile, by somebody who knows a newer rev.
                Some(not_before) if repo.head().rev < not_before => {
                    FetchError::Stale { rev: repo.head().rev, not_before }
                }
                _ => return self.hand_on(&mut queue, did, Ok(*repo)),
            },
            Ended::Failed(error) => error,
        };
        let config = &self.client.inner.config;
        let attempts_max = match (error.disposition(), &error) {
            (Disposition::Gone(_), _) => 1,
            // A mirror that lags will catch up.
            (Disposition::Retry { .. }, _) | (Disposition::Refused, FetchError::Stale { .. }) => {
                config.attempts_max
            }
            (Disposition::Refused, _) => config.attempts_max.min(REFUSALS_MAX),
        };
        if attempts >= attempts_max {
            return self.hand_on(&mut queue, did, Err(GaveUp { error, attempts }));
        }
        let after = match error.disposition() {
            Disposition::Retry { after } => after.unwrap_or_default().min(config.backoff_max()),
            Disposition::Gone(_) | Disposition::Refused => Duration::ZERO,
        };
        tracing::debug!(%did, attempts, error = &error as &dyn std::error::Error, "will fetch the repo again");
        self.client.inner.metrics.retries.inc();
        queue.delay(did, Instant::now() + after.max(config.backoff(attempts)));
    }

    fn give_up(&mut self, queue: &mut Queue, did: &Did, error: FetchError) {
        let attempts = queue.get(did).map_or(0, |waiting| waiting.attempts);
        self.hand_on(queue, did, Err(GaveUp { error, attempts }));
    }

    fn hand_on(
        &mut self,
        queue: &mut Queue,
        did: &Did,
        result: Result<crate::FetchedRepo, GaveUp>,
    ) {
        let Some(waiting) = queue.finish(did) else { return };
        self.shared.room.notify_waiters();
        let metrics = &self.client.inner.metrics;
        metrics.job(match &result {
            Ok(_) => JobEnd::Fetched,
            Err(GaveUp { error: FetchError::Gone(_), .. }) => JobEnd::Gone,
            Err(_) => JobEnd::GaveUp,
        });
        let (host, reasons) = (waiting.host, waiting.reasons);
        self.outbox.push_back(Outcome { did: did.clone(), host, reasons, result });
    }
}
