//! [`Enumeration`]: which repos there are, page by page, many hosts at once.
//!
//! An empty page is not the end, a cursor that repeats is no page, and a host that fails is tried again for a while. Each page says where
//! to resume after it; what was not saved is listed again.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use firehouse_types::{Did, Nsid};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_util::task::AbortOnDropHandle;

use crate::client::SyncClient;
use crate::config::Config;
use crate::disposition::Disposition;
use crate::error::FetchError;
use crate::host::Host;
use crate::listing::{CursorWatch, HostFilter, Listing, Plan, Position, Progress, Source};
use crate::pages::{HostStatus, ListedHost, ListedRepo, Page};

/// Repos on one page of those the caller named.
const DIDS_PAGE: usize = 1_000;

/// A walk through lists. Stops when it is dropped.
pub struct Enumeration {
    listings: mpsc::Receiver<Listing>,
    /// `None` once it has ended.
    walking: Option<AbortOnDropHandle<()>>,
}

/// What each list needs.
#[derive(Clone)]
struct Walker {
    client: SyncClient,
    listings: mpsc::Sender<Listing>,
    saved: Arc<HashMap<Host, Option<Box<str>>>>,
}

/// One list.
struct List {
    source: Source,
    /// `None` for all repos.
    collection: Option<Nsid>,
}

impl Enumeration {
    /// Begins to walk; lists whose position was saved are resumed there, or left out when they were done. Save nothing, and it begins
    /// from the start: cursors may mean something else after weeks.
    ///
    /// Must be called inside a tokio runtime.
    pub fn start(
        client: SyncClient,
        plan: Plan,
        saved: impl IntoIterator<Item = Position>,
    ) -> Self {
        let (listings, taken) = mpsc::channel(1);
        let saved = saved.into_iter().map(|position| (position.host, position.cursor)).collect();
        let walker = Walker { client, listings, saved: Arc::new(saved) };
        let walking = AbortOnDropHandle::new(tokio::spawn(walker.walk(plan)));
        Self { listings: taken, walking: Some(walking) }
    }

    /// The next page of any list; `None` when all are done.
    pub async fn next(&mut self) -> Option<Listing> {
        let listing = self.listings.recv().await;
        if listing.is_none()
            && let Some(walking) = self.walking.take()
        {
            resume_panic(walking.await);
        }
        listing
    }
}

impl Walker {
    async fn walk(self, plan: Plan) {
        let mut lists = Lists::new(self.clone());
        match plan {
            Plan::Network { relay, hosts } => {
                lists.add(List { source: Source::Relay(relay.clone()), collection: None }).await;
                self.hosts(&relay, &hosts, &mut lists).await;
            }
            Plan::Relay(relay) => {
                lists.add(List { source: Source::Relay(relay), collection: None }).await;
            }
            Plan::Hosts(hosts) => {
                for host in hosts {
                    lists.add(List { source: Source::Pds(host), collection: None }).await;
                }
            }
            Plan::Collection { host, collection } => {
                let source = Source::Relay(host);
                lists.add(List { source, collection: Some(collection) }).await;
            }
            Plan::Dids(dids) => self.dids(&dids).await,
        }
        while let Some(ended) = lists.running.join_next().await {
            resume_panic(ended);
        }
    }

    /// Adds the list of every host that a relay names and that is to be asked.
    async fn hosts(&self, relay: &Host, asked: &HostFilter, lists: &mut Lists) {
        let (mut cursor, mut watch) = (None::<Box<str>>, CursorWatch::default());
        loop {
            let page = self.host_page(relay, cursor.as_deref()).await;
            let page = match page.and_then(|page| self.watched(page, &mut watch)) {
                Ok(page) => page,
                Err(error) => return self.failed(Source::Relay(relay.clone()), error).await,
            };
            for listed in page.items.into_iter().filter(|host| host.status != HostStatus::Banned) {
                if listed.host != *relay && asked.takes(&listed.host) {
                    lists.add(List { source: Source::Pds(listed.host), collection: None }).await;
                }
            }
            match page.cursor {
                Some(next) => cursor = Some(next),
                None => return,
            }
        }
    }

    async fn dids(&self, dids: &[Did]) {
        for page in dids.chunks(DIDS_PAGE) {
            let repo = |did: &Did| {
                let did = did.clone();
                ListedRepo { did, head: None, rev: None, active: true, status: None }
            };
            let repos = page.iter().map(repo).collect();
            if !self.hand_on(Source::Dids, repos, Progress::Done).await {
                return;
            }
        }
    }

