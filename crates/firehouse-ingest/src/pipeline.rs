//! The write path on one page: which tasks there are, and which bounded queues join them.
//!
//! ```text
//! upstream ──► intake ──► workers (one per core, accounts shared out by number) ──► writer ──► flush ──► store
//!  stream      tickets     verify, index; unknown accounts wait here ──► lookups     batches    rows, repos, cursor
//!                            │ ▲ repos that are not in step
//!                            ▼ │
//!                          fetches ──► writing ──► writer of repos ──► flush ──► store
//! directory ──► export ──► store; what it changes of known accounts goes to their workers
//! ```
//!
//! An event holds a ticket from the moment it is read until its rows are acknowledged; the cursor is the newest seq with no open ticket
//! before it. Every queue is bounded, and behind them all stands how many events, and bytes of them, may be in flight: when the store
//! waits, the socket is not read.

use std::sync::Arc;
use std::time::Duration;

use firehouse_identity::Resolver;
use firehouse_indexer::Indexer;
use firehouse_store::Store;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::account::accounts;
use crate::batch::named;
use crate::config::Config;
use crate::contests::Contests;
use crate::directory::{Directory, Export};
use crate::engaged::EngagedJob;
use crate::error::IngestError;
use crate::fetch::{Backfill, Fetches};
use crate::flush::{Flusher, Writer, retried};
use crate::held::Held;
use crate::in_flight::InFlight;
use crate::keep::{Keeper, Keeping, Lists, MARKED_AT_ONCE};
use crate::lookup::Lookups;
use crate::metrics::Metrics;
use crate::purge::purge_deleted;
use crate::ranking::rank_accounts;
use crate::rechecks::Asked as RechecksAsked;
use crate::requests::Requests;
use crate::selecting::Selecting;
use crate::status::Status;
use crate::texts::write_texts_again;
use crate::trends::{TrendJob, Trends};
use crate::upstreams::{Intakes, Upstream};
use crate::walk::Walk;
use crate::walked::Walked;
use crate::worker::Worker;

/// Messages per queue between two tasks; each message carries up to a few hundred events or their rows.
const QUEUE_MESSAGES: usize = 16;

/// One in so many events in flight may wait for the commit before it: they must not keep the others out.
const HELD_SHARE: usize = 4;

/// Repos that wait to be scheduled for fetching.
const WANTED_MAX: usize = 4_096;
/// How long commits that a list is ahead of may be on their way over the stream.
const WALK_PATIENCE: Duration = Duration::from_secs(10);
/// How long a row of a fetched repo waits for others.
const REPO_FLUSH_WAIT: Duration = Duration::from_millis(500);

/// What the pipeline is made of.
pub struct Ingest {
    /// Bounds.
    pub config: Config,
    /// Where rows go.
    pub store: Store,
    /// Where identities come from.
    pub resolver: Resolver,
    /// Where whole repos come from; without it none is fetched.
    pub backfill: Option<Backfill>,
    /// Which part of the network is kept.
    pub keeper: Keeper,
    /// Where accounts are looked for that nobody here has heard of.
    pub lists: Lists,
    /// Whose export is followed; without one, only the documents that are needed are asked for.
    pub directory: Option<Directory>,
    /// Handles that somebody wants looked at now; without it nobody can.
    pub rechecks: Option<RechecksAsked>,
    /// What makes a trend; without it none is looked for: where nothing is followed, there is no present to compare.
    pub trends: Option<Trends>,
    /// Record op to rows.
    pub indexer: Arc<Indexer>,
    /// Told to the world while running.
    pub status: Status,
    /// Counted while running.
    pub metrics: Metrics,
}

