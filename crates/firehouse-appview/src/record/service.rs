//! What views need of the records by which accounts offer something to others: lists, feed generators, labelers, starter packs; and of
//! verifications.

use serde_json::Value;

use super::{Blob, SelfLabels};

/// app.bsky.graph.list.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListFields {
    pub name: Box<str>,
    pub purpose: Box<str>,
    pub description: Option<Box<str>>,
    pub description_facets: Option<Value>,
    pub avatar: Option<Blob>,
}

/// app.bsky.feed.generator.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GeneratorFields {
    pub did: Box<str>,
    pub display_name: Box<str>,
    pub description: Option<Box<str>>,
    pub description_facets: Option<Value>,
    pub avatar: Option<Blob>,
    pub accepts_interactions: Option<bool>,
    pub content_mode: Option<Box<str>>,
}

/// app.bsky.labeler.service.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LabelerFields {
    pub policies: Value,
    pub labels: Option<SelfLabels>,
    pub reason_types: Option<Value>,
    pub subject_types: Option<Value>,
    pub subject_collections: Option<Value>,
    pub created_at: Option<Box<str>>,
}

/// app.bsky.graph.starterpack.
#[derive(Clone, Debug, serde::Deserialize)]
pub(crate) struct StarterPackFields {
    pub list: Box<str>,
    #[serde(default)]
    pub feeds: Vec<FeedItem>,
}

/// A feed that a starter pack recommends.
#[derive(Clone, Debug, serde::Deserialize)]
pub(crate) struct FeedItem {
    pub uri: Box<str>,
}

/// app.bsky.graph.verification.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VerificationFields {
    pub subject: Box<str>,
    pub handle: Box<str>,
    pub display_name: Box<str>,
}
