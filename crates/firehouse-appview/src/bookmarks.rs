//! app.bsky.bookmark.getBookmarks: the viewer's own, latest first, those included whose post is gone or behind a block.

use atrium_api::app::bsky::bookmark::get_bookmarks::ParametersData;
use serde_json::{Value, json};

use crate::hydrate::Hydration;
use crate::page::limit_of;
use crate::view::ReplyView;
use crate::{Answer, AppView, Caller, ViewError, key_cursor};

/// The output.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Output {
    /// Latest first.
    pub bookmarks: Vec<BookmarkView>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// app.bsky.bookmark.defs#bookmarkView.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BookmarkView {
    /// When it was made.
    pub created_at: String,
    /// The post, as it was when bookmarked.
    pub subject: Value,
    /// The post as it is.
    pub item: ReplyView,
}

/// One page of the viewer's bookmarks.
pub async fn get_bookmarks(
    app: &AppView,
    caller: &Caller,
    parameters: ParametersData,
) -> Result<Answer<Output>, ViewError> {
    let viewer = caller.account()?.actor();
    let before = key_cursor::before(parameters.cursor.as_deref())?;
    let limit = limit_of(parameters.limit);
    let mut rows = app.store.bookmarks_by(viewer, before, limit + 1).await?;
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let keys: Vec<_> = rows.iter().map(|row| row.subject()).collect();
    let mut hydration = Hydration::new(app, caller);
    hydration.load_posts(&keys, false).await?;
    let state = hydration.finish().await?;
    let views = app.views(&state);
    let view = |row: &firehouse_store::BookmarkRead| BookmarkView {
        created_at: row.key.time().to_string(),
        subject: json!({ "uri": row.uri, "cid": row.cid }),
        item: views.post_or_rest(&row.uri),
    };
    let bookmarks = rows.iter().map(view).collect();
    let cursor = rows.last().filter(|_| has_more).map(|row| row.key.to_string());
    Ok(Answer::new(Output { bookmarks, cursor }))
}
