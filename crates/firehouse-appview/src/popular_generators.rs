//! app.bsky.unspecced.getPopularFeedGenerators: feed generators as getSuggestedFeeds has them, or those that a query is found in.
//!
//! A query has no pages, as in the reference: the best hits, and no cursor. What they are found by and ranked by stands in
//! `search/offered.rs`.

use atrium_api::app::bsky::unspecced::get_popular_feed_generators::ParametersData;

use crate::feed_generators::generators;
use crate::page::{From, limit_of};
use crate::search::{Offered, offered_hits, offered_page};
use crate::suggested_feeds::{SuggestedFeeds, suggested};
use crate::{Answer, AppView, Caller, ViewError};

/// Feed generators that are suggested, or that say what is asked for.
pub async fn get_popular_feed_generators(
    app: &AppView,
    caller: &Caller,
    parameters: ParametersData,
) -> Result<Answer<SuggestedFeeds>, ViewError> {
    let from = From::parse(parameters.cursor.as_deref())?;
    let limit = limit_of(parameters.limit);
    let query = parameters.query.unwrap_or_default();
    if query.trim().is_empty() || from == From::Nowhere {
        return suggested(app, caller, from, limit).await;
    }
    let hits = offered_hits(app, Offered::Generators, &query, &[]).await?;
    // Some creators are gone.
    let keys = offered_page(&hits, From::Start, 2 * limit).items;
    let mut feeds = generators(app, caller, &keys).await?;
    feeds.truncate(limit);
    Ok(Answer::new(SuggestedFeeds { feeds, cursor: None }))
}
