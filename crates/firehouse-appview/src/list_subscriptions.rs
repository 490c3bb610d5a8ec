//! app.bsky.graph.getListMutes and getListBlocks: the lists by which the viewer mutes or blocks.

use atrium_api::app::bsky::graph::{get_list_blocks, get_list_mutes};
use firehouse_store::read::LinkAt;

use crate::hydrate::Hydration;
use crate::page::{From, Page, fill_page, limit_of};
use crate::view::ListView;
use crate::{Answer, AppView, Caller, ViewError};

/// The output of both.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Output {
    /// The latest made first.
    pub lists: Vec<ListView>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// The lists that the viewer mutes, as far as they exist and their creators can be seen.
pub async fn get_list_mutes(
    app: &AppView,
    caller: &Caller,
    parameters: get_list_mutes::ParametersData,
) -> Result<Answer<Output>, ViewError> {
    let viewer = caller.account()?.actor();
    let from = From::parse(parameters.cursor.as_deref())?;
    let pages = fill_page(from, limit_of(parameters.limit), |from, limit| {
        Box::pin(async move {
            let rows = app.store.lists_muted_by(viewer, from.link(), limit + 1).await?;
            lists(app, caller, rows, limit).await
        })
    });
    let (lists, cursor) = pages.await?;
    Ok(Answer::new(Output { lists, cursor }))
}

/// The lists by which the viewer blocks, likewise.
pub async fn get_list_blocks(
    app: &AppView,
    caller: &Caller,
    parameters: get_list_blocks::ParametersData,
) -> Result<Answer<Output>, ViewError> {
    let viewer = caller.account()?.actor();
    let from = From::parse(parameters.cursor.as_deref())?;
    let pages = fill_page(from, limit_of(parameters.limit), |from, limit| {
        Box::pin(async move {
            let rows = app.store.lists_blocked_by(viewer, from.link(), limit + 1).await?;
            lists(app, caller, rows, limit).await
        })
    });
    let (lists, cursor) = pages.await?;
    Ok(Answer::new(Output { lists, cursor }))
}

async fn lists(
    app: &AppView,
    caller: &Caller,
    rows: Vec<LinkAt>,
    limit: usize,
) -> Result<Page<ListView>, ViewError> {
    let page = Page::cut(rows, limit, LinkAt::position);
    let keys = page.items.iter().map(|row| (row.actor, row.rkey));
    let mut hydration = Hydration::new(app, caller);
    hydration.lists.extend(keys.clone());
    let state = hydration.finish().await?;
    let views = app.views(&state);
    Ok(Page { items: keys.filter_map(|key| views.list(key)).collect(), next: page.next })
}
