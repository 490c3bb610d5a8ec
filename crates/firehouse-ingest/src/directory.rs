//! [`Directory`]: the PLC directory's export, read to its end and then followed, so that identities are known before they are needed.
//!
//! Each page is judged against what is held of its DIDs, written to `identities`, and told to the workers of the accounts we know, which
//! then have the new key or PDS before a signature fails for want of it. Only then is the page's place saved. When the stream ends,
//! for whatever reason, the export is read again from there: it has everything, and says nothing of why.
//! Source: <https://web.plc.directory/api/redoc>

mod judging;
mod pages;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use firehouse_identity::{GuardedClient, Resolver};
use firehouse_store::Store;
use firehouse_stream::{Notice, Received, subscribe_plc};
use firehouse_types::Seq;
use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::error::IngestError;
use crate::flush::retried;
use crate::metrics::Metrics;
use crate::work::{HandleCheck, Told, Work, tell};
use judging::{Judged, judge};
use pages::{Page, PageError, page};

/// Where the export is resumed, in `positions`.
const EXPORT: &str = "export";
/// When it was last read to its end, in `positions`.
pub const IN_STEP: &str = "in_step";

/// Least time between two pages: the directory is everybody's.
const PAGE_EVERY: Duration = Duration::from_millis(200);
/// Lines of the stream that are judged at once, and how long they gather.
const STREAM_LINES: usize = 1_000;
const GATHERING: Duration = Duration::from_millis(100);
/// How often it is noted that the stream has nothing new.
const NOTED_EVERY: Duration = Duration::from_secs(60);
/// Waits after failures.
const PAUSE_MIN: Duration = Duration::from_millis(500);
const PAUSE_MAX: Duration = Duration::from_secs(60);
const NOTICES: usize = 64;

/// Whose export is read, and how.
pub struct Directory {
    /// The directory.
    pub plc: Url,
    /// Reaches it.
    pub client: GuardedClient,
    /// How its stream is followed; without one, reading ends at the end of the export.
    pub stream: Option<(firehouse_stream::Config, firehouse_stream::Metrics)>,
    /// Told when the end of the export was reached for the first time.
    pub exported: oneshot::Sender<Exported>,
}

/// What an export was found to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Operations that were believed.
    pub believed: u64,
    /// Operations that were known before.
    pub known: u64,
    /// Lines that prove nothing.
    pub faults: u64,
    /// The directory's number of the last one.
    pub seq: u64,
}

/// The task that reads it.
pub struct Export {
    pub directory: Directory,
    pub store: Store,
    pub resolver: Resolver,
    /// Weak: the export must not keep the workers from ending.
    pub workers: Vec<mpsc::WeakSender<Work>>,
    /// Cancelled when there will be no more events.
    pub ending: CancellationToken,
    pub metrics: Metrics,
}

/// The name of an export in `positions`.
pub fn walk_of(plc: &Url) -> String {
    format!("plc {}", plc.as_str().trim_end_matches('/'))
}

impl Export {
    /// Runs until it is to end; without a stream, until the end of the export.
    pub async fn run(mut self) -> Result<(), IngestError> {
        let ending = self.ending.clone();
        let (told, _) = oneshot::channel();
        let exported = std::mem::replace(&mut self.directory.exported, told);
        tokio::select! {
            ended = self.follow(exported) => ended,
            () = ending.cancelled() => Ok(()),
        }
    }

    async fn follow(&self, exported: oneshot::Sender<Exported>) -> Result<(), IngestError> {
        let walk = walk_of(&self.directory.plc);
        let saved = retried(&self.metrics, || self.store.position(&walk, EXPORT)).await?;
        let mut reading = Exported {
            seq: saved.and_then(|saved| saved.cursor.parse().ok()).unwrap_or(0),
            ..Exported::default()
        };
        let mut exported = Some(exported);
        loop {
            self.read_export(&mut reading).await?;
            if let Some(exported) = exported.take() {
                tracing::info!(
                    believed = reading.believed,
                    faults = reading.faults,
                    seq = reading.seq,
                    "the export of the directory is read to its end"
                );
                // Nobody has to be interested.
                let _ = exported.send(reading);
            }
            if self.directory.stream.is_none() {
                return Ok(());
            }
            let pause = self.read_stream(&mut reading).await?;
            sleep(pause.clamp(Duration::ZERO, PAUSE_MAX)).await;
        }
    }

