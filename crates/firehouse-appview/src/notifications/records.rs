//! The records that notifications are made of, as their authors wrote them, and which of the recipient's records are still there.

use std::collections::{HashMap, HashSet};

use firehouse_store::Store;
use firehouse_store::read::{NamedRecord, RecordHead, RecordKey, RecordRead};
use firehouse_types::{ActorId, Did};

use super::judge::{Told, subject};
use super::unit::Unit;
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
    /// Loads what may be told, what it is about, and whom likes and reposts name besides. Four queries, at once.
    pub async fn load(
        store: &Store,
        units: &[Unit],
        viewer: (ActorId, &Did),
    ) -> Result<Self, ViewError> {
        let record = |unit: &Unit| {
            let (collection, key) = unit.record();
            (collection, key.0, key.1)
        };
        let records: HashSet<NamedRecord<'_>> = units.iter().map(record).collect();
        let about = units.iter().flat_map(Unit::written);
        let about: HashSet<_> = about.filter_map(|row| subject(viewer.0, row)).collect();
        let subjects: Vec<NamedRecord<'_>> =
            about.iter().map(|(collection, key)| (&**collection, key.0, key.1)).collect();
        let usual = records.iter().copied().filter(|record| USUAL.contains(&record.0));
        let usual: Vec<_> = usual.collect();
        let records = Vec::from_iter(records);
        let (records, targets, named, subjects) = tokio::try_join!(
            store.named_records(&records),
            store.link_targets(&usual),
            store.target_actors(&usual),
            store.named_heads(&subjects),
        )?;
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
        let named = |head: RecordHead| ((head.collection.clone(), (head.actor, head.rkey)), head);
        Ok(Self {
            records: records.into_iter().filter_map(read).collect(),
            subjects: subjects.into_iter().map(named).collect(),
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
