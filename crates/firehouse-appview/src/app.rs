//! [`AppView`]: what every method needs; [`Caller`] and [`Answer`]: who asks, and what goes back.

use std::sync::Arc;

use firehouse_identity::Resolver;
use firehouse_schema::ActorStatus;
use firehouse_store::Store;
use firehouse_types::{ActorId, Did, Rev};
use url::Url;

use crate::best_named::BestNamed;
use crate::client_config::LiveNow;
use crate::followed_names::FollowedNames;
use crate::hydrate::State;
use crate::popular::Popular;
use crate::recommender::Recommender;
use crate::saved_searches::SavedSearch;
use crate::search::{KeptTops, Sampled};
use crate::skeleton::{Forwarded, Generators};
use crate::trends::Trending;
use crate::verifiers::TrustedVerifiers;
use crate::view::Views;
use crate::{TagRules, ViewError, clock};

/// How answers are made.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where we are reached from outside: the base of image and video links.
    pub public_url: Url,
    /// Who we are.
    pub did: Did,
    /// Base of image links when a CDN serves them; else `{public_url}/img`.
    pub cdn_url: Option<Url>,
    /// Link to a video's playlist, with `%s` for the DID and `%s` for the CID; else `{public_url}/vid/%s/%s/playlist.m3u8`.
    pub video_playlist_pattern: Option<String>,
    /// Link to a video's thumbnail, likewise; else `{public_url}/vid/%s/%s/thumbnail.jpg`.
    pub video_thumbnail_pattern: Option<String>,
    /// Accounts whose verifications count.
    pub trusted_verifiers: Vec<Did>,
    /// What tags of posts and accounts do.
    pub tags: TagRules,
    /// Developers, who see tags with posts and accounts, and may ask why posts are the top ones.
    pub debug_dids: Vec<Did>,
    /// Levels of replies in one thread, whatever the caller asks for.
    pub thread_depth_max: u16,
    /// Levels above a post in getPostThreadV2.
    pub thread_parents_max: u16,
    /// AT-URIs of posts with so many replies that `big_thread_depth` takes the place of `thread_depth_max`.
    pub big_threads: Vec<Box<str>>,
    /// Levels of replies there; `None`: as everywhere.
    pub big_thread_depth: Option<u16>,
    /// Replies of one thread that are looked at, the latest first.
    pub thread_replies_max: usize,
    /// Posts of one thread that are shown.
    pub thread_posts_max: usize,
    /// How long nobody is told of anything, while gates and takedowns may still arrive. Units: milliseconds.
    pub notifications_delay_ms: i64,
    /// Drafts that one account may have.
    pub drafts_max: u64,
    /// Whether applications ask for a confirmed address before they let somebody write.
    pub check_email_confirmed: bool,
    /// Whether applications show topics.
    pub topics_enabled: bool,
    /// Who may say that he is live, and where.
    pub live_now: Vec<LiveNow>,
    /// Searches that are feeds of ours.
    pub saved_searches: Vec<SavedSearch>,
}

/// Answers XRPC methods from a store. Cheap to clone.
#[derive(Clone)]
pub struct AppView {
    pub(crate) store: Store,
    pub(crate) resolver: Resolver,
    pub(crate) generators: Option<Arc<dyn Generators>>,
    pub(crate) recommender: Option<Arc<dyn Recommender>>,
    pub(crate) popular: Popular,
    pub(crate) sampled: Sampled,
    pub(crate) kept_tops: KeptTops,
    pub(crate) followed_names: FollowedNames,
    pub(crate) best_named: BestNamed,
    pub(crate) trending: Trending,
    pub(crate) config: Arc<Config>,
    pub(crate) verifiers: TrustedVerifiers,
}

impl AppView {
    /// Sends nothing yet.
    pub fn new(store: Store, resolver: Resolver, config: Config) -> Self {
        let (generators, recommender, verifiers) = (None, None, TrustedVerifiers::default());
        let (popular, sampled) = (Popular::default(), Sampled::new(store.clone()));
        let (followed_names, trending) = (FollowedNames::new(), Trending::default());
        Self {
            store,
            resolver,
            generators,
            recommender,
            popular,
            sampled,
            kept_tops: KeptTops::new(),
            followed_names,
            best_named: BestNamed::new(),
            trending,
            config: Arc::new(config),
            verifiers,
        }
    }

