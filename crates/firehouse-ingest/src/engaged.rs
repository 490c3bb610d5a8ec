//! Keeps `engaged_texts`: the posts that were answered often, where searches for the top ones look over any length of time.
//!
//! Two jobs beside everything else, neither of which takes more than half of the time. One follows the stream: every minute, the posts that
//! were answered since (`engagements`) are counted again, and those that went (`post_arrivals`) are taken back. The other sweeps over all
//! references, account by account, for what whole repos brought or was there before: when there is a tenth more than at the last sweep,
//! when a week is over, or when the follower fell so far behind that what it was to be told is forgotten. Both save where they are in
//! `positions`; doing any of it twice changes nothing.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use firehouse_store::read::RecordKey;
use firehouse_store::{PostAt, Store};
use tokio::time::sleep;

use crate::error::IngestError;
use crate::flush::retried;
use crate::metrics::{Metrics, now_us};

/// How often the answered posts are counted again: one that many like is counted once for all of them.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// Answered posts, and posts that went, that are read at once.
const READ: usize = 5_000;
/// What is numbered this long ago is there, if it ever will be. Units: microseconds.
const SETTLED_US: u64 = 600_000_000;
/// What is behind this far may have missed what it was to be told, which is forgotten after six hours. Units: microseconds.
const FORGOTTEN_US: u64 = 5 * 3_600_000_000;
/// References in one step of a sweep, on average.
const SLICE_LINKS: u64 = 1_000_000;
/// How often is looked whether a sweep is due, and when it is whatever came.
const DUE_EVERY: Duration = Duration::from_secs(600);
const SWEPT_EVERY_S: u64 = 7 * 86_400;
/// How often it is said how far a sweep is.
const SAID_EVERY: Duration = Duration::from_secs(30);

const FOLLOWED: &str = "engaged";
/// Rises with every column that rows get.
const ROWS_VERSION: u8 = 2;

/// Both jobs.
pub(crate) struct EngagedJob {
    store: Store,
    metrics: Metrics,
    slice_links: u64,
}

/// Up to which numbers was looked. Saved as text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Followed {
    answered: u64,
    went: u64,
}

/// How far a sweep is. Saved as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sweep {
    /// The next one. Behind the last slice comes the look at what is there already, and then it is over.
    slice: u64,
    slices: u64,
    /// References when it began.
    links: u64,
    /// When that was. Units: seconds since 1970.
    began_s: u64,
}

impl EngagedJob {
    pub fn new(store: Store, metrics: Metrics) -> Self {
        Self { store, metrics, slice_links: SLICE_LINKS }
    }

    /// Counts again what was answered over the stream, until an error that trying again cannot heal.
    pub async fn follow(&self) -> Result<(), IngestError> {
        loop {
            self.catch_up().await?;
            sleep(LOOK_EVERY).await;
        }
    }

    /// Counts again everything that was answered until now.
    async fn catch_up(&self) -> Result<(), IngestError> {
        let Self { store, metrics, .. } = self;
        let positions = retried(metrics, || store.positions(FOLLOWED)).await?;
        let saved = positions.lists.first().and_then(|(_, cursor)| cursor.as_deref());
        let began_us = u64::try_from(now_us()).unwrap_or(0);
        let mut at = saved.and_then(Followed::parse).unwrap_or_default();
        if saved.is_some() && at.answered.saturating_add(FORGOTTEN_US) < began_us {
            tracing::warn!("what was answered is no longer remembered; all answers are swept over");
            let walk = sweep_walk();
            retried(metrics, || store.save_position(&walk, 0, "sweep", Some(""))).await?;
        }
        loop {
            let chunk = Instant::now();
            let (next, is_last) = self.count_behind(at).await?;
            at = next;
            if is_last {
                let settled = began_us.saturating_sub(SETTLED_US);
                at = Followed { answered: at.answered.max(settled), went: at.went.max(settled) };
            }
            let cursor = at.to_string();
            retried(metrics, || store.save_position(FOLLOWED, 0, "answers", Some(&cursor))).await?;
            metrics.engaged_until.set(i64::try_from(at.answered / 1_000_000).unwrap_or(i64::MAX));
            if is_last {
                return Ok(());
            }
            sleep(chunk.elapsed()).await;
        }
    }

    /// The next few. Answers where the last of them are, and whether there are no more.
    async fn count_behind(&self, at: Followed) -> Result<(Followed, bool), IngestError> {
        let Self { store, metrics, .. } = self;
        let went = retried(metrics, || store.went_behind(at.went, READ)).await?;
        let answered = retried(metrics, || store.engagements_behind(at.answered, READ)).await?;
        let gone: Vec<PostAt> = went.iter().map(|(_, post)| *post).collect();
        retried(metrics, || store.bury_engaged(&gone)).await?;
        // One that went may be there again, as another.
        let changed = gone.iter().map(|post| (post.actor, post.rkey));
        let posts: HashSet<RecordKey> =
            answered.iter().map(|row| (row.target_actor, row.target_rkey)).chain(changed).collect();
        self.copy(&posts.into_iter().collect::<Vec<_>>()).await?;
        let next = Followed {
            answered: answered.last().map_or(at.answered, |last| last.number),
            went: went.last().map_or(at.went, |(number, _)| *number),
        };
        Ok((next, went.len() < READ && answered.len() < READ))
    }

