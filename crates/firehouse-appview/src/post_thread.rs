//! app.bsky.feed.getPostThread: a post, what it answers, and its replies.
//!
//! All replies of a thread lie in one range of the store, so one query has the tree; what is not within the asked height and depth is
//! cut off before anything is hydrated.

use std::collections::{HashMap, HashSet};

use atrium_api::app::bsky::feed::get_post_thread::ParametersData;
use firehouse_store::read::{RecordKey, ThreadReply};

use crate::hydrate::Hydration;
use crate::view::{Extent, Replies, ThreadView, ThreadgateView};
use crate::{Answer, AppView, Caller, ViewError, actor, uri};

const DEPTH_DEFAULT: u16 = 6;
const HEIGHT_DEFAULT: u16 = 80;
/// Levels above a post, and below it, that are ever shown: answers nest, and whoever writes and drops them has a stack.
const LEVELS_MAX: u16 = 128;

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
    let (uri, repo_rev) =
        tokio::try_join!(actor::resolve_uri(app, &parameters.uri), app.repo_rev(caller))?;
    let extent = Extent {
        height: parameters.parent_height.map_or(HEIGHT_DEFAULT, u16::from).min(LEVELS_MAX),
        depth: parameters
            .depth
            .map_or(DEPTH_DEFAULT, u16::from)
            .min(app.config.thread_depth_max)
            .min(LEVELS_MAX),
    };
    match uri::post(&uri) {
        Some(anchor) => thread(app, caller, anchor, extent).await?,
        None => None,
    }
    .map(|body| Answer { body, repo_rev })
    .ok_or(ViewError::NotFound { uri, repo_rev })
}

async fn thread(
    app: &AppView,
    caller: &Caller,
    anchor: RecordKey,
    extent: Extent,
) -> Result<Option<Output>, ViewError> {
    let Some(root) = app.store.thread_root(anchor).await? else { return Ok(None) };
    let rows = app.store.thread_replies(root, app.config.thread_replies_max).await?;
    let skeleton = Skeleton::new(anchor, root, &rows, extent, app.config.thread_posts_max);
    let mut hydration = Hydration::new(app, caller);
    hydration.op = Some(root.0);
    hydration.load_posts(&skeleton.posts, false).await?;
    let state = hydration.finish().await?;
    let views = app.views(&state);
    let Some(thread) = views.thread(anchor, &skeleton.replies, extent) else { return Ok(None) };
    let threadgate = match &thread {
        ThreadView::Post(_) => views.root(anchor).and_then(|root| views.threadgate(root)),
        // Who may reply is not for those behind a block.
        ThreadView::Blocked(_) | ThreadView::NotFound(_) => None,
    };
    Ok(Some(Output { thread, threadgate }))
}

/// Which posts are shown, and how they hang together.
struct Skeleton {
    posts: Vec<RecordKey>,
    replies: Replies,
}

impl Skeleton {
    fn new(
        anchor: RecordKey,
        root: RecordKey,
        rows: &[ThreadReply],
        extent: Extent,
        posts_max: usize,
    ) -> Self {
        let parents: HashMap<_, _> = rows.iter().map(|row| (row.key(), row.parent())).collect();
        let mut children: HashMap<RecordKey, Vec<RecordKey>> = HashMap::new();
        for row in rows {
            children.entry(row.parent()).or_default().push(row.key());
        }
        let mut skeleton = Self { posts: vec![anchor, root], replies: Replies::new() };
        let mut seen = HashSet::from([anchor]);
        let mut at = anchor;
        for _ in 0..extent.height {
            let Some(&parent) = parents.get(&at) else { break };
            if !seen.insert(parent) {
                break;
            }
            skeleton.posts.push(parent);
            at = parent;
        }
        // Level by level, so that a limit cuts the deepest replies and no branch is preferred.
        let mut level = vec![anchor];
        for _ in 0..extent.depth {
            let mut below = Vec::new();
            for parent in level {
                for &child in children.get(&parent).into_iter().flatten() {
                    if skeleton.posts.len() < posts_max && seen.insert(child) {
                        skeleton.posts.push(child);
                        skeleton.replies.entry(parent).or_default().push(child);
                        below.push(child);
                    }
                }
            }
            level = below;
        }
        skeleton
    }
}
