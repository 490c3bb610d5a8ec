//! app.bsky.feed.getAuthorFeed: what one account posted and reposted.
//!
//! Skeleton: its items from the store, newest first, cut to a page, the pinned post in front of the first. Hydrate: the posts with what
//! they answer and quote, everybody in them. Rules: nothing across a block, no reposts of who is muted; with `posts_and_author_threads`
//! only replies whose whole chain of parents, all the author's own, is on the page. View: `feedViewPost`.

use std::collections::HashSet;

use atrium_api::app::bsky::feed::get_author_feed::ParametersData;
use firehouse_schema::{EMBED_GALLERY, EMBED_IMAGES, EMBED_VIDEO};
use firehouse_store::read::{AuthorFeed, FeedItem, RecordKey};
use firehouse_types::{ActorId, Did};

use crate::hydrate::{Hydration, Pairs, Relations, State, load_actors};
use crate::page::{From, Page, fill_page, limit_of};
use crate::view::{FeedViewPost, Shown, strong_ref};
use crate::{Answer, AppView, Caller, ViewError, actor, uri};

/// Look-ups for one page, each for twice as many items, while reposts of missing posts take its places.
const ROUNDS_MAX: usize = 4;
/// Items of one look-up.
const ITEMS_MAX: usize = 800;

/// The output of getAuthorFeed, getTimeline, getListFeed and getActorLikes.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Feed {
    /// Newest first.
    pub feed: Vec<FeedViewPost>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// What an account posted and reposted. Errors: the account cannot be seen, or is behind a block.
pub async fn get_author_feed(
    app: &AppView,
    caller: &Caller,
    parameters: ParametersData,
) -> Result<Answer<Feed>, ViewError> {
    let not_found = || ViewError::invalid("Profile not found");
    let did = actor::resolve(app, &parameters.actor).await?.ok_or_else(not_found)?;
    let from = From::parse(parameters.cursor.as_deref())?;
    let (filter, limit) = (Filter::of(parameters.filter.as_deref()), limit_of(parameters.limit));
    // Nearly everybody may see what he asks for: the items of the first page are looked up while that is found out.
    let first = async {
        match from {
            From::Nowhere => Ok(Vec::new()),
            From::Start | From::After(_) => Ok(app
                .store
                .author_items(did.actor(), filter.items, from.feed(), limit + 1)
                .await?),
        }
    };
    let (repo_rev, author, first) =
        tokio::try_join!(app.repo_rev(caller), Author::load(app, caller, &did), first)?;
    let author = &author.ok_or_else(not_found)?;
    let with_pin = parameters.include_pins == Some(true) && from == From::Start;
    let pinned = author.pinned.filter(|_| with_pin);
    let mut first = Some(first);
    let pages = fill_page(from, limit, |from, limit| {
        let pinned = pinned.filter(|_| from == From::Start);
        let part = Part { filter, pinned, from, limit, read: first.take() };
        Box::pin(async move { author.page(app, caller, part).await })
    });
    let (feed, cursor) = pages.await?;
    Ok(Answer { body: Feed { feed, cursor }, repo_rev })
}

/// Which items are asked for.
#[derive(Clone, Copy)]
struct Filter {
    items: AuthorFeed,
    own_threads_only: bool,
}

impl Filter {
    fn of(name: Option<&str>) -> Self {
        let (reposts, media, replies) = match name {
            Some("posts_no_replies") => (true, 0, 0),
            Some("posts_with_media") => (false, EMBED_IMAGES | EMBED_GALLERY, 2),
            Some("posts_with_video") => (false, EMBED_VIDEO, 2),
            Some("posts_and_author_threads") => (true, 0, 1),
            _ => (true, 0, 2),
        };
        let items = AuthorFeed { reposts, media, replies };
        Self { items, own_threads_only: replies == 1 }
    }
}

/// Which part of the feed makes a page.
struct Part {
    filter: Filter,
    pinned: Option<RecordKey>,
    from: From,
    limit: usize,
    /// Its items, and one more where there are more, when they were looked up already.
    read: Option<Vec<FeedItem>>,
}

/// Whose feed it is, when the caller may see it.
struct Author {
    id: ActorId,
    /// The post pinned to the profile, when it is the author's own.
    pinned: Option<RecordKey>,
}

