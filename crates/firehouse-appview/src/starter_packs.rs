//! app.bsky.graph.getStarterPack, getStarterPacks and getActorStarterPacks.

use atrium_api::app::bsky::graph::{get_actor_starter_packs, get_starter_pack, get_starter_packs};
use firehouse_store::read::{LinkAt, RecordKey};

use crate::hydrate::{Hydration, State};
use crate::nsid::STARTER_PACK;
use crate::page::{From, Page, fill_page, limit_of};
use crate::view::{StarterPackView, StarterPackViewBasic};
use crate::{Answer, AppView, Caller, ViewError, actor, uri};

/// The output of getStarterPack.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StarterPack {
    /// The pack.
    pub starter_pack: StarterPackView,
}

/// The output of getStarterPacks and getActorStarterPacks.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StarterPacks {
    /// In the order asked for, or latest first; without those that cannot be seen.
    pub starter_packs: Vec<StarterPackViewBasic>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// One starter pack, with what is in it.
pub async fn get_starter_pack(
    app: &AppView,
    caller: &Caller,
    parameters: get_starter_pack::ParametersData,
) -> Result<Answer<StarterPack>, ViewError> {
    let not_found = || ViewError::invalid("Starter pack not found");
    let uri = actor::resolve_uri(app, &parameters.starter_pack).await?;
    let key = uri::starter_pack(&uri).ok_or_else(not_found)?;
    let mut hydration = Hydration::new(app, caller);
    hydration.load_starter_packs(&[key]).await?;
    let state = hydration.finish().await?;
    let starter_pack = app.views(&state).starter_pack(key).ok_or_else(not_found)?;
    Ok(Answer::new(StarterPack { starter_pack }))
}

/// Some starter packs, in brief.
pub async fn get_starter_packs(
    app: &AppView,
    caller: &Caller,
    parameters: get_starter_packs::ParametersData,
) -> Result<Answer<StarterPacks>, ViewError> {
    let keys = parameters.uris.iter().filter_map(|uri| uri::starter_pack(uri));
    let keys: Vec<_> = keys.collect();
    let state = hydrate(app, caller, &keys).await?;
    let views = app.views(&state);
    let starter_packs = keys.into_iter().filter_map(|key| views.starter_pack_basic(key)).collect();
    Ok(Answer::new(StarterPacks { starter_packs, cursor: None }))
}

/// An account's starter packs, in brief.
pub async fn get_actor_starter_packs(
    app: &AppView,
    caller: &Caller,
    parameters: get_actor_starter_packs::ParametersData,
) -> Result<Answer<StarterPacks>, ViewError> {
    let from = From::parse(parameters.cursor.as_deref())?;
    let did = actor::resolve(app, &parameters.actor).await?;
    let creator = did.ok_or_else(|| ViewError::invalid("Profile not found"))?.actor();
    let pages = fill_page(from, limit_of(parameters.limit), |from: From, limit| {
        Box::pin(async move {
            let before = from.link();
            let rows =
                app.store.actor_records(creator, STARTER_PACK, false, before, limit + 1).await?;
            let page = Page::cut(rows, limit, LinkAt::position);
            let keys: Vec<_> = page.items.iter().map(|row| (row.actor, row.rkey)).collect();
            let state = hydrate(app, caller, &keys).await?;
            let views = app.views(&state);
            let packs = keys.into_iter().filter_map(|key| views.starter_pack_basic(key));
            Ok(Page { items: packs.collect(), next: page.next })
        })
    });
    let (starter_packs, cursor) = pages.await?;
    Ok(Answer::new(StarterPacks { starter_packs, cursor }))
}

async fn hydrate(app: &AppView, caller: &Caller, keys: &[RecordKey]) -> Result<State, ViewError> {
    let mut hydration = Hydration::new(app, caller);
    hydration.offered.starter_packs = keys.iter().copied().collect();
    hydration.finish().await
}
