//! app.bsky.notification.putActivitySubscription and listActivitySubscriptions: whose posts and replies an account wants to be told of.

use atrium_api::app::bsky::notification::list_activity_subscriptions::ParametersData;
use firehouse_types::{ActorId, Did, Rev};

use crate::hydrate::Hydration;
use crate::key_cursor;
use crate::page::{REQUESTS_MAX, limit_of};
use crate::view::{ProfileView, Subscription};
use crate::{Answer, AppView, Caller, ViewError};

/// The input of putActivitySubscription.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionInput {
    subject: Did,
    activity_subscription: Subscription,
}

/// The output of putActivitySubscription.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SubscriptionOutput {
    /// Whose activity.
    pub subject: Did,
    /// Absent when there is no subscription any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activity_subscription: Option<Subscription>,
}

/// The output of listActivitySubscriptions.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Subscriptions {
    /// Where the next page begins: the key of the last subscription.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Latest first.
    pub subscriptions: Vec<ProfileView>,
}

/// Subscribes the viewer to an account's activity, or ends that. Durable when it returns. Errors: it is the viewer's own.
pub async fn put_activity_subscription(
    app: &AppView,
    caller: &Caller,
    input: SubscriptionInput,
) -> Result<Answer<SubscriptionOutput>, ViewError> {
    let viewer = caller.account()?;
    let SubscriptionInput { subject, activity_subscription: wanted } = input;
    if *viewer == subject {
        return Err(ViewError::invalid("Cannot subscribe to own activity"));
    }
    app.store.subscribe(viewer.actor(), &subject, wanted.post, wanted.reply).await?;
    let is_wanted = wanted.post || wanted.reply;
    let activity_subscription = is_wanted.then_some(wanted);
    Ok(Answer::new(SubscriptionOutput { subject, activity_subscription }))
}

/// Whose activity the viewer hears of, without those behind a block.
pub async fn list_activity_subscriptions(
    app: &AppView,
    caller: &Caller,
    parameters: ParametersData,
) -> Result<Answer<Subscriptions>, ViewError> {
    let viewer = caller.account()?.actor();
    let limit = limit_of(parameters.limit);
    let mut subscriptions = Vec::new();
    // A cursor of the first AppView leads nowhere.
    let is_old = parameters.cursor.as_deref().is_some_and(|cursor| cursor.contains("::"));
    let mut next = match is_old {
        true => None,
        false => Some(key_cursor::before(parameters.cursor.as_deref())?),
    };
    for request in 0..REQUESTS_MAX {
        let wants_more = request == 0 || subscriptions.len() < limit.div_ceil(2);
        let Some(before) = next.filter(|_| wants_more) else { break };
        let wanted = limit - subscriptions.len();
        let (page, last) = page(app, caller, viewer, before, wanted).await?;
        subscriptions.extend(page);
        next = last;
    }
    let cursor = next.map(|key| key.to_string());
    Ok(Answer::new(Subscriptions { cursor, subscriptions }))
}

async fn page(
    app: &AppView,
    caller: &Caller,
    viewer: ActorId,
    before: Rev,
    limit: usize,
) -> Result<(Vec<ProfileView>, Option<Rev>), ViewError> {
    let mut rows = app.store.activity_subscriptions_by(viewer, before, limit + 1).await?;
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let mut hydration = Hydration::new(app, caller);
    hydration.actors.extend(rows.iter().map(|row| row.subject));
    hydration.subscribed.extend(rows.iter().map(|row| row.subject));
    let state = hydration.finish().await?;
    let views = app.views(&state);
    let shown = rows.iter().filter(|row| !views.viewer_blocks(row.subject));
    let shown = shown.filter_map(|row| views.profile(row.subject)).collect();
    Ok((shown, rows.last().filter(|_| has_more).map(|row| row.key)))
}
