//! Settings of an account: up to when it has seen its notifications, and which it wants.

use clickhouse::Row;
use firehouse_schema::{SettingName, SettingRow};
use firehouse_types::{ActorId, Datetime};

use super::turns::Turn;
use crate::read::fetch;
use crate::{Store, StoreError};

/// What an account said about its notifications.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotificationSettings {
    /// Up to when it has seen them; `None` when it never said.
    pub seen_at: Option<Datetime>,
    /// Whether it wants only those from accounts it follows.
    pub priority: bool,
    /// `app.bsky.notification.defs#preferences` as JSON; `None` when it never said.
    pub preferences: Option<Box<str>>,
}

#[derive(Row, serde::Deserialize)]
struct Setting {
    name: SettingName,
    value: Box<str>,
}

impl Store {
    /// What an account said about its notifications; the default when nothing. Errors: [`StoreError::Read`].
    pub async fn notification_settings(
        &self,
        actor: ActorId,
    ) -> Result<NotificationSettings, StoreError> {
        let query = self.query(include_str!("settings.sql")).param("actor", actor);
        let mut settings = NotificationSettings::default();
        for Setting { name, value } in fetch::<Setting>("settings", query).await? {
            match name {
                SettingName::NotificationsSeen => {
                    settings.seen_at = value.parse().ok().map(Datetime::from_ms);
                }
                SettingName::NotificationPriority => settings.priority = &*value == "1",
                SettingName::NotificationPreferences => settings.preferences = Some(value),
            }
        }
        Ok(settings)
    }

    /// Keeps up to when an account has seen its notifications, be it earlier than it said before. Returns once that is durable.
    /// Errors: [`StoreError`]; calling again is safe.
    pub async fn save_notifications_seen(
        &self,
        actor: ActorId,
        seen_at: Datetime,
    ) -> Result<(), StoreError> {
        let turn = self.turn(actor).await;
        set(turn, actor, SettingName::NotificationsSeen, &seen_at.ms().to_string()).await
    }

    /// Keeps whether an account wants only notifications from accounts it follows. Returns once that is durable.
    /// Errors: [`StoreError`]; calling again is safe.
    pub async fn save_notification_priority(
        &self,
        actor: ActorId,
        priority: bool,
    ) -> Result<(), StoreError> {
        let turn = self.turn(actor).await;
        let value = if priority { "1" } else { "0" };
        set(turn, actor, SettingName::NotificationPriority, value).await
    }

    /// Keeps what `change` makes of an account's preferences (JSON; `None` when it never said any), and returns that once it is durable.
    /// No other change of the same account comes in between. Errors: [`StoreError`]; calling again is safe.
    pub async fn change_notification_preferences(
        &self,
        actor: ActorId,
        change: impl FnOnce(Option<&str>) -> String + Send,
    ) -> Result<String, StoreError> {
        let turn = self.turn(actor).await;
        let held = self.notification_settings(actor).await?.preferences;
        let preferences = change(held.as_deref());
        set(turn, actor, SettingName::NotificationPreferences, &preferences).await?;
        Ok(preferences)
    }
}

async fn set(
    turn: Turn<'_>,
    actor: ActorId,
    name: SettingName,
    value: &str,
) -> Result<(), StoreError> {
    let version = turn.version::<SettingRow>().await?;
    turn.write(SettingRow { actor, name, value: value.into(), version, deleted: 0 }).await
}
