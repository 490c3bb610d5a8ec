//! app.bsky.feed.getListFeed: what those on a list posted, replies included.
//!
//! Skeleton: their posts from the store, newest first. Rules: as in a timeline, and nothing of members in a block with the list's creator.
//! A list that does not exist has an empty feed, as in the reference.

use atrium_api::app::bsky::feed::get_list_feed::ParametersData;
use firehouse_store::read::{FeedItem, RecordKey};

use crate::author_feed::Feed;
use crate::feed_page::{hydrate, is_shown, present};
use crate::page::{From, Page, fill_page, limit_of};
use crate::view::{FeedViewPost, Shown};
use crate::{Answer, AppView, Caller, ViewError, uri};

/// What the members of a list posted.
pub async fn get_list_feed(
    app: &AppView,
    caller: &Caller,
    parameters: ParametersData,
) -> Result<Answer<Feed>, ViewError> {
    let from = From::parse(parameters.cursor.as_deref())?;
    let Some(list) = uri::list(&parameters.list) else {
        let repo_rev = app.repo_rev(caller).await?;
        return Ok(Answer { body: Feed { feed: Vec::new(), cursor: None }, repo_rev });
    };
    let pages = fill_page(from, limit_of(parameters.limit), |from, limit| {
        Box::pin(async move { page(app, caller, list, from, limit).await })
    });
    let (repo_rev, (feed, cursor)) = tokio::try_join!(app.repo_rev(caller), pages)?;
    Ok(Answer { body: Feed { feed, cursor }, repo_rev })
}

async fn page(
    app: &AppView,
    caller: &Caller,
    list: RecordKey,
    from: From,
    limit: usize,
) -> Result<Page<FeedViewPost>, ViewError> {
    let rows = app.store.list_feed_items(list, from.feed(), limit + 1).await?;
    let Page { items, next } = Page::cut(rows, limit, FeedItem::position);
    let items: Vec<_> = items.into_iter().map(Shown::Item).collect();
    let creator = list.0;
    let with_creator = |hydration: &mut crate::hydrate::Hydration<'_>| {
        items.iter().for_each(|item| hydration.pairs.add(creator, item.post().0));
    };
    let state = hydrate(app, caller, &items, with_creator).await?;
    let views = app.views(&state);
    let feed = present(&views, &items, |item| {
        is_shown(&views, item) && !views.others_block(creator, Some(item.post().0))
    });
    Ok(Page { items: feed, next })
}
