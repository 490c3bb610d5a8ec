//! app.bsky.feed.getTimeline: what those the viewer follows posted and reposted, with some of the viewer's own.
//!
//! Items come from the store by spans of time that widen backwards until the page is full: the newest few hours hold it for most viewers,
//! and nobody's quiet account makes the store read years.

use atrium_api::app::bsky::feed::get_timeline::ParametersData;
use firehouse_store::read::{AuthorFeed, FeedItem, FeedPosition};
use firehouse_types::{ActorId, Datetime};

use crate::author_feed::Feed;
use crate::hydrate::Hydration;
use crate::page::{From, Page, fill_page};
use crate::view::{FeedViewPost, Shown, Views};
use crate::{Answer, AppView, Caller, ViewError, clock, limit};

/// How far back each look-up reaches, from where the page begins or from now. Units: hours. After the last one, everything.
const SPANS_H: [i64; 3] = [6, 48, 24 * 30];
/// Own items on a page that others could fill.
const OWN_MAX: usize = 10;
const ALL: AuthorFeed = AuthorFeed { reposts: true, media: 0, replies: 2 };

/// The viewer's home timeline. Nothing for a caller without a viewer, whom firehouse-xrpc refuses.
pub async fn get_timeline(
    app: &AppView,
    caller: &Caller,
    parameters: ParametersData,
) -> Result<Answer<Feed>, ViewError> {
    let from = From::parse(parameters.cursor.as_deref())?;
    let Some(viewer) = caller.actor() else {
        return Ok(Answer::new(Feed { feed: Vec::new(), cursor: None }));
    };
    let repo_rev = app.repo_rev(caller);
    let pages = fill_page(from, limit::of(parameters.limit), |from, limit| {
        Box::pin(async move { page(app, caller, viewer, from, limit).await })
    });
    let (pages, repo_rev) = tokio::join!(pages, repo_rev);
    let (feed, cursor) = pages?;
    Ok(Answer { body: Feed { feed, cursor }, repo_rev: repo_rev? })
}

async fn page(
    app: &AppView,
    caller: &Caller,
    viewer: ActorId,
    from: From,
    limit: usize,
) -> Result<Page<FeedViewPost>, ViewError> {
    let Page { items, next } = skeleton(app, viewer, from.feed(), limit).await?;
    let items: Vec<_> = items.into_iter().map(Shown::Item).collect();
    let posts: Vec<_> = items.iter().map(Shown::post).collect();
    let mut hydration = Hydration::new(app, caller);
    hydration.load_posts(&posts, true).await?;
    hydration.reposts = items.iter().filter_map(Shown::repost).collect();
    let state = hydration.finish().await?;
    let views = Views::new(&state, &app.config, clock::now());
    let is_shown = |item: &&Shown| {
        let (author, by) = (item.post().0, item.repost().map(|repost| repost.0));
        !views.viewer_blocks(author)
            && !by.is_some_and(|by| views.viewer_blocks(by))
            && !views.ancestors_blocked(item.post())
    };
    let feed = items.iter().filter(is_shown).filter_map(|item| views.feed_post(item)).collect();
    Ok(Page { items: feed, next })
}

/// Items of the followed and the viewer's own, merged. Own ones fill what the followed leave, and take ten places at least.
async fn skeleton(
    app: &AppView,
    viewer: ActorId,
    before: FeedPosition,
    limit: usize,
) -> Result<Page<FeedItem>, ViewError> {
    let own = async { Ok(app.store.author_items(viewer, ALL, before, limit + 1).await?) };
    let (followed, mut own) =
        tokio::try_join!(followed_items(app, viewer, before, limit + 1), own)?;
    let own_max = limit.min(OWN_MAX).max(limit - followed.len().min(limit));
    let has_more_own = own.len() > own_max;
    own.truncate(own_max);
    let mut items = followed;
    items.extend(own);
    items.sort_unstable_by_key(|item| std::cmp::Reverse(order(item)));
    // An account that follows itself has its items twice.
    items.dedup();
    let mut page = Page::cut(items, limit, |item| item.position().into());
    if page.next.is_none() && has_more_own {
        page.next = page.items.last().map(|item| item.position().into());
    }
    Ok(page)
}

fn order(item: &FeedItem) -> (Datetime, ActorId, i8, u64) {
    (item.sort_at, item.actor, item.kind as i8, item.rkey.get())
}

async fn followed_items(
    app: &AppView,
    viewer: ActorId,
    before: FeedPosition,
    wanted: usize,
) -> Result<Vec<FeedItem>, ViewError> {
    let newest = before.at.min(clock::now());
    let mut items = Vec::new();
    for span_h in SPANS_H.map(Some).into_iter().chain([None]) {
        let after = match span_h {
            Some(hours) => Datetime::from_ms(newest.ms().saturating_sub(hours * 3_600_000)),
            None => Datetime::from_ms(i64::MIN),
        };
        // Asked again from the start: a page has few rows, and joining spans would need a cursor of its own.
        items = app.store.timeline_items(viewer, after, before, wanted).await?;
        if items.len() >= wanted {
            break;
        }
    }
    Ok(items)
}
