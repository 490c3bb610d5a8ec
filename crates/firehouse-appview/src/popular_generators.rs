//! app.bsky.unspecced.getPopularFeedGenerators: feed generators as getSuggestedFeeds has them, or those that a query is found in.
//!
//! A query has no pages, as in the reference: the best hits, and no cursor. Every word of it stands in the name or the description, in
//! whatever case; hits in the name come first, then those that are liked more.

use std::cmp::Reverse;
use std::collections::HashMap;

use atrium_api::app::bsky::unspecced::get_popular_feed_generators::ParametersData;
use firehouse_store::read::{RecordKey, RecordRead};

use crate::feed_generators::generators;
use crate::page::{From, limit_of};
use crate::record::RecordJson;
use crate::suggested_feeds::{SuggestedFeeds, suggested};
use crate::{Answer, AppView, Caller, ViewError};

/// Hits that are ranked.
const HITS_MAX: usize = 1_000;
/// Words of a query; the rest is left out.
const WORDS_MAX: usize = 8;

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct GeneratorTexts {
    display_name: String,
    #[serde(default)]
    description: String,
}

/// Feed generators that are suggested, or that say what is asked for.
pub async fn get_popular_feed_generators(
    app: &AppView,
    caller: &Caller,
    parameters: ParametersData,
) -> Result<Answer<SuggestedFeeds>, ViewError> {
    let from = From::parse(parameters.cursor.as_deref())?;
    let limit = limit_of(parameters.limit);
    let query = parameters.query.unwrap_or_default().to_lowercase();
    let words: Vec<&str> = query.split_whitespace().take(WORDS_MAX).collect();
    if words.is_empty() || from == From::Nowhere {
        return suggested(app, caller, from, limit).await;
    }
    let rows = app.store.generators_with(&words, HITS_MAX).await?;
    let ranking = app.popular.by_likes(&app.store).await?;
    let likes: HashMap<_, _> = ranking.iter().map(|row| (row.key, row.score.1)).collect();
    let mut hits: Vec<_> = rows.iter().filter_map(|row| hit(row, &words)).collect();
    hits.sort_by_key(|&(in_name, key)| (!in_name, Reverse(likes.get(&key).copied()), key));
    // Some creators are gone.
    let keys: Vec<_> = hits.into_iter().map(|(_, key)| key).take(2 * limit).collect();
    let mut feeds = generators(app, caller, &keys).await?;
    feeds.truncate(limit);
    Ok(Answer::new(SuggestedFeeds { feeds, cursor: None }))
}

/// Whether all words are in the name; `None` when one is neither there nor in the description.
fn hit(row: &RecordRead, words: &[&str]) -> Option<(bool, RecordKey)> {
    let json = RecordJson::new(&row.body)?;
    let texts: GeneratorTexts = serde_json::from_str(json.get()).ok()?;
    let (name, description) = (texts.display_name.to_lowercase(), texts.description.to_lowercase());
    let all_in = |text: &dyn Fn(&str) -> bool| words.iter().all(|word| text(word));
    let in_name = all_in(&|word| name.contains(word));
    let is_hit = in_name || all_in(&|word| name.contains(word) || description.contains(word));
    is_hit.then_some((in_name, (row.actor, row.rkey)))
}
