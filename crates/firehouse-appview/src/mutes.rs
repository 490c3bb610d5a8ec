//! app.bsky.graph.getMutes and getBlocks: the accounts that the viewer mutes or blocks, by naming them.

use atrium_api::app::bsky::graph::{get_blocks, get_mutes};
use firehouse_store::read::{LinkAt, LinkSource};

use crate::hydrate::Hydration;
use crate::nsid::BLOCK;
use crate::page::{From, Page, fill_page, limit_of};
use crate::view::ProfileView;
use crate::{Answer, AppView, Caller, ViewError};

const BLOCKS: LinkSource<'_> = LinkSource { collection: BLOCK, path: ".subject" };

/// The output of getMutes.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Mutes {
    /// Latest first, without those who are muted in part only.
    pub mutes: Vec<ProfileView>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// The output of getBlocks.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Blocks {
    /// Latest first.
    pub blocks: Vec<ProfileView>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Whom the viewer mutes wholly, without those who cannot be seen.
pub async fn get_mutes(
    app: &AppView,
    caller: &Caller,
    parameters: get_mutes::ParametersData,
) -> Result<Answer<Mutes>, ViewError> {
    let viewer = caller.account()?.actor();
    let from = From::parse(parameters.cursor.as_deref())?;
    let pages = fill_page(from, limit_of(parameters.limit), |from, limit| {
        Box::pin(async move {
            let rows = app.store.muted_accounts(viewer, from.link(), limit + 1).await?;
            profiles(app, caller, rows, limit).await
        })
    });
    let (mutes, cursor) = pages.await?;
    Ok(Answer::new(Mutes { mutes, cursor }))
}

/// Whom the viewer blocks, without those who cannot be seen.
pub async fn get_blocks(
    app: &AppView,
    caller: &Caller,
    parameters: get_blocks::ParametersData,
) -> Result<Answer<Blocks>, ViewError> {
    let viewer = caller.account()?.actor();
    let from = From::parse(parameters.cursor.as_deref())?;
    let pages = fill_page(from, limit_of(parameters.limit), |from, limit| {
        Box::pin(async move {
            let rows = app.store.links_from(viewer, BLOCKS, from.link(), limit + 1).await?;
            profiles(app, caller, rows, limit).await
        })
    });
    let (blocks, cursor) = pages.await?;
    Ok(Answer::new(Blocks { blocks, cursor }))
}

async fn profiles(
    app: &AppView,
    caller: &Caller,
    rows: Vec<LinkAt>,
    limit: usize,
) -> Result<Page<ProfileView>, ViewError> {
    let page = Page::cut(rows, limit, LinkAt::position);
    let mut hydration = Hydration::new(app, caller);
    hydration.actors.extend(page.items.iter().map(|row| row.actor));
    let state = hydration.finish().await?;
    let views = app.views(&state);
    let items = page.items.iter().filter_map(|row| views.profile(row.actor)).collect();
    Ok(Page { items, next: page.next })
}
