//! app.bsky.feed.getPostThread: a post, what it answers, and its replies.

use atrium_api::app::bsky::feed::get_post_thread::ParametersData;
use firehouse_store::read::RecordKey;

use crate::hydrate::Hydration;
use crate::thread::{LEVELS_MAX, Thread, depth};
use crate::view::{Extent, ThreadView, ThreadgateView};
use crate::{Answer, AppView, Caller, ViewError, actor, uri};

const DEPTH_DEFAULT: u16 = 6;
const HEIGHT_DEFAULT: u16 = 80;

/// The output.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Output {
    /// The post with what is above and below it.
    pub thread: ThreadView,
    /// Who may reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threadgate: Option<ThreadgateView>,
}

/// The thread around a post. Errors: the post does not exist for this caller.
pub async fn get_post_thread(
    app: &AppView,
    caller: &Caller,
    parameters: ParametersData,
) -> Result<Answer<Output>, ViewError> {
    let uri = actor::resolve_uri(app, &parameters.uri).await?;
    let extent = Extent {
        height: parameters.parent_height.map_or(HEIGHT_DEFAULT, u16::from).min(LEVELS_MAX),
        depth: depth(app, &uri, parameters.depth.map_or(DEPTH_DEFAULT, u16::from)),
    };
    let found = async {
        match uri::post(&uri) {
            Some(anchor) => thread(app, caller, anchor, extent).await,
            None => Ok(None),
        }
    };
    let (repo_rev, found) = tokio::try_join!(app.repo_rev(caller), found)?;
    found.map(|body| Answer { body, repo_rev }).ok_or(ViewError::NotFound { uri, repo_rev })
}

async fn thread(
    app: &AppView,
    caller: &Caller,
    anchor: RecordKey,
    extent: Extent,
) -> Result<Option<Output>, ViewError> {
    let Some(thread) = Thread::load(app, anchor, extent).await? else { return Ok(None) };
    let mut hydration = Hydration::new(app, caller);
    hydration.op = Some(thread.root.0);
    hydration.load_posts(&thread.posts, false).await?;
    let state = hydration.finish().await?;
    let views = app.views(&state);
    let Some(view) = views.thread(anchor, &thread.replies, extent) else { return Ok(None) };
    let threadgate = views.root(anchor).and_then(|root| views.threadgate(root));
    Ok(Some(Output { thread: view, threadgate }))
}
