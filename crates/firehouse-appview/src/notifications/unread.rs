//! app.bsky.notification.getUnreadCount: how many of the things an account is told are newer than what it has seen.
//!
//! As in the reference, neither blocks nor mutes of accounts are asked: it can be more than is listed.

use atrium_api::app::bsky::notification::get_unread_count::ParametersData;
use firehouse_store::read::NotificationPosition;
use firehouse_types::Datetime;

use super::Asked;
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
    let mut asked = Asked::load(app, viewer, Some(false)).await?;
    asked.recipient.since = asked.seen_at;
    let mut next = Some(NotificationPosition::before(Datetime::from_ms(i64::MAX)));
    let mut count = 0;
    for _ in 0..PARTS_MAX {
        let Some(after) = next else { break };
        let part = asked.recipient.told(app, after, PART).await?;
        count += part.told.len();
        next = part.next;
    }
    Ok(Answer::new(Unread { count }))
}
