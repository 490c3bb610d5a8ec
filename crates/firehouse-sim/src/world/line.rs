//! [`Line`]: what a Jetstream makes of an event, op by op; and what it makes of it when it lies.
//!
//! Source: <https://github.com/bluesky-social/jetstream>

use serde_json::{Value, json};

use crate::faults::fault::Fault;
use crate::protocol::block::Cid;
use crate::protocol::value::Value as Record;
use crate::world::event::{Event, News};

/// The time of the line with seq 0, July 2026. Units: microseconds since 1970.
const EPOCH_US: i64 = 1_782_864_000_000_000;
/// From one line to the next. Units: microseconds.
const STEP_US: i64 = 1_000_000;
/// Every so many lines one is told with an earlier time than the one before it.
const EARLY_EVERY: i64 = 5;

/// When a line says that it was seen. Units: microseconds since 1970.
fn time_of(seq: i64) -> i64 {
    let early = if seq % EARLY_EVERY == 0 { 2 } else { 0 };
    EPOCH_US + (seq - early) * STEP_US
}

/// The latest time among the lines up to this one.
pub(crate) fn latest(seq: i64) -> i64 {
    if seq == 0 { 0 } else { time_of(seq).max(time_of(seq - 1)) }
}

/// The seq behind which the lines of a cursor begin.
pub(crate) fn seq_before(cursor_us: i64) -> i64 {
    ((cursor_us - EPOCH_US + STEP_US - 1) / STEP_US - 1).max(0)
}

/// One line, but for its time.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    body: Value,
    /// Of a commit that puts one.
    pub(crate) record: Value,
}

/// What an event is in lines; nothing for what a Jetstream does not tell.
pub(crate) fn lines(event: &Event) -> Vec<Line> {
    let did = &*event.did;
    match &event.news {
        News::Commit(envelope) => {
            let ops = envelope.ops.iter().zip(&envelope.records);
            let lines = ops.filter_map(|(op, record)| {
                let (collection, rkey) = op.path.split_once('/')?;
                let mut commit = json!({
                    "rev": envelope.rev,
                    "operation": op.action,
                    "collection": collection,
                    "rkey": rkey,
                });
                if let (Some(record), Some(cid)) = (record, op.cid) {
                    commit["record"] = record.clone();
                    commit["cid"] = cid.to_string().into();
                }
                let body = json!({ "did": did, "kind": "commit", "commit": commit });
                Some(Line { body, record: record.clone().unwrap_or_default() })
            });
            lines.collect()
        }
        News::Sync { .. } => Vec::new(),
        News::Identity { handle } => {
            let mut identity = json!({ "did": did, "seq": 1, "time": event.time });
            if let Some(handle) = handle {
                identity["handle"] = handle.as_str().into();
            }
            let body = json!({ "did": did, "kind": "identity", "identity": identity });
            vec![Line { body, record: Value::Null }]
        }
        News::Account(status) => {
            let reason = status.reason();
            let mut account =
                json!({ "active": reason.is_none(), "did": did, "seq": 1, "time": event.time });
            if let Some(reason) = reason {
                account["status"] = reason.into();
            }
            let body = json!({ "did": did, "kind": "account", "account": account });
            vec![Line { body, record: Value::Null }]
        }
    }
}

impl Line {
    pub(crate) fn bytes(&self, seq: i64) -> Vec<u8> {
        let mut body = self.body.clone();
        body["time_us"] = time_of(seq).into();
        body.to_string().into_bytes()
    }

    /// A lie that begins with the truth.
    pub(crate) fn twisted(mut self, fault: Fault) -> Option<Self> {
        let commit = &mut self.body["commit"];
        let rev = commit["rev"].as_str()?.to_owned();
        match fault {
            Fault::LyingCid => commit["record"]["lie"] = "told".into(),
            Fault::LyingRev => commit["rev"] = neighbour(&rev).into(),
            Fault::ForgedOp => {
                let text = "nobody wrote this";
                let created = "2026-07-01T00:00:00.000Z";
                let record = Record::Map(vec![
                    ("$type", "app.bsky.feed.post".into()),
                    ("text", text.into()),
                    ("createdAt", created.into()),
                ]);
                commit["rev"] = neighbour(&rev).into();
                commit["operation"] = "create".into();
                commit["collection"] = "app.bsky.feed.post".into();
                commit["rkey"] = neighbour(&rev).into();
                commit["cid"] = Cid::of_drisl(&record.encode()).to_string().into();
                commit["record"] = record.json();
            }
            _ => return None,
        }
        Some(self)
    }
}

/// The TID behind this one: one that no clock has given.
fn neighbour(rev: &str) -> String {
    const LETTERS: &str = "234567abcdefghijklmnopqrstuvwxyz";
    let mut letters: Vec<char> = rev.chars().collect();
    for letter in letters.iter_mut().rev() {
        let mut behind = LETTERS.chars().skip_while(|known| known != letter).skip(1);
        match behind.next() {
            Some(next) => {
                *letter = next;
                break;
            }
            None => *letter = '2',
        }
    }
    letters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_begins_with_the_first_line_that_is_not_before_it() {
        assert_eq!(seq_before(0), 0);
        assert_eq!(seq_before(EPOCH_US + 3 * STEP_US), 2);
        assert_eq!(seq_before(EPOCH_US + 3 * STEP_US + 1), 3);
        assert_eq!((latest(0), latest(5)), (0, time_of(4)));
    }

    #[test]
    fn the_tid_behind_another_is_the_next_greater_one() {
        assert_eq!(neighbour("3jwdwj2ctlk26"), "3jwdwj2ctlk27");
        assert_eq!(neighbour("3jwdwj2ctlkzz"), "3jwdwj2ctll22");
    }
}
