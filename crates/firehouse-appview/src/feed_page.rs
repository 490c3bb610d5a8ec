//! One page of a feed, behind its skeleton: hydrate, rules, view. What getTimeline, getListFeed and getFeed have in common.

use crate::hydrate::{Hydration, State};
use crate::view::{FeedViewPost, Shown, Views};
use crate::{AppView, Caller, ViewError};

/// Everything the views of some items need: the posts with what they answer and quote, the reposts, everybody in them.
pub(crate) async fn hydrate(
    app: &AppView,
    caller: &Caller,
    items: &[Shown],
    more: impl FnOnce(&mut Hydration<'_>),
) -> Result<State, ViewError> {
    let posts: Vec<_> = items.iter().map(Shown::post).collect();
    let mut hydration = Hydration::new(app, caller);
    hydration.load_posts(&posts, true).await?;
    hydration.reposts = items.iter().filter_map(Shown::repost).collect();
    more(&mut hydration);
    hydration.finish().await
}

/// Whether an item stands in a feed that others put together for the viewer: nobody in it is behind a block, down to whom the post
/// answers and whom that one answers.
pub(crate) fn is_shown(views: &Views<'_>, item: &Shown) -> bool {
    let (post, by) = (item.post(), item.repost().map(|repost| repost.0));
    !views.viewer_blocks(post.0)
        && !by.is_some_and(|by| views.viewer_blocks(by))
        && !views.ancestors_blocked(post)
        && !views.mutes_item(item)
}

/// The views of the items that `rules` keep. An item whose post or repost the caller cannot see is left out.
pub(crate) fn present(
    views: &Views<'_>,
    items: &[Shown],
    rules: impl Fn(&Shown) -> bool,
) -> Vec<FeedViewPost> {
    let items = items.iter().filter(|item| rules(item));
    items.filter_map(|item| views.feed_post(item)).collect()
}
