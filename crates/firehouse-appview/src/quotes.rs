//! app.bsky.feed.getQuotes.

use atrium_api::app::bsky::feed::get_quotes::ParametersData;
use firehouse_store::read::LinkAt;

use crate::hydrate::Hydration;
use crate::nsid::POST;
use crate::page::{From, Page, fill_page, limit_of};
use crate::view::PostView;
use crate::{Answer, AppView, Caller, ViewError, uri};

/// The output.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Output {
    /// What is quoted.
    pub uri: String,
    /// As asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cid: Option<String>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// The posts that quote it, latest first.
    pub posts: Vec<PostView>,
}

/// Posts that quote a post, without those behind a block of the viewer's or of the quoted author, and without what needs review.
pub async fn get_quotes(
    app: &AppView,
    caller: &Caller,
    parameters: ParametersData,
) -> Result<Answer<Output>, ViewError> {
    let from = From::parse(parameters.cursor.as_deref())?;
    let quoted = uri::post(&parameters.uri);
    let pages = fill_page(from, limit_of(parameters.limit), |from, limit| {
        Box::pin(async move {
            let Some(quoted) = quoted else { return Ok(Page::empty()) };
            let rows = app.store.quotes_of(quoted, from.link(), limit + 1).await?;
            let page = Page::cut(rows, limit, LinkAt::position);
            let keys: Vec<_> = page.items.iter().map(|row| (row.actor, row.rkey)).collect();
            let mut hydration = Hydration::new(app, caller);
            hydration.load_posts(&keys, false).await?;
            let state = hydration.finish().await?;
            let views = app.views(&state);
            let is_shown = |author| {
                !views.viewer_blocks(author) && !views.others_block(author, Some(quoted.0))
            };
            let keys =
                keys.into_iter().filter(|key| is_shown(key.0) && views.sees_unreviewed(*key, POST));
            Ok(Page { items: keys.filter_map(|key| views.post(key)).collect(), next: page.next })
        })
    });
    let (posts, cursor) = pages.await?;
    let cid = parameters.cid.map(|cid| cid.as_ref().to_string());
    Ok(Answer::new(Output { uri: parameters.uri, cid, cursor, posts }))
}
