//! Tags: what moderators' tools say of accounts and records for our own use. Never shown; configuration says which hide or demote.

use std::collections::HashMap;

use firehouse_store::Store;
use firehouse_store::read::{LabelledRecord, RecordKey, TagsRead};
use firehouse_types::{ActorId, RkeyId};

use crate::nsid::PROFILE;
use crate::{TagRules, ViewError};

/// Tags by what they are about: account, collection, record key; an account itself has no collection and the key 0.
#[derive(Debug, Default)]
pub(crate) struct Tags(HashMap<(ActorId, RkeyId), Vec<TagsRead>>);

impl Tags {
    /// Asks for the tags of accounts and records, unless no rule looks at any and `wanted` is not set. At most one query.
    pub async fn load(
        store: &Store,
        rules: &TagRules,
        wanted: bool,
        actors: &[ActorId],
        records: &[LabelledRecord<'_>],
    ) -> Result<Self, ViewError> {
        let mut tags = Self::default();
        if !wanted && rules.is_empty() {
            return Ok(tags);
        }
        for row in store.tags(actors, records).await? {
            tags.0.entry((row.actor, row.rkey)).or_default().push(row);
        }
        Ok(tags)
    }

    /// Takes over what was asked for later: perhaps of another collection's record with the same key.
    pub fn extend(&mut self, later: Self) {
        for (subject, rows) in later.0 {
            self.0.entry(subject).or_default().extend(rows);
        }
    }

    /// The tags of a record.
    pub fn of_record(&self, key: RecordKey, collection: &str) -> &[Box<str>] {
        let rows = self.0.get(&key).map_or(&[][..], Vec::as_slice);
        let row = rows.iter().find(|row| &*row.collection == collection);
        row.map_or(&[], |row| &row.tags)
    }

    /// The tags of an account itself.
    pub fn of_account(&self, actor: ActorId) -> &[Box<str>] {
        self.of_record((actor, RkeyId::from(0)), "")
    }

    /// The tags of an account's profile.
    pub fn of_profile(&self, actor: ActorId) -> &[Box<str>] {
        self.of_record((actor, RkeyId::of("self")), PROFILE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nsid::{LIST, POST};

    #[test]
    fn records_of_two_collections_with_one_key_keep_their_own_tags() {
        let key = (ActorId::from(1), RkeyId::from(7));
        let tagged = |collection: &str, tag: &str| {
            let (collection, tags) = (collection.into(), vec![tag.into()]);
            let row = TagsRead { actor: key.0, collection, rkey: key.1, tags };
            Tags(HashMap::from([(key, vec![row])]))
        };
        let mut tags = tagged(POST, "of the post");
        tags.extend(tagged(LIST, "of the list"));
        let first = |collection: &str| tags.of_record(key, collection).first().map(|tag| &**tag);
        assert_eq!((first(POST), first(LIST)), (Some("of the post"), Some("of the list")));
    }
}
