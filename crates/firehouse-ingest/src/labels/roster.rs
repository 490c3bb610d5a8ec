//! Who is followed, and where: looks again and again for new labelers, for those that moved, and for those that gave up.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use firehouse_identity::{AddressPolicy, IdentityError, Resolver};
use firehouse_store::Disposition;
use firehouse_stream::{Reach, Start, subscribe_within};
use firehouse_types::{Did, UpstreamKind};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::endpoint::{NoEndpoint, cursor_name, endpoint};
use super::follower::Follower;
use super::writer::Output;
use super::{Labeler, Labels};
use crate::error::IngestError;
use crate::flush::retried;
use crate::upstreams::watch;

/// Frames of one labeler that may wait: each may have five megabytes, and the labeler was perhaps named by nobody but itself.
const QUEUE_FRAMES_MAX: usize = 64;
/// Their bytes: there may be a thousand labelers. Units: bytes.
const QUEUE_BYTES_MAX: usize = 1 << 20;
/// Notices wait here while they are logged.
const NOTICES: usize = 64;
/// How soon a configured labeler is looked for again whose document could not be had.
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// The task that starts and ends followers.
pub struct Roster {
    labels: Labels,
    output: mpsc::Sender<Output>,
    judging: Arc<Semaphore>,
    followed: HashMap<Did, Followed>,
}

/// One labeler that is followed, or is to be as soon as it can be found.
struct Followed {
    upstream: usize,
    /// What runs; `None` while nobody knows where its stream is.
    running: Option<Running>,
}

struct Running {
    url: Url,
    stop: CancellationToken,
    follower: JoinHandle<()>,
}

/// What a look at a labeler's document said.
enum Found {
    At(Url),
    /// Nobody knows at the moment: what runs goes on.
    Unknown(IdentityError),
    /// Its document says that there is nothing to follow.
    Nowhere(NoEndpoint),
}

impl Roster {
    pub fn new(labels: Labels, output: mpsc::Sender<Output>, judging: Arc<Semaphore>) -> Self {
        Self { labels, output, judging, followed: HashMap::new() }
    }

