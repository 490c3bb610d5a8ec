//! app.bsky.notification.listNotifications: what an account is told, newest first.
//!
//! Skeleton: what it is told (`told.rs`). Hydrate: the records, what they are about, who wrote them. Rules: `rules.rs`. View: the record as
//! it is, with its labels; of a verification that is gone, that it is.

use std::collections::HashSet;

use atrium_api::app::bsky::notification::list_notifications::ParametersData;
use firehouse_store::read::{NotificationPosition, RecordKey};
use firehouse_types::{ActorId, Datetime, Did};

use super::Asked;
use super::records::{Record, Records};
use super::rules::Hidden;
use super::told::Told;
use crate::hydrate::{Hydration, State};
use crate::nsid::{FOLLOW, VERIFICATION};
use crate::page::limit_of;
use crate::record::{RecordJson, SelfLabels};
use crate::view::{Label, ProfileView, StarterPackViewBasic, Views, self_labels};
use crate::{Answer, AppView, Caller, ViewError, clock};

/// Times a page is asked again for what the rules took out of it.
const REQUESTS_MAX: usize = 10;
/// What stands in the place of a record that is gone: `{"$type": "app.bsky.notification.defs#recordDeleted"}`, as its block and its CID.
const DELETED: &[u8] = b"\xa1\x65$type\x78\x28app.bsky.notification.defs#recordDeleted";
const DELETED_CID: &str = "bafyreidad6nyekfa4a67yfb573ptxiv6s7kyxyg2ra6qbbemcruadvtuim";

/// The output.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// Where the next page begins: a time, and what tells rows of one millisecond apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Newest first.
    pub notifications: Vec<Notification>,
    /// Whether only accounts count that the viewer follows.
    pub priority: bool,
    /// Up to when the viewer has seen them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen_at: Option<String>,
}

/// app.bsky.notification.listNotifications#notification.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the lexicon documents its fields")]
pub struct Notification {
    pub uri: String,
    pub cid: String,
    pub author: ProfileView,
    pub reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_subject: Option<String>,
    pub record: RecordJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub starter_pack: Option<StarterPackViewBasic>,
    pub is_read: bool,
    pub indexed_at: String,
    pub labels: Vec<Label>,
}

/// What the viewer is told.
pub async fn list_notifications(
    app: &AppView,
    caller: &Caller,
    parameters: ParametersData,
) -> Result<Answer<Output>, ViewError> {
    if parameters.seen_at.is_some() {
        return Err(ViewError::invalid("The seenAt parameter is unsupported"));
    }
    let did = caller.account()?;
    let viewer = (did.actor(), did);
    let cursor = parameters.cursor.filter(|cursor| !cursor.is_empty());
    let asked_after = cursor.as_deref().map(parse).transpose()?;
    let mut asked = Asked::load(app, viewer.0, parameters.priority).await?;
    asked.recipient.reasons = parameters.reasons;
    let newest = clock::now().ms().saturating_sub(app.config.notifications_delay_ms);
    let newest = NotificationPosition::before(Datetime::from_ms(newest));
    let limit = limit_of(parameters.limit);

    let mut next = Some(asked_after.map_or(newest, |after| after.max(newest)));
    let (mut notifications, mut seen_at) = (Vec::new(), asked.seen_at);
    for request in 0..REQUESTS_MAX {
        let Some(after) = next.filter(|_| request == 0 || notifications.len() < limit.div_ceil(2))
        else {
            break;
        };
        let part = asked.recipient.told(app, after, limit - notifications.len()).await?;
        if request == 0 && seen_at.is_none() && asked_after.is_none() {
            // Who has never seen any is shown one as new, not all of them.
            seen_at = part.told.first().map(|told| told.sort_at);
        }
        notifications.extend(views(app, caller, viewer, seen_at, &part.told).await?);
        next = part.next.filter(|&next| next != after);
    }
    Ok(Answer::new(Output {
        cursor: next.map(text),
        notifications,
        priority: asked.priority,
        seen_at: seen_at.map(|at| at.to_string()),
    }))
}

