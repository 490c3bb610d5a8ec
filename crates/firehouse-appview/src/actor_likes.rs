//! app.bsky.feed.getActorLikes: the posts that the viewer likes, latest like first. What others like is nobody's business.

use atrium_api::app::bsky::feed::get_actor_likes::ParametersData;
use firehouse_store::read::LikedPost;

use crate::author_feed::Feed;
use crate::feed_page::{hydrate, present};
use crate::page::{From, Page, fill_page, limit_of};
use crate::view::Shown;
use crate::{Answer, AppView, Caller, ViewError, actor};

/// The posts an account likes. Errors: the account is not the viewer.
pub async fn get_actor_likes(
    app: &AppView,
    caller: &Caller,
    parameters: ParametersData,
) -> Result<Answer<Feed>, ViewError> {
    let from = From::parse(parameters.cursor.as_deref())?;
    if from == From::Nowhere {
        let repo_rev = app.repo_rev(caller).await?;
        return Ok(Answer { body: Feed { feed: Vec::new(), cursor: None }, repo_rev });
    }
    let asked = actor::resolve(app, &parameters.actor).await?;
    let own = asked.filter(|did| caller.viewer.as_ref() == Some(did));
    let liker = own.ok_or_else(|| ViewError::invalid("Profile not found"))?.actor();
    let pages = fill_page(from, limit_of(parameters.limit), |from, limit| {
        Box::pin(async move {
            let rows = app.store.liked_posts(liker, from.link(), limit + 1).await?;
            let Page { items, next } = Page::cut(rows, limit, LikedPost::position);
            let items: Vec<_> = items.iter().map(|row| Shown::Post(row.post())).collect();
            let state = hydrate(app, caller, &items, |_| ()).await?;
            let views = app.views(&state);
            let feed = present(&views, &items, |item| !views.viewer_blocks(item.post().0));
            Ok(Page { items: feed, next })
        })
    });
    let (repo_rev, (feed, cursor)) = tokio::try_join!(app.repo_rev(caller), pages)?;
    Ok(Answer { body: Feed { feed, cursor }, repo_rev })
}
