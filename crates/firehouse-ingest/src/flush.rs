//! Writes batches: rows, then repos, then the cursor, each only when the one before is acknowledged.
//!
//! While one batch is being written the next fills; when that is full too, workers wait.

use std::sync::Arc;
use std::time::Duration;

use firehouse_schema::{PostRow, Table};
use firehouse_store::{Disposition, Store, StoreError};
use firehouse_types::Seq;
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::{Instant, sleep, sleep_until};

use crate::ancestry::ancestors_told;
use crate::batch::{Batch, Named};
use crate::bury::bury;
use crate::error::IngestError;
use crate::in_flight::InFlight;
use crate::metrics::Metrics;
use crate::status::Status;
use crate::ticket::Ticket;
use crate::work::{Output, Promise};

const POST: &str = "app.bsky.feed.post";

/// The task that owns the batch.
pub struct Writer {
    pub flusher: Flusher,
    pub input: mpsc::Receiver<Output>,
    pub named: Named,
    pub flush_wait: Duration,
    pub batch_rows_max: usize,
    pub in_flight: Arc<InFlight>,
}

/// Writes one batch after the other.
#[derive(Clone)]
pub struct Flusher {
    pub store: Store,
    pub status: Status,
    /// Whether events come this way. Their cursors are saved behind them; one who only writes repos knows of no cursor.
    pub saves_cursors: bool,
    pub metrics: Metrics,
}

impl Writer {
    /// Runs until every worker is gone and the last batch is written.
    pub async fn run(mut self) -> Result<(), IngestError> {
        let mut batch = Batch::default();
        let mut due: Option<Instant> = None;
        let mut saved: Vec<Option<Seq>> = Vec::new();
        let mut flush: Option<JoinHandle<Result<Flushed, IngestError>>> = None;
        let mut open = true;
        loop {
            let full = batch.len() >= self.batch_rows_max;
            if flush.is_none()
                && !batch.is_empty()
                && (full || !open || due.is_some_and(|due| due <= Instant::now()))
            {
                let (flusher, saved) = (self.flusher.clone(), saved.clone());
                let batch = std::mem::take(&mut batch);
                due = None;
                flush = Some(tokio::spawn(async move { flusher.flush(batch, saved).await }));
                continue;
            }
            if !open && flush.is_none() {
                return Ok(());
            }
            tokio::select! {
                output = self.input.recv(), if open && !full => match output {
                    Some(output) => {
                        self.flusher.metrics.queue_depth.with_label_values(&["writer"]).set(self.input.len() as i64);
                        batch.absorb(output, &mut self.named);
                        due.get_or_insert_with(|| Instant::now() + self.flush_wait);
                    }
                    None => open = false,
                },
                flushed = finished(&mut flush), if flush.is_some() => {
                    flush = None;
                    let flushed = flushed.map_err(|_| IngestError::TaskEnded { task: "flush" })??;
                    saved = flushed.saved;
                    self.in_flight.leave(&flushed.done);
                    self.flusher.metrics.in_flight_events.sub(flushed.done.len() as i64);
                }
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() && flush.is_none() => {}
            }
        }
    }
}

async fn finished<T>(task: &mut Option<JoinHandle<T>>) -> Result<T, JoinError> {
    match task {
        Some(task) => task.await,
        None => std::future::pending().await,
    }
}

/// What a flush changed.
struct Flushed {
    /// Events that are no longer in flight.
    done: Vec<Ticket>,
    /// The cursor saved last, by upstream.
    saved: Vec<Option<Seq>>,
}

impl Flusher {
    async fn flush(
        &self,
        mut batch: Batch,
        mut saved: Vec<Option<Seq>>,
    ) -> Result<Flushed, IngestError> {
        let timer = self.metrics.flush_seconds.start_timer();
        let mut gone = Vec::new();
        if !batch.buried.is_empty() {
            let mut keys: Vec<_> = batch.buried.iter().map(|(key, _)| key.clone()).collect();
            keys.sort_unstable();
            keys.dedup();
            let previous = retried(&self.metrics, || self.store.previous(&keys)).await?;
            gone = bury(&mut batch.rows, &batch.buried, &previous);
        }
        self.insert_rows(&batch, &gone).await?;
        if self.saves_cursors {
            self.tell_posts(&mut batch).await?;
        }
        // Every row of these events is now visible to every query.
        self.status.done(&batch.done);
        let repos: Vec<_> = batch.repos.into_values().collect();
        self.insert(&repos).await?;
        if self.saves_cursors {
            self.save_cursors(&mut saved).await?;
        }
        batch.promises.into_iter().for_each(Promise::keep);
        timer.observe_duration();
        self.metrics.flushed();
        Ok(Flushed { done: batch.done, saved })
    }

