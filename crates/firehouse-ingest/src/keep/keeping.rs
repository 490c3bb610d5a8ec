//! [`Keeping`]: the task that makes a selection true, step by step. Each step may be interrupted and is done again after a crash.
//!
//! ```text
//! begun ──► parted ──► marked ──► removed ──► applied ──► looks again, now and then and when follows change
//!   who is kept; workers take    what is newly    the rest is    lists are walked
//!   it over; repos of others     wanted is out    removed
//!   are forgotten                of step
//! ```
//!
//! What keeps this right: workers have taken a selection over when all they did by the one before is durable, and only then is anything
//! marked or removed; whoever has a row in `repos` was kept all the time since it was written; and no selection begins before the one
//! before is parted.

use std::sync::Arc;
use std::time::Duration;

use firehouse_schema::{SelectionPhase, SelectionRow};
use firehouse_store::{Candidate, Store};
use firehouse_types::ActorId;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, sleep_until};

use crate::error::IngestError;
use crate::flush::retried;
use crate::keep::keeper::Keeper;
use crate::keep::lists::Lists;
use crate::keep::saved::{accounts, removal, rules_of, version_after};
use crate::keep::selection::Selection;
use crate::metrics::{Metrics, now_us};
use crate::walk::Walk;
use crate::work::{WantedItem, Work, tell};

/// Accounts that are marked at once.
const MARKED_PER_PAGE: u32 = 256;
/// The same, for queues.
pub const MARKED_AT_ONCE: usize = MARKED_PER_PAGE as usize;
/// Follows come one by one when somebody looks around.
const FOLLOWS_WAIT: Duration = Duration::from_millis(300);

/// The task.
pub struct Keeping {
    /// What is in force.
    pub(crate) keeper: Keeper,
    pub(crate) store: Store,
    /// Weak: what is to be done must not keep the workers from ending.
    pub(crate) workers: Vec<mpsc::WeakSender<Work>>,
    /// `None` where no repo is fetched.
    pub(crate) walk: Option<(Walk, Lists)>,
    pub(crate) metrics: Metrics,
}

/// Why it went on.
enum Woken {
    Changed,
    Follows,
    Interval,
    Walked(Result<(), IngestError>),
}

impl Keeping {
    /// Runs until an error that trying again cannot heal.
    pub(crate) async fn run(self) -> Result<(), IngestError> {
        self.count(&self.keeper.selection());
        // Somebody's time of grace may have ended while nobody looked.
        self.keeper.follows().notify_one();
        loop {
            let row = self.keeper.row().await.clone();
            self.metrics.selection_phase.set(row.phase as i64);
            match row.phase {
                SelectionPhase::Begun => self.begin().await?,
                SelectionPhase::Parted => self.mark(row).await?,
                SelectionPhase::Marked => self.remove(row).await?,
                SelectionPhase::Removed if row.walk == 0 || self.walk.is_none() => {
                    self.advance(&row, SelectionPhase::Applied).await?;
                    tracing::info!(kept = %rules_of(&row), "the store holds what is kept, and nothing else");
                }
                SelectionPhase::Removed | SelectionPhase::Applied => self.rest(row).await?,
            }
        }
    }

    /// A new selection comes into force.
    async fn begin(&self) -> Result<(), IngestError> {
        // Nothing else is said until this one holds everywhere.
        let mut row = self.keeper.row().await;
        if row.phase != SelectionPhase::Begun {
            return Ok(());
        }
        let looked = retried(&self.metrics, || self.keeper.look(&row)).await?;
        let selection = Arc::new(looked.selection);
        self.take_over(&selection).await;
        if let Some(kept) = accounts(&selection.rules, selection.since_us) {
            retried(&self.metrics, || self.store.part(&kept)).await?;
        }
        self.save(&mut row, SelectionPhase::Parted).await
    }

