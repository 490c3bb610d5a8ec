//! app.bsky.unspecced.getSuggestedStarterPacks and getOnboardingSuggestedStarterPacks: starter packs worth a look.

use std::collections::HashSet;

use firehouse_schema::EditorialList;

use crate::search_starter_packs::in_full;
use crate::view::StarterPackView;
use crate::{Answer, AppView, Caller, ViewError, uri};

/// Packs that are looked at besides: creators are gone or behind blocks.
const SPARE: usize = 10;
/// Packs that a recommender may name.
const RECOMMENDED_MAX: usize = 50;

/// The parameters.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct SuggestedStarterPacksParameters {
    /// At most so many.
    pub limit: Option<usize>,
}

/// The output.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SuggestedStarterPacks {
    /// The best first.
    pub starter_packs: Vec<StarterPackView>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recommended {
    #[serde(default)]
    starter_packs: Vec<String>,
}

/// Starter packs on the list kept by hand, then those of whom the viewer follows, then the latest; or a recommender's.
pub async fn get_suggested_starter_packs(
    app: &AppView,
    caller: &Caller,
    parameters: SuggestedStarterPacksParameters,
) -> Result<Answer<SuggestedStarterPacks>, ViewError> {
    let method = "app.bsky.unspecced.getSuggestedStarterPacksSkeleton";
    suggested(app, caller, method, parameters).await
}

/// Likewise, for who is new.
pub async fn get_onboarding_suggested_starter_packs(
    app: &AppView,
    caller: &Caller,
    parameters: SuggestedStarterPacksParameters,
) -> Result<Answer<SuggestedStarterPacks>, ViewError> {
    let method = "app.bsky.unspecced.getOnboardingSuggestedStarterPacksSkeleton";
    suggested(app, caller, method, parameters).await
}

async fn suggested(
    app: &AppView,
    caller: &Caller,
    method: &'static str,
    parameters: SuggestedStarterPacksParameters,
) -> Result<Answer<SuggestedStarterPacks>, ViewError> {
    let limit = parameters.limit.unwrap_or(10).clamp(1, 25);
    let asked = vec![("limit", limit.to_string())];
    if let Some(said) = app.recommended::<Recommended>(caller, method, asked).await {
        let mut seen = HashSet::new();
        let keys = said.starter_packs.iter().filter_map(|uri| uri::starter_pack(uri));
        let keys: Vec<_> = keys.filter(|&key| seen.insert(key)).take(RECOMMENDED_MAX).collect();
        let starter_packs = in_full(app, caller, &keys).await?;
        return Ok(Answer::new(SuggestedStarterPacks { starter_packs }));
    }
    let store = &app.store;
    let (chosen, others) = tokio::try_join!(
        store.editorial(EditorialList::StarterPacks),
        store.suggested_starter_packs(caller.actor(), limit + SPARE),
    )?;
    let chosen = chosen.iter().filter_map(|row| uri::starter_pack(&row.subject));
    let others = others.iter().map(|row| (row.actor, row.rkey));
    let mut seen = HashSet::new();
    let keys = chosen.chain(others).filter(|&key| seen.insert(key)).take(limit + SPARE);
    let mut starter_packs = in_full(app, caller, &keys.collect::<Vec<_>>()).await?;
    starter_packs.truncate(limit);
    Ok(Answer::new(SuggestedStarterPacks { starter_packs }))
}
