//! app.bsky.graph.searchStarterPacks and searchStarterPacksV2: starter packs by their names and descriptions, the best first.

use atrium_api::app::bsky::graph::search_starter_packs::ParametersData;
use firehouse_store::read::RecordKey;

use crate::hydrate::Hydration;
use crate::page::{From, Page, fill_page, limit_or};
use crate::search::{Offered, offered_hits, offered_page};
use crate::view::{StarterPackView, StarterPackViewBasic};
use crate::{Answer, AppView, Caller, ViewError};

/// The output of searchStarterPacks.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FoundStarterPacks {
    /// Best first.
    pub starter_packs: Vec<StarterPackViewBasic>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// The output of searchStarterPacksV2.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FoundStarterPacksV2 {
    /// Best first.
    pub starter_packs: Vec<StarterPackView>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// How many there are; those that this viewer does not see are among them.
    pub hits_total: usize,
}

/// Starter packs that say what is asked for, in brief, without those of creators behind a block.
pub async fn search_starter_packs(
    app: &AppView,
    caller: &Caller,
    parameters: ParametersData,
) -> Result<Answer<FoundStarterPacks>, ViewError> {
    let from = From::parse(parameters.cursor.as_deref())?;
    let limit = limit_or(25, parameters.limit);
    let hits = &offered_hits(app, Offered::StarterPacks, &parameters.q, &[]).await?;
    let pages = fill_page(from, limit, |from, limit| {
        Box::pin(async move {
            let page = offered_page(hits, from, limit);
            let mut hydration = Hydration::new(app, caller);
            hydration.offered.starter_packs = page.items.iter().copied().collect();
            let state = hydration.finish().await?;
            let views = app.views(&state);
            let packs = page.items.iter().filter(|key| !views.viewer_blocks(key.0));
            let items = packs.filter_map(|&key| views.starter_pack_basic(key)).collect();
            Ok(Page { items, next: page.next })
        })
    });
    let (starter_packs, cursor) = pages.await?;
    Ok(Answer::new(FoundStarterPacks { starter_packs, cursor }))
}

/// Starter packs that say what is asked for, with what is in them, without those of creators behind a block.
pub async fn search_starter_packs_v2(
    app: &AppView,
    caller: &Caller,
    parameters: ParametersData,
) -> Result<Answer<FoundStarterPacksV2>, ViewError> {
    let from = From::parse(parameters.cursor.as_deref())?;
    let limit = limit_or(25, parameters.limit);
    let hits = &offered_hits(app, Offered::StarterPacks, &parameters.q, &[]).await?;
    let pages = fill_page(from, limit, |from, limit| {
        Box::pin(async move {
            let page = offered_page(hits, from, limit);
            Ok(Page { items: in_full(app, caller, &page.items).await?, next: page.next })
        })
    });
    let (starter_packs, cursor) = pages.await?;
    Ok(Answer::new(FoundStarterPacksV2 { starter_packs, cursor, hits_total: hits.len() }))
}

/// Those of these that the caller can see, in this order, without those of creators behind a block.
pub(crate) async fn in_full(
    app: &AppView,
    caller: &Caller,
    keys: &[RecordKey],
) -> Result<Vec<StarterPackView>, ViewError> {
    let mut hydration = Hydration::new(app, caller);
    hydration.load_starter_packs(keys).await?;
    let state = hydration.finish().await?;
    let views = app.views(&state);
    let packs = keys.iter().copied().filter(|key| !views.viewer_blocks(key.0));
    Ok(packs.filter_map(|key| views.starter_pack(key)).collect())
}
