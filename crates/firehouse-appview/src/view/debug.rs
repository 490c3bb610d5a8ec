//! The fields `debug` of posts and accounts: their tags, for developers whom the configuration names, and what they ask to be explained.
//! Never for others.

use firehouse_store::read::RecordKey;
use firehouse_types::ActorId;
use serde_json::{Value, json};

use super::{PostView, Views};
use crate::nsid::POST;

impl Views<'_> {
    pub(super) fn post_debug(&self, key: RecordKey) -> Option<Value> {
        let author = self.profile_debug(key.0)?;
        let tags = self.state.tags.of_record(key, POST);
        Some(json!({ "post": { "tags": tags }, "author": author }))
    }

    pub(super) fn profile_debug(&self, id: ActorId) -> Option<Value> {
        let tags = self.state.shows_tags.then_some(&self.state.tags)?;
        Some(json!({ "accountTags": tags.of_account(id), "profileTags": tags.of_profile(id) }))
    }
}

impl PostView {
    /// Adds what was asked for to the field `debug`. The caller must be one of those who see it.
    pub(crate) fn explain(&mut self, what: &str, explained: Value) {
        let debug = self.debug.get_or_insert_with(|| json!({}));
        if let Some(fields) = debug.as_object_mut() {
            fields.insert(what.to_owned(), explained);
        }
    }
}
