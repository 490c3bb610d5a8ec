//! [`Candidates`]: what an account may be told, newest first: the rows of its notifications and the posts it subscribed to, not yet judged.

use std::collections::VecDeque;

use firehouse_schema::Reason;
use firehouse_store::ThreadMute;
use firehouse_store::read::{
    Activity, NotificationPosition, NotificationRead, NotificationsQuery, Subscribed,
};
use firehouse_types::{ActorId, Datetime};

use super::unit::{ROWS_PER_UNIT, Unit, in_units};
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
pub(super) const SUBSCRIBED: &str = "subscribed-post";
/// Rows that are read for each that is wanted: the second reasons of posts, and what does not hold.
const ROWS_EACH: usize = 2;

/// Who is told, and of what.
pub(super) struct Recipient {
    pub actor: ActorId,
    /// Only of what accounts did whom the recipient follows.
    pub followed: bool,
    /// By these reasons; all without.
    pub reasons: Option<Vec<String>>,
    /// Nothing of this time or earlier.
    pub since: Option<Datetime>,
    pub subscribed: Vec<Subscribed>,
    pub muted: Vec<ThreadMute>,
}

impl Recipient {
    /// Of everything, from anybody, until it is known what the account said about it.
    pub fn new(actor: ActorId) -> Self {
        let (reasons, since, subscribed, muted) = (None, None, Vec::new(), Vec::new());
        Self { actor, followed: false, reasons, since, subscribed, muted }
    }

    pub fn wants(&self, reason: &str) -> bool {
        self.reasons.as_ref().is_none_or(|wanted| wanted.iter().any(|wanted| wanted == reason))
    }

    /// The rows behind a position, as many as it takes to tell `limit` things where nearly all of them hold.
    pub async fn written(
        &self,
        app: &AppView,
        after: NotificationPosition,
        limit: usize,
    ) -> Result<Vec<NotificationRead>, ViewError> {
        let asked = NotificationsQuery {
            recipient: self.actor,
            reasons: &self.written_reasons(),
            after,
            since: self.since,
            followed: self.followed,
            limit: rows_max(limit),
        };
        Ok(app.store.notifications(asked).await?)
    }

    async fn activity(
        &self,
        app: &AppView,
        after: NotificationPosition,
        limit: usize,
    ) -> Result<Vec<Activity>, ViewError> {
        let wants_activity = self.wants(SUBSCRIBED);
        let subscribed = if wants_activity { self.subscribed.as_slice() } else { &[] };
        Ok(app.store.activity(subscribed, after, self.since, rows_max(limit)).await?)
    }

    /// The written reasons to look for. Whether a post is told of as a reply, its mentions decide too.
    fn written_reasons(&self) -> Vec<Reason> {
        let of_posts = [Reason::Mention, Reason::Quote, Reason::Reply];
        let wants_posts =
            self.wants(SUBSCRIBED) || of_posts.iter().any(|reason| self.wants(reason.as_str()));
        let is_asked = |reason: &Reason| {
            self.wants(reason.as_str()) || (wants_posts && of_posts.contains(reason))
        };
        WRITTEN.into_iter().filter(is_asked).collect()
    }
}

fn rows_max(limit: usize) -> usize {
    limit * ROWS_EACH + ROWS_PER_UNIT
}

/// Units in the order of their time, read as they are wanted.
pub(super) struct Candidates<'a> {
    app: &'a AppView,
    to: &'a Recipient,
    ready: VecDeque<Unit>,
    /// Behind what was taken.
    taken: NotificationPosition,
    /// Behind what was read; `None` when that was all.
    read: Option<NotificationPosition>,
    /// Rows that were asked for beforehand.
    early: Option<Vec<NotificationRead>>,
}

impl<'a> Candidates<'a> {
    /// What comes after a position. `early`: its first rows, as [`Recipient::written`] gives them for the limit of the first
    /// [`Candidates::take`].
    pub fn new(
        app: &'a AppView,
        to: &'a Recipient,
        after: NotificationPosition,
        early: Option<Vec<NotificationRead>>,
    ) -> Self {
        Self { app, to, ready: VecDeque::new(), taken: after, read: Some(after), early }
    }

    /// The next, at most `limit`; none at the end. At most one statement, and none while there is something left of the one before.
    pub async fn take(&mut self, limit: usize) -> Result<Vec<Unit>, ViewError> {
        if let Some(after) = self.read.filter(|_| self.ready.is_empty()) {
            let early = self.early.take();
            let written = async {
                match early {
                    Some(rows) => Ok(rows),
                    None => self.to.written(self.app, after, limit).await,
                }
            };
            let (written, activity) =
                tokio::try_join!(written, self.to.activity(self.app, after, limit))?;
            let (units, next) = in_units(written, activity, rows_max(limit));
            (self.ready, self.read) = (units.into(), next);
        }
        let units: Vec<Unit> = self.ready.drain(..limit.min(self.ready.len())).collect();
        self.taken = units.last().map_or(self.taken, Unit::position);
        Ok(units)
    }

    /// Gives back those behind the first `used` of what [`Candidates::take`] gave last: they come again.
    pub fn give_back(&mut self, mut units: Vec<Unit>, used: usize) {
        for unit in units.drain(used.min(units.len())..).rev() {
            self.ready.push_front(unit);
        }
        if let Some(last) = units.last() {
            self.taken = last.position();
        }
    }

    /// Where more begins; `None` when all was taken.
    pub fn position(&self) -> Option<NotificationPosition> {
        if self.ready.is_empty() { self.read } else { Some(self.taken) }
    }
}
