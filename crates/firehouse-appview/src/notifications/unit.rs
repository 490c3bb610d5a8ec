//! [`Unit`]: what is told as one thing, or not at all: all reasons to tell an account of one post, or one reason to tell it of another record.

use firehouse_schema::Reason;
use firehouse_store::read::{Activity, NotificationPosition, NotificationRead, RecordKey};

use super::judge::collection;
use crate::nsid::POST;

/// Rows of one post, at most: mention, quote, reply, activity.
pub(super) const ROWS_PER_UNIT: usize = 4;

/// One reason, written or found.
#[derive(Clone, Debug)]
pub(super) enum Row {
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

    /// Whether both are of one post.
    fn is_same(&self, other: &Self) -> bool {
        let of = |row: &Self| {
            let at = row.position();
            (at.newest_first, at.actor, at.rkey)
        };
        self.is_of_post() && other.is_of_post() && of(self) == of(other)
    }
}

/// The rows of one record. Never empty.
#[derive(Clone, Debug)]
pub(super) struct Unit {
    first: Row,
    /// Of a post: its further reasons.
    more: Vec<Row>,
}

impl Unit {
    /// In the order in which the reasons count.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        std::iter::once(&self.first).chain(&self.more)
    }

    /// Those that were written down.
    pub fn written(&self) -> impl Iterator<Item = &NotificationRead> {
        self.rows().filter_map(|row| match row {
            Row::Written(row) => Some(row),
            Row::Activity(_) => None,
        })
    }

    /// The record: its collection and key.
    pub fn record(&self) -> (&'static str, RecordKey) {
        match &self.first {
            Row::Written(row) => (collection(row.reason), row.key()),
            Row::Activity(row) => (POST, (row.actor, row.rkey)),
        }
    }

    /// Behind all of it.
    pub fn position(&self) -> NotificationPosition {
        self.more.last().unwrap_or(&self.first).position()
    }
}

/// Merges both kinds of rows and cuts them into units, all of them whole. Where either has as many rows as were asked for, there are more:
/// then also where they begin.
pub(super) fn in_units(
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
        match units.last_mut() {
            Some(unit) if row.is_same(&unit.first) => unit.more.push(row),
            _ => units.push(Unit { first: row, more: Vec::new() }),
        }
    }
    if end.is_some() && units.len() > 1 {
        // The last one may go on beyond the end.
        units.pop();
    }
    let last = units.last().map(Unit::position);
    (units, last.filter(|_| end.is_some()))
}
