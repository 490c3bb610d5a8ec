//! app.bsky.feed.getSuggestedFeeds, and app.bsky.unspecced.getSuggestedFeeds without pages: feed generators worth a look.

use std::collections::HashSet;

use atrium_api::app::bsky::feed::get_suggested_feeds::ParametersData;

use crate::feed_generators::generators;
use crate::page::{From, Page, fill_page, limit_of};
use crate::popular::{Ranking, page_of};
use crate::view::GeneratorView;
use crate::{Answer, AppView, Caller, ViewError, uri};

/// Feeds that a recommender may name.
const RECOMMENDED_MAX: usize = 50;

/// The output of getSuggestedFeeds and getPopularFeedGenerators.
#[derive(Clone, Debug, serde::Serialize)]
pub struct SuggestedFeeds {
    /// Best first.
    pub feeds: Vec<GeneratorView>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Feed generators on the list kept by hand; without one, those that are liked most.
pub async fn get_suggested_feeds(
    app: &AppView,
    caller: &Caller,
    parameters: ParametersData,
) -> Result<Answer<SuggestedFeeds>, ViewError> {
    let from = From::parse(parameters.cursor.as_deref())?;
    suggested(app, caller, from, limit_of(parameters.limit)).await
}

/// The parameters of the unspecced method.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct FeedsInBriefParameters {
    /// At most so many.
    pub limit: Option<usize>,
}

/// The output of the unspecced method.
#[derive(Clone, Debug, serde::Serialize)]
pub struct FeedsInBrief {
    /// Best first.
    pub feeds: Vec<GeneratorView>,
}

/// What a recommender answers.
#[derive(Debug, serde::Deserialize)]
struct Recommended {
    feeds: Vec<String>,
}

/// As [`get_suggested_feeds`], without further pages; or a recommender's.
pub async fn get_feeds_in_brief(
    app: &AppView,
    caller: &Caller,
    parameters: FeedsInBriefParameters,
) -> Result<Answer<FeedsInBrief>, ViewError> {
    let limit = parameters.limit.unwrap_or(10).clamp(1, 25);
    let method = "app.bsky.unspecced.getSuggestedFeedsSkeleton";
    let asked = vec![("limit", limit.to_string())];
    if let Some(said) = app.recommended::<Recommended>(caller, method, asked).await {
        let mut seen = HashSet::new();
        let keys = said.feeds.iter().filter_map(|uri| uri::generator(uri));
        let keys: Vec<_> = keys.filter(|&key| seen.insert(key)).take(RECOMMENDED_MAX).collect();
        return Ok(Answer::new(FeedsInBrief { feeds: generators(app, caller, &keys).await? }));
    }
    let feeds = suggested(app, caller, From::Start, limit).await?.body.feeds;
    Ok(Answer::new(FeedsInBrief { feeds }))
}

/// In pages.
pub(crate) async fn suggested(
    app: &AppView,
    caller: &Caller,
    from: From,
    limit: usize,
) -> Result<Answer<SuggestedFeeds>, ViewError> {
    let ranking: &Ranking = &app.popular.suggested(&app.store).await?;
    let pages = fill_page(from, limit, |from, limit| {
        Box::pin(async move {
            let Page { items, next } = page_of(ranking, from, limit);
            let keys: Vec<_> = items.iter().map(|row| row.key).collect();
            Ok(Page { items: generators(app, caller, &keys).await?, next })
        })
    });
    let (feeds, cursor) = pages.await?;
    Ok(Answer::new(SuggestedFeeds { feeds, cursor }))
}
