//! dev.firehouse.private.exportData and eraseData, dev.firehouse.admin.exportPrivate and erasePrivate: all that an account told only us,
//! handed out or removed.

use firehouse_schema::{MuteKind, SettingName};
use firehouse_store::{PrivatePosition, PrivateState};
use firehouse_types::{Datetime, Did};
use serde_json::{Value, json};

use crate::{Answer, AppView, Caller, ViewError, clock};

/// `limit` where none is given.
const LIMIT: usize = 500;

/// The parameters of exportData.
#[derive(Debug, serde::Deserialize)]
pub struct ExportParameters {
    /// Rows in all.
    pub limit: Option<usize>,
    /// Where the page begins.
    pub cursor: Option<String>,
}

/// The parameters of exportPrivate.
#[derive(Debug, serde::Deserialize)]
pub struct OfAccountExport {
    /// Whose state.
    pub did: Did,
    /// Rows in all.
    pub limit: Option<usize>,
    /// Where the page begins.
    pub cursor: Option<String>,
}

/// The input of erasePrivate.
#[derive(Debug, serde::Deserialize)]
pub struct OfAccount {
    /// Whose state.
    pub did: Did,
}

/// The output of both exports: a part of the state.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub struct ExportedState {
    pub did: Did,
    pub mutes: Vec<Value>,
    pub bookmarks: Vec<Value>,
    pub drafts: Vec<Value>,
    pub settings: Vec<Value>,
    pub activity_subscriptions: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// What the viewer told only us, in pages.
pub async fn export_data(
    app: &AppView,
    caller: &Caller,
    parameters: ExportParameters,
) -> Result<Answer<ExportedState>, ViewError> {
    let ExportParameters { limit, cursor } = parameters;
    export(app, caller.account()?, limit, cursor.as_deref()).await
}

/// Removes that for good, and returns once it is gone.
pub async fn erase_data(app: &AppView, caller: &Caller, _: Value) -> Result<(), ViewError> {
    Ok(app.store.erase_private_state(caller.account()?.actor()).await?)
}

/// What an account told only us, in pages, for the administrator.
pub async fn export_private(
    app: &AppView,
    _: &Caller,
    parameters: OfAccountExport,
) -> Result<Answer<ExportedState>, ViewError> {
    let OfAccountExport { did, limit, cursor } = parameters;
    export(app, &did, limit, cursor.as_deref()).await
}

/// Removes that for good, for the administrator.
pub async fn erase_private(app: &AppView, _: &Caller, input: OfAccount) -> Result<(), ViewError> {
    Ok(app.store.erase_private_state(input.did.actor()).await?)
}

async fn export(
    app: &AppView,
    did: &Did,
    limit: Option<usize>,
    cursor: Option<&str>,
) -> Result<Answer<ExportedState>, ViewError> {
    let after = match cursor.filter(|text| !text.is_empty()) {
        None => PrivatePosition::default(),
        Some(text) => position(text).ok_or(ViewError::MalformedCursor)?,
    };
    let limit = limit.unwrap_or(LIMIT);
    let state = app.store.private_state(did.actor(), after, limit).await?;
    Ok(Answer::new(exported(did.clone(), state)))
}

fn exported(did: Did, state: PrivateState) -> ExportedState {
    let mute = |row: &firehouse_schema::MuteRow| {
        let kind = match row.kind {
            MuteKind::Account => "account",
            MuteKind::List => "list",
            MuteKind::Thread => "thread",
        };
        json!({
            "kind": kind,
            "subject": row.uri,
            "onlyReposts": row.only_reposts != 0,
            "onlyQuoteposts": row.only_quotes != 0,
            "createdAt": row.created_at.to_string(),
        })
    };
    let bookmark = |row: &firehouse_schema::BookmarkRow| {
        let at = at(row.key.timestamp_us());
        json!({ "uri": row.uri, "cid": row.cid, "createdAt": at })
    };
    let draft = |row: &firehouse_schema::DraftRow| {
        let draft: Value = serde_json::from_str(&row.draft).ok()?;
        let (made, changed) = (at(row.created_at), at(row.version));
        Some(
            json!({ "id": row.id.to_string(), "draft": draft, "createdAt": made, "updatedAt": changed }),
        )
    };
    let subscription = |row: &firehouse_schema::ActivitySubscriptionRow| {
        let (post, reply) = (row.post != 0, row.reply != 0);
        let at = at(row.key.timestamp_us());
        json!({ "subject": row.did, "post": post, "reply": reply, "createdAt": at })
    };
    ExportedState {
        did,
        mutes: state.mutes.iter().map(mute).collect(),
        bookmarks: state.bookmarks.iter().map(bookmark).collect(),
        drafts: state.drafts.iter().filter_map(draft).collect(),
        settings: state.settings.iter().filter_map(setting).collect(),
        activity_subscriptions: state.subscriptions.iter().map(subscription).collect(),
        cursor: state.next.map(|next| format!("{}-{}", next.table, next.version)),
    }
}

fn setting(row: &firehouse_schema::SettingRow) -> Option<Value> {
    let (name, value): (&str, Value) = match row.name {
        SettingName::NotificationsSeen => {
            let at = Datetime::from_ms(row.value.parse().ok()?);
            ("notificationsSeenAt", at.to_string().into())
        }
        SettingName::NotificationPriority => ("notificationPriority", (&*row.value == "1").into()),
        SettingName::NotificationPreferences => {
            ("notificationPreferences", serde_json::from_str(&row.value).ok()?)
        }
    };
    Some(json!({ name: value, "updatedAt": at(row.version) }))
}

fn at(us: u64) -> String {
    clock::at_us(us).to_string()
}

fn position(text: &str) -> Option<PrivatePosition> {
    let (table, version) = text.split_once('-')?;
    Some(PrivatePosition { table: table.parse().ok()?, version: version.parse().ok()? })
}
