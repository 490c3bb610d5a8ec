//! app.bsky.feed.defs#threadViewPost: a post with what it answers above it and its replies below.
//!
//! Answers nest, as deep as the thread is: a thousand posts in each other. So nothing here nests before it is written, and it is written
//! from the outside to the inside without recursion: whoever writes a thread has a stack that ends.

use std::collections::HashMap;

use firehouse_store::read::RecordKey;
use serde::Serialize;
use serde::ser::Error as _;
use serde_json::value::RawValue;

use super::Views;
use super::block::{BlockedPost, NotFoundPost};
use super::post::PostView;
use crate::nsid::{LIKE, POST};
use crate::uri;

/// The union in getPostThread's output.
#[derive(Clone, Debug)]
pub struct ThreadView {
    anchor: Node,
    /// What it answers, the nearest first. Only the last may be something else than a post.
    parents: Vec<Node>,
    /// Each in front of its own replies, with its level, from 1. `None`: not asked for, or not part of the thread.
    replies: Option<Vec<(u16, Node)>>,
    /// Level of the replies whose own are not asked for.
    depth: u16,
}

/// A post of a thread, or what is left of it.
#[derive(Clone, Debug)]
enum Node {
    Post(Box<PostView>, ThreadContext),
    Leaf(Leaf),
}

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "$type")]
enum Leaf {
    #[serde(rename = "app.bsky.feed.defs#notFoundPost")]
    NotFound(NotFoundPost),
    #[serde(rename = "app.bsky.feed.defs#blockedPost")]
    Blocked(BlockedPost),
}

/// app.bsky.feed.defs#threadContext.
#[derive(Clone, Debug, Serialize)]
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
        let mut thread = ThreadView {
            anchor: Node::Leaf(Leaf::Blocked(self.blocked_post(&post.uri))),
            parents: Vec::new(),
            replies: None,
            depth: extent.depth,
        };
        if self.viewer_blocks(anchor.0) {
            return Some(thread);
        }
        thread.anchor = Node::Post(Box::new(post), self.thread_context(anchor));
        // What the gate refused is not part of the thread.
        if !self.state.is_refused(anchor) {
            let root = self.root_uri(anchor)?;
            thread.parents = self.thread_parents(anchor, &root, extent.height);
            thread.replies = self.thread_replies(anchor, &root, replies, extent.depth);
        }
        Some(thread)
    }

    /// The ancestors of a post, the nearest first.
    fn thread_parents(&self, child: RecordKey, root: &str, height: u16) -> Vec<Node> {
        let mut above = Vec::new();
        let mut at = child;
        for _ in 0..height {
            let reply = self.state.posts.get(&at).and_then(|post| post.fields.reply.as_ref());
            let Some(uri) = reply.map(|reply| &reply.parent.uri) else { break };
            if self.others_block(at.0, uri::account(uri)) {
                above.push(Node::Leaf(Leaf::Blocked(self.blocked_post(uri))));
                break;
            }
            let found = uri::post(uri).and_then(|key| Some((key, self.post(key)?)));
            let Some((key, post)) = found else {
                above.push(Node::Leaf(Leaf::NotFound(NotFoundPost::new(uri))));
                break;
            };
            if self.root_uri(key).as_deref() != Some(root) {
                break;
            }
            if self.viewer_blocks(key.0) {
                above.push(Node::Leaf(Leaf::Blocked(self.blocked_post(uri))));
                break;
            }
            above.push(Node::Post(Box::new(post), self.thread_context(key)));
            at = key;
        }
        above
    }

    /// The replies of a post, and theirs; `None` at depth 0.
    fn thread_replies(
        &self,
        anchor: RecordKey,
        root: &str,
        replies: &Replies,
        depth: u16,
    ) -> Option<Vec<(u16, Node)>> {
        let below = |key: RecordKey, level: u16| {
            let of = replies.get(&key).into_iter().flatten().rev();
            of.map(move |&reply| (reply, level))
        };
        let mut shown = Vec::new();
        let mut left: Vec<_> = (depth > 0).then(|| below(anchor, 1).collect())?;
        while let Some((key, level)) = left.pop() {
            let Some(node) = self.thread_reply(key, root) else { continue };
            if let Node::Post(..) = node
                && level < depth
            {
                left.extend(below(key, level + 1));
            }
            shown.push((level, node));
        }
        Some(shown)
    }

    /// One reply; `None` when this caller does not see it there.
    fn thread_reply(&self, key: RecordKey, root: &str) -> Option<Node> {
        let reply = self.state.posts.get(&key)?.fields.reply.as_ref()?;
        if self.state.is_refused(key) || self.others_block(key.0, uri::account(&reply.parent.uri)) {
            return None;
        }
        let post = self.post(key)?;
        if self.root_uri(key).as_deref() != Some(root) {
            return None;
        }
        if self.viewer_blocks(key.0) {
            return Some(Node::Leaf(Leaf::Blocked(self.blocked_post(&post.uri))));
        }
        let is_seen = self.sees_unreviewed(key, POST);
        is_seen.then(|| Node::Post(Box::new(post), self.thread_context(key)))
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
    pub(super) fn root_uri(&self, key: RecordKey) -> Option<String> {
        match &self.state.posts.get(&key)?.fields.reply {
            Some(reply) => Some(reply.root.uri.to_string()),
            None => self.state.post_uri(key),
        }
    }
}

