//! getRepo: streams a CAR from a host into a blocking thread that hashes, spills and verifies it.
//!
//! The runtime's threads only move bytes. A slow disk, or a repo that waits for its place among the spilled ones, makes the socket wait.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use firehouse_identity::Fetched;
use firehouse_repo::PublicKey;
use firehouse_types::{Did, Rev};
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::assembly::{Assembly, Claim, Verified};
use crate::client::{SyncClient, request};
use crate::error::FetchError;
use crate::host::Host;
use crate::hosts::FetchPlace;
use crate::method::Method;
use crate::rate::RateGuard;
use crate::repo::FetchedRepo;

/// Pieces on their way to the thread.
const PIECES_MAX: usize = 4;

/// What the thread is told.
enum Piece {
    Bytes(Bytes),
    /// Go on in a file.
    Spill,
    /// That was all. Without it the fetch was given up.
    End,
}

/// What the thread needs to know.
struct Job {
    claim: Claim,
    index_bytes_max: usize,
    spill_dir: PathBuf,
}

impl SyncClient {
    /// Fetches a whole repo and verifies all of it: every block's hash, the commit's signature by `key`, its account, version and rev,
    /// and the tree with every record in it. A rev before `not_before` is refused.
    ///
    /// Waits for a place at the host and for memory. Errors: nothing may be concluded about any record of the repo; asking again is safe.
    pub async fn fetch_repo(
        &self,
        host: &Host,
        did: &Did,
        key: &PublicKey,
        not_before: Option<Rev>,
    ) -> Result<FetchedRepo, FetchError> {
        let place = self.inner.hosts.place(host).await?;
        let claim = Claim { did: did.clone(), key: key.clone(), not_before };
        self.fetch_at(&place, claim).await
    }

    /// [`SyncClient::fetch_repo`] by somebody who has a place.
    pub(crate) async fn fetch_at(
        &self,
        place: &FetchPlace,
        claim: Claim,
    ) -> Result<FetchedRepo, FetchError> {
        let host = place.host();
        let metrics = &self.inner.metrics;
        let _fetching = Gauged::new(&metrics.fetches);
        let result = self.fetch(host, claim).await;
        self.inner.hosts.judge(host, &result);
        metrics.request(Method::GetRepo, &result);
        if let Ok(repo) = &result {
            metrics.records.inc_by(repo.record_count());
            metrics.dropped(&repo.dropped());
        }
        result
    }

    async fn fetch(&self, host: &Host, claim: Claim) -> Result<FetchedRepo, FetchError> {
        let config = &self.inner.config;
        let mut held = self.inner.budget.memory().await;
        let mut request = request(host, Method::GetRepo, &[("did", claim.did.as_str())])?;
        request.headers.insert(ACCEPT, HeaderValue::from_static("application/vnd.ipld.car"));
        request.timeout = Some(config.fetch_timeout());
        request.body_bytes_max = Some(usize::try_from(config.repo_bytes_max).unwrap_or(usize::MAX));
        let mut answer = self.success(host, request).await?;
        if is_text(&answer) {
            return Err(FetchError::NotXrpc { status: answer.status.as_u16() });
        }

        let did = claim.did.clone();
        let (pieces, received) = mpsc::channel(PIECES_MAX);
        let job = Job {
            claim,
            index_bytes_max: config.index_bytes_max,
            spill_dir: config.spill_dir.clone(),
        };
        // When this future is dropped, so are the pieces, and the thread ends.
        let assembling = tokio::task::spawn_blocking(move || assemble(&job, received));
        let mut guard = RateGuard::new(config, Instant::now());
        let (mut car_bytes, mut spilled) = (0_u64, None);
        while let Some(chunk) = guard.next(&mut answer).await? {
            let waiting = Instant::now();
            car_bytes += chunk.len() as u64;
            self.inner.metrics.car_bytes.inc_by(chunk.len() as u64);
            if spilled.is_none() && car_bytes > config.memory_repo_bytes_max as u64 {
                spilled = Some(self.inner.budget.spilled().await);
                self.inner.metrics.spilled.inc();
                let _ = pieces.send(Piece::Spill).await;
            }
            // When the thread has ended early, its result says why.
            if pieces.send(Piece::Bytes(chunk)).await.is_err() {
                break;
            }
            guard.pardon(waiting.elapsed());
        }
        let _ = pieces.send(Piece::End).await;
        let verified = match assembling.await {
            Ok(result) => result?,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => return Err(FetchError::Stopped),
            },
        };
        match spilled {
            Some(place) => held = place,
            None => held.shrink_to(usize::try_from(car_bytes).unwrap_or(usize::MAX)),
        }
        Ok(FetchedRepo::new(did, verified, car_bytes, held))
    }
}

/// Runs on a thread of its own: hashing, disk and the tree take their time.
fn assemble(job: &Job, mut pieces: mpsc::Receiver<Piece>) -> Result<Verified, FetchError> {
    let mut assembly = Assembly::new(job.index_bytes_max);
    loop {
        match pieces.blocking_recv() {
            Some(Piece::Bytes(bytes)) => assembly.push(&bytes)?,
            Some(Piece::Spill) => {
                let file = tempfile::tempfile_in(&job.spill_dir).map_err(FetchError::Spill)?;
                assembly.spill(file).map_err(FetchError::Spill)?;
            }
            Some(Piece::End) => return assembly.finish(&job.claim, now_us()),
            None => return Err(FetchError::Stopped),
        }
    }
}

/// Whether it says of itself that it is no CAR.
fn is_text(answer: &Fetched) -> bool {
    let content_type = answer.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type
        .is_some_and(|kind| kind.starts_with("text/") || kind.starts_with("application/json"))
}

fn now_us() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    u64::try_from(now.as_micros()).unwrap_or(u64::MAX)
}

/// Counts one up for as long as it lives.
struct Gauged<'m>(&'m prometheus::IntGauge);

impl<'m> Gauged<'m> {
    fn new(gauge: &'m prometheus::IntGauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for Gauged<'_> {
    fn drop(&mut self) {
        self.0.dec();
    }
}
