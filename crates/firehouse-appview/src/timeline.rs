//! app.bsky.feed.getTimeline: what those the viewer follows posted and reposted, with some of the viewer's own.
//!
//! Skeleton: items of the followed and the viewer's own, merged. Rules: nobody behind a block, nobody muted. View: `feedViewPost`.

use std::cmp::{Ordering, Reverse};

use atrium_api::app::bsky::feed::get_timeline::ParametersData;
use firehouse_store::read::{AuthorFeed, FeedItem, FeedPosition};
use firehouse_types::{ActorId, Datetime};

use crate::author_feed::Feed;
use crate::feed_page::{hydrate, is_shown, present};
use crate::page::{From, Page, fill_page, limit_of};
use crate::view::{FeedViewPost, Shown};
use crate::{Answer, AppView, Caller, ViewError};

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
    let pages = fill_page(from, limit_of(parameters.limit), |from, limit| {
        Box::pin(async move { page(app, caller, viewer, from, limit).await })
    });
    let (repo_rev, (feed, cursor)) = tokio::try_join!(app.repo_rev(caller), pages)?;
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
    let state = hydrate(app, caller, &items, |_| ()).await?;
    let views = app.views(&state);
    let feed = present(&views, &items, |item| is_shown(&views, item));
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
        Ok::<_, ViewError>(
            app.store.author_items(viewer, ALL, own_position(viewer, before), limit + 1).await?,
        )
    };
    let followed =
        async { Ok::<_, ViewError>(app.store.timeline_items(viewer, before, limit + 1).await?) };
    let (followed, mut own): (_, Vec<FeedItem>) = tokio::try_join!(followed, own)?;
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
