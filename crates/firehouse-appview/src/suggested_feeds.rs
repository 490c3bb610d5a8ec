//! app.bsky.feed.getSuggestedFeeds: feed generators worth a look.

use atrium_api::app::bsky::feed::get_suggested_feeds::ParametersData;
use firehouse_store::read::RecordKey;

use crate::hydrate::Hydration;
use crate::page::{From, Page, fill_page, limit_of};
use crate::popular::{Ranking, page_of};
use crate::view::GeneratorView;
use crate::{Answer, AppView, Caller, ViewError};

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

/// Those of these that the caller can see, in this order.
pub(crate) async fn generators(
    app: &AppView,
    caller: &Caller,
    keys: &[RecordKey],
) -> Result<Vec<GeneratorView>, ViewError> {
    let mut hydration = Hydration::new(app, caller);
    hydration.offered.generators.extend(keys);
    let state = hydration.finish().await?;
    let views = app.views(&state);
    Ok(keys.iter().filter_map(|&key| views.generator(key)).collect())
}
