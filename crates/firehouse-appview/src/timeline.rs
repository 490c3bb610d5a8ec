//! app.bsky.feed.getTimeline: what those the viewer follows posted and reposted, with some of the viewer's own.
//!
//! Items come from the store by spans of time that widen backwards until the page is full: the newest few hours hold it for most viewers.
//! Those who follow only quiet accounts are served by author instead, so that nobody makes the store read years of everybody.

use std::cmp::{Ordering, Reverse};

use atrium_api::app::bsky::feed::get_timeline::ParametersData;
use firehouse_store::read::{AuthorFeed, FeedItem, FeedPosition};
use firehouse_types::{ActorId, Datetime};

use crate::author_feed::Feed;
use crate::hydrate::Hydration;
use crate::page::{From, Page, fill_page, limit_of};
use crate::view::{FeedViewPost, Shown};
use crate::{Answer, AppView, Caller, ViewError, clock};

/// How far back each look-up reaches, from where the page begins or from now; after the last one, all times. Units: hours.
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
    let repo_rev = app.repo_rev(caller).await?;
    let pages = fill_page(from, limit_of(parameters.limit), |from, limit| {
        Box::pin(async move { page(app, caller, viewer, from, limit).await })
    });
    let (feed, cursor) = pages.await?;
    Ok(Answer { body: Feed { feed, cursor }, repo_rev })
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
    let views = app.views(&state);
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
    let own = async {
        Ok(app.store.author_items(viewer, ALL, own_position(viewer, before), limit + 1).await?)
    };
    let (followed, mut own) =
        tokio::try_join!(followed_items(app, viewer, before, limit + 1), own)?;
    let own_max = limit.min(OWN_MAX).max(limit - followed.len().min(limit));
    let has_more_own = own.len() > own_max;
    own.truncate(own_max);
    let mut items = followed;
    items.extend(own);
    items.sort_unstable_by_key(|item| Reverse(order(item)));
    // An account that follows itself has its items twice.
    items.dedup();
    let mut page = Page::cut(items, limit, FeedItem::position);
    if page.next.is_none() && has_more_own {
        page.next = page.items.last().map(|item| item.position().into());
    }
    Ok(page)
}

/// Where the viewer's own items go on: those of the very time of the last item are all before it, or all behind, unless it was his too.
fn own_position(viewer: ActorId, before: FeedPosition) -> FeedPosition {
    match viewer.get().cmp(&before.actor) {
        Ordering::Less => FeedPosition { kind: i8::MAX, rkey: u64::MAX, ..before },
        Ordering::Equal => before,
        Ordering::Greater => FeedPosition { kind: i8::MIN, rkey: 0, ..before },
    }
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
    let starts =
        SPANS_H.map(|hours| Datetime::from_ms(newest.ms().saturating_sub(hours * 3_600_000)));
    for after in starts.map(Some).into_iter().chain([None]) {
        // Asked again from the start: a page has few rows, and joining spans would need a cursor of its own.
        items = app.store.timeline_items(viewer, after, before, wanted).await?;
        if items.len() >= wanted {
            break;
        }
    }
    Ok(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_items_of_the_very_time_of_the_last_item_come_by_its_author() {
        let viewer = ActorId::from(5);
        let check = |actor, expected: (i8, u64)| {
            let before = FeedPosition { at: Datetime::EPOCH, actor, kind: 1, rkey: 7 };
            let own = own_position(viewer, before);
            assert_eq!(
                (own.at, own.kind, own.rkey),
                (before.at, expected.0, expected.1),
                "{actor}"
            );
        };
        check(9, (i8::MAX, u64::MAX));
        check(5, (1, 7));
        check(3, (i8::MIN, 0));
    }
}
