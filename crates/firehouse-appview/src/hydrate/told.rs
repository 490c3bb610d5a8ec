//! What accounts told only us about what one answer shows: the viewer's mutes, bookmarks and subscriptions, and how often posts are bookmarked.

use std::collections::{BTreeSet, HashMap, HashSet};

use firehouse_store::read::RecordKey;
use firehouse_store::{AccountMute, Bookmarks, Store};
use firehouse_types::ActorId;

use crate::ViewError;

/// All of it that was asked for.
#[derive(Debug, Default)]
pub(crate) struct Told {
    mutes: HashMap<ActorId, AccountMute>,
    /// By which lists. The first one is shown.
    list_mutes: HashMap<ActorId, BTreeSet<RecordKey>>,
    muted_threads: HashSet<RecordKey>,
    bookmarks: HashMap<RecordKey, Bookmarks>,
    subscriptions: HashMap<ActorId, Subscription>,
}

/// app.bsky.notification.defs#activitySubscription: which of an account's activity the viewer wants to hear of.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub struct Subscription {
    /// Its posts.
    pub post: bool,
    /// Its replies.
    pub reply: bool,
}

/// What it is asked for.
#[derive(Default)]
pub(crate) struct About<'a> {
    pub actors: &'a [ActorId],
    pub posts: &'a [RecordKey],
    /// Of the threads that the posts are in.
    pub roots: &'a [RecordKey],
    pub subscriptions: &'a [ActorId],
}

impl Told {
    /// Five queries, at once; for anonymous callers one.
    pub async fn load(
        store: &Store,
        viewer: Option<ActorId>,
        about: About<'_>,
    ) -> Result<Self, ViewError> {
        let bookmarks = store.bookmarks_of(viewer, about.posts);
        let Some(viewer) = viewer else {
            return Ok(Self { bookmarks: by_post(bookmarks.await?), ..Self::default() });
        };
        let (mutes, list_mutes, threads, bookmarks, subscriptions) = tokio::try_join!(
            store.account_mutes(viewer, about.actors),
            store.list_mutes(viewer, about.actors),
            store.thread_mutes(viewer, about.roots),
            bookmarks,
            store.activity_subscriptions(viewer, about.subscriptions),
        )?;
        let subscriptions = subscriptions
            .iter()
            .map(|row| (row.subject, Subscription { post: row.post(), reply: row.reply() }));
        let mut by_subject: HashMap<_, BTreeSet<_>> = HashMap::new();
        for row in list_mutes {
            by_subject.entry(row.subject).or_default().insert(row.list());
        }
        // Nobody mutes himself.
        let mutes = mutes.into_iter().filter(|row| row.subject != viewer);
        Ok(Self {
            mutes: mutes.map(|row| (row.subject, row)).collect(),
            list_mutes: by_subject,
            muted_threads: threads.into_iter().collect(),
            bookmarks: by_post(bookmarks),
            subscriptions: subscriptions.collect(),
        })
    }

    /// Takes over what was asked for later.
    pub fn extend(&mut self, later: Self) {
        self.mutes.extend(later.mutes);
        self.list_mutes.extend(later.list_mutes);
        self.muted_threads.extend(later.muted_threads);
        self.bookmarks.extend(later.bookmarks);
        self.subscriptions.extend(later.subscriptions);
    }

    /// How much of an account the viewer mutes by naming it.
    pub fn mute(&self, actor: ActorId) -> Option<AccountMute> {
        self.mutes.get(&actor).copied()
    }

    /// The list by which the viewer mutes an account.
    pub fn list_mute(&self, actor: ActorId) -> Option<RecordKey> {
        self.list_mutes.get(&actor)?.first().copied()
    }

    /// Lists by which the viewer mutes somebody here.
    pub fn lists_muting(&self) -> impl Iterator<Item = RecordKey> {
        self.list_mutes.values().flatten().copied()
    }

    /// Forgets mutes by lists that this caller may not see.
    pub fn retain_lists(&mut self, is_seen: impl Fn(RecordKey) -> bool) {
        self.list_mutes.values_mut().for_each(|lists| lists.retain(|list| is_seen(*list)));
    }

    /// Whether the viewer mutes the thread that begins with a post.
    pub fn is_thread_muted(&self, root: RecordKey) -> bool {
        self.muted_threads.contains(&root)
    }

    /// How often a post is bookmarked, and whether by the viewer.
    pub fn bookmarks(&self, post: RecordKey) -> (u64, bool) {
        self.bookmarks.get(&post).map_or((0, false), |row| (row.count, row.by_viewer()))
    }

    /// What the viewer wants to hear of an account, whatever that one allows.
    pub fn subscription(&self, actor: ActorId) -> Option<Subscription> {
        self.subscriptions.get(&actor).copied()
    }
}

fn by_post(rows: Vec<Bookmarks>) -> HashMap<RecordKey, Bookmarks> {
    rows.into_iter().map(|row| (row.subject(), row)).collect()
}