    /// Runs until `stop`, and until every follower has handed over what it had read.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), IngestError> {
        let mut configured: Vec<Labeler> = Vec::new();
        for labeler in std::mem::take(&mut self.labels.labelers) {
            if configured.iter().all(|known| known.did != labeler.did) {
                configured.push(labeler);
            }
        }
        let check_interval = Duration::from_secs(self.labels.config.check_interval_s.max(1));
        while !stop.is_cancelled() {
            let wanted = self.wanted(&configured).await?;
            self.end_unwanted(&wanted).await;
            let is_complete = self.look_at(wanted, &stop).await?;
            let pause = if is_complete { check_interval } else { check_interval.min(RETRY_AFTER) };
            tokio::select! {
                () = stop.cancelled() => {}
                () = sleep(pause) => {}
            }
        }
        for followed in self.followed.into_values() {
            if let Some(running) = followed.running {
                // Its token is a child of `stop`. A panic in it is told where it happened.
                let _ = running.follower.await;
            }
        }
        Ok(())
    }

    /// The configured ones, then those that declare themselves, as many as there may be.
    async fn wanted(&self, configured: &[Labeler]) -> Result<Vec<Labeler>, IngestError> {
        let mut wanted = configured.to_vec();
        let config = &self.labels.config;
        if config.discover {
            let limit = u32::try_from(config.labelers_max).unwrap_or(u32::MAX);
            match self.labels.store.labeler_services(limit).await {
                Ok(found) => {
                    let is_new = |did: &Did| configured.iter().all(|known| known.did != *did);
                    let found = found.into_iter().filter(is_new);
                    wanted.extend(found.map(|did| Labeler { did, url: None }));
                }
                // Those that were discovered before stay.
                Err(error) if error.disposition() == Disposition::Retry => {
                    let others = self
                        .followed
                        .keys()
                        .filter(|did| configured.iter().all(|known| known.did != **did));
                    wanted.extend(others.map(|did| Labeler { did: did.clone(), url: None }));
                }
                Err(error) => return Err(error.into()),
            }
        }
        wanted.truncate(config.labelers_max.max(configured.len()));
        Ok(wanted)
    }

    async fn end_unwanted(&mut self, wanted: &[Labeler]) {
        let is_wanted = |did: &Did| wanted.iter().any(|labeler| labeler.did == *did);
        let unwanted: Vec<_> =
            self.followed.keys().filter(|did| !is_wanted(did)).cloned().collect();
        for did in unwanted {
            if let Some(followed) = self.followed.remove(&did) {
                self.end(&did, followed).await;
            }
        }
    }

    async fn end(&self, did: &Did, followed: Followed) {
        if let Some(running) = followed.running {
            tracing::info!(%did, "labeler no longer followed there");
            running.stop.cancel();
            let _ = running.follower.await;
        }
        self.labels.status.remove(followed.upstream);
    }

    /// Looks where each labeler is and follows it there. False when the document of one that is not yet followed could not be had.
    async fn look_at(
        &mut self,
        wanted: Vec<Labeler>,
        stop: &CancellationToken,
    ) -> Result<bool, IngestError> {
        let mut looks = JoinSet::new();
        for labeler in wanted {
            let (resolver, policy) = (self.labels.resolver.clone(), self.labels.policy);
            let held = self.followed.get(&labeler.did);
            // A stream that cannot be reached may have moved: then the cached document is not enough.
            let fresh = held.is_some_and(|held| !self.labels.status.is_connected(held.upstream));
            looks.spawn(async move { (find(&labeler, &resolver, policy, fresh).await, labeler) });
        }
        let mut is_complete = true;
        loop {
            let look = tokio::select! {
                () = stop.cancelled() => return Ok(true),
                look = looks.join_next() => look,
            };
            let Some(look) = look else { return Ok(is_complete) };
            let Ok((found, labeler)) = look else { continue };
            let upstream = self.upstream_of(&labeler);
            match found {
                Found::At(url) => self.follow(labeler, url, stop).await?,
                Found::Unknown(error) => {
                    let is_followed =
                        self.followed.get(&labeler.did).is_some_and(|held| held.running.is_some());
                    is_complete &= is_followed;
                    if !is_followed {
                        let trouble = format!("its DID document cannot be had: {error}");
                        self.labels.status.trouble(upstream, Some(trouble));
                    }
                }
                Found::Nowhere(reason) => {
                    tracing::debug!(did = %labeler.did, %reason, "labeler cannot be followed");
                    self.stop_running(&labeler.did).await;
                    self.labels.status.trouble(upstream, Some(reason.to_string()));
                }
            }
        }
    }

    /// The place of a labeler in the status, made when it has none yet.
    fn upstream_of(&mut self, labeler: &Labeler) -> usize {
        let status = &self.labels.status;
        let new = || Followed {
            upstream: status.add("".into(), labeler.did.to_string(), UpstreamKind::Labeler, None),
            running: None,
        };
        self.followed.entry(labeler.did.clone()).or_insert_with(new).upstream
    }

    async fn stop_running(&mut self, did: &Did) {
        let running = self.followed.get_mut(did).and_then(|followed| followed.running.take());
        if let Some(running) = running {
            running.stop.cancel();
            let _ = running.follower.await;
        }
    }

    /// Follows a labeler at `url`, unless that is done already.
    async fn follow(
        &mut self,
        labeler: Labeler,
        url: Url,
        stop: &CancellationToken,
    ) -> Result<(), IngestError> {
        let held = self.followed.get(&labeler.did).and_then(|held| held.running.as_ref());
        if held.is_some_and(|running| running.url == url && !running.follower.is_finished()) {
            return Ok(());
        }
        if let Some(followed) = self.followed.remove(&labeler.did) {
            // Its seqs mean nothing elsewhere, so it gets a place of its own there.
            self.end(&labeler.did, followed).await;
        }
        let labels = &self.labels;
        let stream = firehouse_stream::Config {
            url: url.clone(),
            // Labelers keep all that they ever said.
            start: Start::Oldest,
            queue_frames: labels.stream.queue_frames.clamp(1, QUEUE_FRAMES_MAX),
            queue_bytes_max: labels.stream.queue_bytes_max.min(QUEUE_BYTES_MAX),
            // Most labelers are quiet for hours.
            silence_timeout_s: None,
            ..labels.stream.clone()
        };
        let name: Arc<str> = cursor_name(&labeler.did, &stream.authority()).into();
        let cursor = retried(&labels.metrics, || labels.store.saved_cursor(&name)).await?;
        tracing::info!(upstream = %name, cursor = cursor.map(|seq| seq.get()), "following");
        let shown = format!("{} {url}", labeler.did);
        let upstream = labels.status.add(Arc::clone(&name), shown, UpstreamKind::Labeler, cursor);
        let stop = stop.child_token();
        let (to_follower, input) = mpsc::channel(stream.queue_frames);
        let (to_watch, notices) = mpsc::channel(NOTICES);
        tokio::spawn(watch(upstream, name, notices, labels.status.clone()));
        // Whoever configured a URL may connect to it; a document's author may not choose any address.
        let reach: Option<Reach> = labeler.url.is_none().then_some(match labels.policy {
            AddressPolicy::Public => |address| AddressPolicy::Public.allows(address),
            AddressPolicy::Private => |address| AddressPolicy::Private.allows(address),
        });
        let metrics = labels.stream_metrics.clone();
        let subscription =
            subscribe_within(reach, stream, cursor, metrics, to_follower, to_watch, stop.clone());
        let owner = labeler.did.clone();
        tokio::spawn(async move {
            if let Err(error) = subscription.await {
                let error = &error as &dyn std::error::Error;
                tracing::error!(did = %owner, error, "labeler cannot be followed");
            }
        });
        let follower = Follower {
            upstream,
            owner: labeler.did.clone(),
            is_trusted: labels.config.unsigned.contains(&labeler.did),
            input,
            output: self.output.clone(),
            judging: Arc::clone(&self.judging),
            resolver: labels.resolver.clone(),
            status: labels.status.clone(),
            metrics: labels.metrics.clone(),
            stop: stop.clone(),
        };
        let running = Some(Running { url, stop, follower: tokio::spawn(follower.run()) });
        self.followed.insert(labeler.did, Followed { upstream, running });
        Ok(())
    }
}

/// Where a labeler's stream is: as configured, else as its document says.
async fn find(labeler: &Labeler, resolver: &Resolver, policy: AddressPolicy, fresh: bool) -> Found {
    if let Some(url) = &labeler.url {
        return Found::At(url.clone());
    }
    let answer = if fresh {
        resolver.refresh(&labeler.did).await
    } else {
        resolver.resolve(&labeler.did).await
    };
    match answer {
        Ok(identity) => match endpoint(&identity, policy) {
            Ok(url) => Found::At(url),
            Err(reason) => Found::Nowhere(reason),
        },
        Err(error) => Found::Unknown(error),
    }
}
