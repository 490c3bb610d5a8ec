//! What is left of somebody behind a block.

use firehouse_types::{ActorId, AtUri, RkeyId};

use super::Views;
use crate::nsid::BLOCK;

/// app.bsky.feed.defs#blockedAuthor.
#[derive(Clone, Debug, serde::Serialize)]
pub struct BlockedAuthor {
    /// Who.
    pub did: Box<str>,
    /// How it concerns the viewer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub viewer: Option<BlockedViewer>,
}

/// What of app.bsky.actor.defs#viewerState a blocked author shows.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BlockedViewer {
    /// Whether the author blocks the viewer.
    pub blocked_by: bool,
    /// The viewer's block record, or the list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocking: Option<String>,
}

/// app.bsky.feed.defs#blockedPost.
#[derive(Clone, Debug, serde::Serialize)]
pub struct BlockedPost {
    /// The post.
    pub uri: Box<str>,
    /// Always true.
    pub blocked: bool,
    /// Its author.
    pub author: BlockedAuthor,
}

/// app.bsky.feed.defs#notFoundPost.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NotFoundPost {
    /// The post.
    pub uri: Box<str>,
    /// Always true.
    pub not_found: bool,
}

impl NotFoundPost {
    /// The sign that a post does not exist.
    pub(crate) fn new(uri: &str) -> Self {
        Self { uri: uri.into(), not_found: true }
    }
}

impl Views<'_> {
    /// Whether there is a block between the viewer and an account. Never for privileged callers.
    pub fn viewer_blocks(&self, actor: ActorId) -> bool {
        let viewer = self.state.viewer.filter(|_| !self.state.privileged);
        viewer.is_some_and(|viewer| self.state.relations.block_between(viewer, actor))
    }

    /// Whether there is a block between two others that the caller must not see past.
    pub fn others_block(&self, a: ActorId, b: Option<ActorId>) -> bool {
        !self.state.privileged && b.is_some_and(|b| self.state.relations.block_between(a, b))
    }

    /// The record or the list by which the viewer blocks an account.
    pub fn blocking_uri(&self, actor: ActorId) -> Option<String> {
        let viewer = self.state.viewer.filter(|&viewer| viewer != actor)?;
        match self.state.relations.block(viewer, actor) {
            Some(rkey) => self.viewer_uri(BLOCK, rkey),
            None => {
                let list = self.state.relations.list_block(viewer, actor)?;
                Some(self.state.lists.get(&list)?.uri.clone())
            }
        }
    }

    /// The AT-URI of one of the viewer's own records.
    pub fn viewer_uri(&self, collection: &str, rkey: RkeyId) -> Option<String> {
        self.state.record_uri(self.state.viewer_did.as_ref()?, collection, rkey)
    }

    /// The sign that a post is behind a block.
    pub fn blocked_post(&self, uri: &str) -> BlockedPost {
        let did = AtUri::parse(uri).map_or("", |uri| uri.authority);
        BlockedPost { uri: uri.into(), blocked: true, author: self.blocked_author(did) }
    }

    pub fn blocked_author(&self, did: &str) -> BlockedAuthor {
        let actor = ActorId::of(did);
        let viewer = self.state.viewer.map(|viewer| BlockedViewer {
            blocked_by: actor != viewer && self.state.relations.blocks(actor, viewer),
            blocking: self.blocking_uri(actor),
        });
        BlockedAuthor { did: did.into(), viewer }
    }
}
