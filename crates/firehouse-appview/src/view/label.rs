//! Labels: those of labelers, and those that authors put on their own posts, profiles and labelers.

use firehouse_types::{Datetime, Did};

use crate::record::SelfLabels;

/// com.atproto.label.defs#label.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Label {
    /// Who says so.
    pub src: Did,
    /// Of what.
    pub uri: String,
    /// Of which version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cid: Option<String>,
    /// What.
    pub val: Box<str>,
    /// Since when.
    pub cts: String,
    /// Until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exp: Option<String>,
}

/// An author's own labels of one record.
pub(crate) fn self_labels(
    labels: Option<&SelfLabels>,
    did: &Did,
    uri: &str,
    cid: &str,
    created_at: Option<&str>,
) -> Vec<Label> {
    let values = labels.into_iter().flat_map(SelfLabels::values);
    let cts = || created_at.map_or(Datetime::EPOCH, Datetime::parse_lenient).to_string();
    let label = |val: &str| Label {
        src: did.clone(),
        uri: uri.into(),
        cid: Some(cid.into()),
        val: val.into(),
        cts: cts(),
        exp: None,
    };
    values.map(label).collect()
}
