//! Hydrate: from the numbers of a skeleton to everything that its views need, in few rounds of queries that run side by side.
//!
//! [`Hydration`] collects what is wanted; [`Hydration::finish`] asks for it: identities and profiles, counts with the viewer's own likes,
//! relations, gates, lists, labels. Posts come first, since who else is wanted stands in them; what the answers name comes last.

mod actors;
mod gates;
mod labels;
mod lists;
mod offered;
mod posts;
mod relations;
mod state;
mod subjects;
mod tags;
mod takedowns;
mod told;
mod verifications;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use firehouse_store::Store;
use firehouse_store::read::{ClosedGates, RecordKey, Refused};
use firehouse_types::{ActorId, RkeyId};

use crate::nsid::{
    BLOCK, FOLLOW, LIKE, LIST_BLOCK, LIST_ITEM, OPT_OUT, POST, REPOST, STARTER_PACK,
};
use crate::record::StarterPackFields;
use crate::{AppView, AppliedLabeler, Caller, RecordJson, ViewError, uri};

pub(crate) use actors::load_actors;
use actors::parse;
pub(crate) use lists::REFERENCE_LIST;
pub(crate) use posts::QUOTE_DEPTH_MAX;
pub(crate) use relations::{Pairs, Relations};
pub(crate) use state::{Actor, KnownFollowers, Liked, State};
use subjects::{Asked, Subjects};
use told::About;
pub use told::Subscription;
pub(crate) use verifications::Verification;

