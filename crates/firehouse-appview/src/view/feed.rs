//! app.bsky.feed.defs#feedViewPost: a post in a feed, with what it answers and why it is there.

use firehouse_store::read::{FeedItem, RecordKey};

use super::Views;
use super::block::{BlockedPost, NotFoundPost};
use super::post::PostView;
use super::profile::ProfileView;
use crate::nsid::REPOST;
use crate::uri;

/// An item of a feed.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub struct FeedViewPost {
    pub post: PostView,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<FeedReason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply: Option<ReplyRefView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feed_context: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub req_id: Option<Box<str>>,
}

/// Why a post is in a feed that its author did not put it into just now.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(tag = "$type", rename_all_fields = "camelCase")]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub enum FeedReason {
    #[serde(rename = "app.bsky.feed.defs#reasonRepost")]
    Repost { by: Box<ProfileView>, uri: String, cid: String, indexed_at: String },
    #[serde(rename = "app.bsky.feed.defs#reasonPin")]
    Pin {},
}

/// app.bsky.feed.defs#replyRef.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub struct ReplyRefView {
    pub root: ReplyView,
    pub parent: ReplyView,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grandparent_author: Option<Box<ProfileView>>,
}

/// A post that is answered, or what is left of it.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(tag = "$type")]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub enum ReplyView {
    #[serde(rename = "app.bsky.feed.defs#postView")]
    Post(Box<PostView>),
    #[serde(rename = "app.bsky.feed.defs#notFoundPost")]
    NotFound(NotFoundPost),
    #[serde(rename = "app.bsky.feed.defs#blockedPost")]
    Blocked(BlockedPost),
}

/// What stands in a feed: a post, a repost, or the pinned post at its head.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shown {
    Item(FeedItem),
    /// Somebody's post, for no reason that is told.
    Post(RecordKey),
    /// A post that somebody reposted.
    Repost {
        post: RecordKey,
        repost: RecordKey,
    },
    Pinned(RecordKey),
}

impl Shown {
    /// The post shown.
    pub fn post(&self) -> RecordKey {
        match self {
            Self::Item(item) => item.post,
            Self::Post(post) | Self::Repost { post, .. } | Self::Pinned(post) => *post,
        }
    }

    /// The repost by which it is shown.
    pub fn repost(&self) -> Option<RecordKey> {
        match self {
            Self::Item(item) => item.repost(),
            Self::Repost { repost, .. } => Some(*repost),
            Self::Post(_) | Self::Pinned(_) => None,
        }
    }
}

impl Views<'_> {
    /// feedViewPost; `None` when the post or the repost does not exist for this caller.
    pub fn feed_post(&self, shown: &Shown) -> Option<FeedViewPost> {
        let reason = match (shown, shown.repost()) {
            (Shown::Pinned(_), _) => Some(FeedReason::Pin {}),
            (_, Some(repost)) => Some(self.reason_repost(repost)?),
            (_, None) => None,
        };
        let post = self.post(shown.post())?;
        let reply = self.reply_ref(shown.post()).filter(|_| !self.state.is_refused(shown.post()));
        Some(FeedViewPost { post, reason, reply, feed_context: None, req_id: None })
    }

    fn reason_repost(&self, repost: RecordKey) -> Option<FeedReason> {
        let head = self.state.reposts.get(&repost)?;
        let by = self.profile_basic(repost.0)?;
        Some(FeedReason::Repost {
            uri: format!("at://{}/{REPOST}/{}", by.did, head.rkey()?),
            by: Box::new(by),
            cid: head.cid().to_string(),
            indexed_at: head.sort_at().to_string(),
        })
    }

    fn reply_ref(&self, key: RecordKey) -> Option<ReplyRefView> {
        let reply = self.state.posts.get(&key)?.fields.reply.as_ref()?;
        let (root_author, parent_author) =
            (uri::account(&reply.root.uri), uri::account(&reply.parent.uri));
        let mut root = self.post_or_rest(&reply.root.uri);
        let mut parent = self.post_or_rest(&reply.parent.uri);
        if self.others_block(key.0, parent_author) {
            parent = self.hidden(parent);
        }
        // Between the parent and the root that the parent itself names.
        let above = uri::post(&reply.parent.uri)
            .and_then(|parent| self.state.posts.get(&parent)?.fields.reply.as_ref());
        let parent_blocks_root = parent_author.zip(above).is_some_and(|(parent, above)| {
            self.others_block(parent, uri::account(&above.root.uri))
        });
        if self.others_block(key.0, root_author) || parent_blocks_root {
            root = self.hidden(root);
        }
        let grandparent_author = match &parent {
            ReplyView::Post(_) => self.grandparent_author(&reply.parent.uri),
            ReplyView::NotFound(_) | ReplyView::Blocked(_) => None,
        };
        Some(ReplyRefView { root, parent, grandparent_author })
    }

    fn grandparent_author(&self, parent: &str) -> Option<Box<ProfileView>> {
        let parent = self.state.posts.get(&uri::post(parent)?)?;
        let grandparent = uri::account(&parent.fields.reply.as_ref()?.parent.uri)?;
        self.profile_basic(grandparent).map(Box::new)
    }

    /// A post, or that it does not exist or is behind a block of the viewer's.
    pub fn post_or_rest(&self, uri: &str) -> ReplyView {
        let Some(post) = uri::post(uri).and_then(|key| self.post(key)) else {
            return ReplyView::NotFound(NotFoundPost::new(uri));
        };
        let view = ReplyView::Post(Box::new(post));
        match uri::account(uri) {
            Some(author) if self.viewer_blocks(author) => self.hidden(view),
            _ => view,
        }
    }

    /// A post turned into the sign that it is blocked.
    fn hidden(&self, view: ReplyView) -> ReplyView {
        match view {
            ReplyView::Post(post) => ReplyView::Blocked(self.blocked_post(&post.uri)),
            rest @ (ReplyView::NotFound(_) | ReplyView::Blocked(_)) => rest,
        }
    }

    /// Whether the author of a post, or of what it answers, is behind a block of the viewer's.
    pub fn ancestors_blocked(&self, key: RecordKey) -> bool {
        let parent_of = |key: RecordKey| {
            let reply = self.state.posts.get(&key)?.fields.reply.as_ref()?;
            Some(&reply.parent.uri)
        };
        let blocks = |uri: &str| uri::account(uri).is_some_and(|author| self.viewer_blocks(author));
        let Some(parent) = parent_of(key) else { return false };
        let grandparent = uri::post(parent).and_then(parent_of);
        blocks(parent) || grandparent.is_some_and(|uri| blocks(uri))
    }
}