impl Ingest {
    /// Runs until `upstreams` is closed, every upstream has ended and its last event is durable. `stop` is cancelled together with the
    /// upstreams: then events that still wait for an identity are left for the next run, and the rest is written. Errors: [`IngestError`]; running again
    /// resumes where the cursor is.
    pub async fn run(
        self,
        upstreams: mpsc::Receiver<Upstream>,
        stop: CancellationToken,
    ) -> Result<(), IngestError> {
        let Self {
            config,
            store,
            resolver,
            backfill,
            directory,
            keeper,
            lists,
            rechecks,
            trends,
            indexer,
            status,
            metrics,
        } = self;
        retried(&metrics, || store.go_on_numbering()).await?;
        let count = config.workers.max(1);
        let in_flight =
            Arc::new(InFlight::new(config.in_flight_events_max, config.in_flight_bytes_max));

        let deleted_kept = Duration::from_secs(config.deleted_kept_s.max(1));
        let (purged, metrics_of_purge) = (store.clone(), metrics.clone());
        let standings_kept = Duration::from_secs(config.standings_kept_s.max(1));
        let ranking = rank_accounts(store.clone(), standings_kept, metrics.clone());
        let store_of_intakes = store.clone();
        let (inboxes, inbox_ends): (Vec<_>, Vec<_>) =
            (0..count).map(|_| mpsc::channel(QUEUE_MESSAGES)).unzip();
        // Each event in flight and each account that is marked asks at most once at a time.
        let (lookups, lookups_end) = mpsc::channel(config.in_flight_events_max + MARKED_AT_ONCE);
        let (contests, contests_end) = mpsc::channel(config.in_flight_events_max);
        let (rows, rows_end) = mpsc::channel(QUEUE_MESSAGES);
        let (repo_rows, repo_rows_end) = mpsc::channel(QUEUE_MESSAGES);
        let (wanted, wanted_end) = mpsc::channel(WANTED_MAX);
        let (selected, selection) = (keeper.selected(), keeper.selection());
        let mut requests = match &backfill {
            Some(backfill) => Requests::to(backfill.fetch, wanted, backfill.standings.clone()),
            None => Requests::nowhere(),
        };
        requests.of_some(!selection.rules.keeps_everybody());

        let writer = |saves_cursors, input, flush_wait, batch_rows_max| Writer {
            flusher: Flusher {
                store: store.clone(),
                status: status.clone(),
                saves_cursors,
                metrics: metrics.clone(),
            },
            input,
            named: named(config.accounts_max),
            flush_wait,
            batch_rows_max,
            in_flight: Arc::clone(&in_flight),
        };
        let flush_wait = Duration::from_millis(config.flush_wait_ms);
        let stream_writer =
            tokio::spawn(writer(true, rows_end, flush_wait, config.batch_rows_max).run());
        let repo_writer = tokio::spawn(
            writer(false, repo_rows_end, REPO_FLUSH_WAIT, config.repo_batch_rows_max).run(),
        );

        let mut workers = JoinSet::new();
        for inbox in inbox_ends {
            let worker = Worker {
                // A share may be uneven, so each is large enough for every event in flight: see `Accounts`.
                accounts: accounts(
                    (config.accounts_max / count).max(2 * config.in_flight_events_max),
                ),
                held: Held::new(config.in_flight_events_max / HELD_SHARE / count),
                indexer: Arc::clone(&indexer),
                resolver: resolver.clone(),
                status: status.clone(),
                inbox,
                lookups: lookups.clone(),
                contests: contests.clone(),
                requests: requests.clone(),
                output: rows.clone(),
                selection: Arc::clone(&selection),
                follows: keeper.follows(),
                selecting: Selecting::default(),
                metrics: metrics.clone(),
            };
            workers.spawn_blocking(move || worker.run());
        }
        drop((lookups, contests, rows, requests));

        let lookups = Lookups {
            store: store.clone(),
            resolver: resolver.clone(),
            status: status.clone(),
            inbox: lookups_end,
            workers: inboxes.iter().map(mpsc::Sender::downgrade).collect(),
            permits: Arc::new(Semaphore::new(config.lookups_max)),
            identity_patience: Duration::from_secs(config.identity_patience_s),
            handle_patience: Duration::from_millis(config.handle_patience_ms),
            metrics: metrics.clone(),
        };
        let lookups = tokio::spawn(lookups.run());
        let contests = Contests {
            store: store.clone(),
            resolver: resolver.clone(),
            inbox: contests_end,
            workers: inboxes.iter().map(mpsc::Sender::downgrade).collect(),
            metrics: metrics.clone(),
        };
        let contests = tokio::spawn(contests.run());
        let rechecks = rechecks.map(|asked| {
            let workers = inboxes.iter().map(mpsc::Sender::downgrade).collect();
            asked.run(resolver.clone(), workers)
        });
        // Ends with the pipeline: whoever waits then hears nothing.
        let mut answering = JoinSet::new();
        rechecks.map(|rechecks| answering.spawn(rechecks));
        let walk = backfill.as_ref().map(|backfill| Walk {
            store: store.clone(),
            client: backfill.client.clone(),
            scheduler: backfill.scheduler.clone(),
            asked: backfill.asked.clone(),
            standings: backfill.standings.clone(),
            held_only: false,
            patience: WALK_PATIENCE,
            walked: Walked::default(),
            keeper: keeper.clone(),
            metrics: metrics.clone(),
        });
        let keeping = Keeping {
            keeper,
            store: store.clone(),
            workers: inboxes.iter().map(mpsc::Sender::downgrade).collect(),
            walk: walk.map(|walk| (walk, lists)),
            metrics: metrics.clone(),
        };
        let ending = stop.child_token();
        let export = directory.map(|directory| Export {
            directory,
            store: store.clone(),
            resolver: resolver.clone(),
            workers: inboxes.iter().map(mpsc::Sender::downgrade).collect(),
            ending: ending.clone(),
            metrics: metrics.clone(),
        });
        let export = tokio::spawn(async {
            match export {
                Some(export) => export.run().await,
                None => Ok(()),
            }
        });
        let fetches = backfill.map(|backfill| Fetches {
            backfill,
            store,
            resolver,
            indexer,
            wanted: wanted_end,
            workers: inboxes.iter().map(mpsc::Sender::downgrade).collect(),
            output: repo_rows,
            threads: count,
            selected,
            metrics: metrics.clone(),
        });
        let fetches = tokio::spawn(async {
            match fetches {
                Some(fetches) => fetches.run().await,
                None => Ok(()),
            }
        });

        let intakes = Intakes {
            store: store_of_intakes,
            workers: inboxes.clone(),
            in_flight: Arc::clone(&in_flight),
            status,
            metrics,
        };
        let read = intakes.run(upstreams, stop.clone());
        // From left to right each part ends when what feeds it has ended: intakes, workers, writer.
        let read_to_the_end = async move {
            let read = read.await;
            ending.cancel();
            tokio::select! {
                () = in_flight.emptied() => {}
                () = stop.cancelled() => {}
            }
            drop(inboxes);
            read
        };
        let intakes = tokio::spawn(read_to_the_end);
        let texts = write_texts_again(purged.clone(), metrics_of_purge.clone());
        let engaged = EngagedJob::new(purged.clone(), metrics_of_purge.clone());
        let texts = async {
            texts.await?;
            // It copies what they wrote.
            engaged.sweep_from_time_to_time().await
        };
        let (store_of_trends, metrics_of_trends) = (purged.clone(), metrics_of_purge.clone());
        let trends = async {
            match trends {
                Some(rules) => {
                    let (store, metrics) = (store_of_trends, metrics_of_trends);
                    TrendJob { store, rules, metrics }.run().await
                }
                None => std::future::pending().await,
            }
        };
        let purge = purge_deleted(purged, deleted_kept, metrics_of_purge);
        let watched = async {
            let workers_end = async {
                while let Some(ended) = workers.join_next().await {
                    ended.map_err(|_| IngestError::TaskEnded { task: "worker" })?;
                }
                Ok::<_, IngestError>(())
            };
            tokio::try_join!(
                workers_end,
                ended("intakes", intakes),
                ended("lookups", lookups),
                ended("contests", contests),
                ended("export of the directory", export),
                ended("fetches", fetches),
                ended("writer of the stream", stream_writer),
                ended("writer of repos", repo_writer),
            )
        };
        // A failure of one part ends all at once; the cursor has not passed anything unwritten.
        tokio::select! {
            ended = watched => ended.map(drop),
            failed = purge => failed,
            failed = texts => failed,
            failed = engaged.follow() => failed,
            failed = ranking => failed,
            failed = trends => failed,
            failed = keeping.run() => failed,
        }
    }
}

/// Waits for a task. Errors: its own, or that it was torn down.
async fn ended(
    task: &'static str,
    handle: JoinHandle<Result<(), IngestError>>,
) -> Result<(), IngestError> {
    handle.await.map_err(|_| IngestError::TaskEnded { task })?
}
