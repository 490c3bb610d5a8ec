//! Hydrate: from the numbers of a skeleton to everything that its views need, in few rounds of queries that run side by side.
//!
//! [`Hydration`] collects what is wanted; [`Hydration::finish`] asks for it: identities and profiles, counts with the viewer's own likes,
//! relations, gates, lists, labels. Posts come first, since who else is wanted stands in them.

mod actors;
mod gates;
mod labels;
mod lists;
mod posts;
mod relations;
mod state;
mod tags;
mod takedowns;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use firehouse_store::Store;
use firehouse_store::read::{RecordKey, Refused};
use firehouse_types::{ActorId, RkeyId};

use crate::nsid::{BLOCK, FOLLOW, LIKE, LIST, LIST_BLOCK, POST, REPOST};
use crate::{AppView, AppliedLabeler, Caller, TagRules, ViewError, uri};

pub(crate) use actors::load_actors;
use labels::Labels;
pub(crate) use posts::QUOTE_DEPTH_MAX;
pub(crate) use relations::{Pairs, Relations};
use state::List;
pub(crate) use state::{Actor, State};
use tags::Tags;

/// What is wanted for one answer.
pub(crate) struct Hydration<'a> {
    store: &'a Store,
    rules: &'a TagRules,
    labelers: Arc<[AppliedLabeler]>,
    state: State,
    posts: posts::Posts,
    /// Whose likes on the posts matter besides the viewer's: the author of the thread.
    pub op: Option<ActorId>,
    pub actors: HashSet<ActorId>,
    pub pairs: Pairs,
    pub lists: HashSet<RecordKey>,
    pub reposts: Vec<RecordKey>,
    /// Records whose labels are shown, besides posts and lists.
    pub labelled: Vec<(ActorId, &'static str, RkeyId)>,
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
            rules: &app.config.tags,
            labelers: Arc::clone(&caller.labelers),
            state: State { shows_tags: app.shows_tags(caller), ..State::new(caller) },
            posts: posts::Posts::default(),
            op: None,
            actors: HashSet::new(),
            pairs: Pairs::default(),
            lists: HashSet::new(),
            reposts: Vec::new(),
            labelled: Vec::new(),
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

    /// Asks for all that is wanted, in rounds: known followers, since they are shown too; nearly everything; the lists and keys that only
    /// these answers name.
    pub async fn finish(mut self) -> Result<State, ViewError> {
        self.want_those_in_posts();
        let (store, viewer) = (self.store, self.state.viewer);
        self.actors.extend(self.reposts.iter().map(|repost| repost.0));
        self.actors.extend(self.lists.iter().map(|list| list.0));
        self.actors.extend(&self.detailed);
        let known = actors::load_known_followers(store, &self.detailed, viewer).await?;
        for (subject, known) in &known {
            self.actors.extend(&known.some);
            known.some.iter().for_each(|&follower| self.pairs.add(*subject, follower));
        }
        self.pairs.add_viewer(viewer, self.actors.iter().copied());

        let actors: Vec<_> = self.actors.iter().copied().collect();
        let lists: Vec<_> = self.lists.iter().copied().collect();
        let shown: Vec<_> =
            self.posts.shown.iter().copied().filter(|key| self.has_post(*key)).collect();
        let interactions = async { Ok(store.interactions(&shown, viewer, self.op).await?) };
        let reposts = async { Ok(store.record_heads(&[REPOST], &self.reposts).await?) };
        let posts = shown.iter().map(|key| (key.0, POST, key.1));
        let labelled = posts.chain(lists.iter().map(|key| (key.0, LIST, key.1)));
        let labelled: Vec<_> = labelled.chain(self.labelled.iter().copied()).collect();
        let (labels, tags, actors, relations, interactions, reposts, gates, lists, counts) = tokio::try_join!(
            Labels::load(store, &self.labelers, &actors, &labelled),
            Tags::load(store, self.rules, self.state.shows_tags, &actors, &labelled),
            load_actors(store, &actors, self.state.privileged),
            Relations::load(store, &self.pairs),
            interactions,
            reposts,
            gates::load_gates(store, &self.posts),
            lists::load_lists(store, &lists, viewer, self.state.privileged),
            actors::load_counts(store, &self.detailed),
        )?;
        let mut state = self.state;
        state.posts = self.posts.found;
        state.actors = actors;
        state.relations = relations;
        state.interactions = interactions.into_iter().map(|row| (row.key(), row)).collect();
        state.reposts = reposts.into_iter().map(|row| ((row.actor, row.rkey), row)).collect();
        let closed;
        (state.threadgates, state.postgates, closed) = gates;
        state.lists = lists;
        state.profile_counts = counts;
        state.known_followers = known;
        state.labels = labels;
        state.tags = tags;
        let refused = async {
            if closed.is_empty() {
                Ok(Refused::default())
            } else {
                store.refused(&shown, &closed).await.map_err(ViewError::from)
            }
        };
        let (lists, refused) =
            tokio::try_join!(load_late_lists(store, &state, self.lists_of_others), refused)?;
        state.lists.extend(lists);
        state.refused = refused;
        state.take_down();
        state.redact();
        load_rkey_texts(store, &mut state, self.op).await?;
        Ok(state)
    }

    /// Whoever appears in the posts, and who of them may block whom.
    fn want_those_in_posts(&mut self) {
        for key in &self.posts.shown {
            self.actors.insert(key.0);
            let Some(post) = self.posts.found.get(key) else { continue };
            let mut others = Vec::new();
            if let Some(reply) = &post.fields.reply {
                others.extend([&reply.root.uri, &reply.parent.uri]);
            }
            if let Some(embedded) = post.fields.embedded() {
                others.push(&embedded.uri);
                self.lists.extend(uri::list(&embedded.uri));
            }
            for other in others.into_iter().filter_map(|uri| uri::account(uri)) {
                self.actors.insert(other);
                self.pairs.add(key.0, other);
            }
        }
    }
}

