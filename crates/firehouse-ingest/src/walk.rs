//! [`Walk`]: goes through lists of repos and has those fetched that are missing here or behind.
//!
//! Where each list stands is saved once every repo of a page, and of the pages before it, is dealt with, so that a walk that was
//! interrupted is resumed there. A list knows revs that nobody has proven: they only say what is worth a fetch.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use firehouse_backfill::{
    Enumeration, Host, Job, ListedRepo, Listing, Plan, Position, Priority, Progress, Reason,
    Scheduler, Source, SubmitError, SyncClient,
};
use firehouse_schema::{ActorStatus, RepoRow, RepoState};
use firehouse_store::{Account, Store};
use firehouse_types::{ActorId, Did, Rev};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::JoinSet;

use crate::account::UNKNOWN_START;
use crate::asked::{Asked, End, RepoEnd};
use crate::error::IngestError;
use crate::flush::retried;
use crate::keep::{Keeper, Selection};
use crate::metrics::{Metrics, now_us};
use crate::standing::{Standings, status_of};
use crate::walked::Walked;

/// Repos that wait for their end at once, over all lists; pages beyond wait. Units: repos, about 500 bytes each.
const PENDING_MAX: usize = 20_000;
/// A listed rev further ahead of our clock says nothing. Units: microseconds.
const AHEAD_US_MAX: i64 = 300_000_000;

/// Looks for repos that are missing here.
#[derive(Clone)]
pub struct Walk {
    /// Where positions are, and what is held.
    pub store: Store,
    /// Asks hosts for their lists.
    pub client: SyncClient,
    /// Fetches.
    pub scheduler: Scheduler,
    /// Says what became of each; that of the pipeline.
    pub asked: Asked,
    /// Finds out about accounts that are listed otherwise than they stand here; that of the pipeline.
    pub standings: Standings,
    /// Whether repos are left out of which nothing is held.
    pub held_only: bool,
    /// How long a repo that is only behind may be on its way over the stream before it is fetched; none when nothing is followed.
    pub patience: Duration,
    /// Counts.
    pub walked: Walked,
    /// What is kept: others are left out.
    pub keeper: Keeper,
    /// Of the pipeline.
    pub metrics: Metrics,
}

/// One walk under way.
#[derive(Clone)]
struct Round {
    walk: Walk,
    name: Arc<str>,
    number: u64,
    /// Whether each repo was asked for by name.
    is_named: bool,
    /// How many more may be asked for.
    left: Arc<AtomicU64>,
}

/// What is to be done about a page.
#[derive(Default)]
struct Findings {
    /// Repos to be fetched.
    jobs: Vec<Job>,
    /// Accounts that stand otherwise here, or whose repo cannot be fetched while they do: with what the list says of them.
    others: Vec<(Did, ActorStatus, Option<Rev>)>,
    /// Active accounts that are not kept.
    not_kept: u64,
}

/// One page of a list.
struct Page {
    repos: Vec<ListedRepo>,
    pds: Option<Host>,
    /// Whether it says how accounts stand.
    has_statuses: bool,
    position: Option<Position>,
    /// The page before, of the same list.
    before: Option<oneshot::Receiver<()>>,
    /// Told when this page and those before are dealt with.
    dealt_with: oneshot::Sender<()>,
    _places: OwnedSemaphorePermit,
}

impl Walk {
    /// Walks to the end of the plan, or until `limit` repos were asked for, and returns when each of them has ended. `name` tells walks
    /// apart whose positions are saved: one that was completed begins anew. Shape: whether every list was read to its end.
    /// Errors: [`IngestError`]; walking again resumes.
    pub async fn run(
        &self,
        name: &str,
        plan: Plan,
        limit: Option<u64>,
    ) -> Result<bool, IngestError> {
        let positions = retried(&self.metrics, || self.store.positions(name)).await?;
        let saved: Vec<_> = positions.lists.into_iter().filter_map(position).collect();
        if !saved.is_empty() {
            tracing::info!(walk = name, lists = saved.len(), "resumed where it was interrupted");
        }
        let is_named = matches!(plan, Plan::Dids(_));
        let has_statuses = !matches!(plan, Plan::Dids(_) | Plan::Collection { .. });
        let round = Round {
            walk: self.clone(),
            name: name.into(),
            number: positions.round,
            is_named,
            left: Arc::new(AtomicU64::new(limit.unwrap_or(u64::MAX))),
        };
        let places = Arc::new(Semaphore::new(PENDING_MAX));
        let mut enumeration = Enumeration::start(self.client.clone(), plan, saved);
        let mut pages = JoinSet::new();
        let mut lists: HashMap<Host, oneshot::Receiver<()>> = HashMap::new();
        // A list that fails does not keep the round from ending: it is read from its beginning in the next.
        let mut is_whole = true;
        while round.left.load(Ordering::Relaxed) > 0
            && let Some(mut listing) = enumeration.next().await
        {
            while let Some(ended) = pages.try_join_next() {
                is_whole &= page_ended(ended)?;
            }
            self.count(&listing);
            let repos = std::mem::take(&mut listing.repos);
            let count = u32::try_from(repos.len().min(PENDING_MAX)).unwrap_or(u32::MAX);
            // Never closed, so there is always a place to wait for.
            let Ok(place) = Arc::clone(&places).acquire_many_owned(count).await else { break };
            let (dealt_with, next) = oneshot::channel();
            let before = host(&listing.source).and_then(|host| lists.insert(host.clone(), next));
            let (pds, position) = (listing.pds().cloned(), listing.position());
            let page =
                Page { repos, pds, has_statuses, position, before, dealt_with, _places: place };
            pages.spawn(round.clone().page(page));
        }
        is_whole &= enumeration.next().await.is_none();
        drop(enumeration);
        while let Some(ended) = pages.join_next().await {
            is_whole &= page_ended(ended)?;
        }
        if is_whole && !is_named {
            retried(&self.metrics, || self.store.begin_round(name, positions.round + 1)).await?;
        }
        Ok(is_whole)
    }

