//! app.bsky.bookmark.createBookmark and deleteBookmark.

use atrium_api::app::bsky::bookmark::{create_bookmark, delete_bookmark};
use firehouse_store::Bookmark;
use firehouse_store::read::RecordKey;
use firehouse_types::{ActorId, AtUri, RkeyId};

use crate::nsid::POST;
use crate::{AppView, Caller, ViewError};

/// Bookmarks a post for the viewer, unless it is already, and returns once that is durable. It need not exist. Errors: it is no post.
pub async fn create_bookmark(
    app: &AppView,
    caller: &Caller,
    input: create_bookmark::InputData,
) -> Result<(), ViewError> {
    let viewer = caller.account()?.actor();
    let cid = input.cid.as_ref().to_string();
    let bookmark = Bookmark { subject: subject(&input.uri)?, uri: &input.uri, cid: &cid };
    Ok(app.store.bookmark(viewer, bookmark).await?)
}

/// Removes a bookmark of the viewer, if there is one. Errors: what it names is no post.
pub async fn delete_bookmark(
    app: &AppView,
    caller: &Caller,
    input: delete_bookmark::InputData,
) -> Result<(), ViewError> {
    let viewer = caller.account()?.actor();
    Ok(app.store.unbookmark(viewer, subject(&input.uri)?).await?)
}

/// The post that a URI names. One by handle, or without a key, names a post that nobody finds.
fn subject(uri: &str) -> Result<RecordKey, ViewError> {
    let uri = AtUri::parse(uri).ok().filter(|uri| uri.collection == Some(POST));
    let uri = uri.ok_or_else(|| ViewError::Refused {
        name: "UnsupportedCollection",
        message: format!("Only '{POST}' records can be bookmarked"),
    })?;
    Ok((ActorId::of(uri.authority), RkeyId::of(uri.rkey.unwrap_or_default())))
}