    /// Numbers the posts that came, and tells them to whoever listens, now that they can be read. What whole repos bring is no news. Before
    /// `repos`: behind that, nothing of these events is taken again, so none would be told.
    async fn tell_posts(&self, batch: &mut Batch) -> Result<(), IngestError> {
        let changed =
            batch.buried.iter().filter(|((_, collection, _), _)| collection.as_str() == POST);
        let changed = changed.map(|((actor, _, rkey), _)| (*actor, *rkey)).collect();
        let texts = std::mem::take(&mut batch.rows.post_texts);
        let arrivals = self.store.arrivals();
        let arriving = arrivals.number(&texts, &changed);
        self.insert(&arriving.rows).await?;
        arrivals.tell(arriving, texts, &batch.rows.links);
        Ok(())
    }

    async fn save_cursors(&self, saved: &mut Vec<Option<Seq>>) -> Result<(), IngestError> {
        saved.resize(self.status.len(), None);
        for (index, saved) in saved.iter_mut().enumerate() {
            let low_water = self.status.low_water(index);
            if let Some(seq) = low_water.filter(|_| low_water != *saved) {
                let name = self.status.name(index);
                retried(&self.metrics, || self.store.save_cursor(&name, seq)).await?;
                *saved = Some(seq);
            }
        }
        Ok(())
    }

    /// Who an account is comes before what it wrote: what of somebody unknown is held goes when what is not kept is removed. `records`
    /// comes before what is derived: a crash leaves no derived row without its record, so whoever compares records with a fetched
    /// repo sees every record whose rows may not be whole.
    async fn insert_rows(&self, batch: &Batch, gone: &[PostRow]) -> Result<(), IngestError> {
        let rows = &batch.rows;
        // What they wrote before is being removed, and from now on nothing more.
        self.insert(&batch.returned).await?;
        self.insert(&batch.actors).await?;
        self.insert(&rows.records).await?;
        let others = async {
            tokio::try_join!(
                self.insert(&rows.feed_items),
                self.insert(&rows.notifications),
                self.insert(&rows.post_texts),
                self.insert(&rows.profiles),
                self.insert(&rows.name_words),
                self.insert(&rows.lists),
                self.insert(&rows.offered_texts),
                self.insert(&rows.list_items),
                self.insert(&rows.thread_gates),
                self.insert(&rows.post_gates),
                self.insert(&batch.mentioned),
            )
        };
        let looked_up =
            async { tokio::try_join!(self.insert(&rows.links), self.insert(&rows.posts)) };
        if batch.buried.is_empty() {
            tokio::try_join!(others, looked_up)?;
        } else {
            // Tombstones are made from what links and posts say. Should we be killed, they must not yet say that it is done.
            others.await?;
            looked_up.await?;
        }
        // Behind the posts: of two writers that write a post and an answer to it at once, the later one sees both.
        let told = async {
            let told = ancestors_told(&self.store, &self.metrics, &rows.posts, gone).await?;
            self.insert(&told).await
        };
        // Behind the links, of which they say that they are there. What whole repos bring, the sweep finds.
        let answered = if self.saves_cursors {
            self.store.arrivals().number_engagements(&rows.links)
        } else {
            Vec::new()
        };
        tokio::try_join!(told, self.insert(&answered))?;
        // What they wrote is removed for good from now on: nothing of it may come later.
        self.insert(&batch.deleted).await
    }

    async fn insert<T: Table>(&self, rows: &[T]) -> Result<(), IngestError> {
        let receipt = retried(&self.metrics, || self.store.insert(rows)).await?;
        self.metrics.rows.with_label_values(&[T::TABLE]).inc_by(receipt.rows as u64);
        Ok(())
    }
}

/// Does it until it works or can never work. Each statement here may be sent twice: the highest rev wins.
pub async fn retried<T, F: Future<Output = Result<T, StoreError>>>(
    metrics: &Metrics,
    statement: impl Fn() -> F,
) -> Result<T, IngestError> {
    let mut pause = Duration::from_millis(100);
    loop {
        match statement().await {
            Err(error) if error.disposition() == Disposition::Retry => {
                metrics.flush_retries.inc();
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    retry_in = ?pause,
                    "the store does not take it; ingest waits"
                );
                sleep(pause).await;
                pause = (pause * 2).min(Duration::from_secs(5));
            }
            answer => return Ok(answer?),
        }
    }
}

