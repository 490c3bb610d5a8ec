//! app.bsky.unspecced.defs#threadItem…: a thread as a flat list, in the order in which it is read.
//!
//! Above the post asked for stand its ancestors, below it replies with theirs. Replies that are hidden (by the thread's author, by a tag, by
//! the viewer's mutes, or because they only pin the post) are a list of their own.

use std::collections::HashMap;

use firehouse_store::read::RecordKey;
use firehouse_types::ActorId;

use super::block::BlockedAuthor;
use super::post::PostView;
use super::thread_order::{self, Order, Standing};
use super::{Replies, Views};
use crate::nsid::POST;
use crate::uri;

/// The text of a reply that only keeps the post for its author.
const PIN: &str = "📌";
/// app.bsky.unspecced.getPostThreadV2#threadItem.
#[derive(Clone, Debug, serde::Serialize)]
pub struct ThreadItem {
    /// The post.
    pub uri: String,
    /// 0 for the post asked for, negative above it.
    pub depth: i32,
    /// What is shown of it.
    pub value: ThreadItemValue,
}

/// The union in threadItem#value.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(tag = "$type")]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub enum ThreadItemValue {
    #[serde(rename = "app.bsky.unspecced.defs#threadItemPost")]
    Post(Box<ThreadItemPost>),
    #[serde(rename = "app.bsky.unspecced.defs#threadItemNoUnauthenticated")]
    NoUnauthenticated {},
    #[serde(rename = "app.bsky.unspecced.defs#threadItemNotFound")]
    NotFound {},
    #[serde(rename = "app.bsky.unspecced.defs#threadItemBlocked")]
    Blocked { author: BlockedAuthor },
}

/// app.bsky.unspecced.defs#threadItemPost.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub struct ThreadItemPost {
    pub post: PostView,
    pub more_parents: bool,
    pub more_replies: u64,
    pub op_thread: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub op_thread_post_index: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub op_thread_post_count: Option<u64>,
    pub hidden_by_threadgate: bool,
    pub muted_by_viewer: bool,
}

/// How much of a thread is shown, and how.
#[derive(Clone, Debug)]
pub(crate) struct Layout<'a> {
    pub replies: &'a Replies,
    pub above: u16,
    pub below: u16,
    /// Replies shown of each reply.
    pub branching: u16,
    pub order: Order,
    /// The posts that the author of the thread continued it by.
    pub op_thread: Option<Vec<RecordKey>>,
}

/// What the whole thread has in common.
struct Whole<'a> {
    root: String,
    op: Option<ActorId>,
    layout: &'a Layout<'a>,
    /// Places in the author's own thread, from 1.
    places: HashMap<RecordKey, u64>,
}

/// A post above the one asked for.
enum Above {
    Post(RecordKey, Box<PostView>),
    /// Ends the thread.
    Rest(ThreadItem),
}

/// A reply with its own.
struct Node {
    item: ThreadItem,
    standing: Standing,
    replies: Vec<Node>,
}

/// Why a reply is hidden: left to getPostThreadOtherV2.
#[derive(Clone, Copy, Debug, Default)]
struct Hidden {
    by_tag: bool,
    by_gate: bool,
    by_mute: bool,
    is_pin: bool,
}

impl Hidden {
    fn is_hidden(self) -> bool {
        self.by_tag || self.by_gate || self.by_mute || self.is_pin
    }
}

