//! The records that notifications are made of, as their authors wrote them, and which of the recipient's records are still there.

use std::collections::{HashMap, HashSet};

use firehouse_store::Store;
use firehouse_store::read::{NamedRecord, RecordHead, RecordKey, RecordRead};
use firehouse_types::{ActorId, Did};

use super::told::Told;
use crate::nsid::{FOLLOW, LIKE, REPOST};
use crate::record::{RecordJson, StrongRef, written_again};
use crate::{ViewError, uri};

/// Collections whose records may be stored without their blocks.
const USUAL: [&str; 3] = [LIKE, REPOST, FOLLOW];

/// Records by collection and key.
#[derive(Default)]
pub(super) struct Records {
    records: HashMap<(Box<str>, RecordKey), Record>,
    subjects: HashMap<(Box<str>, RecordKey), RecordHead>,
}

/// One record.
pub(super) struct Record {
    pub head: RecordHead,
    pub json: RecordJson,
}

impl Records {
    /// Loads what is told, and what it is about. Two statements: the second only for accounts that likes and reposts name besides.
    pub async fn load(
        store: &Store,
        told: &[Told],
        viewer: (ActorId, &Did),
    ) -> Result<Self, ViewError> {
        let records: HashSet<NamedRecord<'_>> =
            told.iter().map(|told| (told.collection, told.key.0, told.key.1)).collect();
        let about = told.iter().filter_map(|told| told.subject.as_ref());
        let subjects: HashSet<NamedRecord<'_>> =
            about.map(|(collection, key)| (&**collection, key.0, key.1)).collect();
        let usual = records.iter().copied().filter(|record| USUAL.contains(&record.0));
        let usual: Vec<_> = usual.collect();
        let (records, subjects) = (Vec::from_iter(records), Vec::from_iter(subjects));
        let (records, targets, subjects) = tokio::try_join!(
            store.named_records(&records),
            store.link_targets(&usual),
            store.named_heads(&subjects),
        )?;
        let named = targets.values().flatten().map(|target| target.target_actor);
        let named: HashSet<_> = named.filter(|&actor| actor != viewer.0).collect();
        let named = store.actors(&Vec::from_iter(named)).await?;
        let mut names: HashMap<ActorId, Did> =
            named.into_iter().map(|row| (row.actor, row.did)).collect();
        names.insert(viewer.0, viewer.1.clone());
        let read = |row: RecordRead| {
            let of = (row.collection.clone(), (row.actor, row.rkey));
            let written = match row.body.is_empty() {
                true => {
                    let targets = targets.get(&of).map(Vec::as_slice).unwrap_or_default();
                    RecordJson::new(&written_again(&row, targets, |actor| {
                        names.get(&actor).cloned()
                    })?)
                }
                false => RecordJson::new(&row.body),
            };
            Some((of, Record { head: row.head(), json: written? }))
        };
        let subject = |head: RecordHead| ((head.collection.clone(), (head.actor, head.rkey)), head);
        Ok(Self {
            records: records.into_iter().filter_map(read).collect(),
            subjects: subjects.into_iter().map(subject).collect(),
        })
    }

    /// The record that is told of.
    pub fn of(&self, told: &Told) -> Option<&Record> {
        self.records.get(&(told.collection.into(), told.key))
    }

    /// Whether what it is about is still there, or it is about nothing.
    pub fn has_subject(&self, told: &Told) -> bool {
        told.subject.as_ref().is_none_or(|subject| self.subjects.contains_key(subject))
    }

    /// The AT-URI of what it is about.
    pub fn subject_uri(&self, told: &Told, recipient: &Did) -> Option<String> {
        let subject = told.subject.as_ref()?;
        let rkey = self.subjects.get(subject)?.rkey()?;
        Some(format!("at://{recipient}/{}/{rkey}", subject.0))
    }

    /// The starter packs through which accounts came that follow.
    pub fn starter_packs(&self) -> impl Iterator<Item = RecordKey> {
        let follows = self.records.iter().filter(|((collection, _), _)| &**collection == FOLLOW);
        follows.filter_map(|(_, record)| record.starter_pack())
    }
}

/// A record that may have been found through another.
#[derive(serde::Deserialize)]
struct Found {
    via: Option<StrongRef>,
}

impl Record {
    /// The starter pack that a follow was found through.
    pub fn starter_pack(&self) -> Option<RecordKey> {
        let found: Found = serde_json::from_str(self.json.get()).ok()?;
        uri::starter_pack(&found.via?.uri)
    }
}
