//! What an account is told, newest first: the rows of its notifications, judged. The skeleton of a list, and what is counted as unread.
//!
//! Of several reasons to tell of one post the first that holds counts: mention, quote, reply, activity. A quote or reply that a gate refused
//! is no reason; neither is an answer to an answer that the thread's author hid, for those above it. Then nothing is told that was made
//! while the recipient muted the thread it is about. Nothing here is kept: verdicts are found from what was there when the record was made.

use std::collections::{HashMap, HashSet};

use firehouse_schema::Reason;
use firehouse_store::ThreadMute;
use firehouse_store::read::{
    Activity, FirstKey, NotificationPosition, NotificationRead, NotificationsQuery, RecordKey,
    Refused, Subscribed,
};
use firehouse_types::{ActorId, Datetime, RkeyId};

use crate::nsid::{FOLLOW, LIKE, POST, PROFILE, REPOST, VERIFICATION};
use crate::{AppView, ViewError};

/// Every reason that is written down.
const WRITTEN: [Reason; 11] = [
    Reason::Mention,
    Reason::Quote,
    Reason::Reply,
    Reason::Like,
    Reason::LikeViaRepost,
    Reason::Repost,
    Reason::RepostViaRepost,
    Reason::Follow,
    Reason::StarterpackJoined,
    Reason::Verified,
    Reason::Unverified,
];
/// The reason that follows from what the recipient subscribed to.
const SUBSCRIBED: &str = "subscribed-post";
/// Rows of one post, at most: mention, quote, reply, activity.
const ROWS_PER_POST: usize = 4;
/// Rows that are read for each that is wanted: the second reasons of posts, and what does not hold.
const ROWS_EACH: usize = 2;
/// Times that rows are read for one part.
const ROUNDS_MAX: usize = 4;

/// Who is told, and of what.
pub(super) struct Recipient {
    pub actor: ActorId,
    /// Only of what accounts did that the recipient follows.
    pub followed: bool,
    /// By these reasons; all without.
    pub reasons: Option<Vec<String>>,
    /// Nothing of this time or earlier.
    pub since: Option<Datetime>,
    pub subscribed: Vec<Subscribed>,
    pub muted: Vec<ThreadMute>,
}

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

/// Some of it, and where the next part begins.
pub(super) struct Part {
    pub told: Vec<Told>,
    pub next: Option<NotificationPosition>,
}

impl Recipient {
    /// What comes after a position, at most `limit` of it. A part ends short only at the end of everything, or when very much of what was
    /// written down does not hold.
    pub async fn told(
        &self,
        app: &AppView,
        mut after: NotificationPosition,
        limit: usize,
    ) -> Result<Part, ViewError> {
        let mut told = Vec::new();
        for _ in 0..ROUNDS_MAX {
            let (units, next) = self.units(app, after, limit - told.len()).await?;
            let judge = Judge::load(app, self, &units).await?;
            for (at, unit) in units.iter().enumerate() {
                told.extend(judge.told(self, unit).filter(|told| self.wants(told.reason)));
                if told.len() == limit {
                    let has_more = at + 1 < units.len() || next.is_some();
                    let last = unit.last().map(Row::position).filter(|_| has_more);
                    return Ok(Part { told, next: last });
                }
            }
            let Some(next) = next else { return Ok(Part { told, next: None }) };
            after = next;
        }
        Ok(Part { told, next: Some(after) })
    }

    /// What may hold, in the order of its time: where all of it holds enough for `limit`. And where the next begins.
    async fn units(
        &self,
        app: &AppView,
        after: NotificationPosition,
        limit: usize,
    ) -> Result<(Vec<Unit>, Option<NotificationPosition>), ViewError> {
        let rows_max = limit * ROWS_EACH + ROWS_PER_POST;
        let reasons = self.written();
        let asked = NotificationsQuery {
            recipient: self.actor,
            reasons: &reasons,
            after,
            since: self.since,
            followed: self.followed,
            limit: rows_max,
        };
        let wants_activity = self.wants(SUBSCRIBED) && !self.subscribed.is_empty();
        let subscribed = if wants_activity { self.subscribed.as_slice() } else { &[] };
        let (written, activity) = tokio::try_join!(
            app.store.notifications(asked),
            app.store.activity(subscribed, after, self.since, rows_max),
        )?;
        Ok(in_units(written, activity, rows_max))
    }

    fn wants(&self, reason: &str) -> bool {
        self.reasons.as_ref().is_none_or(|wanted| wanted.iter().any(|wanted| wanted == reason))
    }

    /// The written reasons to look for. Whether a post is told of as a reply, its mentions decide too.
    fn written(&self) -> Vec<Reason> {
        let of_posts = [Reason::Mention, Reason::Quote, Reason::Reply];
        let wants_posts =
            self.wants(SUBSCRIBED) || of_posts.iter().any(|reason| self.wants(reason.as_str()));
        let is_asked = |reason: &Reason| {
            self.wants(reason.as_str()) || (wants_posts && of_posts.contains(reason))
        };
        WRITTEN.into_iter().filter(is_asked).collect()
    }
}

