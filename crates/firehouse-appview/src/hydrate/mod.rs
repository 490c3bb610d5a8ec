//! Hydrate: from the numbers of a skeleton to everything that its views need, in few rounds of queries that run side by side.
//!
//! [`Hydration`] collects what is wanted; [`Hydration::finish`] asks for it: identities and profiles, counts with the viewer's own likes,
//! relations, gates, lists, labels. Posts come first, since who else is wanted stands in them.

mod actors;
mod gates;
mod labels;
mod lists;
mod offered;
mod posts;
mod relations;
mod state;
mod tags;
mod takedowns;
mod told;
mod verifications;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use firehouse_store::Store;
use firehouse_store::read::{RecordKey, RecordRead, Refused};
use firehouse_types::{ActorId, RkeyId};

use crate::nsid::{
    BLOCK, FOLLOW, LIKE, LIST, LIST_BLOCK, LIST_ITEM, OPT_OUT, POST, PROFILE, REPOST, STARTER_PACK,
};
use crate::record::{ProfileFields, StarterPackFields};
use crate::view::strong_ref;
use crate::{AppView, AppliedLabeler, Caller, RecordJson, TagRules, ViewError, uri};

pub(crate) use actors::load_actors;
use actors::parse;
use labels::Labels;
pub(crate) use lists::REFERENCE_LIST;
pub(crate) use posts::QUOTE_DEPTH_MAX;
pub(crate) use relations::{Pairs, Relations};
use state::List;
pub(crate) use state::{Actor, KnownFollowers, Liked, State};
use tags::Tags;
pub use told::Subscription;
use told::{About, Told};
pub(crate) use verifications::Verification;

/// Members of a list that the sample of a starter pack is chosen from, the latest.
const LIST_SAMPLE: u32 = 50;
/// Accounts in such a sample.
pub(crate) const STARTER_PACK_SAMPLE: usize = 12;
/// Collections whose records answers name by their address alone.
const NAMED: [&str; 7] = [FOLLOW, BLOCK, LIKE, REPOST, LIST_BLOCK, LIST_ITEM, OPT_OUT];

/// What is wanted for one answer.
pub(crate) struct Hydration<'a> {
    store: &'a Store,
    app: &'a AppView,
    rules: &'a TagRules,
    labelers: Arc<[AppliedLabeler]>,
    state: State,
    posts: posts::Posts,
    /// Whose likes on the posts matter besides the viewer's: the author of the thread.
    pub op: Option<ActorId>,
    pub actors: HashSet<ActorId>,
    pub pairs: Pairs,
    pub lists: HashSet<RecordKey>,
    /// Feed generators, labelers, and starter packs in brief.
    pub offered: offered::Wanted,
    pub reposts: Vec<RecordKey>,
    /// Records whose labels are shown, besides posts and lists.
    pub labelled: Vec<(ActorId, &'static str, RkeyId)>,
    /// Accounts shown in detail, with counts and known followers.
    pub detailed: Vec<ActorId>,
    /// Others with what the viewer wants to hear of them.
    pub subscribed: Vec<ActorId>,
    /// Posts that say which of those the viewer follows like them.
    pub with_likers: Vec<RecordKey>,
    /// When set, only these of the detailed are shown with known followers.
    pub with_known_followers: Option<HashSet<ActorId>>,
}