    /// The hosts that a list of things to do still names, such as upstreams with a gap.
    pub async fn left_to_do(&self, list: &str) -> Result<Vec<Box<str>>, IngestError> {
        let lists = retried(&self.metrics, || self.store.positions(list)).await?.lists;
        Ok(lists.into_iter().filter(|(_, at)| at.is_some()).map(|(host, _)| host).collect())
    }

    /// Puts a host on such a list, or takes it off, and returns once that is durable.
    pub async fn note(&self, list: &str, host: &str, to_do: bool) -> Result<(), IngestError> {
        let at = to_do.then_some("");
        retried(&self.metrics, || self.store.save_position(list, 0, host, at)).await
    }

    fn count(&self, listing: &Listing) {
        let mut walked = self.walked.figures();
        walked.listed += listing.repos.len() as u64;
        match &listing.progress {
            Progress::Cursor(_) => {}
            Progress::Done => walked.lists += 1,
            Progress::Failed(error) => {
                let host = host(&listing.source).map_or("", Host::as_str);
                tracing::warn!(
                    host,
                    error = error as &dyn std::error::Error,
                    "a list of repos could not be read to its end"
                );
                walked.lists_failed.insert(host.into(), error.as_str());
            }
        }
    }
}

impl Round {
    /// Deals with one page. Shape: whether all of it was, as far as its hosts allow.
    async fn page(self, page: Page) -> Result<bool, IngestError> {
        let Page { repos, pds, has_statuses, position, before, dealt_with, _places } = page;
        let Findings { jobs, others, .. } =
            self.findings(&repos, pds.as_ref(), has_statuses).await?;
        drop(repos);
        let mut answers = Vec::with_capacity(others.len());
        for (did, status, rev) in others {
            answers.push(self.walk.standings.ask(did, status, rev).await);
        }
        let (mut ends, mut is_whole) = (Vec::with_capacity(jobs.len()), true);
        for job in jobs {
            let end = self.walk.asked.end_of(&job.did);
            if end.is_first {
                let take = |left: u64| left.checked_sub(1);
                if self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_err() {
                    self.walk.asked.ended(&job.did, RepoEnd::InStep);
                    is_whole = false;
                    break;
                }
                self.walk.walked.figures().asked += 1;
                if self.walk.scheduler.submit(&job).await == Err(SubmitError::Stopped) {
                    return Ok(false);
                }
            }
            ends.push(end);
        }
        for End { told, is_first } in ends {
            // Without an end the pipeline stops; then nothing may be saved.
            let Ok(end) = told.await else { return Ok(false) };
            if is_first {
                self.walk.walked.ended(end);
            }
        }
        for answer in answers {
            // Without one nobody can say, or nobody knows the account.
            let _ = answer.await;
        }
        if let Some(before) = before
            && before.await.is_err()
        {
            return Ok(false);
        }
        if let Some(Position { host, cursor }) = position.filter(|_| is_whole) {
            let Walk { store, metrics, .. } = &self.walk;
            let (host, cursor) = (host.as_str(), cursor.as_deref());
            retried(metrics, || store.save_position(&self.name, self.number, host, cursor)).await?;
        }
        if is_whole {
            // Nobody waits behind the last page.
            let _ = dealt_with.send(());
        }
        Ok(is_whole)
    }

    /// What is to be done about a page.
    async fn findings(
        &self,
        repos: &[ListedRepo],
        pds: Option<&Host>,
        has_statuses: bool,
    ) -> Result<Findings, IngestError> {
        let mut found = self.compare(repos, pds, has_statuses).await?;
        let may_come = found.jobs.iter().any(|job| job.reason == Reason::Behind);
        if (may_come || !found.others.is_empty()) && !self.walk.patience.is_zero() {
            // What is said at this moment is on its way over the stream.
            tokio::time::sleep(self.walk.patience).await;
            found = self.compare(repos, pds, has_statuses).await?;
        }
        let inactive = repos.iter().filter(|repo| !repo.active).count();
        let mut walked = self.walk.walked.figures();
        walked.inactive += inactive as u64;
        walked.not_kept += found.not_kept;
        walked.in_step += (repos.len() - inactive - found.jobs.len()) as u64 - found.not_kept;
        Ok(found)
    }

