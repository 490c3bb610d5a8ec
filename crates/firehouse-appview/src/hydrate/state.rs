//! [`State`]: all that the views of one answer need, by number.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use firehouse_schema::ActorStatus;
use firehouse_store::read::{Interactions, ListSample, RecordHead, RecordKey, Refused};
use firehouse_types::{ActorId, Datetime, Did, Rkey, RkeyId};

use super::labels::Labels;
use super::offered::Offered;
use super::relations::Relations;
use super::tags::Tags;
use super::takedowns::TakenDownRecords;
use super::told::Told;
use super::verifications::Verification;
use crate::Caller;
use crate::app::is_seen;
use crate::nsid::POST;
use crate::record::{
    ChatFields, GeneratorFields, LabelerFields, ListFields, PostFields, PostgateFields,
    ProfileFields, RecordJson, StarterPackFields, StatusFields, ThreadgateFields,
};

/// Everything of one answer. What is not in here does not exist for this caller.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub viewer: Option<ActorId>,
    pub viewer_did: Option<Did>,
    pub privileged: bool,
    pub actors: HashMap<ActorId, Actor>,
    pub posts: HashMap<RecordKey, Post>,
    pub interactions: HashMap<RecordKey, Interactions>,
    pub reposts: HashMap<RecordKey, RecordHead>,
    pub threadgates: HashMap<RecordKey, Gate<ThreadgateFields>>,
    pub postgates: HashMap<RecordKey, Gate<PostgateFields>>,
    /// What the gates of their time did not let in: [`State::is_refused`] asks it.
    pub refused: Refused,
    pub lists: HashMap<RecordKey, List>,
    pub offered: Offered,
    /// Who of a list is worth showing, the most followed first.
    pub samples: HashMap<RecordKey, Vec<ListSample>>,
    pub relations: Relations,
    pub profile_counts: HashMap<ActorId, ProfileCounts>,
    pub known_followers: HashMap<ActorId, KnownFollowers>,
    /// Likers of posts whom the viewer follows.
    pub known_likers: HashMap<RecordKey, KnownFollowers>,
    /// Texts of record keys that are no TIDs, where no record at hand has them.
    pub rkey_texts: HashMap<(ActorId, RkeyId), Box<str>>,
    pub labels: Labels,
    /// What moderators' tools say, for rules to look at.
    pub tags: Tags,
    /// The viewer is one of those who see tags: a developer.
    pub shows_tags: bool,
    pub told: Told,
    /// Whose verifications count.
    pub trusted: Arc<HashSet<ActorId>>,
    pub verifications: HashMap<ActorId, Vec<Verification>>,
}

impl State {
    /// Nothing yet, for this caller.
    pub fn new(caller: &Caller) -> Self {
        Self {
            viewer: caller.actor(),
            viewer_did: caller.viewer.clone(),
            privileged: caller.privileged,
            ..Self::default()
        }
    }

    /// An account, when the caller may see it.
    pub fn actor(&self, actor: ActorId) -> Option<&Actor> {
        let is_seen = |found: &&Actor| is_seen(found.status, self.privileged) && !found.is_redacted;
        self.actors.get(&actor).filter(is_seen)
    }

    /// A post, when the caller may see its author.
    pub fn post(&self, key: RecordKey) -> Option<&Post> {
        self.actor(key.0)?;
        self.posts.get(&key)
    }

    /// Whether a post is a reply that the gate of its thread did not let in: it is not part of the thread.
    pub fn is_refused(&self, key: RecordKey) -> bool {
        self.refused.replies.contains(&key)
    }

    /// The AT-URI of a post that is here.
    pub fn post_uri(&self, key: RecordKey) -> Option<String> {
        let (actor, post) = (self.actors.get(&key.0)?, self.posts.get(&key)?);
        Some(format!("at://{}/{POST}/{}", actor.did, post.rkey))
    }

    /// The AT-URI of a record by the number of its key; `None` when that is a hash whose text nobody looked up.
    pub fn record_uri(&self, did: &Did, collection: &str, rkey: RkeyId) -> Option<String> {
        Some(match rkey.tid() {
            Some(tid) => format!("at://{did}/{collection}/{tid}"),
            None => {
                let text = self.rkey_texts.get(&(did.actor(), rkey))?;
                format!("at://{did}/{collection}/{text}")
            }
        })
    }
}

