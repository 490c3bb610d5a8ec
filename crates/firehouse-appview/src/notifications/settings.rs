//! app.bsky.notification.updateSeen, putPreferences, getPreferences and putPreferencesV2: what an account says about its notifications.
//!
//! Preferences are kept and given back; as in the reference, what is listed does not depend on them.

use atrium_api::app::bsky::notification::{put_preferences, update_seen};
use firehouse_types::Datetime;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::{Answer, AppView, Caller, NoParameters, ViewError, clock};

/// Parts of the preferences whose notifications may come from everybody or only from followed accounts.
const FILTERABLE: [&str; 8] =
    ["follow", "like", "likeViaRepost", "mention", "quote", "reply", "repost", "repostViaRepost"];
/// The other parts.
const SIMPLE: [&str; 4] = ["starterpackJoined", "subscribedPost", "unverified", "verified"];

/// The output of getPreferences and putPreferencesV2.
#[derive(Clone, Debug, Serialize)]
pub struct Preferences {
    /// app.bsky.notification.defs#preferences.
    pub preferences: Map<String, Value>,
}

/// Keeps up to when the viewer has seen its notifications, unless it said a later time before. Durable when it returns.
pub async fn update_seen(
    app: &AppView,
    caller: &Caller,
    input: update_seen::InputData,
) -> Result<(), ViewError> {
    let viewer = caller.account()?.actor();
    let seen_at = Datetime::parse_lenient(input.seen_at.as_str());
    let held = app.store.notification_settings(viewer).await?.seen_at;
    if held.is_none_or(|held| held < seen_at) {
        app.store.save_notifications_seen(viewer, seen_at).await?;
    }
    Ok(())
}

/// Keeps whether the viewer wants only notifications from accounts it follows. Durable when it returns. Whoever has never seen any has seen
/// all by then, as in the reference.
pub async fn put_notification_priority(
    app: &AppView,
    caller: &Caller,
    input: put_preferences::InputData,
) -> Result<(), ViewError> {
    let viewer = caller.account()?.actor();
    if app.store.notification_settings(viewer).await?.seen_at.is_none() {
        app.store.save_notifications_seen(viewer, clock::now()).await?;
    }
    Ok(app.store.save_notification_priority(viewer, input.priority).await?)
}

/// What the viewer wants to hear of.
pub async fn get_notification_preferences(
    app: &AppView,
    caller: &Caller,
    _: NoParameters,
) -> Result<Answer<Preferences>, ViewError> {
    let viewer = caller.account()?.actor();
    let settings = app.store.notification_settings(viewer).await?;
    Ok(Answer::new(Preferences { preferences: current(settings.preferences.as_deref()) }))
}

/// Changes the named parts of what the viewer wants to hear of, and gives all of it back once that is durable.
pub async fn put_notification_preferences(
    app: &AppView,
    caller: &Caller,
    input: Map<String, Value>,
) -> Result<Answer<Preferences>, ViewError> {
    let viewer = caller.account()?.actor();
    let changed = |held: Option<&str>| merge(current(held), input.clone());
    let kept = |held: Option<&str>| Value::Object(known(changed(held))).to_string();
    let before = app.store.change_notification_preferences(viewer, kept).await?;
    // What is kept has the known parts alone; the answer has whatever else was said, as in the reference.
    Ok(Answer::new(Preferences { preferences: merge(current(Some(&before)), input) }))
}

/// The preferences with the parts that were named in place of the old ones. What chats notify of is not for us to say.
fn merge(mut preferences: Map<String, Value>, input: Map<String, Value>) -> Map<String, Value> {
    preferences.extend(input);
    // It would be the type of the input.
    preferences.remove("$type");
    preferences.insert("chat".into(), chat());
    preferences
}

fn known(mut preferences: Map<String, Value>) -> Map<String, Value> {
    preferences.retain(|part, _| FILTERABLE.contains(&&**part) || SIMPLE.contains(&&**part));
    preferences
}

/// Every part as it was kept, in the form that the lexicon has; what was never said has its default.
fn current(kept: Option<&str>) -> Map<String, Value> {
    let kept: Map<String, Value> =
        kept.and_then(|kept| serde_json::from_str(kept).ok()).unwrap_or_default();
    let flag = |part: &str, name: &str| {
        kept.get(part).and_then(|part| part.get(name)).and_then(Value::as_bool).unwrap_or(true)
    };
    let include = |part: &str| {
        let kept = kept.get(part).and_then(|part| part.get("include"));
        if kept.and_then(Value::as_str) == Some("follows") { "follows" } else { "all" }
    };
    let filterable = FILTERABLE.iter().map(|part| {
        let value = json!({"include": include(part), "list": flag(part, "list"), "push": flag(part, "push")});
        ((*part).to_owned(), value)
    });
    let simple = SIMPLE.iter().map(|part| {
        let value = json!({"list": flag(part, "list"), "push": flag(part, "push")});
        ((*part).to_owned(), value)
    });
    let mut preferences: Map<String, Value> = filterable.chain(simple).collect();
    preferences.insert("chat".into(), chat());
    preferences
}

fn chat() -> Value {
    json!({"include": "all", "push": true})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_never_said_is_wanted_from_everybody() {
        let all = current(None);
        assert_eq!(all.len(), 13);
        assert_eq!(all["like"], json!({"include": "all", "list": true, "push": true}));
        assert_eq!(all["verified"], json!({"list": true, "push": true}));
        assert_eq!(all["chat"], json!({"include": "all", "push": true}));
    }

    #[test]
    fn a_part_that_is_named_replaces_its_old_form_and_chats_stay_as_they_are() {
        let input = json!({"like": {"include": "follows", "list": false, "push": true}, "chat": {"include": "accepted", "push": false}});
        let Value::Object(input) = input else { panic!() };
        let merged = merge(current(None), input);
        assert_eq!(merged["like"], json!({"include": "follows", "list": false, "push": true}));
        assert_eq!(merged["chat"], chat());
        let kept = Value::Object(known(merged)).to_string();
        assert_eq!(current(Some(&kept))["like"]["include"], "follows");
        assert_eq!(current(Some(&kept))["reply"]["include"], "all");
        assert_eq!(
            current(Some("{\"like\": {\"include\": \"friends\"}}"))["like"]["include"],
            "all"
        );
    }
}