/// One reason, written or found.
#[derive(Clone, Debug)]
enum Row {
    Written(NotificationRead),
    Activity(Activity),
}

impl Row {
    fn position(&self) -> NotificationPosition {
        match self {
            Self::Written(row) => row.position(),
            Self::Activity(row) => row.position(),
        }
    }

    fn is_of_post(&self) -> bool {
        match self {
            Self::Written(row) => {
                matches!(row.reason, Reason::Mention | Reason::Quote | Reason::Reply)
            }
            Self::Activity(_) => true,
        }
    }
}

/// Reasons to tell of one post, or one reason to tell of another record; the first that holds counts.
type Unit = Vec<Row>;

/// Merges both kinds of rows and cuts them into units, all of them whole. Where either has as many rows as were asked for, there are more.
fn in_units(
    written: Vec<NotificationRead>,
    activity: Vec<Activity>,
    rows_max: usize,
) -> (Vec<Unit>, Option<NotificationPosition>) {
    // Beyond the last row of a source that has more, rows of it may be missing.
    let cut_at = |len: usize, last: Option<NotificationPosition>| last.filter(|_| len >= rows_max);
    let end = [
        cut_at(written.len(), written.last().map(NotificationRead::position)),
        cut_at(activity.len(), activity.last().map(Activity::position)),
    ];
    let end = end.into_iter().flatten().min();
    let mut rows: Vec<Row> = written.into_iter().map(Row::Written).collect();
    rows.extend(activity.into_iter().map(Row::Activity));
    rows.sort_by_key(Row::position);
    rows.retain(|row| end.is_none_or(|end| row.position() <= end));
    let mut units: Vec<Unit> = Vec::new();
    for row in rows {
        let at = row.position();
        match units.last_mut() {
            Some(unit) if row.is_of_post() && unit.iter().any(|other| is_same(other, at)) => {
                unit.push(row);
            }
            _ => units.push(vec![row]),
        }
    }
    if end.is_some() && units.len() > 1 {
        // The last one may go on beyond the end.
        units.pop();
    }
    let last = units.last().and_then(|unit| unit.last()).map(Row::position);
    (units, last.filter(|_| end.is_some()))
}

fn is_same(row: &Row, at: NotificationPosition) -> bool {
    let of = row.position();
    row.is_of_post() && (of.newest_first, of.actor, of.rkey) == (at.newest_first, at.actor, at.rkey)
}

/// What it takes to say whether reasons hold.
#[derive(Default)]
struct Judge {
    refused: Refused,
    gone: HashMap<RecordKey, Datetime>,
    hidden: HashMap<(RecordKey, RecordKey), Datetime>,
    roots: HashMap<RecordKey, RecordKey>,
    first: HashMap<(RecordKey, Box<str>, Box<str>, ActorId), RkeyId>,
}

impl Judge {
    /// Asks for all of it at once; of the usual page, for next to nothing.
    async fn load(app: &AppView, to: &Recipient, units: &[Unit]) -> Result<Self, ViewError> {
        let rows = units.iter().flatten().filter_map(|row| match row {
            Row::Written(row) => Some(row),
            Row::Activity(_) => None,
        });
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

    /// The first reason that holds, unless the recipient did not want to hear of its thread then.
    fn told(&self, to: &Recipient, unit: &Unit) -> Option<Told> {
        let row = unit.iter().find(|row| match row {
            Row::Written(row) => self.holds(to, row),
            Row::Activity(_) => true,
        })?;
        match row {
            Row::Written(row) if self.is_muted(to, row) => None,
            Row::Written(row) => Some(Told {
                sort_at: row.sort_at(),
                key: row.key(),
                collection: collection(row.reason),
                reason: row.reason.as_str(),
                subject: Some((row.subject_in.clone(), (to.actor, row.subject_rkey)))
                    .filter(|(collection, _)| !collection.is_empty()),
                root: row.root(),
            }),
            Row::Activity(row) => Some(Told {
                sort_at: row.sort_at(),
                key: (row.actor, row.rkey),
                collection: POST,
                reason: SUBSCRIBED,
                subject: None,
                root: None,
            }),
        }
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

/// Whose records a reason is made of.
fn collection(reason: Reason) -> &'static str {
    match reason {
        Reason::Mention | Reason::Quote | Reason::Reply => POST,
        Reason::Like | Reason::LikeViaRepost => LIKE,
        Reason::Repost | Reason::RepostViaRepost => REPOST,
        Reason::Follow => FOLLOW,
        Reason::StarterpackJoined => PROFILE,
        Reason::Verified | Reason::Unverified => VERIFICATION,
    }
}
