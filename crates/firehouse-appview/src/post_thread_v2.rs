//! app.bsky.unspecced.getPostThreadV2: a post, what it answers and its replies, as one list.

use atrium_api::app::bsky::unspecced::get_post_thread_v2::ParametersData;
use firehouse_store::read::RecordKey;

use crate::hydrate::Hydration;
use crate::op_thread::op_thread;
use crate::thread::{Thread, depth};
use crate::view::{Extent, Layout, Order, ThreadItem, ThreadgateView, Views};
use crate::{Answer, AppView, Caller, ViewError, actor, uri};

const BELOW_DEFAULT: u16 = 6;
const BRANCHING_DEFAULT: u16 = 10;
/// Replies of the author's own that are looked at to find how he continued his thread.
const OP_REPLIES_MAX: usize = 10_000;

/// The output.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// The thread, as it is read.
    pub thread: Vec<ThreadItem>,
    /// Who may reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threadgate: Option<ThreadgateView>,
    /// Whether getPostThreadOtherV2 has replies that this answer hides.
    pub has_other_replies: bool,
}

/// The thread around a post. A post that does not exist is an item that says so, not an error.
pub async fn get_post_thread_v2(
    app: &AppView,
    caller: &Caller,
    parameters: ParametersData,
) -> Result<Answer<Output>, ViewError> {
    let uri = actor::resolve_uri(app, &parameters.anchor).await?;
    let height = if parameters.above == Some(false) { 0 } else { app.config.thread_parents_max };
    let below = parameters.below.map_or(BELOW_DEFAULT, |below| u8::from(below).into());
    let extent = Extent { height, depth: depth(app, &uri, below) };
    let branching =
        parameters.branching_factor.map_or(BRANCHING_DEFAULT, |factor| u8::from(factor).into());
    let order = match parameters.sort.as_deref() {
        None | Some("oldest") => Order::Oldest,
        Some("top") => Order::Top,
        Some(_) => Order::Newest,
    };
    let found = match uri::post(&uri) {
        Some(anchor) => thread(app, caller, anchor, extent, branching, order).await?,
        None => None,
    };
    let not_found = || Output {
        thread: vec![Views::not_found_item(&uri)],
        threadgate: None,
        has_other_replies: false,
    };
    Ok(Answer::new(found.unwrap_or_else(not_found)))
}

async fn thread(
    app: &AppView,
    caller: &Caller,
    anchor: RecordKey,
    extent: Extent,
    branching: u16,
    order: Order,
) -> Result<Option<Output>, ViewError> {
    let op_replies = async { Ok(app.store.op_replies(anchor, OP_REPLIES_MAX).await?) };
    let (thread, op_replies) = tokio::try_join!(Thread::load(app, anchor, extent), op_replies)?;
    let Some(thread) = thread else { return Ok(None) };
    let mut hydration = Hydration::new(app, caller);
    hydration.op = Some(thread.root.0);
    hydration.with_likers.push(anchor);
    hydration.load_posts(&thread.posts, false).await?;
    let state = hydration.finish().await?;
    let views = app.views(&state);
    let layout = Layout {
        replies: &thread.replies,
        above: extent.height,
        below: extent.depth,
        branching,
        order,
        op_thread: op_thread(thread.root, &op_replies),
    };
    let Some((items, has_other_replies)) = views.thread_items(anchor, &layout) else {
        return Ok(None);
    };
    let threadgate = views.root(anchor).and_then(|root| views.threadgate(root));
    Ok(Some(Output { thread: items, threadgate, has_other_replies }))
}