    /// Walks one list to its end.
    async fn list(&self, list: List) {
        let Some(host) = list.source.host() else { return };
        let mut cursor = match self.saved.get(host) {
            Some(None) => return,
            Some(Some(cursor)) => Some(cursor.clone()),
            None => None,
        };
        let mut watch = CursorWatch::default();
        loop {
            let page = self.page(host, list.collection.as_ref(), cursor.as_deref()).await;
            let page = match page.and_then(|page| self.watched(page, &mut watch)) {
                Ok(page) => page,
                Err(error) => return self.failed(list.source, error).await,
            };
            let progress = page.cursor.clone().map_or(Progress::Done, Progress::Cursor);
            let goes_on = self.hand_on(list.source.clone(), page.items, progress).await;
            match page.cursor {
                Some(next) if goes_on => cursor = Some(next),
                _ => return,
            }
        }
    }

    async fn page(
        &self,
        host: &Host,
        collection: Option<&Nsid>,
        cursor: Option<&str>,
    ) -> Result<Page<ListedRepo>, FetchError> {
        let mut patience = Patience::new(&self.client);
        loop {
            let page = match collection {
                None => self.client.list_repos(host, cursor).await,
                Some(collection) => {
                    self.client.list_repos_by_collection(host, collection, cursor).await
                }
            };
            match page {
                Err(error) => patience.wait(error).await?,
                page => return page,
            }
        }
    }

    async fn host_page(
        &self,
        relay: &Host,
        cursor: Option<&str>,
    ) -> Result<Page<ListedHost>, FetchError> {
        let mut patience = Patience::new(&self.client);
        loop {
            match self.client.list_hosts(relay, cursor).await {
                Err(error) => patience.wait(error).await?,
                page => return page,
            }
        }
    }

    fn watched<T>(&self, page: Page<T>, watch: &mut CursorWatch) -> Result<Page<T>, FetchError> {
        let pages_max = self.client.inner.config.list_pages_max;
        match &page.cursor {
            Some(cursor) if watch.repeats(cursor) || watch.steps() >= pages_max => {
                Err(FetchError::CursorRepeats)
            }
            _ => Ok(page),
        }
    }

    async fn failed(&self, source: Source, error: FetchError) {
        self.hand_on(source, Vec::new(), Progress::Failed(error)).await;
    }

    /// Hands a page on and waits until it is dealt with. False when nobody wants any more.
    async fn hand_on(&self, source: Source, repos: Vec<ListedRepo>, progress: Progress) -> bool {
        let (turn, dropped) = oneshot::channel();
        let listing = Listing { source, repos, progress, _turn: Some(turn) };
        if self.listings.send(listing).await.is_err() {
            return false;
        }
        // Nothing is ever sent: that the page was dropped is the message.
        let _ = dropped.await;
        true
    }
}

/// Tries again what may succeed later, for a while.
struct Patience<'c> {
    config: &'c Config,
    attempts: u32,
}

impl<'c> Patience<'c> {
    fn new(client: &'c SyncClient) -> Self {
        Self { config: &client.inner.config, attempts: 0 }
    }

    /// Waits as long as the failure suggests, or returns it when that is of no use any more.
    async fn wait(&mut self, error: FetchError) -> Result<(), FetchError> {
        self.attempts += 1;
        let Disposition::Retry { after } = error.disposition() else { return Err(error) };
        if self.attempts >= self.config.attempts_max {
            return Err(error);
        }
        let after = after.unwrap_or_default().min(self.config.backoff_max());
        tokio::time::sleep(after.max(self.config.backoff(self.attempts))).await;
        Ok(())
    }
}

/// The lists that are being walked, as many at once as configured, each host once.
struct Lists {
    walker: Walker,
    running: JoinSet<()>,
    places: Arc<Semaphore>,
    seen: HashSet<Host>,
}

impl Lists {
    fn new(walker: Walker) -> Self {
        let places = Arc::new(Semaphore::new(walker.client.inner.config.list_hosts_max.max(1)));
        Self { walker, running: JoinSet::new(), places, seen: HashSet::new() }
    }

    /// Waits for a place.
    async fn add(&mut self, list: List) {
        if !list.source.host().is_some_and(|host| self.seen.insert(host.clone())) {
            return;
        }
        // Never closed, so there is always a place to wait for.
        let place = self.places.clone().acquire_owned().await;
        while let Some(ended) = self.running.try_join_next() {
            resume_panic(ended);
        }
        let walker = self.walker.clone();
        self.running.spawn(async move {
            let _place = place;
            walker.list(list).await;
        });
    }
}

/// A bug of ours must not look like the end of a list.
pub(crate) fn resume_panic(ended: Result<(), tokio::task::JoinError>) {
    if let Err(Ok(panic)) = ended.map_err(tokio::task::JoinError::try_into_panic) {
        std::panic::resume_unwind(panic);
    }
}