/// An account and what it says of itself.
#[derive(Debug)]
pub(crate) struct Actor {
    pub did: Did,
    /// Verified; `None` when it was not.
    pub handle: Option<Box<str>>,
    pub status: ActorStatus,
    /// Taken down by a labeler that hides what it takes down. Never for privileged callers.
    pub is_redacted: bool,
    /// Records of it that a moderator took down.
    pub taken_down: TakenDownRecords,
    pub profile: Option<Profile>,
    pub is_labeler: bool,
    pub chat: Option<ChatFields>,
    /// Who may subscribe to its activity.
    pub allow_subscriptions: Box<str>,
    pub germ: Option<serde_json::Value>,
    pub live_status: Option<LiveStatus>,
}

impl Actor {
    pub fn is_active(&self) -> bool {
        self.status == ActorStatus::Active && !self.is_redacted
    }

    /// Whether somebody may hear of its activity, by whether the account is followed by him and follows him back.
    pub fn allows_subscription(&self, is_followed: bool, follows_back: bool) -> bool {
        match &*self.allow_subscriptions {
            "followers" => is_followed,
            "mutuals" => is_followed && follows_back,
            _ => false,
        }
    }
}

/// A profile record.
#[derive(Debug)]
pub(crate) struct Profile {
    pub fields: ProfileFields,
    pub cid: String,
    pub sort_at: Datetime,
}

/// A live-status record.
#[derive(Debug)]
pub(crate) struct LiveStatus {
    pub fields: StatusFields,
    pub json: RecordJson,
    pub cid: String,
    pub sort_at: Datetime,
    /// Only its owner sees it, and that it is.
    pub is_taken_down: bool,
}

/// A post.
#[derive(Debug)]
pub(crate) struct Post {
    pub rkey: Rkey,
    pub cid: String,
    pub sort_at: Datetime,
    pub json: RecordJson,
    pub fields: PostFields,
}

/// A thread gate or post gate, by the key of its post.
#[derive(Debug)]
pub(crate) struct Gate<F> {
    pub rkey: Rkey,
    pub cid: String,
    pub json: RecordJson,
    pub fields: F,
}

/// A list.
#[derive(Debug)]
pub(crate) struct List {
    pub uri: String,
    pub cid: String,
    pub sort_at: Datetime,
    pub fields: ListFields,
    pub members: u64,
    /// The viewer's listblock record for it.
    pub blocked_by: Option<RkeyId>,
    /// Whether the viewer mutes its members.
    pub is_muted: bool,
    /// The viewer's record that opts out of it.
    pub opt_out: Option<RkeyId>,
    /// Whether the viewer is on it.
    pub has_viewer: bool,
}

/// What detailed profiles count.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ProfileCounts {
    pub followers: u64,
    pub follows: u64,
    pub posts: u64,
    pub lists: u64,
    pub generators: u64,
    pub starter_packs: u64,
}

/// Followers of an account whom the viewer follows.
#[derive(Clone, Debug)]
pub(crate) struct KnownFollowers {
    pub count: u64,
    pub some: Vec<ActorId>,
}

/// Likes of a record that is no post.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Liked {
    pub count: u64,
    /// The viewer's like record.
    pub by_viewer: Option<RkeyId>,
}

/// A feed generator.
#[derive(Debug)]
pub(crate) struct Generator {
    pub rkey: Rkey,
    pub cid: String,
    pub sort_at: Datetime,
    pub fields: GeneratorFields,
    pub liked: Liked,
}

/// A labeler's declaration.
#[derive(Debug)]
pub(crate) struct Labeler {
    pub cid: String,
    pub sort_at: Datetime,
    pub fields: LabelerFields,
    pub liked: Liked,
}

/// A starter pack.
#[derive(Debug)]
pub(crate) struct StarterPack {
    pub rkey: Rkey,
    pub cid: String,
    pub sort_at: Datetime,
    pub json: RecordJson,
    pub fields: StarterPackFields,
    /// Profiles that say they joined by it.
    pub joined_all_time: u64,
    /// Those dated within the last week.
    pub joined_week: u64,
}
