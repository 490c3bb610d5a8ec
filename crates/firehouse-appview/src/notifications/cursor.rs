//! Cursors of listNotifications: a place among all that an account is told.

use firehouse_store::read::NotificationPosition;
use firehouse_types::Datetime;

use crate::ViewError;

/// `<time>` as in the reference, and behind it what tells rows of that millisecond apart.
pub(super) fn text(at: NotificationPosition) -> String {
    let time = Datetime::from_ms(at.newest_first.saturating_neg());
    format!("{time}__{:x}-{:x}-{:x}", at.actor, at.rkey, at.reason)
}

pub(super) fn parse(cursor: &str) -> Result<NotificationPosition, ViewError> {
    let (time, tie) = match cursor.split_once("__") {
        Some((time, tie)) => (time, Some(tie)),
        None => (cursor, None),
    };
    let at = Datetime::parse(time).map_err(|_| ViewError::MalformedCursor)?;
    let before = NotificationPosition::before(at);
    let Some(tie) = tie else { return Ok(before) };
    let mut numbers = tie.split('-').map(|part| u64::from_str_radix(part, 16).ok());
    let mut number = || numbers.next().flatten().ok_or(ViewError::MalformedCursor);
    let (actor, rkey, reason) = (number()?, number()?, number()?);
    let reason = i8::try_from(reason).map_err(|_| ViewError::MalformedCursor)?;
    match numbers.next() {
        None => Ok(NotificationPosition { actor, rkey, reason, ..before }),
        Some(_) => Err(ViewError::MalformedCursor),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_says_where_it_came_from_and_a_time_alone_is_one() {
        let at = NotificationPosition {
            newest_first: -1_735_689_600_123,
            actor: u64::MAX,
            rkey: 7,
            reason: 11,
        };
        assert_eq!(text(at), "2025-01-01T00:00:00.123Z__ffffffffffffffff-7-b");
        assert_eq!(parse(&text(at)).ok(), Some(at));
        let before = parse("2025-01-01T00:00:00.123Z").unwrap();
        assert!(before > at && before.newest_first == at.newest_first);
        for malformed in
            ["x", "7__1-2-3", "2025-01-01T00:00:00.123Z__1-2", "2025-01-01T00:00:00.123Z__1-2-3-4"]
        {
            assert!(parse(malformed).is_err(), "{malformed}");
        }
    }
}
