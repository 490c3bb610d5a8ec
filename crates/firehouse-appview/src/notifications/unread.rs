//! app.bsky.notification.getUnreadCount: how many of the things an account is told are newer than what it has seen.
//!
//! As in the reference, neither blocks nor mutes of accounts are asked, nor whether authors are taken down, only of their records: it can be
//! more than is listed.

use std::collections::HashSet;

use atrium_api::app::bsky::notification::get_unread_count::ParametersData;
use firehouse_store::read::NotificationPosition;
use firehouse_types::Datetime;

use super::Asked;
use super::told::Told;
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
    let mut next = Some(NotificationPosition::before(Datetime::from_ms(i64::MAX)));
    let mut count = 0;
    for _ in 0..PARTS_MAX {
        let Some(after) = next else { break };
        let part = asked.recipient.told(app, after, PART).await?;
        let authors: HashSet<_> = part.told.iter().map(|told| told.key.0).collect();
        let taken_down = app.store.taken_down(&Vec::from_iter(authors)).await?;
        let taken_down: HashSet<_> =
            taken_down.iter().map(|row| (&*row.collection, row.actor, row.rkey)).collect();
        let is_up = |told: &&Told| !taken_down.contains(&(told.collection, told.key.0, told.key.1));
        count += part.told.iter().filter(is_up).count();
        next = part.next;
    }
    Ok(Answer::new(Unread { count }))
}
