//! [`LiveSearches`]: hears what comes, and asks every search that somebody listens to.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use firehouse_store::ArrivedPost;
use firehouse_store::read::PostWords;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::sleep;

use super::listening::LiveSearch;
use super::standing::{Key, Matching, Prepared, Standing};
use crate::search_posts_v2::asked;
use crate::{AppView, Caller, SearchPostsV2Parameters, ViewError};

/// How soon it is looked into the store when nothing is heard: somebody else may write there.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How often what searches name is looked up again: handles, lists, follows, and which words begin so.
const RENEW_EVERY: Duration = Duration::from_secs(120);
/// How long a search is asked when nobody listens any more: whoever comes back within that time misses nothing, not even deletions.
const LINGER: Duration = Duration::from_secs(300);
/// Posts that are asked about before others get their turn.
const POSTS_AT_ONCE: usize = 32;

type Heard = Receiver<Arc<[ArrivedPost]>>;

/// All live searches of a process. Cheap to clone.
#[derive(Clone)]
pub struct LiveSearches {
    app: AppView,
    standing_max: usize,
    shared: Arc<Mutex<Shared>>,
    /// Held while somebody begins to listen to what comes.
    beginning: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Default)]
struct Shared {
    standing: HashMap<Key, Arc<Standing>>,
    /// What came up to this number was looked at.
    last: u64,
    is_running: bool,
}

impl LiveSearches {
    /// Listens to nothing yet. `standing_max`: distinct searches at once.
    pub fn new(app: AppView, standing_max: usize) -> Self {
        let (shared, beginning) = (Arc::default(), Arc::default());
        Self { app, standing_max, shared, beginning }
    }

    /// Begins to listen, or goes on behind `cursor`. Errors: [`ViewError::BadQueryString`] for what nobody can search for, or not as it comes;
    /// [`ViewError::Refused`]: the cursor lies ahead, or there are too many searches.
    pub async fn listen(
        &self,
        caller: Caller,
        parameters: SearchPostsV2Parameters,
        cursor: Option<u64>,
    ) -> Result<LiveSearch, ViewError> {
        if parameters.sort.as_deref() == Some("top") {
            let why = "posts are told as they come: they have no other order";
            return Err(ViewError::BadQueryString(why.into()));
        }
        let asked = asked(parameters);
        let viewer = asked.is_of_the_viewer().then(|| caller.viewer.clone()).flatten();
        let key = Key { asked, viewer };
        let known = self.shared().standing.get(&key).cloned();
        let prepared = match known {
            Some(_) => None,
            None => Some(Prepared::new(&self.app, &key).await?),
        };
        let standing = self.stand(key, prepared).await?;
        LiveSearch::new(self.app.clone(), caller, standing, cursor)
    }

    /// The search, asked of everything that comes from now on. `prepared` unless it is known.
    async fn stand(
        &self,
        key: Key,
        prepared: Option<Prepared>,
    ) -> Result<Arc<Standing>, ViewError> {
        let _beginning = self.beginning.lock().await;
        if !self.shared().is_running {
            // In this order: what comes in between is heard, and passed over.
            let heard = self.app.store.arrivals().listen();
            let (_, last) = self.app.store.arrivals_held().await?;
            let mut shared = self.shared();
            (shared.last, shared.is_running) = (last, true);
            tokio::spawn(self.clone().run(heard));
        }
        if let Some(standing) = self.shared().standing.get(&key) {
            standing.entered();
            return Ok(Arc::clone(standing));
        }
        let prepared = match prepared {
            Some(prepared) => prepared,
            // It was left to itself this very moment.
            None => Prepared::new(&self.app, &key).await?,
        };
        let mut shared = self.shared();
        if shared.standing.len() >= self.standing_max {
            shared.standing.retain(|_, standing| !standing.is_left(Duration::ZERO));
        }
        if shared.standing.len() >= self.standing_max {
            let message = "There are too many live searches".to_owned();
            return Err(ViewError::Refused { name: "TooManySubscribers", message });
        }
        let standing = Arc::new(Standing::new(key.clone(), prepared, shared.last));
        standing.entered();
        shared.standing.insert(key, Arc::clone(&standing));
        Ok(standing)
    }

    /// Hears what comes until nobody wants to know.
    async fn run(self, mut heard: Heard) {
        loop {
            let looked = tokio::select! {
                posts = heard.recv() => match posts {
                    Ok(posts) => {
                        self.look_at(&posts).await;
                        Ok(())
                    }
                    Err(RecvError::Lagged(batches)) => {
                        tracing::debug!(batches, "live searches read from the store what they did not hear");
                        self.look_into_the_store().await
                    }
                    Err(RecvError::Closed) => self.look_into_the_store().await,
                },
                () = sleep(LOOK_EVERY) => self.look_into_the_store().await,
            };
            if let Err(error) = looked {
                tracing::debug!(%error, "live searches cannot read what came");
                sleep(LOOK_EVERY).await;
            }
            for standing in self.all() {
                let app = self.app.clone();
                if standing.is_due(RENEW_EVERY) {
                    tokio::spawn(async move { standing.renew(&app).await });
                }
            }
            self.shared().standing.retain(|_, standing| !standing.is_left(LINGER));
            if self.ends().await {
                return;
            }
        }
    }

    /// Whether nobody wants to know any more. Whoever begins meanwhile is waited for.
    async fn ends(&self) -> bool {
        if !self.shared().standing.is_empty() {
            return false;
        }
        let _beginning = self.beginning.lock().await;
        let mut shared = self.shared();
        shared.is_running = !shared.standing.is_empty();
        !shared.is_running
    }

    /// Reads what another process wrote, or what was not heard.
    async fn look_into_the_store(&self) -> Result<(), ViewError> {
        loop {
            let last = self.shared().last;
            let posts = self.app.store.arrivals_behind(last).await?;
            if posts.is_empty() {
                return Ok(());
            }
            self.look_at(&posts).await;
        }
    }

    /// Asks every search of these posts, as far as they are new.
    async fn look_at(&self, posts: &[ArrivedPost]) {
        let (all, last) = {
            let mut shared = self.shared();
            let last = shared.last;
            shared.last = posts.last().map_or(last, |post| post.number.max(last));
            (shared.standing.values().cloned().collect::<Vec<_>>(), last)
        };
        let Some(through) = posts.last().map(|post| post.number).filter(|&n| n > last) else {
            return;
        };
        let mut matching: Vec<_> = all.iter().map(|standing| Matching::new(standing)).collect();
        for posts in posts.chunks(POSTS_AT_ONCE) {
            for post in posts.iter().filter(|post| post.number > last) {
                let words = PostWords::new(post);
                matching.iter_mut().for_each(|matching| matching.ask(post, &words));
            }
            tokio::task::yield_now().await;
        }
        for (standing, matching) in all.iter().zip(matching) {
            standing.advance(&matching.found, through);
        }
    }

    fn all(&self) -> Vec<Arc<Standing>> {
        self.shared().standing.values().cloned().collect()
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
