//! What views need of profiles, and of the records with the key `self` that say what an account allows.

use serde_json::Value;

use super::{Blob, SelfLabels};

/// app.bsky.actor.profile.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProfileFields {
    pub display_name: Option<Box<str>>,
    pub description: Option<Box<str>>,
    pub pronouns: Option<Box<str>>,
    pub website: Option<Box<str>>,
    pub avatar: Option<Blob>,
    pub banner: Option<Blob>,
    pub labels: Option<SelfLabels>,
    /// Many values of the network are no strong references: taken only when they are.
    pub pinned_post: Option<Value>,
    /// Likewise.
    pub joined_via_starter_pack: Option<Value>,
    pub created_at: Option<Box<str>>,
}

/// chat.bsky.actor.declaration.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChatFields {
    pub allow_incoming: Box<str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_group_invites: Option<Box<str>>,
}

/// app.bsky.notification.declaration.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NotificationFields {
    pub allow_subscriptions: Box<str>,
}

/// com.germnetwork.declaration.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GermFields {
    pub message_me: Option<Value>,
}

/// app.bsky.actor.status.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatusFields {
    pub status: Box<str>,
    pub duration_minutes: Option<i64>,
    pub embed: Option<super::Embed>,
}
