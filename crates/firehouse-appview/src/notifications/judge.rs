//! [`Judge`]: whether what was written down holds, and so is told.
//!
//! Of several reasons to tell of one post the first that holds counts: mention, quote, reply, activity. A quote or reply that a gate refused
//! is no reason; neither is an answer to an answer that the thread's author hid, for those above it. Then nothing is told that was made
//! while the recipient muted the thread it is about. Nothing here is kept: verdicts are found from what was there when the record was made.

use std::collections::{HashMap, HashSet};

use firehouse_schema::Reason;
use firehouse_store::read::{FirstKey, NotificationRead, RecordKey, Refused};
use firehouse_types::{ActorId, Datetime, RkeyId};

use super::candidates::{Recipient, SUBSCRIBED};
use super::unit::{Row, Unit};
use crate::nsid::{FOLLOW, LIKE, POST, PROFILE, REPOST, VERIFICATION};
use crate::{AppView, ViewError};

/// One thing that an account is told.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub sort_at: Datetime,
    /// The record.
    pub key: RecordKey,
    pub collection: &'static str,
    pub reason: &'static str,
    /// The recipient's record that it is about: collection and key.
    pub subject: Option<(Box<str>, RecordKey)>,
    /// Of a reply: the first post of its thread.
    pub root: Option<RecordKey>,
}

/// What it takes to say whether reasons hold.
#[derive(Default)]
pub(super) struct Judge {
    refused: Refused,
    gone: HashMap<RecordKey, Datetime>,
    hidden: HashMap<(RecordKey, RecordKey), Datetime>,
    roots: HashMap<RecordKey, RecordKey>,
    first: HashMap<(RecordKey, Box<str>, Box<str>, ActorId), RkeyId>,
}

impl Judge {
    /// Asks for all of it at once; of the usual page, for next to nothing.
    pub async fn load(app: &AppView, to: &Recipient, units: &[Unit]) -> Result<Self, ViewError> {
        let rows = units.iter().flat_map(Unit::written);
        let (mut gated, mut between, mut threads) =
            (HashSet::new(), HashSet::new(), HashSet::new());
        let (mut subjects, mut first) = (HashSet::new(), Vec::new());
        for row in rows {
            if matches!(row.reason, Reason::Quote | Reason::Reply) {
                gated.insert(row.key());
            }
            if let Some(root) = row.root().filter(|_| !row.between.is_empty()) {
                between.extend(row.between.iter().copied());
                threads.insert(root);
            }
            if !to.muted.is_empty() && &*row.subject_in == POST {
                subjects.insert((to.actor, row.subject_rkey));
            }
            first.extend(reference(to.actor, row));
        }
        let (gated, between) = (Vec::from_iter(gated), Vec::from_iter(between));
        let (threads, subjects) = (Vec::from_iter(threads), Vec::from_iter(subjects));
        let (refused, gone, hidden, roots, first) = tokio::try_join!(
            app.store.refused_among(&gated),
            app.store.gone_posts(&between),
            app.store.hidden_answers(&threads),
            app.store.thread_roots(&subjects),
            app.store.first_of_kind(&first),
        )?;
        Ok(Self { refused, gone, hidden, roots, first })
    }

    /// What the recipient is told of it: by the first reason that holds, when the recipient asked for that one, and unless it wanted to hear
    /// nothing of the thread then.
    pub fn told(&self, to: &Recipient, unit: &Unit) -> Option<Told> {
        let row = unit.rows().find(|row| match row {
            Row::Written(row) => self.holds(to, row),
            Row::Activity(_) => true,
        })?;
        let told = match row {
            Row::Written(row) if self.is_muted(to, row) => return None,
            Row::Written(row) => Told {
                sort_at: row.sort_at(),
                key: row.key(),
                collection: collection(row.reason),
                reason: row.reason.as_str(),
                subject: subject(to.actor, row),
                root: row.root(),
            },
            Row::Activity(row) => Told {
                sort_at: row.sort_at(),
                key: (row.actor, row.rkey),
                collection: POST,
                reason: SUBSCRIBED,
                subject: None,
                root: None,
            },
        };
        to.wants(told.reason).then_some(told)
    }

    fn holds(&self, to: &Recipient, row: &NotificationRead) -> bool {
        match row.reason {
            Reason::Quote => !self.refused.quotes.contains(&row.key()),
            Reason::Reply => !self.refused.replies.contains(&row.key()) && self.reaches(row),
            _ => reference(to.actor, row).is_none_or(|key| {
                let (actor, rkey, _, collection, path, by) = key;
                let key = ((actor, rkey), collection.into(), path.into(), by);
                self.first.get(&key).is_none_or(|first| *first == row.rkey)
            }),
        }
    }

    /// Whether word of an answer came up to the recipient: past posts that were still there, and none that the thread's author had hidden.
    fn reaches(&self, row: &NotificationRead) -> bool {
        let Some(root) = row.root() else { return true };
        let made_at = row.made_at();
        row.between.iter().all(|post| {
            let was_gone = self.gone.get(post).is_some_and(|&at| at < made_at);
            let was_hidden = self.hidden.get(&(root, *post)).is_some_and(|&at| at <= made_at);
            !was_gone && !was_hidden
        })
    }

    fn is_muted(&self, to: &Recipient, row: &NotificationRead) -> bool {
        let subject = (to.actor, row.subject_rkey);
        let Some(root) = self.roots.get(&subject).filter(|_| &*row.subject_in == POST) else {
            return false;
        };
        to.muted.iter().any(|mute| mute.root() == *root && mute.holds_at(row.made_at()))
    }
}

/// By what somebody likes, reposts or follows: who does it twice is told of once.
fn reference(recipient: ActorId, row: &NotificationRead) -> Option<FirstKey<'_>> {
    let subject_in = &*row.subject_in;
    let (collection, path) = match row.reason {
        Reason::Like => (LIKE, ".subject.uri"),
        Reason::LikeViaRepost => (LIKE, ".via.uri"),
        Reason::Repost => (REPOST, ".subject.uri"),
        Reason::RepostViaRepost => (REPOST, ".via.uri"),
        Reason::Follow => (FOLLOW, ".subject"),
        Reason::Mention
        | Reason::Quote
        | Reason::Reply
        | Reason::StarterpackJoined
        | Reason::Verified
        | Reason::Unverified => return None,
    };
    Some((recipient, row.subject_rkey, subject_in, collection, path, row.actor))
}

/// The recipient's record that a reason is about.
pub(super) fn subject(recipient: ActorId, row: &NotificationRead) -> Option<(Box<str>, RecordKey)> {
    let about = (row.subject_in.clone(), (recipient, row.subject_rkey));
    Some(about).filter(|(collection, _)| !collection.is_empty())
}

/// Whose records a reason is made of.
pub(super) fn collection(reason: Reason) -> &'static str {
    match reason {
        Reason::Mention | Reason::Quote | Reason::Reply => POST,
        Reason::Like | Reason::LikeViaRepost => LIKE,
        Reason::Repost | Reason::RepostViaRepost => REPOST,
        Reason::Follow => FOLLOW,
        Reason::StarterpackJoined => PROFILE,
        Reason::Verified | Reason::Unverified => VERIFICATION,
    }
}
