//! The fields `debug` of posts and accounts: their tags, for developers whom the configuration names. Never for others.

use firehouse_store::read::RecordKey;
use firehouse_types::ActorId;
use serde_json::{Value, json};

use super::Views;
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