#[cfg(test)]
mod tests {
    use firehouse_indexer::{Indexer, Witness};
    use firehouse_lexicon::{Catalog, to_dag_cbor};
    use firehouse_repo::{RecordOp, sha256};
    use firehouse_schema::{ActorRow, ActorStatus, EngagementRow, Proof, RecordRow};
    use firehouse_sim::engine;
    use firehouse_types::{Cid, Datetime, Did, Nsid, OpAction, Rev, Rkey, RkeyId};
    use prometheus::Registry;

    use super::*;

    /// One account and its first record.
    fn batch() -> Batch {
        let did = Did::parse("did:plc:44ybard66vv44zksje25o7dz").unwrap();
        let record = RecordRow {
            collection: Nsid::parse("app.bsky.feed.like").unwrap(),
            actor: did.actor(),
            rkey: RkeyId::from(1),
            rev: Rev::from(1),
            deleted: 0,
            cid: [7; 32],
            rkey_text: "".into(),
            body: vec![0xa0].into(),
            created_at: Datetime::EPOCH,
            sort_at: Datetime::EPOCH,
            witnessed_at: 0,
            proof: Proof::Live,
            valid: 1,
            source: "test".into(),
        };
        let mut batch = Batch::default();
        batch.rows.records.push(record);
        batch.actors.push(ActorRow { status: ActorStatus::Active, ..ActorRow::mentioned(did) });
        batch
    }

    /// What is not kept may be removed at any moment, and then whoever is not in `actors` is not kept.
    #[tokio::test]
    async fn whoever_is_known_is_in_the_store_before_what_they_wrote() {
        let Some(store) = engine::store().await else { return };
        let flusher = Flusher {
            store: store.clone(),
            status: Status::default(),
            saves_cursors: false,
            metrics: Metrics::new(&Registry::new()).unwrap(),
        };
        let client = clickhouse::Client::default().with_url(engine::url().unwrap());
        let client = client.with_database(store.database());
        let records = || client.query("SELECT count() FROM records").fetch_one::<u64>();
        client.query("RENAME TABLE actors TO elsewhere").execute().await.unwrap();
        assert!(flusher.flush(batch(), Vec::new()).await.is_err());
        assert_eq!(records().await.unwrap(), 0);
        client.query("RENAME TABLE elsewhere TO actors").execute().await.unwrap();
        assert!(flusher.flush(batch(), Vec::new()).await.is_ok());
        assert_eq!(records().await.unwrap(), 1);
    }

    fn account(n: u64) -> Did {
        Did::parse(&format!("did:plc:accountnumber{n:a>11}")).unwrap()
    }

    /// One post of each of seven accounts, each an answer to the one before; the sixth is deleted again.
    fn thread() -> Vec<Batch> {
        let indexer = Indexer::new(Catalog::embedded());
        let witness = Witness { witnessed_at_us: 0, proof: Proof::Live, source: "test" };
        let now_us = crate::metrics::now_us().unsigned_abs();
        let mut above: Option<serde_json::Value> = None;
        let (mut root, mut batches) = (None, Vec::new());
        for n in 0..7 {
            let did = account(n);
            let rev = Rev::from((now_us + n * 1_000_000) << 10);
            let mut record = serde_json::json!({"$type": "app.bsky.feed.post", "text": "", "createdAt": "2024-01-01T00:00:00.000Z"});
            if let (Some(parent), Some(root)) = (&above, &root) {
                record["reply"] = serde_json::json!({"root": root, "parent": parent});
            }
            let block = to_dag_cbor(&record).unwrap();
            let cid = Cid::dag_cbor(sha256(&block));
            let op = RecordOp {
                did: did.clone(),
                collection: Nsid::parse("app.bsky.feed.post").unwrap(),
                rkey: Rkey::parse(&rev.to_string()).unwrap(),
                action: OpAction::Create,
                cid: Some(cid),
                rev,
                record: block.into(),
            };
            let uri = format!("at://{did}/app.bsky.feed.post/{rev}");
            above = Some(serde_json::json!({"uri": uri, "cid": cid.to_string()}));
            root = root.or_else(|| above.clone());
            let mut batch = Batch::default();
            indexer.index(&op, &witness, &mut batch.rows).unwrap();
            batches.push(batch);
            if n == 5 {
                let mut gone = Batch::default();
                let rev = Rev::from((now_us + 5_500_000) << 10);
                let deletion = RecordOp {
                    action: OpAction::Delete,
                    cid: None,
                    rev,
                    record: Default::default(),
                    ..op
                };
                indexer.index(&deletion, &witness, &mut gone.rows).unwrap();
                let key = (did.actor(), deletion.collection, deletion.rkey.id());
                gone.buried.push((key, rev));
                batches.push(gone);
            }
        }
        batches
    }