/// Rounds after the first: known followers, the lists by which one of them is blocked. It takes a circle to need more.
const ROUNDS_MAX: usize = 4;
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
        let viewer = self.state.viewer;
        let (rows, members) = tokio::try_join!(
            self.store.records(&[STARTER_PACK], keys),
            self.store.list_samples(keys, viewer, LIST_SAMPLE),
        )?;
        for row in &rows {
            let fields =
                RecordJson::new(&row.body).and_then(|json| parse::<StarterPackFields>(&json));
            let Some(fields) = fields else { continue };
            let feeds = fields.feeds.iter().filter_map(|feed| uri::generator(&feed.uri));
            self.offered.generators.extend(feeds);
            self.lists.extend(uri::list(&fields.list));
        }
        self.offered.read = rows;
        for row in members {
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

    /// Asks for all that is wanted, and then for what the answers name: mostly nothing, or lists by which somebody is blocked. Only the
    /// first round asks for anything of posts.
    pub async fn finish(mut self) -> Result<State, ViewError> {
        self.want_those_in_posts();
        let mut asked = Asked::default();
        let mut wanted = self.wanted();
        wanted.renew(&mut asked);
        // Boxed, like those below: it is asked from deep within the method.
        let mut closed = Box::pin(self.first_round(wanted)).await?;
        for _ in 0..ROUNDS_MAX {
            let mut named = self.state.named(&self.detailed);
            named.renew(&mut asked);
            let mut texts = self.state.hashed_keys(self.op);
            texts.retain(|&key| asked.texts.insert(key));
            let closed = std::mem::take(&mut closed);
            if named.is_empty() && texts.is_empty() && closed.is_empty() {
                break;
            }
            let (said, texts, refused) = Box::pin(async {
                tokio::try_join!(
                    named.load(&self, &[], About::default()),
                    load_rkey_texts(self.store, &texts),
                    self.refused(&closed),
                )
            })
            .await?;
            self.state.take(said);
            self.state.rkey_texts.extend(texts);
            self.state.refused.extend(refused);
        }
        let mut state = self.state;
        state.take_down();
        state.redact();
        Ok(state)
    }

    /// Everybody and everything that is wanted, apart from posts.
    fn wanted(&mut self) -> Subjects {
        let mut actors = std::mem::take(&mut self.actors);
        actors.extend(self.reposts.iter().map(|repost| repost.0));
        actors.extend(self.lists.iter().map(|list| list.0));
        actors.extend(&self.detailed);
        actors.extend(self.offered.creators());
        let mut pairs = std::mem::take(&mut self.pairs);
        pairs.add_viewer(self.state.viewer, actors.iter().copied());
        let issuers = if actors.is_empty() { HashSet::new() } else { self.usual_issuers() };
        let lists = std::mem::take(&mut self.lists);
        Subjects { actors, issuers, pairs, lists, offered: std::mem::take(&mut self.offered) }
    }

    /// Asks for the wanted, and for all that is shown of posts and of accounts in detail. Which gates around the posts were ever closed.
    async fn first_round(&mut self, wanted: Subjects) -> Result<ClosedGates, ViewError> {
        let (store, viewer) = (self.store, self.state.viewer);
        let shown = self.shown();
        let roots: HashSet<_> = shown.iter().filter_map(|key| self.posts.root(*key)).collect();
        let about = About {
            posts: &shown,
            roots: &Vec::from_iter(roots),
            subscriptions: &[&self.detailed[..], &self.subscribed].concat(),
            ..About::default()
        };
        let posts = shown.iter().map(|key| (key.0, POST, key.1));
        let labelled: Vec<_> = posts.chain(self.labelled.iter().copied()).collect();
        let wants_known = |actor: &&ActorId| {
            self.with_known_followers.as_ref().is_none_or(|wanted| wanted.contains(actor))
        };
        let with_known: Vec<_> = self.detailed.iter().filter(wants_known).copied().collect();
        let interactions = async { Ok(store.interactions(&shown, viewer, self.op).await?) };
        let reposts = async { Ok(store.record_heads(&[REPOST], &self.reposts).await?) };
        let (said, interactions, reposts, gates, counts, known, known_likers) = tokio::try_join!(
            wanted.load(self, &labelled, about),
            interactions,
            reposts,
            gates::load_gates(store, &self.posts),
            actors::load_counts(store, &self.detailed),
            actors::load_known_followers(store, &with_known, viewer),
            actors::load_known_likers(store, &self.with_likers, viewer),
        )?;
        let state = &mut self.state;
        state.take(said);
        state.posts = std::mem::take(&mut self.posts.found);
        state.interactions = interactions.into_iter().map(|row| (row.key(), row)).collect();
        state.reposts = reposts.into_iter().map(|row| ((row.actor, row.rkey), row)).collect();
        let closed;
        (state.threadgates, state.postgates, closed) = gates;
        state.profile_counts = counts;
        (state.known_followers, state.known_likers) = (known, known_likers);
        Ok(closed)
    }

    /// The posts that are shown and exist.
    fn shown(&self) -> Vec<RecordKey> {
        self.posts.shown.iter().copied().filter(|key| self.has_post(*key)).collect()
    }

    /// What the gates that were ever closed refused of the posts.
    async fn refused(&self, closed: &ClosedGates) -> Result<Refused, ViewError> {
        if closed.is_empty() {
            return Ok(Refused::default());
        }
        let found = self.state.posts.keys().copied();
        let shown: Vec<_> = found.filter(|key| self.posts.shown.contains(key)).collect();
        Ok(self.store.refused(&shown, closed).await?)
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

impl State {
    /// Keys that answers name and that are hashes. Nearly always none.
    fn hashed_keys(&self, op: Option<ActorId>) -> Vec<RecordKey> {
        let of = |who: Option<ActorId>, rkey: Option<RkeyId>| Some((who?, rkey?));
        let viewer = self.viewer;
        let answered = self.interactions.values().flat_map(|row| {
            [of(viewer, row.viewer_like()), of(viewer, row.viewer_repost()), of(op, row.op_like())]
        });
        let subscribed = self
            .lists
            .values()
            .flat_map(|list| [of(viewer, list.blocked_by), of(viewer, list.opt_out)]);
        let liked = self.offered.likes_of_viewer().map(|rkey| of(viewer, Some(rkey)));
        let sampled = self.samples.iter().flat_map(|(list, members)| {
            members.iter().map(|member| of(Some(list.0), Some(member.item)))
        });
        let named = answered.chain(subscribed).chain(liked).chain(sampled).flatten();
        let named = named.chain(self.relations.records());
        named.filter(|(_, rkey)| rkey.tid().is_none()).collect()
    }
}

/// Their texts: only the records' own rows have them.
async fn load_rkey_texts(
    store: &Store,
    keys: &[RecordKey],
) -> Result<HashMap<RecordKey, Box<str>>, ViewError> {
    let texts = store.record_heads(&NAMED, keys).await?;
    Ok(texts.into_iter().map(|row| ((row.actor, row.rkey), row.rkey_text)).collect())
}