    /// Compares a page with what is held.
    async fn compare(
        &self,
        repos: &[ListedRepo],
        pds: Option<&Host>,
        has_statuses: bool,
    ) -> Result<Findings, IngestError> {
        let selection = self.walk.keeper.selection();
        let may_be = |repo: &&ListedRepo| selection.by_number(repo.did.actor()) != Some(false);
        let listed: Vec<_> = repos.iter().filter(may_be).collect();
        let actors: Vec<ActorId> = listed.iter().map(|repo| repo.did.actor()).collect();
        let held = retried(&self.walk.metrics, || self.walk.store.accounts(&actors)).await?;
        let held: HashMap<ActorId, Account> =
            held.into_iter().map(|account| (account.actor.actor, account)).collect();
        let mut found = Findings::default();
        for repo in repos {
            let held = held.get(&repo.did.actor());
            // A PDS says forever of who left it that they are not active there.
            if has_statuses
                && let Some(held) = held
                && pds.is_none_or(|host| lives_at(held, host))
            {
                found.others.extend(stands_otherwise(repo, held));
            }
            if !repo.active {
                continue;
            }
            if !self.is_kept(&selection, repo, held, pds) {
                found.not_kept += 1;
            } else if let Some(reason) = self.reason(repo, held) {
                let rev = held.and_then(|held| held.repo.as_ref()).map(|repo| repo.rev);
                found.jobs.push(Job {
                    did: repo.did.clone(),
                    host: pds.cloned(),
                    reason,
                    priority: if self.is_named { Priority::High } else { Priority::Low },
                    not_before: rev.filter(|rev| rev.get() != 0),
                });
            }
        }
        Ok(found)
    }

    fn is_kept(
        &self,
        selection: &Selection,
        repo: &ListedRepo,
        held: Option<&Account>,
        pds: Option<&Host>,
    ) -> bool {
        let actor = repo.did.actor();
        let lives_at = held.map_or("", |held| &*held.actor.pds);
        match pds {
            _ if selection.by_number(actor) == Some(false) => false,
            // Whoever is asked for by name is asked where it lives first.
            _ if self.is_named && lives_at.is_empty() => true,
            Some(host) if !self.is_named => selection.keeps_account(actor, host.as_str()),
            // Where others list accounts that nobody has seen, their own hosts list them, too.
            _ => selection.keeps_account(actor, lives_at),
        }
    }

    /// Why a listed repo is to be fetched, if it is.
    fn reason(&self, listed: &ListedRepo, held: Option<&Account>) -> Option<Reason> {
        match held.and_then(|held| held.repo.as_ref()) {
            _ if self.is_named => Some(Reason::Requested),
            None if self.walk.held_only => None,
            None => Some(Reason::New),
            Some(held) if held.rev.get() == 0 || held.reason == UNKNOWN_START => Some(Reason::New),
            Some(held) if held.state == RepoState::Desynchronized => Some(Reason::Desynchronized),
            Some(held) => is_newer(listed, held).then_some(Reason::Behind),
        }
    }
}

/// What a list says of an account that may stand otherwise than it does here, or of whose repo something is missing that nobody gives.
fn stands_otherwise(
    listed: &ListedRepo,
    held: &Account,
) -> Option<(Did, ActorStatus, Option<Rev>)> {
    let here = held.actor.status;
    let is_behind = held.repo.as_ref().is_some_and(|repo| {
        repo.rev.get() != 0 && repo.state == RepoState::Synchronized && is_newer(listed, repo)
    });
    let is_other = match here {
        ActorStatus::Mentioned => false,
        ActorStatus::Active => !listed.active,
        ActorStatus::Deleted => listed.active,
        _ => listed.active || is_behind,
    };
    let status = status_of(listed.active, listed.status);
    is_other.then(|| (listed.did.clone(), status, credible(listed.rev)))
}

fn lives_at(held: &Account, host: &Host) -> bool {
    let pds = held.actor.pds.parse().ok().and_then(|pds| Host::of_url(&pds).ok());
    pds.is_some_and(|pds| pds == *host)
}

fn is_newer(listed: &ListedRepo, held: &RepoRow) -> bool {
    credible(listed.rev).is_some_and(|rev| rev > held.rev)
}

/// A rev that can be: one from the future would be newer than all that ever comes.
fn credible(rev: Option<Rev>) -> Option<Rev> {
    let latest_us = u64::try_from(now_us() + AHEAD_US_MAX).unwrap_or(0);
    rev.filter(|rev| rev.get() >> 10 <= latest_us)
}

fn host(source: &Source) -> Option<&Host> {
    match source {
        Source::Pds(host) | Source::Relay(host) => Some(host),
        Source::Dids => None,
    }
}

fn position((host, cursor): (Box<str>, Option<Box<str>>)) -> Option<Position> {
    let host = Host::of_url(&host.parse().ok()?).ok()?;
    Some(Position { host, cursor })
}

fn page_ended(
    ended: Result<Result<bool, IngestError>, tokio::task::JoinError>,
) -> Result<bool, IngestError> {
    ended.map_err(|_| IngestError::TaskEnded { task: "page of a walk" })?
}
