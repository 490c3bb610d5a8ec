//! Hydrate: from the numbers of a skeleton to everything that its views need, in few rounds of queries that run side by side.
//!
//! [`Hydration`] collects what is wanted; [`Hydration::finish`] asks for it: identities and profiles, counts with the viewer's own likes,
//! relations, gates, lists. Posts come first, since who else is wanted stands in them.

mod actors;
mod gates;
mod lists;
mod posts;
mod relations;
mod state;

use std::collections::HashSet;

use firehouse_store::Store;
use firehouse_store::read::RecordKey;
use firehouse_types::{ActorId, AtUri};

use crate::{AppView, Caller, ViewError};

pub(crate) use actors::{load_actors, load_known_followers};
pub(crate) use posts::record_key;
pub(crate) use relations::{Pairs, Relations};
pub(crate) use state::{Actor, LIST, POST, State};

const REPOST: &str = "app.bsky.feed.repost";
/// Collections in which the viewer's own records about others lie.
const OWN: [&str; 4] =
    ["app.bsky.graph.follow", "app.bsky.graph.block", "app.bsky.feed.like", REPOST];

/// What is wanted for one answer.
pub(crate) struct Hydration<'a> {
    store: &'a Store,
    state: State,
    posts: posts::Posts,
    /// Whose likes on the posts matter besides the viewer's: the author of the thread.
    pub op: Option<ActorId>,
    pub actors: HashSet<ActorId>,
    pub pairs: Pairs,
    pub lists: HashSet<RecordKey>,
    pub reposts: Vec<RecordKey>,
    /// Also the lists by which others block, not only those of the viewer.
    pub lists_of_others: bool,
    /// Accounts shown in detail, with counts and known followers.
    pub detailed: Vec<ActorId>,
}

impl<'a> Hydration<'a> {
    /// Nothing wanted yet.
    pub fn new(app: &'a AppView, caller: &Caller) -> Self {
        Self {
            store: &app.store,
            state: State::new(caller),
            posts: posts::Posts::default(),
            op: None,
            actors: HashSet::new(),
            pairs: Pairs::default(),
            lists: HashSet::new(),
            reposts: Vec::new(),
            lists_of_others: false,
            detailed: Vec::new(),
        }
    }

    /// Loads posts and what is shown with them, with `replies` also what they answer; wants everybody who appears in them.
    pub async fn load_posts(&mut self, keys: &[RecordKey], replies: bool) -> Result<(), ViewError> {
        self.posts.load(self.store, keys, replies).await
    }

    /// Whether a post that was loaded exists.
    pub fn has_post(&self, key: RecordKey) -> bool {
        self.posts.found.contains_key(&key)
    }

    /// Asks for all that is wanted. Two rounds: the second only for lists that the first one named and for keys that are hashes.
    pub async fn finish(mut self) -> Result<State, ViewError> {
        self.want_those_in_posts();
        let (store, viewer) = (self.store, self.state.viewer);
        self.actors.extend(self.reposts.iter().map(|repost| repost.0));
        self.actors.extend(self.lists.iter().map(|list| list.0));
        self.actors.extend(&self.detailed);
        let known = load_known_followers(store, &self.detailed, viewer).await?;
        for (subject, known) in &known {
            self.actors.extend(&known.some);
            known.some.iter().for_each(|&follower| self.pairs.add(*subject, follower));
        }
        self.pairs.add_viewer(viewer, self.actors.iter().copied());

        let actors: Vec<_> = self.actors.iter().copied().collect();
        let lists: Vec<_> = self.lists.iter().copied().collect();
        let shown: Vec<_> =
            self.posts.shown.keys().copied().filter(|key| self.has_post(*key)).collect();
        let interactions = async { Ok(store.interactions(&shown, viewer, self.op).await?) };
        let reposts = async { Ok(store.record_heads(&[REPOST], &self.reposts).await?) };
        let (actors, relations, interactions, reposts, gates, lists, counts) = tokio::try_join!(
            load_actors(store, &actors),
            Relations::load(store, &self.pairs),
            interactions,
            reposts,
            gates::load_gates(store, &self.posts),
            lists::load_lists(store, &lists, viewer),
            actors::load_counts(store, &self.detailed),
        )?;
        let mut state = self.state;
        state.posts = self.posts.found;
        state.actors = actors;
        state.relations = relations;
        state.interactions = interactions.into_iter().map(|row| (row.key(), row)).collect();
        state.reposts = reposts.into_iter().map(|row| ((row.actor, row.rkey), row)).collect();
        (state.threadgates, state.postgates) = gates;
        state.lists = lists;
        state.profile_counts = counts;
        state.known_followers = known;
        finish_late(store, &mut state, self.lists_of_others).await?;
        Ok(state)
    }

    /// Whoever appears in the posts, and who of them may block whom.
    fn want_those_in_posts(&mut self) {
        for key in self.posts.shown.keys() {
            self.actors.insert(key.0);
            let Some(post) = self.posts.found.get(key) else { continue };
            let mut others = Vec::new();
            if let Some(reply) = &post.fields.reply {
                others.extend([&reply.root.uri, &reply.parent.uri]);
            }
            if let Some(embedded) = post.fields.embedded() {
                others.push(&embedded.uri);
                self.lists.extend(record_key(&embedded.uri, LIST));
            }
            for other in others.into_iter().filter_map(|uri| uri_actor(uri)) {
                self.actors.insert(other);
                self.pairs.add(key.0, other);
            }
        }
    }
}

/// What only the first round could name: lists that block or that gates allow, and texts of keys that are hashes.
async fn finish_late(
    store: &Store,
    state: &mut State,
    lists_of_others: bool,
) -> Result<(), ViewError> {
    let mut lists: HashSet<RecordKey> = gates::lists_of(&state.threadgates).collect();
    if let Some(viewer) = state.viewer {
        let whose = (!lists_of_others).then_some(viewer);
        lists.extend(state.relations.lists_blocking(whose));
    }
    lists.retain(|list| !state.lists.contains_key(list));
    let lists: Vec<_> = lists.into_iter().collect();

    let hashed = hashed_keys(state);
    let texts = async { Ok(store.record_heads(&OWN, &hashed).await?) };

    let (lists, texts) = tokio::try_join!(lists::load_lists(store, &lists, state.viewer), texts)?;
    state.lists.extend(lists);
    state.rkey_texts =
        texts.into_iter().map(|row| ((row.actor, row.rkey), row.rkey_text)).collect();
    Ok(())
}

/// Records that answers name and whose keys are hashes: only their own rows have the text.
fn hashed_keys(state: &State) -> Vec<RecordKey> {
    let mut hashed: Vec<RecordKey> = state.relations.hashed_keys().collect();
    if let Some(viewer) = state.viewer {
        for row in state.interactions.values() {
            let own = [row.viewer_like(), row.viewer_repost()].into_iter().flatten();
            hashed.extend(own.filter(|rkey| rkey.tid().is_none()).map(|rkey| (viewer, rkey)));
        }
    }
    hashed
}

/// The account in an AT-URI, when it is named by its DID.
pub(crate) fn uri_actor(uri: &str) -> Option<ActorId> {
    let uri = AtUri::parse(uri).ok()?;
    uri.authority.starts_with("did:").then(|| ActorId::of(uri.authority))
}
