//! The newest posts of a search that everybody may see: for readers of RSS and Atom, who never say who they are.

use crate::page::From;
use crate::search::Order;
use crate::search_posts::page;
use crate::search_posts_v2::asked;
use crate::view::PostView;
use crate::{AppView, Caller, SearchPostsV2Parameters, ViewError};

/// One page, newest first unless the query says otherwise, without posts of accounts that ask not to be shown to just anybody. `caller`: of
/// nobody, with the labelers whose takedowns hold. Errors: [`ViewError::BadQueryString`].
pub async fn newest_posts(
    app: &AppView,
    caller: &Caller,
    parameters: SearchPostsV2Parameters,
    limit: usize,
) -> Result<Vec<PostView>, ViewError> {
    let order = match parameters.sort.as_deref() {
        Some("top") => Order::Top,
        _ => Order::Latest,
    };
    let search = asked(parameters).search(app, caller).await?;
    let found = page(app, caller, &search, order.or(search.sort), From::Start, limit).await?;
    Ok(found.items.into_iter().filter(|post| !post.is_for_members()).collect())
}
