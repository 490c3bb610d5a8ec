//! app.bsky.feed.defs#generatorView.

use firehouse_store::read::RecordKey;
use serde_json::Value;

use super::Views;
use super::label::Label;
use super::links::Preset;
use super::profile::ProfileView;
use crate::hydrate::Liked;
use crate::nsid::{GENERATOR, LIKE};

/// A feed generator.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub struct GeneratorView {
    pub uri: String,
    pub cid: String,
    pub did: Box<str>,
    pub creator: Box<ProfileView>,
    pub display_name: Box<str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description_facets: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar: Option<String>,
    pub like_count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepts_interactions: Option<bool>,
    pub labels: Vec<Label>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub viewer: Option<LikedBy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_mode: Option<Box<str>>,
    pub indexed_at: String,
}

/// app.bsky.feed.defs#generatorViewerState and app.bsky.labeler.defs#labelerViewerState.
#[derive(Clone, Debug, serde::Serialize)]
pub struct LikedBy {
    /// The viewer's like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub like: Option<String>,
}

impl Views<'_> {
    /// generatorView, when the generator exists and the caller may see its creator.
    pub fn generator(&self, key: RecordKey) -> Option<GeneratorView> {
        let generator = self.state.offered.generators.get(&key)?;
        let (creator, fields) = (self.profile(key.0)?, &generator.fields);
        let avatar = fields.avatar.as_ref();
        Some(GeneratorView {
            uri: format!("at://{}/{GENERATOR}/{}", creator.did, generator.rkey),
            cid: generator.cid.clone(),
            did: fields.did.clone(),
            display_name: fields.display_name.clone(),
            description: fields.description.clone(),
            description_facets: fields.description_facets.clone(),
            avatar: avatar.map(|blob| self.image(Preset::Avatar, &creator.did, blob.cid())),
            like_count: generator.liked.count,
            accepts_interactions: fields.accepts_interactions,
            labels: self.state.labels.of_record(key, GENERATOR),
            viewer: self.liked_by(&generator.liked),
            content_mode: fields.content_mode.clone(),
            indexed_at: generator.sort_at.to_string(),
            creator: Box::new(creator),
        })
    }

    /// The viewer's like; absent for anonymous callers.
    pub(super) fn liked_by(&self, liked: &Liked) -> Option<LikedBy> {
        self.state.viewer?;
        Some(LikedBy { like: liked.by_viewer.and_then(|rkey| self.viewer_uri(LIKE, rkey)) })
    }
}
