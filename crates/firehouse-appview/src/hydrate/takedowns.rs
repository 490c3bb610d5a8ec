//! Takedowns by a moderator: what they hide of the accounts of one answer.
//!
//! They stand apart from what is indexed. What is taken down does not exist for anybody but the administrator and the moderation service;
//! of takedowns by label see [`super::labels`].

use std::collections::{HashMap, HashSet};

use firehouse_schema::ActorStatus;
use firehouse_store::read::{RecordKey, TakenDown};
use firehouse_types::{ActorId, RkeyId};

use super::actors::GERM;
use super::state::{Actor, State};
use crate::nsid::{
    GENERATOR, LABELER, POST, POSTGATE, PROFILE, REPOST, STARTER_PACK, STATUS, THREADGATE,
};

/// Records of one account that are taken down.
#[derive(Clone, Debug, Default)]
pub(crate) struct TakenDownRecords(HashSet<(Box<str>, RkeyId)>);

impl TakenDownRecords {
    pub fn contains(&self, collection: &str, rkey: RkeyId) -> bool {
        !self.0.is_empty() && self.0.contains(&(collection.into(), rkey))
    }
}

/// Marks accounts that are taken down, and takes out what of them is, unless the caller is privileged. Their live status stays: its owner
/// is told of it.
pub(super) fn apply(actors: &mut HashMap<ActorId, Actor>, rows: Vec<TakenDown>, privileged: bool) {
    for row in rows {
        let Some(actor) = actors.get_mut(&row.actor) else { continue };
        if !row.collection.is_empty() {
            actor.taken_down.0.insert((row.collection, row.rkey));
        } else if !matches!(actor.status, ActorStatus::Mentioned | ActorStatus::Deleted) {
            actor.status = ActorStatus::Takendown;
        }
    }
    let this = RkeyId::of("self");
    for actor in actors.values_mut().filter(|actor| !actor.taken_down.0.is_empty()) {
        if let Some(status) = &mut actor.live_status {
            status.is_taken_down = actor.taken_down.contains(STATUS, this);
        }
        if !privileged && actor.taken_down.contains(PROFILE, this) {
            actor.profile = None;
        }
        if !privileged && actor.taken_down.contains(GERM, this) {
            actor.germ = None;
        }
    }
}

impl State {
    /// Takes out the records that a moderator took down. Privileged callers see them all.
    pub fn take_down(&mut self) {
        if self.privileged {
            return;
        }
        let actors = &self.actors;
        let is_up = |key: &RecordKey, collection: &str| {
            actors.get(&key.0).is_none_or(|actor| !actor.taken_down.contains(collection, key.1))
        };
        self.posts.retain(|key, _| is_up(key, POST));
        self.reposts.retain(|key, _| is_up(key, REPOST));
        self.threadgates.retain(|key, _| is_up(key, THREADGATE));
        self.postgates.retain(|key, _| is_up(key, POSTGATE));
        self.offered.generators.retain(|key, _| is_up(key, GENERATOR));
        self.offered.starter_packs.retain(|key, _| is_up(key, STARTER_PACK));
        let this = RkeyId::of("self");
        self.offered.labelers.retain(|&actor, _| is_up(&(actor, this), LABELER));
    }

    /// Whether a moderator took down a record, so that this caller may not see it. Its account must be here.
    pub fn is_taken_down(&self, key: RecordKey, collection: &str) -> bool {
        !self.privileged
            && self
                .actors
                .get(&key.0)
                .is_some_and(|actor| actor.taken_down.contains(collection, key.1))
    }
}
