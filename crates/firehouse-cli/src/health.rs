//! [`Watched`]: everything `GET /xrpc/_health` tells of this process, gathered where it is known.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use firehouse_backfill::{Scheduler, SyncClient};
use firehouse_ingest::{Keeper, Metrics, Status};
use firehouse_store::Store;
use firehouse_types::{Health, HostsHealth, ReposHealth};
use tokio::sync::watch;

use crate::keeping;

/// How long a count of repos is good enough; longer where counting takes long, so that it is a small part of the store's work.
const COUNT_EVERY: Duration = Duration::from_secs(10);
const COUNT_SHARE: u32 = 20;
/// How long an answer waits for the first count.
const FIRST_COUNT_WAIT: Duration = Duration::from_millis(300);

/// What is looked at. Cheap to clone.
#[derive(Clone)]
pub struct Watched {
    pub status: Status,
    /// Of label streams.
    pub labelers: Status,
    /// `None` where nothing is written.
    pub ingest: Option<Metrics>,
    /// `None` where nothing is written.
    pub keeper: Option<Keeper>,
    /// `None` where no repo is fetched.
    pub fetches: Option<(Scheduler, SyncClient)>,
    pub repos: RepoCounts,
}

impl Watched {
    /// Of a process that only reads.
    pub fn new(store: &Store) -> Self {
        let repos = RepoCounts::new(store);
        let (status, labelers) = (Status::default(), Status::default());
        Self { status, labelers, ingest: None, keeper: None, fetches: None, repos }
    }

    /// How this process is now. Waits for nothing but, shortly, the first count of repos.
    pub async fn health(&self) -> Health {
        let counted = self.repos.latest().await;
        let fetches = self.fetches.as_ref().map(|(scheduler, client)| {
            let fetching = client.fetching();
            (scheduler.queued().saturating_sub(fetching) as u64, fetching as u64)
        });
        let hosts = self.fetches.as_ref().map(|(_, client)| client.hosts().counts());
        let ages = counted.as_ref().map(|counted| counted.at.elapsed().as_secs());
        Health {
            version: env!("CARGO_PKG_VERSION"),
            upstreams: self.status.health().into_iter().chain(self.labelers.health()).collect(),
            ingest: self.ingest.as_ref().map(Metrics::health),
            keep: self.keeper.as_ref().and_then(Keeper::standing_now).map(keeping::health),
            repos: Some(ReposHealth {
                desynchronized: counted.map(|counted| counted.repos),
                counted_seconds_ago: ages,
                queued: fetches.map(|(queued, _)| queued),
                fetching: fetches.map(|(_, fetching)| fetching),
            }),
            hosts: hosts
                .map(|(known, parked)| HostsHealth { known: known as u64, parked: parked as u64 }),
        }
    }
}

/// Repos that are not in step, counted now and then when somebody asks. Cheap to clone; clones share the count.
#[derive(Clone)]
pub struct RepoCounts {
    store: Store,
    latest: watch::Sender<Option<Counted>>,
    next: Arc<Mutex<Next>>,
}

/// One count.
#[derive(Clone)]
struct Counted {
    repos: BTreeMap<String, u64>,
    at: Instant,
}

/// When to count again.
enum Next {
    At(Instant),
    /// It is being done.
    Counting,
}

impl RepoCounts {
    /// Nothing is counted until somebody asks.
    pub fn new(store: &Store) -> Self {
        let next = Arc::new(Mutex::new(Next::At(Instant::now())));
        Self { store: store.clone(), latest: watch::Sender::new(None), next }
    }

    /// The latest count. Begins a new one when it is old; `None` while the store has not answered.
    async fn latest(&self) -> Option<Counted> {
        let mut latest = self.latest.subscribe();
        let begun = self.begin();
        if begun && latest.borrow_and_update().is_none() {
            // Without an answer there is none to show.
            let _ = tokio::time::timeout(FIRST_COUNT_WAIT, latest.changed()).await;
        }
        latest.borrow().clone()
    }

    fn begin(&self) -> bool {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*next, Next::At(at) if at <= Instant::now()) {
            *next = Next::Counting;
            tokio::spawn(self.clone().count());
            return true;
        }
        matches!(*next, Next::Counting)
    }

    async fn count(self) {
        let began = Instant::now();
        match self.store.repo_counts().await {
            Ok(repos) => {
                drop(self.latest.send_replace(Some(Counted { repos, at: Instant::now() })))
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::debug!(error, "repos that are not in step are not counted");
            }
        }
        let pause = COUNT_EVERY.max(began.elapsed() * COUNT_SHARE);
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) =
            Next::At(Instant::now() + pause);
    }
}
