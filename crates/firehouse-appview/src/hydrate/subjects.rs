//! One round of a hydration: accounts, lists and offers, with all that is said of them, asked at once.
//!
//! What a round brings names others: whose follower somebody is, by which list he is blocked. They are the next round's subjects, as far as
//! none was asked for them yet. Usually nobody is left after the first.

use std::collections::{HashMap, HashSet};

use firehouse_store::read::{LabelledRecord, RecordKey};
use firehouse_types::ActorId;

use super::actors::load_actors;
use super::labels::Labels;
use super::lists::load_lists;
use super::offered::{self, Offered};
use super::relations::{Pairs, Relations};
use super::state::{Actor, List, State};
use super::tags::Tags;
use super::told::{About, Told};
use super::verifications::{Verifications, load_verifications};
use super::{Hydration, gates};
use crate::ViewError;
use crate::nsid::LIST;
use crate::uri;
use crate::view::strong_ref;

/// Trusted verifiers that every round brings along, so that what they say needs no further one. Where more are trusted, only those who
/// said something are asked for.
const ISSUERS_MAX: usize = 32;

/// What a round asks for.
#[derive(Debug, Default)]
pub(super) struct Subjects {
    pub actors: HashSet<ActorId>,
    /// Accounts of whom nothing matters but who they are.
    pub issuers: HashSet<ActorId>,
    pub pairs: Pairs,
    pub lists: HashSet<RecordKey>,
    pub offered: offered::Wanted,
}

/// What there is of it.
pub(super) struct Said {
    labels: Labels,
    tags: Tags,
    actors: HashMap<ActorId, Actor>,
    relations: Relations,
    lists: HashMap<RecordKey, List>,
    offered: Offered,
    verifications: Option<Verifications>,
    told: Told,
}

/// What was asked for in earlier rounds.
#[derive(Debug, Default)]
pub(super) struct Asked {
    actors: HashSet<ActorId>,
    issuers: HashSet<ActorId>,
    pairs: Pairs,
    lists: HashSet<RecordKey>,
    starter_packs: HashSet<RecordKey>,
    /// Records for the texts of their keys.
    pub texts: HashSet<RecordKey>,
}

impl Subjects {
    /// Leaves out what was asked for before, and notes the rest as asked for.
    pub fn renew(&mut self, asked: &mut Asked) {
        self.actors.retain(|&actor| asked.actors.insert(actor));
        self.issuers.retain(|&issuer| asked.issuers.insert(issuer));
        self.lists.retain(|&list| asked.lists.insert(list));
        self.offered.starter_packs.retain(|&pack| asked.starter_packs.insert(pack));
        self.pairs.renew(&mut asked.pairs);
    }

    pub fn is_empty(&self) -> bool {
        let Self { actors, issuers, pairs, lists, offered } = self;
        actors.is_empty()
            && issuers.is_empty()
            && pairs.is_empty()
            && lists.is_empty()
            && offered.starter_packs.is_empty()
    }

    /// Asks. `more`: records whose labels are shown besides; `about`: what of the posts and subscriptions the viewer may have told us.
    pub async fn load(
        self,
        hydration: &Hydration<'_>,
        more: &[LabelledRecord<'_>],
        about: About<'_>,
    ) -> Result<Said, ViewError> {
        let (store, state) = (hydration.store, &hydration.state);
        let rules = &hydration.app.config.tags;
        let (viewer, privileged) = (state.viewer, state.privileged);
        let actors = Vec::from_iter(self.actors);
        let lists = Vec::from_iter(self.lists);
        // Who made a list may be taken down, and the list with him.
        let creators = lists.iter().map(|list| list.0);
        let labelled_actors: HashSet<_> = creators.chain(actors.iter().copied()).collect();
        let labelled_actors = Vec::from_iter(labelled_actors);
        let mut labelled: Vec<LabelledRecord<'_>> = more.to_vec();
        labelled.extend(lists.iter().map(|list| (list.0, LIST, list.1)));
        labelled.extend(self.offered.labelled());
        let named: HashSet<_> = self.issuers.into_iter().chain(actors.iter().copied()).collect();
        let named = Vec::from_iter(named);
        let about = About { actors: &actors, ..about };
        let (labels, tags, actors, relations, lists, offered, verifications, told) = tokio::try_join!(
            Labels::load(store, &hydration.labelers, &labelled_actors, &labelled),
            Tags::load(store, rules, state.shows_tags, &actors, &labelled),
            load_actors(store, &named, privileged),
            Relations::load(store, &self.pairs),
            load_lists(store, &lists, viewer, privileged),
            self.offered.load(store, viewer),
            load_verifications(hydration.app, &actors),
            Told::load(store, viewer, about),
        )?;
        Ok(Said { labels, tags, actors, relations, lists, offered, verifications, told })
    }
}

impl Hydration<'_> {
    /// The trusted verifiers, if they are known and few.
    pub(super) fn usual_issuers(&self) -> HashSet<ActorId> {
        let trusted = self.app.known_verifiers();
        let trusted = trusted.filter(|trusted| trusted.len() <= ISSUERS_MAX);
        trusted.map(|trusted| trusted.iter().copied().collect()).unwrap_or_default()
    }
}

impl State {
    /// Takes over what a round brought.
    pub(super) fn take(&mut self, said: Said) {
        self.labels.extend(said.labels);
        self.tags.extend(said.tags);
        self.actors.extend(said.actors);
        self.relations.extend(said.relations);
        self.lists.extend(said.lists);
        self.offered.extend(said.offered);
        if let Some((trusted, verifications)) = said.verifications {
            self.trusted = trusted;
            self.verifications.extend(verifications);
        }
        self.told.extend(said.told);
    }

    /// Whoever and whatever is named by what is here: issuers of verifications, accounts that the viewer knows, lists by which somebody
    /// blocks, mutes or may reply, starter packs by which those shown in `detailed` profiles joined.
    pub(super) fn named(&self, detailed: &[ActorId]) -> Subjects {
        let mut named = Subjects::default();
        let issuers = self.verifications.values().flatten().map(|found| found.issuer);
        named.issuers.extend(issuers.filter(|issuer| !self.actors.contains_key(issuer)));
        let followers = self.known_followers.iter().map(|(&subject, known)| (subject, known));
        let likers = self.known_likers.iter().map(|(post, known)| (post.0, known));
        for (subject, known) in followers.chain(likers) {
            named.actors.extend(&known.some);
            known.some.iter().for_each(|&who| named.pairs.add(subject, who));
        }
        named.lists.extend(gates::lists_of(&self.threadgates));
        named.lists.extend(self.relations.lists_blocking());
        named.lists.extend(self.told.lists_muting());
        let profiles = detailed.iter().filter_map(|id| self.actors.get(id)?.profile.as_ref());
        let joined = profiles.filter_map(|profile| {
            uri::starter_pack(&strong_ref(profile.fields.joined_via_starter_pack.as_ref()?)?.uri)
        });
        named.offered.starter_packs.extend(joined);
        named.actors.extend(named.offered.creators());
        named.pairs.add_viewer(self.viewer, named.actors.iter().copied());
        named
    }
}