impl Author {
    async fn load(app: &AppView, caller: &Caller, did: &Did) -> Result<Option<Self>, ViewError> {
        let id = did.actor();
        let mut pairs = Pairs::default();
        pairs.add_viewer(caller.actor(), [id]);
        let actors = [id];
        let (actors, relations) = tokio::try_join!(
            load_actors(&app.store, &actors, caller.privileged),
            Relations::load(&app.store, &pairs)
        )?;
        let mut state = State::new(caller);
        state.actors = actors;
        let Some(actor) = state.actor(id) else { return Ok(None) };
        let viewer = caller.actor().filter(|_| !caller.privileged);
        if let Some(viewer) = viewer.filter(|&viewer| relations.block_between(viewer, id)) {
            // Once more with labels: they may take down the lists by which one blocks the other.
            let mut hydration = Hydration::new(app, caller);
            hydration.actors.insert(id);
            let relations = hydration.finish().await?.relations;
            if relations.blocks(viewer, id) {
                return Err(ViewError::BlockedActor { did: did.clone() });
            }
            if relations.blocks(id, viewer) {
                return Err(ViewError::BlockedByActor { did: did.clone() });
            }
        }
        let pin = actor.profile.as_ref().and_then(|profile| profile.fields.pinned_post.as_ref());
        let pinned = pin.and_then(strong_ref).and_then(|pin| uri::post(&pin.uri));
        Ok(Some(Self { id, pinned: pinned.filter(|pin| pin.0 == id) }))
    }

    /// One page, all four steps.
    async fn page(
        &self,
        app: &AppView,
        caller: &Caller,
        part: Part,
    ) -> Result<Page<FeedViewPost>, ViewError> {
        let Part { filter, pinned, .. } = part;
        let mut hydration = Hydration::new(app, caller);
        let page = self.skeleton(app, &mut hydration, part).await?;
        let mut items: Vec<_> = page.items.into_iter().map(Shown::Item).collect();
        if let Some(pinned) = pinned {
            items.retain(|item| item.post() != pinned);
            items.insert(0, Shown::Pinned(pinned));
        }
        let posts: Vec<_> = items.iter().map(Shown::post).collect();
        hydration.load_posts(&posts, true).await?;
        hydration.reposts = items.iter().filter_map(Shown::repost).collect();
        let state = hydration.finish().await?;

        let views = app.views(&state);
        // Of who is muted only what others repost is left out: whoever opens a feed wants to see whose it is.
        let is_muted = |author| views.mutes(author) && !views.mutes(self.id);
        items.retain(|item| {
            let author = item.post().0;
            !views.viewer_blocks(author) && !is_muted(author)
        });
        if filter.own_threads_only {
            let complete = OwnThreads::new(&state, &items);
            items.retain(|item| !OwnThreads::is_own_post(item) || complete.holds(item.post()));
        }
        let feed = items.iter().filter_map(|item| views.feed_post(item)).collect();
        Ok(Page { items: feed, next: page.next })
    }

    /// Items whose posts exist: of a repost, the post may be gone or never seen. Such reposts take no place on the page. Where only such
    /// are found, the page ends short, with a cursor behind the last one looked at.
    async fn skeleton(
        &self,
        app: &AppView,
        hydration: &mut Hydration<'_>,
        part: Part,
    ) -> Result<Page<FeedItem>, ViewError> {
        let Part { filter, pinned, from, limit, mut read } = part;
        let (mut items, mut before) = (Vec::new(), from.feed());
        let mut wanted = limit + 1;
        for _ in 0..ROUNDS_MAX {
            let rows = match read.take() {
                Some(rows) => rows,
                None => app.store.author_items(self.id, filter.items, before, wanted).await?,
            };
            let posts: Vec<_> = rows.iter().map(|item| item.post).chain(pinned).collect();
            hydration.load_posts(&posts, true).await?;
            let is_last = rows.len() < wanted;
            if let Some(last) = rows.last() {
                before = last.position();
            }
            items.extend(rows.into_iter().filter(|item| hydration.has_post(item.post)));
            if is_last || items.len() > limit {
                return Ok(Page::cut(items, limit, FeedItem::position));
            }
            // Where much is gone, more of it will be.
            wanted = (wanted * 2).min(ITEMS_MAX);
        }
        Ok(Page { items, next: Some(before.into()) })
    }
}

/// Which replies of a page have all posts above them on the same page.
struct OwnThreads<'a> {
    state: &'a State,
    on_page: HashSet<RecordKey>,
}

impl<'a> OwnThreads<'a> {
    fn new(state: &'a State, items: &[Shown]) -> Self {
        let own = items.iter().filter(|item| item.repost().is_none());
        Self { state, on_page: own.map(Shown::post).collect() }
    }

    /// Whether the item is there as a post: reposts and the pin are shown in any case.
    fn is_own_post(item: &Shown) -> bool {
        match item {
            Shown::Item(item) => item.repost().is_none(),
            Shown::Post(_) | Shown::Repost { .. } | Shown::Pinned(_) => false,
        }
    }

    fn holds(&self, post: RecordKey) -> bool {
        let mut at = post;
        // Longer than the page there is no chain, unless it is a circle.
        for _ in 0..=self.on_page.len() {
            if !self.on_page.contains(&at) {
                return false;
            }
            let Some(post) = self.state.posts.get(&at) else { return false };
            let Some(reply) = &post.fields.reply else { return true };
            let Some(parent) = uri::post(&reply.parent.uri) else { return false };
            at = parent;
        }
        false
    }
}
