//! What views need of posts, and of the gates that lie beside them: who may reply, who may quote.

use serde_json::Value;

use super::{Blob, SelfLabels, StrongRef};

/// app.bsky.feed.post, without what is only passed on.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PostFields {
    pub reply: Option<ReplyFields>,
    pub embed: Option<Embed>,
    pub labels: Option<SelfLabels>,
    #[serde(default)]
    pub facets: Vec<Facet>,
    pub created_at: Box<str>,
}

#[derive(Clone, Debug, serde::Deserialize)]
pub(crate) struct ReplyFields {
    pub root: StrongRef,
    pub parent: StrongRef,
}

#[derive(Clone, Debug, serde::Deserialize)]
pub(crate) struct Facet {
    #[serde(default)]
    pub features: Vec<Feature>,
}

#[derive(Clone, Debug, serde::Deserialize)]
pub(crate) struct Feature {
    /// The account a mention names.
    pub did: Option<Box<str>>,
}

/// What a post carries.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(tag = "$type")]
pub(crate) enum Embed {
    #[serde(rename = "app.bsky.embed.images")]
    Images { images: Vec<Image> },
    #[serde(rename = "app.bsky.embed.video")]
    Video(Video),
    #[serde(rename = "app.bsky.embed.gallery")]
    Gallery { items: Vec<GalleryItem> },
    #[serde(rename = "app.bsky.embed.external")]
    External { external: External },
    #[serde(rename = "app.bsky.embed.record")]
    Record { record: StrongRef },
    #[serde(rename = "app.bsky.embed.recordWithMedia")]
    RecordWithMedia { record: EmbeddedRecord, media: Box<Embed> },
    #[serde(other)]
    Unknown,
}

#[derive(Clone, Debug, serde::Deserialize)]
pub(crate) struct EmbeddedRecord {
    pub record: StrongRef,
}

#[derive(Clone, Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Image {
    pub image: Blob,
    pub alt: Box<str>,
    pub aspect_ratio: Option<Value>,
}

#[derive(Clone, Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Video {
    pub video: Blob,
    pub alt: Option<Box<str>>,
    pub aspect_ratio: Option<Value>,
    pub presentation: Option<Value>,
}

/// A gallery may hold kinds we do not know.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(tag = "$type")]
pub(crate) enum GalleryItem {
    #[serde(rename = "app.bsky.embed.gallery#image")]
    Image(Image),
    #[serde(other)]
    Unknown,
}

#[derive(Clone, Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct External {
    pub uri: Box<str>,
    pub title: Box<str>,
    pub description: Box<str>,
    pub thumb: Option<Blob>,
    pub associated_refs: Option<Value>,
}

impl PostFields {
    /// The record it embeds.
    pub fn embedded(&self) -> Option<&StrongRef> {
        match self.embed.as_ref()? {
            Embed::Record { record } => Some(record),
            Embed::RecordWithMedia { record, .. } => Some(&record.record),
            Embed::Images { .. }
            | Embed::Video(_)
            | Embed::Gallery { .. }
            | Embed::External { .. }
            | Embed::Unknown => None,
        }
    }

    /// Whether a facet mentions this account.
    pub fn mentions(&self, did: &str) -> bool {
        let mut features = self.facets.iter().flat_map(|facet| &facet.features);
        features.any(|feature| feature.did.as_deref() == Some(did))
    }
}

/// app.bsky.feed.threadgate.
#[derive(Clone, Debug, serde::Deserialize)]
pub(crate) struct ThreadgateFields {
    pub post: Box<str>,
    /// Absent: everybody may reply; empty: nobody.
    pub allow: Option<Vec<RuleFields>>,
    /// Replies that the thread's author hides: getPostThreadOtherV2 has them.
    #[serde(rename = "hiddenReplies", default)]
    pub hidden_replies: Vec<Box<str>>,
}

/// Who may reply.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(tag = "$type")]
pub(crate) enum RuleFields {
    #[serde(rename = "app.bsky.feed.threadgate#mentionRule")]
    Mention,
    #[serde(rename = "app.bsky.feed.threadgate#followerRule")]
    Follower,
    #[serde(rename = "app.bsky.feed.threadgate#followingRule")]
    Following,
    #[serde(rename = "app.bsky.feed.threadgate#listRule")]
    List { list: Box<str> },
    #[serde(other)]
    Unknown,
}

/// app.bsky.feed.postgate.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PostgateFields {
    pub post: Box<str>,
    #[serde(default)]
    pub detached_embedding_uris: Vec<Box<str>>,
    #[serde(default)]
    pub embedding_rules: Vec<EmbeddingRule>,
}

/// Who may embed the post.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(tag = "$type")]
pub(crate) enum EmbeddingRule {
    #[serde(rename = "app.bsky.feed.postgate#disableRule")]
    Disable,
    #[serde(other)]
    Unknown,
}

impl PostgateFields {
    /// Nobody but the author may embed the post.
    pub fn is_disabled(&self) -> bool {
        self.embedding_rules.iter().any(|rule| matches!(rule, EmbeddingRule::Disable))
    }
}
