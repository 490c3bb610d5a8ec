//! app.bsky.graph.searchStarterPacks and searchStarterPacksV2: starter packs by their names and descriptions, latest first.

use atrium_api::app::bsky::graph::search_starter_packs::ParametersData;
use firehouse_store::read::{LinkPosition, RecordKey, RecordRead};
use firehouse_types::Datetime;

use crate::hydrate::Hydration;
use crate::page::{From, Page, fill_page, limit_or};
use crate::record::RecordJson;
use crate::view::{StarterPackView, StarterPackViewBasic};
use crate::{Answer, AppView, Caller, ViewError};

/// Packs that are looked at, the latest of those that have the words anywhere.
const HITS_MAX: usize = 1_000;
/// Words of a query; the rest is left out.
const WORDS_MAX: usize = 8;
/// Units: characters.
const QUERY_CHARS_MAX: usize = 1_000;

/// The output of searchStarterPacks.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FoundStarterPacks {
    /// Latest first.
    pub starter_packs: Vec<StarterPackViewBasic>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// The output of searchStarterPacksV2.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FoundStarterPacksV2 {
    /// Latest first.
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
    let hits = &hits(app, &parameters.q).await?;
    let pages = fill_page(from, limit, |from, limit| {
        Box::pin(async move {
            let page = page_of(hits, from, limit);
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
    let hits = &hits(app, &parameters.q).await?;
    let pages = fill_page(from, limit, |from, limit| {
        Box::pin(async move {
            let page = page_of(hits, from, limit);
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

#[derive(serde::Deserialize)]
struct Texts {
    name: String,
    #[serde(default)]
    description: String,
}

/// Packs with every word of the query in name or description.
async fn hits(app: &AppView, query: &str) -> Result<Vec<LinkPosition>, ViewError> {
    if query.chars().nth(QUERY_CHARS_MAX).is_some() {
        return Ok(Vec::new());
    }
    let query = query.to_lowercase();
    let words: Vec<&str> = query.split_whitespace().take(WORDS_MAX).collect();
    let rows = app.store.starter_packs_with(&words, HITS_MAX).await?;
    Ok(rows.iter().filter(|row| is_hit(row, &words)).map(position).collect())
}

fn is_hit(row: &RecordRead, words: &[&str]) -> bool {
    let Some(json) = RecordJson::new(&row.body) else { return false };
    let Ok(texts) = serde_json::from_str::<Texts>(json.get()) else { return false };
    let (name, description) = (texts.name.to_lowercase(), texts.description.to_lowercase());
    words.iter().all(|word| name.contains(word) || description.contains(word))
}

fn position(row: &RecordRead) -> LinkPosition {
    let at = Datetime::from_ms(row.sort_at);
    LinkPosition { at, actor: row.actor.get(), rkey: row.rkey.get() }
}

fn page_of(hits: &[LinkPosition], from: From, limit: usize) -> Page<RecordKey> {
    let place = |row: &LinkPosition| (row.at, row.actor, row.rkey);
    let behind = place(&from.link());
    let rows = hits.iter().copied().filter(|row| place(row) < behind).take(limit + 1).collect();
    let page = Page::cut(rows, limit, |row: &LinkPosition| *row);
    let keys = page.items.iter().map(|row| (row.actor.into(), row.rkey.into())).collect();
    Page { items: keys, next: page.next }
}
