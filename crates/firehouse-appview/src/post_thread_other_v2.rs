//! app.bsky.unspecced.getPostThreadOtherV2: the direct replies to a post that getPostThreadV2 hides.

use atrium_api::app::bsky::unspecced::get_post_thread_other_v2::ParametersData;
use firehouse_store::read::RecordKey;

use crate::hydrate::Hydration;
use crate::thread::Thread;
use crate::view::{Extent, Layout, Order, ThreadItem};
use crate::{Answer, AppView, Caller, ViewError, actor, uri};

/// The output.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Output {
    /// The replies.
    pub thread: Vec<ThreadItem>,
}

/// Replies that the thread's author, a moderator's tag, the viewer's mutes or their own emptiness hides. None for a post that does not
/// exist.
pub async fn get_post_thread_other_v2(
    app: &AppView,
    caller: &Caller,
    parameters: ParametersData,
) -> Result<Answer<Output>, ViewError> {
    let uri = actor::resolve_uri(app, &parameters.anchor).await?;
    let thread = match uri::post(&uri) {
        Some(anchor) => hidden(app, caller, anchor).await?,
        None => Vec::new(),
    };
    Ok(Answer::new(Output { thread }))
}

async fn hidden(
    app: &AppView,
    caller: &Caller,
    anchor: RecordKey,
) -> Result<Vec<ThreadItem>, ViewError> {
    let extent = Extent { height: 0, depth: 1 };
    let Some(thread) = Thread::load(app, anchor, extent).await? else { return Ok(Vec::new()) };
    let mut hydration = Hydration::new(app, caller);
    hydration.op = Some(thread.root.0);
    hydration.load_posts(&thread.posts, false).await?;
    let state = hydration.finish().await?;
    let layout = Layout {
        replies: &thread.replies,
        above: extent.height,
        below: extent.depth,
        branching: 0,
        order: Order::Newest,
        op_thread: None,
    };
    Ok(app.views(&state).hidden_items(anchor, &layout))
}
