//! [`Standing`]: one distinct search, asked of each post as it comes, whoever and however many listen.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use firehouse_store::ArrivedPost;
use firehouse_store::read::{Condition, FoundPost, Members, PostWords, RecordKey};
use moka::future::Cache;
use tokio::sync::watch;

use super::ring::{Entry, Ring, What};
use crate::search::{Asked, Least, Search};
use crate::search_posts::shown;
use crate::{AppView, AppliedLabeler, Caller, ViewError};

/// Accounts that a search may name by lists and follows. Units: accounts, some 30 bytes each.
const MEMBERS_MAX: usize = 100_000;
/// How long views that were made for one anonymous caller serve the others, who hear the same at the same moment.
const SHOWN_FOR: Duration = Duration::from_secs(2);
const SHOWN_MAX: u64 = 16;

/// What tells two searches apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub asked: Asked,
    /// Where it depends on who asks.
    pub viewer: Option<firehouse_types::Did>,
}

/// A search, with what it needs of other tables.
#[derive(Debug)]
pub(super) struct Prepared {
    pub search: Search,
    members: Members,
}

/// A post as it is told.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    pub key: RecordKey,
    pub uri: Box<str>,
    /// A postView.
    pub json: Arc<str>,
}

/// Posts as all anonymous callers see them who want to hear of the same labelers.
type ShownCache = Cache<(Vec<u64>, Arc<[AppliedLabeler]>), Arc<Vec<Shown>>>;

/// A search that somebody listens to, or did a moment ago.
pub(super) struct Standing {
    key: Key,
    prepared: RwLock<Arc<Prepared>>,
    ring: Mutex<Ring>,
    /// Up to where all was looked at.
    moved: watch::Sender<u64>,
    listeners: AtomicUsize,
    since: Mutex<Times>,
    shown: ShownCache,
}

struct Times {
    left: Instant,
    prepared: Instant,
}

impl Prepared {
    /// Looks up what a search names. Errors: [`ViewError::BadQueryString`] for what cannot be asked of a post that was just written.
    pub async fn new(app: &AppView, key: &Key) -> Result<Self, ViewError> {
        let caller = Caller { viewer: key.viewer.clone(), ..Caller::default() };
        let search = key.asked.clone().search(app, &caller).await?;
        let refused = |what: &str| {
            let why =
                format!("{what} cannot be asked of posts as they come; search for it instead");
            Err(ViewError::BadQueryString(why))
        };
        if search.least != Least::default() {
            return refused("min_likes: and min_reposts:");
        }
        if search.sort.is_some() {
            return refused("sort:");
        }
        let condition = &search.posts.condition;
        if condition.leaves().iter().any(|leaf| matches!(leaf, Condition::Labelled(..))) {
            return refused("label:");
        }
        let members = app.store.members(condition, MEMBERS_MAX + 1).await?;
        if members.count() > MEMBERS_MAX {
            let why = format!("lists and follows name more than {MEMBERS_MAX} accounts");
            return Err(ViewError::BadQueryString(why));
        }
        Ok(Self { search, members })
    }
}

impl Standing {
    pub fn new(key: Key, prepared: Prepared, since: u64) -> Self {
        let now = Instant::now();
        Self {
            key,
            prepared: RwLock::new(Arc::new(prepared)),
            ring: Mutex::new(Ring::new(since)),
            moved: watch::channel(since).0,
            listeners: AtomicUsize::new(0),
            since: Mutex::new(Times { left: now, prepared: now }),
            shown: Cache::builder().max_capacity(SHOWN_MAX).time_to_live(SHOWN_FOR).build(),
        }
    }

    /// What is asked now.
    pub fn prepared(&self) -> Arc<Prepared> {
        Arc::clone(&self.prepared.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether what the search names was looked up that long ago. Says so once.
    pub fn is_due(&self, after: Duration) -> bool {
        let mut times = locked(&self.since);
        let is_due = times.prepared.elapsed() >= after;
        if is_due {
            times.prepared = Instant::now();
        }
        is_due
    }

    /// Looks up again what the search names. What cannot be had now is asked for again the next time.
    pub async fn renew(&self, app: &AppView) {
        match Prepared::new(app, &self.key).await {
            Ok(prepared) => {
                *self.prepared.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(prepared);
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::debug!(error, "a live search goes on with what it knew");
            }
        }
    }

    pub fn ring(&self) -> MutexGuard<'_, Ring> {
        locked(&self.ring)
    }

    /// Told of every step.
    pub fn moved(&self) -> watch::Receiver<u64> {
        self.moved.subscribe()
    }

    /// All up to this number was looked at, and this is what matches.
    pub fn advance(&self, found: &[Entry], through: u64) {
        self.ring().advance(found, through);
        self.moved.send_replace(through);
    }

    pub fn entered(&self) {
        self.listeners.fetch_add(1, Ordering::Relaxed);
    }

    pub fn left(&self) {
        locked(&self.since).left = Instant::now();
        self.listeners.fetch_sub(1, Ordering::Relaxed);
    }

    /// Whether nobody has listened for so long.
    pub fn is_left(&self, for_: Duration) -> bool {
        self.listeners.load(Ordering::Relaxed) == 0 && locked(&self.since).left.elapsed() >= for_
    }

    /// These posts as this caller sees them. Without those that it may not see, that are gone or have another version.
    pub async fn shown(
        &self,
        app: &AppView,
        caller: &Caller,
        found: &[(u64, FoundPost)],
    ) -> Result<Arc<Vec<Shown>>, Arc<ViewError>> {
        let is_mild = self.prepared().search.has_author;
        let posts: Vec<FoundPost> = found.iter().map(|(_, post)| *post).collect();
        let is_anonymous = caller.viewer.is_none() && !caller.privileged;
        let made = async {
            let views = shown(&app.for_request(), caller, &posts, is_mild).await?;
            let views =
                views.into_iter().filter(|(_, view)| !is_anonymous || !view.is_for_members());
            let shown = views.filter_map(|(key, view)| {
                let json = serde_json::to_string(&view).ok()?;
                Some(Shown { key, uri: view.uri.into(), json: json.into() })
            });
            Ok(Arc::new(shown.collect()))
        };
        if !is_anonymous {
            return made.await.map_err(Arc::new);
        }
        let numbers = found.iter().map(|(number, _)| *number).collect();
        self.shown.try_get_with((numbers, Arc::clone(&caller.labelers)), made).await
    }
}

/// What matches a search among posts that came.
pub(super) struct Matching {
    prepared: Arc<Prepared>,
    pub found: Vec<Entry>,
}

impl Matching {
    pub fn new(standing: &Standing) -> Self {
        Self { prepared: standing.prepared(), found: Vec::new() }
    }

    pub fn ask(&mut self, post: &ArrivedPost, words: &PostWords<'_>) {
        let number = post.number;
        let key = (post.text.actor, post.text.rkey);
        if post.text.deleted != 0 {
            self.found.push(Entry { number, what: What::Went(key) });
        } else if self.prepared.search.posts.finds(words, &self.prepared.members) {
            self.found.push(Entry { number, what: What::Came(FoundPost::of(&post.text)) });
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