impl Serialize for ThreadView {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = Vec::new();
        self.write(&mut text).map_err(S::Error::custom)?;
        let text = String::from_utf8(text).map_err(S::Error::custom)?;
        RawValue::from_string(text).map_err(S::Error::custom)?.serialize(serializer)
    }
}

impl ThreadView {
    fn write(&self, text: &mut Vec<u8>) -> serde_json::Result<()> {
        let Some(context) = open(&self.anchor, text)? else { return Ok(()) };
        let mut opened = Vec::new();
        for parent in &self.parents {
            text.extend(br#","parent":"#);
            opened.extend(open(parent, text)?);
        }
        while let Some(context) = opened.pop() {
            close(context, text)?;
        }
        if let Some(replies) = &self.replies {
            self.write_replies(replies, text)?;
        }
        close(context, text)
    }

    fn write_replies(&self, replies: &[(u16, Node)], text: &mut Vec<u8>) -> serde_json::Result<()> {
        text.extend(br#","replies":["#);
        // Posts whose replies are being written, each one level below the one before.
        let mut opened: Vec<&ThreadContext> = Vec::new();
        for (level, node) in replies {
            while opened.len() >= usize::from(*level) {
                close_replies(&mut opened, text)?;
            }
            if text.last() != Some(&b'[') {
                text.push(b',');
            }
            match open(node, text)? {
                Some(context) if *level < self.depth => {
                    text.extend(br#","replies":["#);
                    opened.push(context);
                }
                Some(context) => close(context, text)?,
                None => {}
            }
        }
        while !opened.is_empty() {
            close_replies(&mut opened, text)?;
        }
        text.push(b']');
        Ok(())
    }
}

/// Writes a node: all of a leaf, and of a post what stands in front of its relatives; what belongs behind them is returned.
fn open<'a>(node: &'a Node, text: &mut Vec<u8>) -> serde_json::Result<Option<&'a ThreadContext>> {
    match node {
        Node::Leaf(leaf) => serde_json::to_writer(text, leaf).map(|()| None),
        Node::Post(post, context) => {
            text.extend(br#"{"$type":"app.bsky.feed.defs#threadViewPost","post":"#);
            serde_json::to_writer(text, post)?;
            Ok(Some(context))
        }
    }
}

fn close(context: &ThreadContext, text: &mut Vec<u8>) -> serde_json::Result<()> {
    text.extend(br#","threadContext":"#);
    serde_json::to_writer(&mut *text, context)?;
    text.push(b'}');
    Ok(())
}

fn close_replies(opened: &mut Vec<&ThreadContext>, text: &mut Vec<u8>) -> serde_json::Result<()> {
    text.push(b']');
    opened.pop().map_or(Ok(()), |context| close(context, text))
}