async fn views(
    app: &AppView,
    caller: &Caller,
    viewer: (ActorId, &Did),
    seen_at: Option<Datetime>,
    told: &[Told],
) -> Result<Vec<Notification>, ViewError> {
    if told.is_empty() {
        return Ok(Vec::new());
    }
    let mut hydration = Hydration::new(app, caller);
    hydration.actors.extend(told.iter().map(|told| told.key.0));
    hydration.labelled.extend(told.iter().map(|told| (told.key.0, told.collection, told.key.1)));
    let (records, hidden, state) = tokio::try_join!(
        Records::load(&app.store, told, viewer),
        Hidden::load(app, viewer.0, told),
        hydration.finish(),
    )?;
    let packs = starter_packs(app, caller, &records).await?;
    let (views, packs) = (app.views(&state), packs.as_ref().map(|packs| app.views(packs)));
    let shown = told.iter().filter(|told| records.has_subject(told));
    let shown = shown.filter(|told| hidden.shows(app, &views, told));
    let view = |told| {
        let seen_at = seen_at.unwrap_or(Datetime::from_ms(i64::MAX));
        view(&views, packs.as_ref(), &records, viewer.1, seen_at, told)
    };
    Ok(shown.filter_map(view).collect())
}

/// What follows were found through. Seldom any.
async fn starter_packs(
    app: &AppView,
    caller: &Caller,
    records: &Records,
) -> Result<Option<State>, ViewError> {
    let packs: HashSet<RecordKey> = records.starter_packs().collect();
    if packs.is_empty() {
        return Ok(None);
    }
    let mut hydration = Hydration::new(app, caller);
    hydration.offered.starter_packs = packs;
    Ok(Some(hydration.finish().await?))
}

/// What an author may say about any record of his own.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Labelled {
    labels: Option<SelfLabels>,
    created_at: Option<Box<str>>,
}

fn view(
    views: &Views<'_>,
    packs: Option<&Views<'_>>,
    records: &Records,
    recipient: &Did,
    seen_at: Datetime,
    told: &Told,
) -> Option<Notification> {
    let author = views.profile(told.key.0)?;
    let record = records.of(told);
    let (rkey, cid, json) = match record {
        Some(record) => {
            (record.head.rkey()?.to_string(), record.head.cid().to_string(), record.json.clone())
        }
        None if told.collection == VERIFICATION => {
            (told.key.1.tid()?.to_string(), DELETED_CID.to_owned(), RecordJson::new(DELETED)?)
        }
        None => return None,
    };
    let uri = format!("at://{}/{}/{rkey}", author.did, told.collection);
    let mut labels = views.state.labels.of_record(told.key, told.collection);
    if let Ok(own) = serde_json::from_str::<Labelled>(json.get()) {
        let created_at = own.created_at.as_deref();
        labels.extend(self_labels(own.labels.as_ref(), &author.did, &uri, &cid, created_at));
    }
    let follow = record.filter(|_| told.collection == FOLLOW);
    let pack = follow.and_then(Record::starter_pack);
    Some(Notification {
        uri,
        cid,
        reason: told.reason,
        reason_subject: records.subject_uri(told, recipient),
        record: json,
        starter_pack: packs.zip(pack).and_then(|(packs, pack)| packs.starter_pack_basic(pack)),
        is_read: seen_at > told.sort_at,
        indexed_at: told.sort_at.to_string(),
        labels,
        author,
    })
}

/// `<time>` as in the reference, and behind it what tells rows of that millisecond apart.
fn text(at: NotificationPosition) -> String {
    let time = Datetime::from_ms(at.newest_first.saturating_neg());
    format!("{time}__{:x}-{:x}-{:x}", at.actor, at.rkey, at.reason)
}

fn parse(cursor: &str) -> Result<NotificationPosition, ViewError> {
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