impl Views<'_> {
    /// The thread around a post, and whether direct replies to it are hidden.
    pub fn thread_items(
        &self,
        anchor: RecordKey,
        layout: &Layout<'_>,
    ) -> Option<(Vec<ThreadItem>, bool)> {
        let post = self.post(anchor)?;
        if self.viewer_blocks(anchor.0) {
            return Some((vec![self.blocked_item(&post.uri, 0)], false));
        }
        let whole = self.whole(anchor, layout)?;
        let is_alone = self.state.is_refused(anchor);
        let above = if is_alone { Vec::new() } else { self.items_above(anchor, &whole) };
        let (mut items, was_op_thread) = self.parent_items(above, &whole);
        let is_op_thread = was_op_thread && Some(anchor.0) == whole.op;
        if self.is_for_members(&post) {
            items.push(ThreadItem {
                uri: post.uri,
                depth: 0,
                value: ThreadItemValue::NoUnauthenticated {},
            });
            return Some((items, false));
        }
        items.push(whole.item(anchor, 0, post, is_op_thread, 0));
        if is_alone {
            return Some((items, false));
        }
        let (replies, has_hidden) = self.replies_below(anchor, &whole, is_op_thread, 1);
        flatten(sorted(replies, layout, false), &mut items);
        Some((items, has_hidden))
    }

    /// The direct replies to a post that are hidden.
    pub fn hidden_items(&self, anchor: RecordKey, layout: &Layout<'_>) -> Vec<ThreadItem> {
        let Some(whole) = self.whole(anchor, layout) else { return Vec::new() };
        if self.post(anchor).is_none() || self.viewer_blocks(anchor.0) {
            return Vec::new();
        }
        let mut nodes = Vec::new();
        for &key in layout.replies.get(&anchor).into_iter().flatten() {
            let Some(post) = self.shown_reply(key, &whole) else { continue };
            let hidden = self.why_hidden(key, &whole);
            if !hidden.is_hidden() {
                continue;
            }
            let standing = self.standing(key, &post, &whole, Some(hidden));
            let mut item = whole.item(key, 1, post, false, 0);
            if let ThreadItemValue::Post(post) = &mut item.value {
                (post.hidden_by_threadgate, post.muted_by_viewer) =
                    (hidden.by_gate, hidden.by_mute);
            }
            nodes.push(Node { item, standing, replies: Vec::new() });
        }
        let mut items = Vec::new();
        flatten(sorted(nodes, layout, true), &mut items);
        items
    }

    /// The sign that a post does not exist.
    pub fn not_found_item(uri: &str) -> ThreadItem {
        ThreadItem { uri: uri.to_owned(), depth: 0, value: ThreadItemValue::NotFound {} }
    }

    fn blocked_item(&self, uri: &str, depth: i32) -> ThreadItem {
        let author = self.blocked_post(uri).author;
        ThreadItem { uri: uri.to_owned(), depth, value: ThreadItemValue::Blocked { author } }
    }

    fn whole<'a>(&self, anchor: RecordKey, layout: &'a Layout<'a>) -> Option<Whole<'a>> {
        let root = self.root_uri(anchor)?;
        let places = layout.op_thread.iter().flatten().copied().zip(1..).collect();
        Some(Whole { op: uri::account(&root), root, layout, places })
    }

    /// What a post answers, the nearest first, as far as it is one thread.
    fn items_above(&self, anchor: RecordKey, whole: &Whole<'_>) -> Vec<Above> {
        let mut above = Vec::new();
        let mut at = anchor;
        for level in 1..=i32::from(whole.layout.above) {
            let reply = self.state.posts.get(&at).and_then(|post| post.fields.reply.as_ref());
            let Some(uri) = reply.map(|reply| &reply.parent.uri) else { break };
            let found = uri::post(uri).and_then(|key| Some((key, self.post(key)?)));
            let Some((key, post)) = found else {
                let not_found = ThreadItem { depth: -level, ..Self::not_found_item(uri) };
                above.push(Above::Rest(not_found));
                break;
            };
            if self.root_uri(key).as_ref() != Some(&whole.root) {
                break;
            }
            if self.viewer_blocks(key.0) || self.others_block(at.0, Some(key.0)) {
                above.push(Above::Rest(self.blocked_item(uri, -level)));
                break;
            }
            above.push(Above::Post(key, Box::new(post)));
            at = key;
        }
        above
    }

    /// Items of what stands above, from the top, and whether all of it is by the author of the thread.
    fn parent_items(&self, above: Vec<Above>, whole: &Whole<'_>) -> (Vec<ThreadItem>, bool) {
        let (mut items, mut is_op_thread) = (Vec::new(), true);
        for (level, above) in (1..).zip(above).collect::<Vec<_>>().into_iter().rev() {
            let (key, post) = match above {
                Above::Rest(item) => {
                    is_op_thread = false;
                    items.push(item);
                    continue;
                }
                Above::Post(key, post) => (key, post),
            };
            is_op_thread &= Some(key.0) == whole.op;
            if self.is_for_members(&post) {
                let value = ThreadItemValue::NoUnauthenticated {};
                items.push(ThreadItem { uri: post.uri, depth: -level, value });
                continue;
            }
            let is_reply =
                self.state.posts.get(&key).is_some_and(|post| post.fields.reply.is_some());
            let mut item = whole.item(key, -level, *post, is_op_thread, 0);
            if let ThreadItemValue::Post(post) = &mut item.value {
                post.more_parents = is_reply && items.is_empty();
            }
            items.push(item);
        }
        (items, is_op_thread)
    }

    /// The replies to a post that are not hidden, and whether some are. As deep as parameters may ask, which is 20.
    fn replies_below(
        &self,
        parent: RecordKey,
        whole: &Whole<'_>,
        is_op_thread: bool,
        level: u16,
    ) -> (Vec<Node>, bool) {
        let (mut nodes, mut has_hidden) = (Vec::new(), false);
        if level > whole.layout.below {
            return (nodes, has_hidden);
        }
        for &key in whole.layout.replies.get(&parent).into_iter().flatten() {
            let Some(post) = self.shown_reply(key, whole) else { continue };
            if self.why_hidden(key, whole).is_hidden() {
                has_hidden = true;
                continue;
            }
            let is_op_thread = is_op_thread && Some(key.0) == whole.op;
            let (replies, _) = self.replies_below(key, whole, is_op_thread, level + 1);
            let shown =
                if level == whole.layout.below { 0 } else { u64::from(whole.layout.branching) };
            let more = post.reply_count.saturating_sub(shown);
            let standing = self.standing(key, &post, whole, None);
            let item = whole.item(key, i32::from(level), post, is_op_thread, more);
            nodes.push(Node { item, standing, replies });
        }
        (nodes, has_hidden)
    }

    /// A reply that this caller may see in this thread.
    fn shown_reply(&self, key: RecordKey, whole: &Whole<'_>) -> Option<PostView> {
        if self.state.is_refused(key) || self.root_uri(key).as_ref() != Some(&whole.root) {
            return None;
        }
        let parent = &self.state.posts.get(&key)?.fields.reply.as_ref()?.parent.uri;
        if self.viewer_blocks(key.0) || self.others_block(key.0, uri::account(parent)) {
            return None;
        }
        let post = self.post(key).filter(|_| self.sees_unreviewed(key, POST))?;
        (!self.is_for_members(&post)).then_some(post)
    }

    /// Whether the author asks not to be shown to a caller like this one.
    fn is_for_members(&self, post: &PostView) -> bool {
        self.state.viewer.is_none() && post.is_for_members()
    }

    fn why_hidden(&self, key: RecordKey, whole: &Whole<'_>) -> Hidden {
        let viewer = self.state.viewer;
        let is_own = viewer == Some(key.0);
        let is_op = Some(key.0) == whole.op;
        let is_trusted = is_own || is_op || self.viewer_follows(key.0);
        let (rules, tags) = (&self.config.tags, self.state.tags.of_record(key, POST));
        let gate = uri::post(&whole.root).and_then(|root| self.state.threadgates.get(&root));
        let hides = |uri: &str| {
            gate.is_some_and(|gate| {
                gate.fields.hidden_replies.iter().any(|hidden| &**hidden == uri)
            })
        };
        let post = self.state.posts.get(&key);
        Hidden {
            by_tag: (!is_trusted && rules.hides_in_threads(tags))
                || (!is_op && rules.hides_from_followers(tags)),
            by_gate: !is_own && self.state.post_uri(key).is_some_and(|uri| hides(&uri)),
            by_mute: self.mutes(key.0),
            is_pin: post.is_some_and(|post| is_pin(post.json.get())),
        }
    }

    /// Where a reply stands among the others.
    fn standing(
        &self,
        key: RecordKey,
        post: &PostView,
        whole: &Whole<'_>,
        hidden: Option<Hidden>,
    ) -> Standing {
        let counts = self.state.interactions.get(&key);
        let (rules, tags) = (&self.config.tags, self.state.tags.of_record(key, POST));
        let rank = if hidden.is_none() && whole.places.contains_key(&key) {
            thread_order::OP_THREAD
        } else if Some(key.0) == whole.op {
            thread_order::OP
        } else if self.state.viewer == Some(key.0) {
            thread_order::VIEWER
        } else {
            match hidden {
                None if self.viewer_follows(key.0) => thread_order::FOLLOWED,
                None if rules.bumps_down(tags) => thread_order::LAST,
                Some(hidden) if hidden.by_mute => thread_order::LAST,
                Some(_) if rules.hides_in_threads(tags) => thread_order::LOWER,
                Some(hidden) if hidden.by_gate => thread_order::LOW,
                _ => thread_order::MIDDLE,
            }
        };
        Standing {
            rank,
            at: self.state.posts.get(&key).map(|post| post.sort_at),
            likes: post.like_count,
            bonus: rules.rank(tags),
            op_likes: counts.and_then(|counts| counts.op_like()).is_some(),
        }
    }
}

