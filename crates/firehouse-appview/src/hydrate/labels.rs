//! Labels: what the labelers that apply say about the accounts and records of one answer, in one query.
//!
//! What a redacting labeler takes down does not exist for the caller. Every other label is shown and changes nothing here.

use std::collections::HashMap;

use firehouse_store::Store;
use firehouse_store::read::{LabelRead, LabelledRecord, RecordKey};
use firehouse_types::{ActorId, RkeyId};

use super::state::State;
use crate::clock::now;
use crate::nsid::{GENERATOR, LIST, POST, STARTER_PACK};
use crate::view::Label;
use crate::{AppliedLabeler, ViewError};

/// Values by which a redacting labeler takes something down.
const TAKEDOWNS: [&str; 2] = ["!takedown", "!suspend"];
/// A value that is for servers: from a redacting labeler never for clients.
const NEEDS_REVIEW: &str = "needs-review";
/// A value by which an account's verifications lose their worth.
const IMPERSONATION: &str = "impersonation";

/// Labels by what they are about: account, collection, record key; an account itself has no collection and the key 0.
#[derive(Debug, Default)]
pub(crate) struct Labels {
    by_subject: HashMap<(ActorId, RkeyId), Vec<LabelRead>>,
    redacting: Vec<ActorId>,
}

impl Labels {
    /// Asks what `labelers` say about accounts and records.
    pub async fn load(
        store: &Store,
        labelers: &[AppliedLabeler],
        actors: &[ActorId],
        records: &[LabelledRecord<'_>],
    ) -> Result<Self, ViewError> {
        let sources: Vec<_> = labelers.iter().map(|labeler| labeler.did.actor()).collect();
        let redacting = labelers.iter().filter(|labeler| labeler.redact);
        let mut labels =
            Self { redacting: redacting.map(|l| l.did.actor()).collect(), ..Self::default() };
        for row in store.labels(actors, records, &sources, now()).await? {
            // Two DIDs may share a number: then neither is believed to be the other.
            if labelers.iter().any(|labeler| labeler.did.as_str() == &*row.labeler) {
                labels.by_subject.entry((row.actor, row.rkey)).or_default().push(row);
            }
        }
        Ok(labels)
    }

    /// What is said of a record, whichever version a label names. Of one value by one labeler the first.
    pub fn of_record(&self, key: RecordKey, collection: &str) -> Vec<Label> {
        let mut shown: Vec<&LabelRead> = Vec::new();
        for row in self.of(key, collection) {
            let is_known = shown.iter().any(|known| (known.src, &known.val) == (row.src, &row.val));
            let is_hidden = &*row.val == NEEDS_REVIEW && self.redacting.contains(&row.src);
            if !is_known && !is_hidden {
                shown.push(row);
            }
        }
        shown.into_iter().cloned().filter_map(Label::of).collect()
    }

    /// What is said of an account itself.
    pub fn of_account(&self, actor: ActorId) -> Vec<Label> {
        self.of_record((actor, RkeyId::from(0)), "")
    }

    /// Whether a redacting labeler wants somebody to look at the account first.
    pub fn needs_review(&self, actor: ActorId) -> bool {
        self.redacts((actor, RkeyId::from(0)), "", &[NEEDS_REVIEW])
    }

    /// As [`Labels::needs_review`], of a record.
    pub fn record_needs_review(&self, key: RecordKey, collection: &str) -> bool {
        self.redacts(key, collection, &[NEEDS_REVIEW])
    }

    /// Whether a redacting labeler says that the account pretends to be another.
    pub fn is_impersonation(&self, actor: ActorId) -> bool {
        self.redacts((actor, RkeyId::from(0)), "", &[IMPERSONATION])
    }

    /// Takes over what was asked for later.
    pub fn extend(&mut self, later: Self) {
        self.redacting = later.redacting;
        for (subject, rows) in later.by_subject {
            self.by_subject.entry(subject).or_default().extend(rows);
        }
    }

    fn of(&self, key: RecordKey, collection: &str) -> impl Iterator<Item = &LabelRead> {
        let rows = self.by_subject.get(&key).into_iter().flatten();
        rows.filter(move |row| &*row.collection == collection)
    }

    fn takes_down(&self, key: RecordKey, collection: &str) -> bool {
        self.redacts(key, collection, &TAKEDOWNS)
    }

    /// Whether a redacting labeler gives the subject one of these values.
    fn redacts(&self, key: RecordKey, collection: &str, values: &[&str]) -> bool {
        self.of(key, collection)
            .any(|row| values.contains(&&*row.val) && self.redacting.contains(&row.src))
    }
}

impl State {
    /// Whether a redacting labeler took down a record, so that this caller may not see it.
    pub fn is_redacted(&self, key: RecordKey, collection: &str) -> bool {
        !self.privileged && self.labels.takes_down(key, collection)
    }

    /// Takes out what a redacting labeler took down. Privileged callers see it all.
    pub fn redact(&mut self) {
        let labels = &self.labels;
        if self.privileged || labels.redacting.is_empty() {
            return;
        }
        for (&id, actor) in &mut self.actors {
            actor.is_redacted = labels.takes_down((id, RkeyId::from(0)), "");
        }
        self.posts.retain(|&key, _| !labels.takes_down(key, POST));
        self.lists.retain(|&key, _| !labels.takes_down(key, LIST));
        // A list that is taken down blocks and mutes nobody, nor does one of somebody who is.
        let (lists, account) = (&self.lists, RkeyId::from(0));
        let is_seen = |list: RecordKey| {
            lists.contains_key(&list) && !labels.takes_down((list.0, account), "")
        };
        self.relations.retain_lists(is_seen);
        self.told.retain_lists(is_seen);
        self.offered.generators.retain(|&key, _| !labels.takes_down(key, GENERATOR));
        self.offered.starter_packs.retain(|&key, _| !labels.takes_down(key, STARTER_PACK));
    }
}