    /// Reads pages until one is the last.
    async fn read_export(&self, reading: &mut Exported) -> Result<(), IngestError> {
        let mut pause = PAUSE_MIN;
        loop {
            let fetched = page(&self.directory.client, &self.directory.plc, reading.seq).await;
            let Page { lines, is_last } = match fetched {
                Ok(page) => page,
                Err(error) => {
                    self.complain(&error, pause);
                    sleep(pause).await;
                    pause = (pause * 2).min(PAUSE_MAX);
                    continue;
                }
            };
            let before = reading.seq;
            self.take(lines, reading).await?;
            if is_last {
                return self.note(reading.seq).await;
            }
            if reading.seq == before {
                // A whole page without one new number: asking again would give the same.
                self.complain(&PageError::NoProgress { after: before }, pause);
                sleep(pause).await;
                pause = (pause * 2).min(PAUSE_MAX);
                continue;
            }
            pause = PAUSE_MIN;
            sleep(PAGE_EVERY).await;
        }
    }

    fn complain(&self, error: &PageError, retry_in: Duration) {
        let error = error as &dyn std::error::Error;
        tracing::warn!(
            error,
            ?retry_in,
            "the export of the directory cannot be read; trying again"
        );
    }

    /// Takes what the stream brings until it ends. Shape: how long to wait before anything else is tried.
    async fn read_stream(&self, reading: &mut Exported) -> Result<Duration, IngestError> {
        let Some((config, metrics)) = self.directory.stream.clone() else {
            return Ok(Duration::ZERO);
        };
        let stop = self.ending.child_token();
        let _stopped = stop.clone().drop_guard();
        let (output, mut events) = mpsc::channel(config.queue_frames.max(1));
        let (to_watch, mut notices) = mpsc::channel(NOTICES);
        let cursor = i64::try_from(reading.seq).ok().and_then(Seq::new);
        tokio::spawn(subscribe_plc(config, cursor, metrics, output, to_watch, stop));
        let mut received: Vec<Received<_>> = Vec::new();
        loop {
            tokio::select! {
                count = events.recv_many(&mut received, STREAM_LINES) => {
                    if count == 0 {
                        return Ok(PAUSE_MIN);
                    }
                    let lines = received.drain(..).map(|received| received.frame).collect();
                    self.take(lines, reading).await?;
                    self.note(reading.seq).await?;
                    sleep(GATHERING).await;
                }
                told = notices.recv() => match told.map(|told| told.notice) {
                    None => return Ok(PAUSE_MIN),
                    Some(Notice::Disconnected { reason, retry_in }) => {
                        tracing::warn!(reason, ?retry_in, "the directory's stream ended; its export is read");
                        return Ok(retry_in);
                    }
                    Some(_) => {}
                },
                () = sleep(NOTED_EVERY) => self.note(reading.seq).await?,
            }
        }
    }

    /// Notes that nothing is missing now.
    async fn note(&self, seq: u64) -> Result<(), IngestError> {
        self.save(IN_STEP, seq).await
    }

    async fn save(&self, place: &str, seq: u64) -> Result<(), IngestError> {
        let (walk, seq) = (walk_of(&self.directory.plc), seq.to_string());
        let save = || self.store.save_position(&walk, 0, place, Some(&seq));
        retried(&self.metrics, save).await
    }

    /// Judges lines, writes what they say, has it applied, and saves their place.
    async fn take(&self, lines: Vec<Bytes>, reading: &mut Exported) -> Result<(), IngestError> {
        if lines.is_empty() {
            return Ok(());
        }
        let Judged { rows, told, counted } =
            judge(&self.store, &self.metrics, lines, reading.seq).await?;
        let receipt = retried(&self.metrics, || self.store.insert(&rows)).await?;
        self.metrics.rows.with_label_values(&["identities"]).inc_by(receipt.rows as u64);
        let mut waiting = Vec::with_capacity(told.len());
        for (did, identity, is_news) in told {
            match &identity {
                Some(identity) => self.resolver.remember(Arc::clone(identity)).await,
                None => self.resolver.forget(&did),
            }
            let handle = HandleCheck::Unknown;
            let (done, is_done) = oneshot::channel();
            let actor = did.actor();
            tell(&self.workers, actor, Work::Told(Told { did, identity, handle, is_news, done }))
                .await;
            waiting.push(is_done);
        }
        for is_done in waiting {
            // An answer and none both mean that there is nothing left to do.
            let _ = is_done.await;
        }
        reading.believed += counted.believed;
        reading.known += counted.known;
        reading.faults += counted.faults;
        if counted.seq > reading.seq {
            reading.seq = counted.seq;
            self.metrics.plc_seq.set(i64::try_from(reading.seq).unwrap_or(i64::MAX));
            self.save(EXPORT, reading.seq).await?;
        }
        Ok(())
    }
}
