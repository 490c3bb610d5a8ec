//! app.bsky.labeler.defs: labelerView and labelerViewDetailed.

use firehouse_types::ActorId;
use serde_json::Value;

use super::Views;
use super::generator::LikedBy;
use super::label::{Label, self_labels};
use super::profile::ProfileView;
use crate::nsid::LABELER;

/// A labeler.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub struct LabelerView {
    pub uri: String,
    pub cid: String,
    pub creator: Box<ProfileView>,
    pub like_count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub viewer: Option<LikedBy>,
    pub indexed_at: String,
    pub labels: Vec<Label>,
}

/// A labeler with what it says of its labels, and what may be reported to it.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub struct LabelerViewDetailed {
    #[serde(flatten)]
    pub labeler: LabelerView,
    pub policies: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_types: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject_types: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject_collections: Option<Value>,
}

impl Views<'_> {
    /// labelerView, when the account is a labeler and the caller may see it.
    pub fn labeler(&self, actor: ActorId) -> Option<LabelerView> {
        let labeler = self.state.offered.labelers.get(&actor)?;
        let (creator, fields) = (self.profile(actor)?, &labeler.fields);
        let uri = format!("at://{}/{LABELER}/self", creator.did);
        let created_at = fields.created_at.as_deref();
        Some(LabelerView {
            labels: self_labels(
                fields.labels.as_ref(),
                &creator.did,
                &uri,
                &labeler.cid,
                created_at,
            ),
            cid: labeler.cid.clone(),
            like_count: labeler.liked.count,
            viewer: self.liked_by(&labeler.liked),
            indexed_at: labeler.sort_at.to_string(),
            creator: Box::new(creator),
            uri,
        })
    }

    /// labelerViewDetailed, when the account is a labeler and the caller may see it.
    pub fn labeler_detailed(&self, actor: ActorId) -> Option<LabelerViewDetailed> {
        let fields = &self.state.offered.labelers.get(&actor)?.fields;
        Some(LabelerViewDetailed {
            labeler: self.labeler(actor)?,
            policies: fields.policies.clone(),
            reason_types: fields.reason_types.clone(),
            subject_types: fields.subject_types.clone(),
            subject_collections: fields.subject_collections.clone(),
        })
    }
}