impl Whole<'_> {
    fn item(
        &self,
        key: RecordKey,
        depth: i32,
        post: PostView,
        is_op_thread: bool,
        more_replies: u64,
    ) -> ThreadItem {
        let place = self.places.get(&key).copied();
        // Where nobody continued the thread, whatever its author wrote in one piece counts.
        let op_thread = if self.places.is_empty() { is_op_thread } else { place.is_some() };
        ThreadItem {
            uri: post.uri.clone(),
            depth,
            value: ThreadItemValue::Post(Box::new(ThreadItemPost {
                post,
                more_parents: false,
                more_replies,
                op_thread,
                op_thread_post_index: place,
                op_thread_post_count: place.map(|_| self.places.len() as u64),
                hidden_by_threadgate: false,
                muted_by_viewer: false,
            })),
        }
    }
}

/// Sorts the replies, and theirs, of which only some are shown. Of hidden ones the newest come first.
fn sorted(mut nodes: Vec<Node>, layout: &Layout<'_>, are_hidden: bool) -> Vec<Node> {
    let order = if are_hidden { Order::Newest } else { layout.order };
    nodes.sort_by(|a, b| thread_order::compare(&a.standing, &b.standing, order));
    for node in &mut nodes {
        let mut replies = sorted(std::mem::take(&mut node.replies), layout, are_hidden);
        replies.truncate(usize::from(layout.branching));
        node.replies = replies;
    }
    nodes
}

fn flatten(nodes: Vec<Node>, items: &mut Vec<ThreadItem>) {
    for node in nodes {
        items.push(node.item);
        flatten(node.replies, items);
    }
}

/// Whether a post says nothing but that it is to be found again.
fn is_pin(json: &str) -> bool {
    #[derive(serde::Deserialize)]
    struct Text<'a> {
        #[serde(borrow)]
        text: std::borrow::Cow<'a, str>,
    }
    // What the reference's language calls white space has a byte order mark more.
    let is_space = |c: char| c.is_whitespace() || c == '\u{feff}';
    serde_json::from_str::<Text<'_>>(json).is_ok_and(|post| post.text.trim_matches(is_space) == PIN)
}
