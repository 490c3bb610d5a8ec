//! Labels: what the labelers that apply say about the accounts and records of one answer, in one query.
//!
//! What a redacting labeler takes down does not exist for the caller. Every other label is shown and changes nothing here.

use std::collections::HashMap;

use firehouse_store::Store;
use firehouse_store::read::{LabelRead, LabelledRecord, RecordKey};
use firehouse_types::{ActorId, RkeyId};

use super::state::State;
use crate::clock::now;
use crate::nsid::{LIST, POST, PROFILE};
use crate::view::Label;
use crate::{AppliedLabeler, ViewError};

/// Values by which a redacting labeler takes something down.
const TAKEDOWNS: [&str; 2] = ["!takedown", "!suspend"];
/// A value that is for servers, never for clients.
const NEEDS_REVIEW: &str = "needs-review";

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

    /// What is said of a record, in all of its versions or in the one with this CID. Of one value by one labeler the first.
    pub fn of_record(&self, key: RecordKey, collection: &str, cid: &str) -> Vec<Label> {
        let applies = |row: &&LabelRead| row.cid.is_empty() || &*row.cid == cid;
        self.shown(key, collection, applies)
    }

    /// What is said of an account itself.
    pub fn of_account(&self, actor: ActorId) -> Vec<Label> {
        self.shown((actor, RkeyId::from(0)), "", |row| row.cid.is_empty())
    }

    fn shown(
        &self,
        key: RecordKey,
        collection: &str,
        applies: impl Fn(&&LabelRead) -> bool,
    ) -> Vec<Label> {
        let mut shown: Vec<&LabelRead> = Vec::new();
        for row in self.of(key, collection).filter(applies) {
            let is_known = shown.iter().any(|known| (known.src, &known.val) == (row.src, &row.val));
            if !is_known && &*row.val != NEEDS_REVIEW {
                shown.push(row);
            }
        }
        shown.into_iter().cloned().filter_map(Label::of).collect()
    }

    fn of(&self, key: RecordKey, collection: &str) -> impl Iterator<Item = &LabelRead> {
        let rows = self.by_subject.get(&key).into_iter().flatten();
        rows.filter(move |row| &*row.collection == collection)
    }

    fn takes_down(&self, key: RecordKey, collection: &str, cid: &str) -> bool {
        self.of(key, collection).any(|row| {
            TAKEDOWNS.contains(&&*row.val)
                && self.redacting.contains(&row.src)
                && (row.cid.is_empty() || &*row.cid == cid)
        })
    }
}

impl State {
    /// Whether a redacting labeler took down a record, so that this caller may not see it.
    pub fn is_redacted(&self, key: RecordKey, collection: &str, cid: &str) -> bool {
        !self.privileged && self.labels.takes_down(key, collection, cid)
    }

    /// Takes out what a redacting labeler took down. Privileged callers see it all.
    pub fn redact(&mut self) {
        let labels = &self.labels;
        if self.privileged || labels.redacting.is_empty() {
            return;
        }
        for (&id, actor) in &mut self.actors {
            actor.is_redacted = labels.takes_down((id, RkeyId::from(0)), "", "");
            let this = (id, RkeyId::of("self"));
            let cid = actor.profile.as_ref().map_or("", |profile| &profile.cid);
            if labels.takes_down(this, PROFILE, cid) {
                actor.profile = None;
            }
        }
        self.posts.retain(|&key, post| !labels.takes_down(key, POST, &post.cid));
        self.lists.retain(|&key, list| !labels.takes_down(key, LIST, &list.cid));
    }
}