    /// The same, with somebody to ask feed generators by. Without, their feeds are unavailable.
    pub fn with_generators(self, generators: Arc<dyn Generators>) -> Self {
        Self { generators: Some(generators), ..self }
    }

    /// The same, with a service that is asked for suggestions and trends. Without, they are made from what is here.
    pub fn with_recommender(self, recommender: Arc<dyn Recommender>) -> Self {
        Self { recommender: Some(recommender), ..self }
    }

    /// The same for one request: what a method asks the store side by side goes as one statement.
    pub fn for_request(&self) -> Self {
        Self { store: self.store.for_request(), ..self.clone() }
    }

    /// How many statements the store was sent through a handle that [`AppView::for_request`] made.
    pub fn statements(&self) -> u64 {
        self.store.statements()
    }

    /// How answers are made.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Views of what was loaded, as of now.
    pub(crate) fn views<'a>(&'a self, state: &'a State) -> Views<'a> {
        Views::new(state, &self.config, clock::now())
    }

    /// Whether the caller is one of those who see tags.
    pub(crate) fn shows_tags(&self, caller: &Caller) -> bool {
        caller.viewer.as_ref().is_some_and(|viewer| self.config.debug_dids.contains(viewer))
    }

    /// Whether the caller asks to be told how an order came about, and may.
    pub(crate) fn explains(&self, caller: &Caller) -> bool {
        caller.wants_debug && (caller.privileged || self.shows_tags(caller))
    }

    /// The rev up to which the viewer's own repo is readable, for answers that may say so. Asked first, at the latest at the head of the
    /// first statement that reads anything of the answer, which sees tables as they are in the order it names them: the viewer's PDS adds
    /// what is later than this rev, and relies on the answer for all that is not.
    pub(crate) async fn repo_rev(&self, caller: &Caller) -> Result<Option<Rev>, ViewError> {
        match caller.actor() {
            Some(viewer) => Ok(self.store.repo_rev(viewer).await?),
            None => Ok(None),
        }
    }
}

/// Who asks.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// The account in whose name; `None` for anonymous callers.
    pub viewer: Option<Did>,
    /// An administrator or the moderation service: sees what is taken down, and past all blocks.
    pub privileged: bool,
    /// Asks how an order came about (`debug=true`, which no lexicon knows): told to developers and privileged callers alone.
    pub wants_debug: bool,
    /// Whose labels are shown.
    pub labelers: Arc<[AppliedLabeler]>,
    /// What a feed generator gets to hear of the request; empty for methods that ask none.
    pub forwarded: Arc<Forwarded>,
}

/// A labeler that applies to one request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AppliedLabeler {
    /// Who.
    pub did: Did,
    /// Its takedowns hide what they name, instead of marking it.
    pub redact: bool,
}

impl Caller {
    /// The viewer, for methods that are about its own. Errors: an anonymous caller, whom firehouse-xrpc refuses before.
    pub(crate) fn account(&self) -> Result<&Did, ViewError> {
        self.viewer.as_ref().ok_or(ViewError::AuthMissing)
    }

    /// The viewer as a number.
    pub(crate) fn actor(&self) -> Option<ActorId> {
        self.viewer.as_ref().map(Did::actor)
    }
}

/// Whether an account with this status is there: an active one, for privileged callers any that was not deleted.
pub(crate) fn is_seen(status: ActorStatus, privileged: bool) -> bool {
    match status {
        ActorStatus::Active => true,
        ActorStatus::Mentioned | ActorStatus::Deleted => false,
        ActorStatus::Deactivated
        | ActorStatus::Suspended
        | ActorStatus::Takendown
        | ActorStatus::Inactive => privileged,
    }
}

/// What a method without parameters is asked with.
#[derive(Clone, Copy, Debug, serde::Deserialize)]
pub struct NoParameters {}

/// What a method answers.
#[derive(Clone, Debug)]
pub struct Answer<T> {
    /// The lexicon's output.
    pub body: T,
    /// For the header `atproto-repo-rev`: up to where the viewer's repo is readable. Only where the reference says it.
    pub repo_rev: Option<Rev>,
}

impl<T> Answer<T> {
    /// An answer of a method that says nothing of the viewer's repo.
    pub(crate) fn new(body: T) -> Self {
        Self { body, repo_rev: None }
    }
}
