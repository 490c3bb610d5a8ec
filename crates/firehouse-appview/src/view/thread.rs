//! app.bsky.feed.defs#threadViewPost: a post with what it answers above it and its replies below.

use std::collections::HashMap;

use firehouse_store::read::RecordKey;

use super::Views;
use super::block::{BlockedPost, NotFoundPost};
use super::post::PostView;
use crate::nsid::LIKE;
use crate::uri;

/// The union in getPostThread's output.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(tag = "$type")]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub enum ThreadView {
    #[serde(rename = "app.bsky.feed.defs#threadViewPost")]
    Post(Box<ThreadPost>),
    #[serde(rename = "app.bsky.feed.defs#notFoundPost")]
    NotFound(NotFoundPost),
    #[serde(rename = "app.bsky.feed.defs#blockedPost")]
    Blocked(BlockedPost),
}

/// app.bsky.feed.defs#threadViewPost.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub struct ThreadPost {
    pub post: PostView,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<ThreadView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replies: Option<Vec<ThreadView>>,
    pub thread_context: ThreadContext,
}

/// app.bsky.feed.defs#threadContext.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ThreadContext {
    /// The like by the author of the thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_author_like: Option<String>,
}

/// Which replies a post of the thread has, in the order they are shown.
pub(crate) type Replies = HashMap<RecordKey, Vec<RecordKey>>;

/// How far a thread is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    pub height: u16,
    pub depth: u16,
}

impl Views<'_> {
    /// The thread around a post; `None` when the post does not exist for this caller.
    pub fn thread(
        &self,
        anchor: RecordKey,
        replies: &Replies,
        extent: Extent,
    ) -> Option<ThreadView> {
        let post = self.post(anchor)?;
        if self.viewer_blocks(anchor.0) {
            return Some(ThreadView::Blocked(self.blocked_post(&post.uri)));
        }
        let root = self.root_uri(anchor)?;
        // It is not part of the thread.
        let is_alone = self.state.is_refused(anchor);
        let parent = || self.thread_parent(anchor, &root, extent.height);
        let replies = || self.thread_replies(anchor, &root, replies, extent.depth);
        Some(ThreadView::Post(Box::new(ThreadPost {
            parent: if is_alone { None } else { parent() },
            replies: if is_alone { None } else { replies() },
            thread_context: self.thread_context(anchor),
            post,
        })))
    }

    /// The ancestors of a post. Written without recursion: a thread may be a thousand posts high.
    fn thread_parent(&self, child: RecordKey, root: &str, height: u16) -> Option<ThreadView> {
        let mut above = Vec::new();
        let mut at = child;
        let mut top = None;
        for _ in 0..height {
            let Some(reply) = self.state.posts.get(&at).and_then(|post| post.fields.reply.as_ref())
            else {
                break;
            };
            let uri = &reply.parent.uri;
            if self.others_block(at.0, uri::account(uri)) {
                top = Some(ThreadView::Blocked(self.blocked_post(uri)));
                break;
            }
            let found = uri::post(uri).and_then(|key| Some((key, self.post(key)?)));
            let Some((key, post)) = found else {
                top = Some(ThreadView::NotFound(NotFoundPost::new(uri)));
                break;
            };
            if self.root_uri(key).as_deref() != Some(root) {
                break;
            }
            if self.viewer_blocks(key.0) {
                top = Some(ThreadView::Blocked(self.blocked_post(uri)));
                break;
            }
            above.push((key, post));
            at = key;
        }
        above.into_iter().rev().fold(top, |parent, (key, post)| {
            let thread_context = self.thread_context(key);
            Some(ThreadView::Post(Box::new(ThreadPost {
                post,
                parent,
                replies: None,
                thread_context,
            })))
        })
    }

    /// The replies of a post, and theirs; `None` at depth 0. Made from the deepest level upwards, without recursion.
    fn thread_replies(
        &self,
        anchor: RecordKey,
        root: &str,
        replies: &Replies,
        depth: u16,
    ) -> Option<Vec<ThreadView>> {
        let last = usize::from(depth.checked_sub(1)?);
        let mut levels: Vec<Vec<(RecordKey, RecordKey)>> = Vec::new();
        let mut parents = vec![anchor];
        while levels.len() <= last && !parents.is_empty() {
            let of = |&parent: &RecordKey| {
                replies.get(&parent).into_iter().flatten().map(move |&reply| (parent, reply))
            };
            let level: Vec<_> = parents.iter().flat_map(of).collect();
            parents = level.iter().map(|&(_, reply)| reply).collect();
            levels.push(level);
        }
        let mut below: HashMap<RecordKey, Vec<ThreadView>> = HashMap::new();
        for (at, level) in levels.iter().enumerate().rev() {
            for &(parent, key) in level {
                let replies = below.remove(&key).unwrap_or_default();
                if let Some(view) = self.thread_reply(key, root, (at < last).then_some(replies)) {
                    below.entry(parent).or_default().push(view);
                }
            }
        }
        Some(below.remove(&anchor).unwrap_or_default())
    }

    /// One reply; `None` when this caller does not see it there.
    fn thread_reply(
        &self,
        key: RecordKey,
        root: &str,
        replies: Option<Vec<ThreadView>>,
    ) -> Option<ThreadView> {
        let reply = self.state.posts.get(&key)?.fields.reply.as_ref()?;
        if self.state.is_refused(key) || self.others_block(key.0, uri::account(&reply.parent.uri)) {
            return None;
        }
        let post = self.post(key)?;
        if self.root_uri(key).as_deref() != Some(root) {
            return None;
        }
        if self.viewer_blocks(key.0) {
            return Some(ThreadView::Blocked(self.blocked_post(&post.uri)));
        }
        let thread_context = self.thread_context(key);
        Some(ThreadView::Post(Box::new(ThreadPost { post, parent: None, replies, thread_context })))
    }

    fn thread_context(&self, key: RecordKey) -> ThreadContext {
        let like = self.state.interactions.get(&key).and_then(|counts| counts.op_like());
        let op = self.root_uri(key).as_deref().and_then(uri::account);
        let did = op.and_then(|op| Some(&self.state.actors.get(&op)?.did));
        let uri = did.zip(like).and_then(|(did, rkey)| self.state.record_uri(did, LIKE, rkey));
        ThreadContext { root_author_like: uri }
    }

    /// The first post of a post's thread, as the post itself says: by number, where the address has one.
    pub fn root(&self, key: RecordKey) -> Option<RecordKey> {
        match &self.state.posts.get(&key)?.fields.reply {
            Some(reply) => uri::post(&reply.root.uri),
            None => Some(key),
        }
    }

    /// As [`Views::root`], by address.
    fn root_uri(&self, key: RecordKey) -> Option<String> {
        match &self.state.posts.get(&key)?.fields.reply {
            Some(reply) => Some(reply.root.uri.to_string()),
            None => self.state.post_uri(key),
        }
    }
}