    #[tokio::test]
    async fn posts_of_the_stream_are_told_in_their_order_once_they_can_be_read_and_those_of_repos_are_not()
     {
        let Some(store) = engine::store().await else { return };
        let flusher = |saves_cursors| Flusher {
            store: store.clone(),
            status: Status::default(),
            saves_cursors,
            metrics: Metrics::new(&Registry::new()).unwrap(),
        };
        let mut listener = store.arrivals().listen();
        let mut batches = thread().into_iter();
        assert!(flusher(false).flush(batches.next().unwrap(), Vec::new()).await.is_ok());
        let mut told = Vec::new();
        for batch in batches {
            assert!(flusher(true).flush(batch, Vec::new()).await.is_ok());
            let posts = listener.try_recv().unwrap();
            for post in posts.iter() {
                let author = (1..7).find(|&n| account(n).actor() == post.text.actor);
                told.push((author, post.text.deleted, post.links.len()));
            }
        }
        // The sixth goes, and names nothing any more.
        let expected =
            [(1, 0, 2), (2, 0, 2), (3, 0, 2), (4, 0, 2), (5, 0, 2), (5, 1, 0), (6, 0, 2)];
        assert_eq!(told, expected.map(|(author, deleted, links)| (Some(author), deleted, links)));
        let read = store.arrivals_behind(0).await.unwrap();
        assert_eq!(read.len(), told.len());
        assert!(read.is_sorted_by(|a, b| a.number < b.number));
        // As are the posts that were answered.
        assert!(flusher(false).flush(thread().swap_remove(3), Vec::new()).await.is_ok());
        let answered = store.engagements_behind(0, 100).await.unwrap();
        let author = |answered: &EngagementRow| {
            (0..7).find(|&n| account(n).actor() == answered.target_actor)
        };
        let answered: Vec<_> = answered.iter().map(author).collect();
        assert_eq!(answered, [0, 1, 2, 3, 4, 5].map(Some));
    }

    #[tokio::test]
    async fn who_is_told_of_an_answer_does_not_depend_on_what_came_first() {
        // The deletion comes behind what it deletes, as in one repo.
        let orders = [
            [0, 1, 2, 3, 4, 5, 6, 7],
            [7, 5, 6, 4, 3, 2, 1, 0],
            [5, 3, 7, 1, 6, 4, 0, 2],
            [4, 5, 2, 0, 6, 3, 7, 1],
        ];
        let mut seen: Vec<Vec<(u64, u64, u64, u64)>> = Vec::new();
        for order in orders {
            let Some(store) = engine::store().await else { return };
            let flusher = Flusher {
                store: store.clone(),
                status: Status::default(),
                saves_cursors: false,
                metrics: Metrics::new(&Registry::new()).unwrap(),
            };
            let mut batches: Vec<_> = thread().into_iter().map(Some).collect();
            for at in order {
                let batch = batches[at].take().unwrap();
                assert!(flusher.flush(batch, Vec::new()).await.is_ok());
            }
            let client = clickhouse::Client::default().with_url(engine::url().unwrap());
            let client = client.with_database(store.database());
            let sql = "SELECT n.recipient, n.actor, toUInt64(length(between)), toUInt64(n.reason) FROM notifications AS n FINAL ORDER BY ALL";
            seen.push(client.query(sql).fetch_all().await.unwrap());
        }
        let number = |n: u64| account(n).actor().get();
        // Of the sixth nobody is told any more.
        let mut expected: Vec<_> = (1..7_u64)
            .filter(|&n| n != 5)
            .flat_map(|n| (0..n).map(move |above| (above, n)))
            .filter(|(above, n)| n - above <= 4)
            .map(|(above, n)| (number(above), number(n), n - above - 1, 2))
            .collect();
        expected.sort_unstable();
        for (order, seen) in orders.iter().zip(seen) {
            assert_eq!(seen, expected, "{order:?}");
        }
    }
}
