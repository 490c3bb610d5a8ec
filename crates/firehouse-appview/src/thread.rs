//! [`Thread`]: which posts stand around one, and how they hang together; the skeleton of every answer about threads.
//!
//! All replies of a thread lie in one range of the store, so one query has the tree; what is not within the asked height and depth is
//! cut off before anything is hydrated.

use std::collections::{HashMap, HashSet};

use firehouse_store::read::{RecordKey, ThreadReply};

use crate::view::{Extent, Replies};
use crate::{AppView, ViewError};

/// Levels above a post, and below it, that can be asked for.
pub(crate) const LEVELS_MAX: u16 = 1_000;

/// The posts around one.
#[derive(Debug)]
pub(crate) struct Thread {
    /// The first post of the thread.
    pub root: RecordKey,
    /// The anchor, the first post, what is between them, and replies below the anchor.
    pub posts: Vec<RecordKey>,
    /// What hangs below what.
    pub replies: Replies,
}

/// How many levels below a post are shown, of those asked for.
pub(crate) fn depth(app: &AppView, anchor: &str, asked: u16) -> u16 {
    let config = &app.config;
    let is_big = config.big_threads.iter().any(|uri| &**uri == anchor);
    let depth_max = config.big_thread_depth.filter(|_| is_big).unwrap_or(config.thread_depth_max);
    asked.min(depth_max).min(LEVELS_MAX)
}

impl Thread {
    /// The posts around `anchor`; `None` when there is no such post.
    pub async fn load(
        app: &AppView,
        anchor: RecordKey,
        extent: Extent,
    ) -> Result<Option<Self>, ViewError> {
        let (store, config) = (&app.store, &app.config);
        let (root, rows) = tokio::try_join!(
            store.thread_root(anchor),
            store.thread_replies(anchor, config.thread_replies_max)
        )?;
        let Some(root) = root else { return Ok(None) };
        Ok(Some(Self::new(anchor, root, &rows, extent, config.thread_posts_max)))
    }

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
        let mut thread = Self { root, posts: vec![anchor, root], replies: Replies::new() };
        let mut seen = HashSet::from([anchor]);
        let mut at = anchor;
        for _ in 0..extent.height {
            let Some(&parent) = parents.get(&at) else { break };
            if !seen.insert(parent) {
                break;
            }
            thread.posts.push(parent);
            at = parent;
        }
        // Level by level, so that a limit cuts the deepest replies and no branch is preferred.
        let mut level = vec![anchor];
        for _ in 0..extent.depth {
            let mut below = Vec::new();
            for parent in level {
                for &child in children.get(&parent).into_iter().flatten() {
                    if thread.posts.len() < posts_max && seen.insert(child) {
                        thread.posts.push(child);
                        thread.replies.entry(parent).or_default().push(child);
                        below.push(child);
                    }
                }
            }
            level = below;
        }
        thread
    }
}