    async fn copy(&self, posts: &[RecordKey]) -> Result<usize, IngestError> {
        let copied = retried(&self.metrics, || self.store.copy_engaged(posts)).await?;
        self.metrics.engaged_copied.inc_by(copied as u64);
        Ok(copied)
    }

    /// Sweeps whenever that is due, until an error that trying again cannot heal.
    pub async fn sweep_from_time_to_time(&self) -> Result<(), IngestError> {
        loop {
            if let Some(sweep) = self.due().await? {
                self.sweep(sweep).await?;
            }
            self.metrics.engaged_sweep.set(100);
            sleep(DUE_EVERY).await;
        }
    }

    /// The sweep that was cut off, or a new one if that is due.
    async fn due(&self) -> Result<Option<Sweep>, IngestError> {
        let walk = sweep_walk();
        let positions = retried(&self.metrics, || self.store.positions(&walk)).await?;
        let saved =
            positions.lists.first().and_then(|(_, cursor)| Sweep::parse(cursor.as_deref()?));
        let links = retried(&self.metrics, || self.store.links_held()).await?;
        let now_s = u64::try_from(now_us() / 1_000_000).unwrap_or(0);
        let begun = Sweep { slice: 0, slices: links / self.slice_links + 1, links, began_s: now_s };
        Ok(match saved {
            Some(saved) if !saved.is_over() => Some(saved),
            Some(saved) => saved.is_outdated(links, now_s).then_some(begun),
            None => Some(begun),
        })
    }

    /// Takes all steps of a sweep that are left.
    async fn sweep(&self, mut sweep: Sweep) -> Result<(), IngestError> {
        let (began, mut said, mut copied) = (Instant::now(), Instant::now(), 0);
        while !sweep.is_over() {
            let chunk = Instant::now();
            copied += self.step(&mut sweep).await?;
            let percent = sweep.slice * 100 / (sweep.slices + 1);
            self.metrics.engaged_sweep.set(i64::try_from(percent).unwrap_or(100));
            if said.elapsed() >= SAID_EVERY {
                said = Instant::now();
                tracing::info!(percent, copied, "looking for posts that were answered often");
            }
            sleep(chunk.elapsed()).await;
        }
        if copied > 0 {
            let seconds = began.elapsed().as_secs();
            tracing::info!(copied, seconds, "all posts that were answered often are copied");
        }
        Ok(())
    }

    /// One step of a sweep, behind which it is saved. Answers how many posts were copied.
    async fn step(&self, sweep: &mut Sweep) -> Result<usize, IngestError> {
        let Self { store, metrics, .. } = self;
        let copied = match sweep.accounts() {
            Some((first, last)) => {
                let posts = retried(metrics, || store.answered_posts(first, last)).await?;
                self.copy(&posts).await?
            }
            None => {
                self.check().await?;
                0
            }
        };
        sweep.slice += 1;
        let (walk, cursor) = (sweep_walk(), sweep.to_string());
        retried(metrics, || store.save_position(&walk, 0, "sweep", Some(&cursor))).await?;
        Ok(copied)
    }

    /// Takes back what is no longer so, in the order of time.
    async fn check(&self) -> Result<(), IngestError> {
        let mut after = PostAt::start();
        loop {
            let chunk = Instant::now();
            let checked = retried(&self.metrics, || self.store.check_engaged(after)).await?;
            let Some(last) = checked else { return Ok(()) };
            after = last;
            sleep(chunk.elapsed()).await;
        }
    }
}

/// As `positions` calls it. When texts are made otherwise, or rows hold more than before, all have to be copied again.
fn sweep_walk() -> String {
    format!("engaged sweep {}.{ROWS_VERSION}", firehouse_text::VERSION)
}

impl Followed {
    fn parse(cursor: &str) -> Option<Self> {
        let (answered, went) = cursor.split_once('.')?;
        Some(Self { answered: answered.parse().ok()?, went: went.parse().ok()? })
    }
}

impl std::fmt::Display for Followed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.answered, self.went)
    }
}

impl Sweep {
    fn is_over(&self) -> bool {
        self.slice > self.slices
    }

    /// Whether enough came since it began that another is due.
    fn is_outdated(&self, links: u64, now_s: u64) -> bool {
        links > self.links.saturating_add(self.links / 10)
            || now_s > self.began_s.saturating_add(SWEPT_EVERY_S)
    }

    /// First and last account of the next slice; accounts are numbered by hash, so each slice has about as many. `None` behind the last one.
    fn accounts(&self) -> Option<(u64, u64)> {
        if self.slice >= self.slices {
            return None;
        }
        let width = u64::MAX / self.slices.max(1);
        let first = self.slice * width;
        let is_last = self.slice + 1 == self.slices;
        Some((first, if is_last { u64::MAX } else { first + width - 1 }))
    }

    fn parse(cursor: &str) -> Option<Self> {
        let mut numbers = cursor.split('.').map(|text| text.parse().ok());
        let mut next = || numbers.next()?;
        Some(Self { slice: next()?, slices: next()?, links: next()?, began_s: next()? })
    }
}

impl std::fmt::Display for Sweep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}.{}", self.slice, self.slices, self.links, self.began_s)
    }
}

#[cfg(test)]
mod tests;