/// Lists that only blocks and gates could name.
async fn load_late_lists(
    store: &Store,
    state: &State,
    lists_of_others: bool,
) -> Result<HashMap<RecordKey, List>, ViewError> {
    let mut lists: HashSet<RecordKey> = gates::lists_of(&state.threadgates).collect();
    if let Some(viewer) = state.viewer {
        let whose = (!lists_of_others).then_some(viewer);
        lists.extend(state.relations.lists_blocking(whose));
    }
    lists.retain(|list| !state.lists.contains_key(list));
    let lists: Vec<_> = lists.into_iter().collect();
    lists::load_lists(store, &lists, state.viewer, state.privileged).await
}

/// Texts of the keys that answers name and that are hashes: only their records' own rows have them. Nearly always none.
async fn load_rkey_texts(
    store: &Store,
    state: &mut State,
    op: Option<ActorId>,
) -> Result<(), ViewError> {
    let of = |who: Option<ActorId>, rkey: Option<RkeyId>| Some((who?, rkey?));
    let viewer = state.viewer;
    let answered = state.interactions.values().flat_map(|row| {
        [of(viewer, row.viewer_like()), of(viewer, row.viewer_repost()), of(op, row.op_like())]
    });
    let subscribed = state.lists.values().map(|list| of(viewer, list.blocked_by));
    let named = answered.chain(subscribed).flatten().chain(state.relations.records());
    let hashed: Vec<RecordKey> = named.filter(|(_, rkey)| rkey.tid().is_none()).collect();
    let texts = store.record_heads(&[FOLLOW, BLOCK, LIKE, REPOST, LIST_BLOCK], &hashed).await?;
    state.rkey_texts =
        texts.into_iter().map(|row| ((row.actor, row.rkey), row.rkey_text)).collect();
    Ok(())
}