impl<'a> Hydration<'a> {
    /// Nothing wanted yet.
    pub fn new(app: &'a AppView, caller: &Caller) -> Self {
        Self {
            store: &app.store,
            app,
            rules: &app.config.tags,
            labelers: Arc::clone(&caller.labelers),
            state: State { shows_tags: app.shows_tags(caller), ..State::new(caller) },
            posts: posts::Posts::default(),
            op: None,
            actors: HashSet::new(),
            pairs: Pairs::default(),
            lists: HashSet::new(),
            offered: offered::Wanted::default(),
            reposts: Vec::new(),
            labelled: Vec::new(),
            detailed: Vec::new(),
            subscribed: Vec::new(),
            with_likers: Vec::new(),
            with_known_followers: None,
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

    /// Loads starter packs, and wants what is in them: their lists and feeds, and the accounts that their samples are chosen from.
    pub async fn load_starter_packs(&mut self, keys: &[RecordKey]) -> Result<(), ViewError> {
        self.offered.starter_packs.extend(keys);
        let rows = self.store.records(&[STARTER_PACK], keys).await?;
        let mut lists = HashSet::new();
        for row in &rows {
            let fields =
                RecordJson::new(&row.body).and_then(|json| parse::<StarterPackFields>(&json));
            let Some(fields) = fields else { continue };
            let feeds = fields.feeds.iter().filter_map(|feed| uri::generator(&feed.uri));
            self.offered.generators.extend(feeds);
            lists.extend(uri::list(&fields.list));
        }
        self.offered.read = rows;
        self.lists.extend(&lists);
        let (lists, viewer) = (Vec::from_iter(lists), self.state.viewer);
        for row in self.store.list_samples(&lists, viewer, LIST_SAMPLE).await? {
            let (list, sample) = (row.list(), self.state.samples.entry(row.list()).or_default());
            sample.push(row);
            // To a list's creator blocks of his own members mean nothing, so it is clear who is shown.
            let is_creator = viewer == Some(list.0);
            if is_creator && sample.len() > STARTER_PACK_SAMPLE {
                continue;
            }
            self.actors.insert(row.subject);
            self.pairs.add(list.0, row.subject);
        }
        Ok(())
    }

    /// Starter packs by which accounts shown in detail say they joined.
    async fn joined_via(&self) -> Result<Vec<RecordKey>, ViewError> {
        let this = RkeyId::of("self");
        let keys: Vec<_> = self.detailed.iter().map(|&actor| (actor, this)).collect();
        let profiles = self.store.records(&[PROFILE], &keys).await?;
        let joined = |row: &RecordRead| {
            let fields = parse::<ProfileFields>(&RecordJson::new(&row.body)?)?;
            uri::starter_pack(&strong_ref(&fields.joined_via_starter_pack?)?.uri)
        };
        Ok(profiles.iter().filter_map(joined).collect())
    }

    /// Asks for all that is wanted, in rounds: known followers, since they are shown too; nearly everything; the lists and keys that only
    /// these answers name.
    pub async fn finish(mut self) -> Result<State, ViewError> {
        self.want_those_in_posts();
        let (store, viewer) = (self.store, self.state.viewer);
        self.actors.extend(self.reposts.iter().map(|repost| repost.0));
        self.actors.extend(self.lists.iter().map(|list| list.0));
        self.actors.extend(&self.detailed);
        let wants_known = |actor: &&ActorId| {
            self.with_known_followers.as_ref().is_none_or(|wanted| wanted.contains(actor))
        };
        let wanted: Vec<_> = self.detailed.iter().filter(wants_known).copied().collect();
        let (known, known_likers, joined_via) = tokio::try_join!(
            actors::load_known_followers(store, &wanted, viewer),
            actors::load_known_likers(store, &self.with_likers, viewer),
            self.joined_via(),
        )?;
        self.offered.starter_packs.extend(joined_via);
        self.actors.extend(self.offered.creators());
        for (subject, known) in &known {
            self.actors.extend(&known.some);
            known.some.iter().for_each(|&follower| self.pairs.add(*subject, follower));
        }
        for (post, known) in &known_likers {
            self.actors.extend(&known.some);
            known.some.iter().for_each(|&liker| self.pairs.add(post.0, liker));
        }
        self.pairs.add_viewer(viewer, self.actors.iter().copied());

        let actors: Vec<_> = self.actors.iter().copied().collect();
        let lists: Vec<_> = self.lists.iter().copied().collect();
        let shown: Vec<_> =
            self.posts.shown.iter().copied().filter(|key| self.has_post(*key)).collect();
        let roots: HashSet<_> = shown.iter().filter_map(|key| self.posts.root(*key)).collect();
        let about = About {
            actors: &actors,
            posts: &shown,
            roots: &Vec::from_iter(roots),
            subscriptions: &[&self.detailed[..], &self.subscribed].concat(),
        };
        let interactions = async { Ok(store.interactions(&shown, viewer, self.op).await?) };
        let reposts = async { Ok(store.record_heads(&[REPOST], &self.reposts).await?) };
        let posts = shown.iter().map(|key| (key.0, POST, key.1));
        let labelled = posts.chain(lists.iter().map(|key| (key.0, LIST, key.1)));
        let labelled: Vec<_> =
            labelled.chain(self.offered.labelled()).chain(self.labelled.iter().copied()).collect();
        let (
            labels,
            tags,
            actors,
            relations,
            interactions,
            reposts,
            gates,
            lists,
            offered,
            verifications,
            told,
            counts,
        ) = tokio::try_join!(
            Labels::load(store, &self.labelers, &actors, &labelled),
            Tags::load(store, self.rules, self.state.shows_tags, &actors, &labelled),
            load_actors(store, &actors, self.state.privileged),
            Relations::load(store, &self.pairs),
            interactions,
            reposts,
            gates::load_gates(store, &self.posts),
            lists::load_lists(store, &lists, viewer, self.state.privileged),
            self.offered.load(store, viewer),
            verifications::load_verifications(self.app, &actors),
            Told::load(store, viewer, about),
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
        state.offered = offered;
        (state.trusted, state.verifications) = verifications;
        state.told = told;
        state.profile_counts = counts;
        (state.known_followers, state.known_likers) = (known, known_likers);
        state.labels = labels;
        state.tags = tags;
        let refused = async {
            if closed.is_empty() {
                Ok(Refused::default())
            } else {
                store.refused(&shown, &closed).await.map_err(ViewError::from)
            }
        };
        let (late, refused) = tokio::try_join!(Late::load(store, &state, &self.labelers), refused)?;
        state.lists.extend(late.lists);
        state.labels.extend(late.labels);
        state.actors.extend(late.issuers);
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
                self.offered.generators.extend(uri::generator(&embedded.uri));
                self.offered.labelers.extend(uri::labeler(&embedded.uri));
                self.offered.starter_packs.extend(uri::starter_pack(&embedded.uri));
            }
            for other in others.into_iter().filter_map(|uri| uri::account(uri)) {
                self.actors.insert(other);
                self.pairs.add(key.0, other);
            }
        }
    }
}

/// What only answers name: lists by which somebody blocks, mutes or may reply, with what is said of them; issuers of verifications.
struct Late {
    lists: HashMap<RecordKey, List>,
    labels: Labels,
    issuers: HashMap<ActorId, Actor>,
}

impl Late {
    async fn load(
        store: &Store,
        state: &State,
        labelers: &[AppliedLabeler],
    ) -> Result<Self, ViewError> {
        let mut lists: HashSet<RecordKey> = gates::lists_of(&state.threadgates).collect();
        lists.extend(state.relations.lists_blocking());
        lists.extend(state.told.lists_muting());
        lists.retain(|list| !state.lists.contains_key(list));
        let creators: HashSet<_> = lists.iter().map(|list| list.0).collect();
        let labelled: Vec<_> = lists.iter().map(|list| (list.0, LIST, list.1)).collect();
        let (lists, creators) = (Vec::from_iter(lists), Vec::from_iter(creators));
        let found = state.verifications.values().flatten().map(|found| found.issuer);
        let issuers: HashSet<_> = found.filter(|id| !state.actors.contains_key(id)).collect();
        let issuers = Vec::from_iter(issuers);
        let labels = async {
            match lists.is_empty() {
                true => Ok(Labels::default()),
                false => Labels::load(store, labelers, &creators, &labelled).await,
            }
        };
        let (lists, labels, issuers) = tokio::try_join!(
            lists::load_lists(store, &lists, state.viewer, state.privileged),
            labels,
            load_actors(store, &issuers, state.privileged),
        )?;
        Ok(Self { lists, labels, issuers })
    }
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
    let subscribed = state
        .lists
        .values()
        .flat_map(|list| [of(viewer, list.blocked_by), of(viewer, list.opt_out)]);
    let liked = state.offered.likes_of_viewer().map(|rkey| of(viewer, Some(rkey)));
    let sampled = state.samples.iter().flat_map(|(list, members)| {
        members.iter().map(|member| of(Some(list.0), Some(member.item)))
    });
    let named = answered.chain(subscribed).chain(liked).chain(sampled).flatten();
    let named = named.chain(state.relations.records());
    let hashed: Vec<RecordKey> = named.filter(|(_, rkey)| rkey.tid().is_none()).collect();
    let texts = store.record_heads(&NAMED, &hashed).await?;
    state.rkey_texts =
        texts.into_iter().map(|row| ((row.actor, row.rkey), row.rkey_text)).collect();
    Ok(())
}
