//! app.bsky.notification: who is told of what, up to when it was seen, and what each account wants to hear of.

mod unit;
mod candidates;
mod judge;
mod records;
mod cursor;
mod rules;
mod list;
mod unread;
mod settings;
mod subscriptions;

use firehouse_store::read::Subscribed;
use firehouse_types::{ActorId, Datetime, Rev};

use crate::hydrate::{Pairs, Relations, load_actors};
use crate::{AppView, ViewError};
use candidates::Recipient;

pub use list::{Notification, Output as Notifications, list_notifications};
pub use settings::{
    Preferences, get_notification_preferences, put_notification_preferences,
    put_notification_priority, update_seen,
};
pub use subscriptions::{
    SubscriptionInput, SubscriptionOutput, Subscriptions, list_activity_subscriptions,
    put_activity_subscription,
};
pub use unread::{Unread, get_unread_count};

/// Subscriptions of one account that are looked at, the latest first.
const SUBSCRIPTIONS_MAX: usize = 1_000;

/// What an account said about its notifications, as they are asked for.
struct Asked {
    recipient: Recipient,
    seen_at: Option<Datetime>,
    /// Only of what accounts did whom the recipient follows.
    priority: bool,
}

impl Asked {
    /// `priority`: as asked; else as the account wants it.
    async fn load(
        app: &AppView,
        viewer: ActorId,
        priority: Option<bool>,
    ) -> Result<Self, ViewError> {
        let (settings, muted, subscriptions) = tokio::try_join!(
            app.store.notification_settings(viewer),
            app.store.muted_threads(viewer),
            app.store.activity_subscriptions_by(viewer, Rev::from(u64::MAX), SUBSCRIPTIONS_MAX),
        )?;
        let subscribed: Vec<_> = subscriptions
            .into_iter()
            .map(|subscription| Subscribed {
                subject: subscription.subject,
                since: Subscribed::made_at(subscription.key),
                posts: subscription.post(),
                replies: subscription.reply(),
            })
            .collect();
        let subscribed = allowed(app, viewer, subscribed).await?;
        let priority = priority.unwrap_or(settings.priority);
        let recipient =
            Recipient { followed: priority, subscribed, muted, ..Recipient::new(viewer) };
        Ok(Self { recipient, seen_at: settings.seen_at, priority })
    }
}

/// Those whose activity the viewer may hear of: each account says whether its followers may, only those it follows back, or nobody.
async fn allowed(
    app: &AppView,
    viewer: ActorId,
    mut subscribed: Vec<Subscribed>,
) -> Result<Vec<Subscribed>, ViewError> {
    if subscribed.is_empty() {
        return Ok(subscribed);
    }
    let subjects: Vec<_> = subscribed.iter().map(|of| of.subject).collect();
    let mut pairs = Pairs::default();
    pairs.add_viewer(Some(viewer), subjects.iter().copied());
    let (actors, relations) = tokio::try_join!(
        load_actors(&app.store, &subjects, false),
        Relations::load(&app.store, &pairs),
    )?;
    subscribed.retain(|of| {
        let is_followed = relations.follow(viewer, of.subject).is_some();
        let follows_back = relations.follow(of.subject, viewer).is_some();
        let actor = actors.get(&of.subject);
        actor.is_some_and(|actor| actor.allows_subscription(is_followed, follows_back))
    });
    Ok(subscribed)
}
