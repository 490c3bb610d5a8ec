//! app.bsky.feed.defs#postView.

use firehouse_store::read::RecordKey;
use serde_json::Value;

use super::Views;
use super::embed::EmbedView;
use super::gate::ThreadgateView;
use super::label::{Label, self_labels};
use super::profile::{ProfileView, strong_ref};
use crate::hydrate::QUOTE_DEPTH_MAX;
use crate::nsid::{LIKE, POST, REPOST};
use crate::record::RecordJson;

/// By which an author asks not to be shown to anonymous callers.
const NO_UNAUTHENTICATED: &str = "!no-unauthenticated";

/// A post with its author and its counts.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub struct PostView {
    pub uri: String,
    pub cid: String,
    pub author: ProfileView,
    pub record: RecordJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub embed: Option<EmbedView>,
    pub bookmark_count: u64,
    pub reply_count: u64,
    pub repost_count: u64,
    pub like_count: u64,
    pub quote_count: u64,
    pub indexed_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub viewer: Option<PostViewer>,
    pub labels: Vec<Label>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threadgate: Option<ThreadgateView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub debug: Option<Value>,
}

/// app.bsky.feed.defs#viewerState.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub struct PostViewer {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repost: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub like: Option<String>,
    pub bookmarked: bool,
    pub thread_muted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_disabled: Option<bool>,
    pub embedding_disabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pinned: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_likers: Option<KnownLikersView>,
}

/// app.bsky.feed.defs#knownLikers.
#[derive(Clone, Debug, serde::Serialize)]
pub struct KnownLikersView {
    /// All of them among the latest likes.
    pub count: u64,
    /// Three of them, less those behind blocks.
    pub actors: Vec<ProfileView>,
}

impl PostView {
    /// Whether the author asks not to be shown to anonymous callers.
    pub fn is_for_members(&self) -> bool {
        self.author.labels.iter().any(|label| &*label.val == NO_UNAUTHENTICATED)
    }
}

impl Views<'_> {
    /// postView, when the post exists and the caller may see its author.
    pub fn post(&self, key: RecordKey) -> Option<PostView> {
        self.post_at(key, 0)
    }

    /// postView at a depth of quotes: the deepest shows no embed.
    pub(crate) fn post_at(&self, key: RecordKey, depth: u8) -> Option<PostView> {
        let post = self.state.post(key)?;
        let author = self.profile_basic(key.0)?;
        let uri = self.state.post_uri(key)?;
        let counts = self.state.interactions.get(&key).copied().unwrap_or_default();
        let refused = self.state.refused.counts.get(&key).copied().unwrap_or_default();
        let created_at = Some(&*post.fields.created_at);
        let own =
            self_labels(post.fields.labels.as_ref(), &author.did, &uri, &post.cid, created_at);
        let mut labels = self.state.labels.of_record(key, POST);
        labels.extend(own);
        let embed = post.fields.embed.as_ref().filter(|_| depth < QUOTE_DEPTH_MAX);
        Some(PostView {
            embed: embed.and_then(|embed| self.embed(key, &author.did, embed, depth + 1)),
            viewer: self.post_viewer(key, &uri),
            threadgate: if post.fields.reply.is_none() { self.threadgate(key) } else { None },
            cid: post.cid.clone(),
            record: post.json.clone(),
            bookmark_count: self.state.told.bookmarks(key).0,
            reply_count: counts.replies.saturating_sub(refused),
            repost_count: counts.reposts,
            like_count: counts.likes,
            quote_count: counts.quotes,
            indexed_at: post.sort_at.to_string(),
            debug: self.post_debug(key),
            labels,
            author,
            uri,
        })
    }

    /// viewerState; absent for anonymous callers.
    fn post_viewer(&self, key: RecordKey, uri: &str) -> Option<PostViewer> {
        let viewer = self.state.viewer?;
        let counts = self.state.interactions.get(&key).copied().unwrap_or_default();
        Some(PostViewer {
            repost: counts.viewer_repost().and_then(|rkey| self.viewer_uri(REPOST, rkey)),
            like: counts.viewer_like().and_then(|rkey| self.viewer_uri(LIKE, rkey)),
            bookmarked: self.state.told.bookmarks(key).1,
            thread_muted: self.root(key).is_some_and(|root| self.state.told.is_thread_muted(root)),
            reply_disabled: self.reply_disabled(key),
            embedding_disabled: self.embedding_disabled(key),
            pinned: if viewer == key.0 { self.is_pinned(key, uri) } else { None },
            known_likers: self.known_likers(key),
        })
    }

    /// Likers of a post that was asked for with them.
    fn known_likers(&self, key: RecordKey) -> Option<KnownLikersView> {
        let known = self.state.known_likers.get(&key)?;
        Some(KnownLikersView { count: known.count, actors: self.known(key.0, known) })
    }

    /// Whether the author pinned this post; `None` when he pinned none.
    fn is_pinned(&self, key: RecordKey, uri: &str) -> Option<bool> {
        let profile = self.state.actors.get(&key.0)?.profile.as_ref()?;
        let pinned = strong_ref(profile.fields.pinned_post.as_ref()?)?;
        Some(&*pinned.uri == uri)
    }
}