    /// Returns when all that was done by the selection before is durable, and everything from now on is done by this one.
    async fn take_over(&self, selection: &Arc<Selection>) {
        self.keeper.publish((**selection).clone());
        self.count(selection);
        let mut taken = Vec::new();
        for worker in self.workers.iter().filter_map(mpsc::WeakSender::upgrade) {
            let (told, taken_over) = oneshot::channel();
            let work = Work::Select { selection: Arc::clone(selection), told };
            if worker.send(work).await.is_ok() {
                taken.push(taken_over);
            }
        }
        for taken_over in taken {
            // Without an answer the pipeline stops.
            if taken_over.await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    fn count(&self, selection: &Selection) {
        let accounts = selection.accounts().and_then(|count| i64::try_from(count).ok());
        self.metrics.kept_accounts.set(accounts.unwrap_or(-1));
    }

    /// What is newly wanted is marked as out of step, so that it is fetched, also after a crash.
    async fn mark(&self, mut row: SelectionRow) -> Result<(), IngestError> {
        let marked = self.mark_wanted().await?;
        let mut again = 0;
        while row.refetch == 1 {
            let page =
                retried(&self.metrics, || self.store.in_step(row.marked, MARKED_PER_PAGE)).await?;
            let Some(last) = page.last() else { break };
            let after = last.actor;
            again += page.len();
            self.mark_page(page).await;
            row.marked = after;
            if !self.advance(&row, SelectionPhase::Parted).await? {
                return Ok(());
            }
        }
        if marked + again > 0 {
            tracing::info!(accounts = marked, again, "newly wanted: will be fetched");
        }
        self.advance(&row, SelectionPhase::Marked).await.map(drop)
    }

    /// Marks accounts that are kept and of which nothing is here.
    async fn mark_wanted(&self) -> Result<usize, IngestError> {
        let selection = self.keeper.selection();
        let Some(kept) = accounts(&selection.rules, selection.since_us) else { return Ok(0) };
        let (mut after, mut marked) = (ActorId::from(0), 0);
        loop {
            let page =
                retried(&self.metrics, || self.store.wanted(&kept, after, MARKED_PER_PAGE)).await?;
            let Some(last) = page.last() else { return Ok(marked) };
            after = last.actor;
            marked += page.len();
            self.mark_page(page).await;
        }
    }

    /// Returns when it is durable that these are to be fetched, but for those of whom nobody knows anything.
    async fn mark_page(&self, page: Vec<Candidate>) {
        let mut marks = Vec::with_capacity(page.len());
        for Candidate { actor, did } in page {
            let (told, marked) = oneshot::channel();
            tell(&self.workers, actor, Work::Want(WantedItem { did, told })).await;
            marks.push(marked);
        }
        for marked in marks {
            if marked.await.is_ok() {
                self.metrics.wanted_accounts.inc();
            }
        }
    }

    async fn remove(&self, row: SelectionRow) -> Result<(), IngestError> {
        let selection = self.keeper.selection();
        let kept = removal(&selection.rules, selection.since_us);
        let began = Instant::now();
        let now_us = u64::try_from(now_us()).unwrap_or(0);
        let remove = || self.store.remove(&kept, now_us, |post| selection.keeps_post(post));
        retried(&self.metrics, remove).await?;
        if !selection.is_everything() {
            self.metrics.removals.inc();
            tracing::info!(kept = %selection.rules, seconds = began.elapsed().as_secs(), "what is not kept is removed");
        }
        self.advance(&row, SelectionPhase::Removed).await.map(drop)
    }

    /// Nothing is left to be done but to walk through lists, if that; until something changes.
    async fn rest(&self, row: SelectionRow) -> Result<(), IngestError> {
        let limits = self.keeper.limits();
        let interval = Duration::from_secs(limits.check_interval_s.max(1));
        let walk = self.walk.clone().filter(|_| row.phase == SelectionPhase::Removed);
        let (selection, number) = (self.keeper.selection(), row.number);
        let walk = async {
            match walk {
                Some((walk, lists)) => lists.walk(walk, number, &selection).await,
                None => std::future::pending().await,
            }
        };
        tokio::pin!(walk);
        let follows = self.keeper.follows();
        let mut next = Instant::now() + interval;
        loop {
            let woken = tokio::select! {
                () = self.keeper.changed() => Woken::Changed,
                () = follows.notified() => Woken::Follows,
                () = sleep_until(next) => Woken::Interval,
                walked = &mut walk => Woken::Walked(walked),
            };
            match woken {
                Woken::Changed => return Ok(()),
                Woken::Walked(walked) => {
                    walked?;
                    let done = SelectionRow { walk: 0, ..row };
                    return self.advance(&done, SelectionPhase::Removed).await.map(drop);
                }
                Woken::Follows => sleep(FOLLOWS_WAIT).await,
                Woken::Interval => {}
            }
            next = Instant::now() + interval;
            if self.look_again().await? {
                return Ok(());
            }
        }
    }

    /// Who is kept may have changed without anybody's saying so. Shape: whether something is to be removed.
    async fn look_again(&self) -> Result<bool, IngestError> {
        let mut row = self.keeper.row().await;
        let before = self.keeper.selection();
        if row.phase == SelectionPhase::Begun || before.rules.keeps_everybody() {
            return Ok(row.phase == SelectionPhase::Begun);
        }
        let looked = retried(&self.metrics, || self.keeper.look(&row)).await?;
        let selection = Arc::new(looked.selection);
        if selection.numbers != before.numbers || selection.inner != before.inner {
            tracing::info!(
                accounts = selection.numbers.len(),
                before = before.numbers.len(),
                "other accounts are kept by their numbers"
            );
            self.take_over(&selection).await;
        } else {
            // The time of grace goes on.
            self.keeper.publish((*selection).clone());
        }
        let Some(kept) = accounts(&selection.rules, selection.since_us) else { return Ok(false) };
        let moved = retried(&self.metrics, || self.store.held_unkept(&kept)).await?;
        let have_left = looked.have_left || moved > 0;
        if have_left {
            // Said first, so that what follows is not forgotten after a crash.
            self.save(&mut row, SelectionPhase::Marked).await?;
            retried(&self.metrics, || self.store.part(&kept)).await?;
        }
        drop(row);
        let marked = self.mark_wanted().await?;
        if marked > 0 {
            tracing::info!(accounts = marked, "newly wanted: will be fetched");
        }
        Ok(have_left)
    }

    /// Saves how far a selection has come, unless another one was said meanwhile. Shape: whether it was saved.
    async fn advance(
        &self,
        done: &SelectionRow,
        phase: SelectionPhase,
    ) -> Result<bool, IngestError> {
        let mut row = self.keeper.row().await;
        if row.number != done.number {
            return Ok(false);
        }
        (row.marked, row.walk) = (done.marked, done.walk);
        self.save(&mut row, phase).await?;
        Ok(true)
    }

    async fn save(&self, row: &mut SelectionRow, phase: SelectionPhase) -> Result<(), IngestError> {
        let next = SelectionRow { phase, version: version_after(Some(row)), ..row.clone() };
        retried(&self.metrics, || self.store.save_selection(&next)).await?;
        *row = next;
        Ok(())
    }
}
