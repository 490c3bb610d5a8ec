//! app.bsky.notification.getUnreadCount: how many of the things an account is told are newer than what it has seen.
//!
//! As in the reference, neither blocks nor mutes of accounts are asked, nor whether authors are taken down, only of their records: it can be
//! more than is listed.

use std::collections::HashSet;

use atrium_api::app::bsky::notification::get_unread_count::ParametersData;
use firehouse_store::read::NotificationPosition;
use firehouse_types::Datetime;

use super::Asked;
use super::candidates::Candidates;
use super::judge::{Judge, Told};
use crate::{Answer, AppView, Caller, ViewError};

/// What is judged of it, in parts; who has more unread is told that it is this many.
const PART: usize = 1_000;
const PARTS_MAX: usize = 10;

/// The output.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Unread {
    /// How many.
    pub count: usize,
}

/// How much the viewer has not seen yet.
pub async fn get_unread_count(
    app: &AppView,
    caller: &Caller,
    parameters: ParametersData,
) -> Result<Answer<Unread>, ViewError> {
    if parameters.seen_at.is_some() {
        return Err(ViewError::invalid("The seenAt parameter is unsupported"));
    }
    let viewer = caller.account()?.actor();
    // The reference takes no notice of `priority` here.
    let own = async { Ok(app.store.taken_down(&[viewer]).await?) };
    let (mut asked, own) = tokio::try_join!(Asked::load(app, viewer, Some(false)), own)?;
    if own.iter().any(|row| row.collection.is_empty()) {
        return Ok(Answer::new(Unread { count: 0 }));
    }
    asked.recipient.since = asked.seen_at;
    let to = &asked.recipient;
    let newest = NotificationPosition::before(Datetime::from_ms(i64::MAX));
    let mut candidates = Candidates::new(app, to, newest, None);
    let mut count = 0;
    for _ in 0..PARTS_MAX {
        let units = candidates.take(PART).await?;
        if units.is_empty() {
            break;
        }
        let authors: HashSet<_> = units.iter().map(|unit| unit.record().1.0).collect();
        let authors = Vec::from_iter(authors);
        let taken_down = async { Ok(app.store.taken_down(&authors).await?) };
        let (judge, taken_down) = tokio::try_join!(Judge::load(app, to, &units), taken_down)?;
        let taken_down: HashSet<_> =
            taken_down.iter().map(|row| (&*row.collection, (row.actor, row.rkey))).collect();
        let is_up = |told: &Told| !taken_down.contains(&(told.collection, told.key));
        count += units.iter().filter_map(|unit| judge.told(to, unit)).filter(is_up).count();
    }
    Ok(Answer::new(Unread { count }))
}
