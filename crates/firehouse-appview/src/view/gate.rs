//! Who may reply to a thread and who may quote a post, for the viewer.

use firehouse_store::read::RecordKey;

use super::Views;
use super::list::ListView;
use crate::nsid::THREADGATE;
use crate::record::{RecordJson, RuleFields};
use crate::uri;

/// app.bsky.feed.defs#threadgateView.
#[derive(Clone, Debug, serde::Serialize)]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub struct ThreadgateView {
    pub uri: String,
    pub cid: String,
    pub record: RecordJson,
    pub lists: Vec<ListView>,
}

impl Views<'_> {
    /// The gate of the thread that begins with this post.
    pub fn threadgate(&self, root: RecordKey) -> Option<ThreadgateView> {
        let gate = self.state.threadgates.get(&root)?;
        let did = &self.state.actors.get(&root.0)?.did;
        let rules = gate.fields.allow.iter().flatten();
        let lists = rules.filter_map(|rule| match rule {
            RuleFields::List { list } => self.list_basic(uri::list(list)?),
            RuleFields::Mention
            | RuleFields::Follower
            | RuleFields::Following
            | RuleFields::Unknown => None,
        });
        Some(ThreadgateView {
            uri: format!("at://{did}/{THREADGATE}/{}", gate.rkey),
            cid: gate.cid.clone(),
            record: gate.json.clone(),
            lists: lists.collect(),
        })
    }

    /// Whether the viewer may not reply; `None` where there is no gate. To a reply that is not part of its thread nobody may.
    pub(super) fn reply_disabled(&self, key: RecordKey) -> Option<bool> {
        if self.state.is_refused(key) {
            return Some(true);
        }
        let (viewer, did) = (self.state.viewer?, self.state.viewer_did.as_ref()?);
        let root = self.root(key)?;
        let gate = self.state.threadgates.get(&root)?;
        let Some(rules) = gate.fields.allow.as_ref().filter(|_| viewer != root.0) else {
            return Some(false);
        };
        let relations = &self.state.relations;
        let is_allowed = rules.iter().any(|rule| match rule {
            RuleFields::Mention => {
                self.state.posts.get(&root).is_some_and(|post| post.fields.mentions(did.as_str()))
            }
            RuleFields::Follower => relations.follow(viewer, root.0).is_some(),
            RuleFields::Following => relations.follow(root.0, viewer).is_some(),
            RuleFields::List { list } => uri::list(list)
                .and_then(|list| self.state.lists.get(&list))
                .is_some_and(|list| list.has_viewer),
            RuleFields::Unknown => false,
        });
        Some(!is_allowed)
    }

    /// Whether the viewer may not quote the post.
    pub(super) fn embedding_disabled(&self, key: RecordKey) -> bool {
        self.state.viewer != Some(key.0)
            && self.state.postgates.get(&key).is_some_and(|gate| gate.fields.is_disabled())
    }
}
