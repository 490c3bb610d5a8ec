//! app.bsky.graph.defs: listViewBasic, listView and listItemView.

use firehouse_store::read::RecordKey;
use firehouse_types::{AtUri, Did};
use serde_json::Value;

use super::Views;
use super::label::Label;
use super::links::Preset;
use super::profile::ProfileView;
use crate::hydrate::REFERENCE_LIST;
use crate::nsid::{LIST, LIST_BLOCK, OPT_OUT};

/// Both views; fields of the larger one are absent from the smaller.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub struct ListView {
    pub uri: String,
    pub cid: String,
    pub name: Box<str>,
    pub purpose: Box<str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar: Option<String>,
    pub list_item_count: u64,
    pub indexed_at: String,
    pub labels: Vec<Label>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub viewer: Option<ListViewer>,
    // listView
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creator: Option<Box<ProfileView>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description_facets: Option<Value>,
}

/// app.bsky.graph.defs#listViewerState.
#[derive(Clone, Debug, serde::Serialize)]
pub struct ListViewer {
    /// Whether the viewer mutes its members.
    pub muted: bool,
    /// The record by which the viewer blocks its members.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocked: Option<String>,
    /// The record by which the viewer opted out of a reference list.
    #[serde(rename = "referenceListOptOut", skip_serializing_if = "Option::is_none")]
    pub reference_list_opt_out: Option<String>,
}

/// app.bsky.graph.defs#listItemView.
#[derive(Clone, Debug, serde::Serialize)]
pub struct ListItemView {
    /// The membership.
    pub uri: String,
    /// The member.
    pub subject: ProfileView,
    /// True when the member opted out; only the creator of a reference list gets to know.
    #[serde(rename = "subjectOptedOut", skip_serializing_if = "Option::is_none")]
    pub subject_opted_out: Option<bool>,
}

impl Views<'_> {
    /// listViewBasic, when the list exists.
    pub fn list_basic(&self, key: RecordKey) -> Option<ListView> {
        let list = self.state.lists.get(&key)?;
        let did = Did::parse(AtUri::parse(&list.uri).ok()?.authority).ok()?;
        let viewer = self.state.viewer.map(|_| ListViewer {
            muted: list.is_muted,
            blocked: list.blocked_by.and_then(|rkey| self.viewer_uri(LIST_BLOCK, rkey)),
            reference_list_opt_out: list
                .opt_out
                .filter(|_| &*list.fields.purpose == REFERENCE_LIST)
                .and_then(|rkey| self.viewer_uri(OPT_OUT, rkey)),
        });
        Some(ListView {
            uri: list.uri.clone(),
            cid: list.cid.clone(),
            name: list.fields.name.clone(),
            purpose: list.fields.purpose.clone(),
            avatar: list
                .fields
                .avatar
                .as_ref()
                .map(|blob| self.image(Preset::Avatar, &did, blob.cid())),
            list_item_count: list.members,
            indexed_at: list.sort_at.to_string(),
            labels: self.state.labels.of_record(key, LIST),
            viewer,
            creator: None,
            description: None,
            description_facets: None,
        })
    }

    /// listView, when the list exists and the caller may see its creator.
    pub fn list(&self, key: RecordKey) -> Option<ListView> {
        let creator = self.profile(key.0)?;
        let fields = &self.state.lists.get(&key)?.fields;
        Some(ListView {
            creator: Some(Box::new(creator)),
            description: fields.description.clone(),
            description_facets: fields.description_facets.clone(),
            ..self.list_basic(key)?
        })
    }
}
