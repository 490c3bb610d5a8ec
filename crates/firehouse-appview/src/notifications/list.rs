//! app.bsky.notification.listNotifications: what an account is told, newest first.
//!
//! Skeleton: what it is told (`candidates.rs`, `judge.rs`). Hydrate: the records, what they are about, who wrote them. Rules: `rules.rs`.
//! View: the record as it is, with its labels; of a verification that is gone, that it is.

use std::collections::HashSet;

use atrium_api::app::bsky::notification::list_notifications::ParametersData;
use firehouse_store::read::{NotificationPosition, RecordKey};
use firehouse_types::{ActorId, Datetime, Did};

use super::Asked;
use super::candidates::{Candidates, Recipient};
use super::cursor;
use super::judge::{Judge, Told};
use super::records::{Record, Records};
use super::rules::Hidden;
use super::unit::Unit;
use crate::hydrate::{Hydration, State};
use crate::nsid::{FOLLOW, VERIFICATION};
use crate::page::{REQUESTS_MAX, limit_of};
use crate::record::{RecordJson, SelfLabels};
use crate::view::{Label, ProfileView, StarterPackViewBasic, Views, self_labels};
use crate::{Answer, AppView, Caller, ViewError, clock};

/// Looks for one page while what is found does not hold, and how many things each of them after the first looks at, at least.
const PARTS_MAX: usize = 4;
const REFILL: usize = 20;
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
    let asked_after = cursor.as_deref().map(cursor::parse).transpose()?;
    let newest = clock::now().ms().saturating_sub(app.config.notifications_delay_ms);
    let newest = NotificationPosition::before(Datetime::from_ms(newest));
    let after = asked_after.map_or(newest, |after| after.max(newest));
    let limit = limit_of(parameters.limit);

    // Most accounts want to hear of everybody: the rows are asked for before it is known.
    let early = Recipient {
        followed: parameters.priority.unwrap_or(false),
        reasons: parameters.reasons.clone(),
        ..Recipient::new(viewer.0)
    };
    let (mut asked, rows) = tokio::try_join!(
        Asked::load(app, viewer.0, parameters.priority),
        early.written(app, after, limit),
    )?;
    asked.recipient.reasons = parameters.reasons;
    let rows = Some(rows).filter(|_| asked.recipient.followed == early.followed);
    let mut list = List {
        app,
        caller,
        viewer,
        seen_at: asked.seen_at,
        candidates: Candidates::new(app, &asked.recipient, after, rows),
        to: &asked.recipient,
    };
    let mut notifications = list.page(limit, asked_after.is_none()).await?;
    for _ in 1..REQUESTS_MAX {
        let is_filled = notifications.len() >= limit.div_ceil(2);
        if is_filled || list.candidates.position().is_none() {
            break;
        }
        notifications.extend(list.page(limit - notifications.len(), false).await?);
    }
    Ok(Answer::new(Output {
        cursor: list.candidates.position().map(cursor::text),
        notifications,
        priority: asked.priority,
        seen_at: list.seen_at.map(|at| at.to_string()),
    }))
}

/// What is being listed, page by page.
struct List<'a> {
    app: &'a AppView,
    caller: &'a Caller,
    viewer: (ActorId, &'a Did),
    to: &'a Recipient,
    seen_at: Option<Datetime>,
    candidates: Candidates<'a>,
}

impl List<'_> {
    /// What is shown of the next `limit` things that the viewer is told. Who has never seen any is shown the first as new, not all.
    async fn page(&mut self, limit: usize, is_first: bool) -> Result<Vec<Notification>, ViewError> {
        let (mut notifications, mut told) = (Vec::new(), 0);
        // What does not hold takes no place on the page, and where some does not, more may not.
        for part in 0..PARTS_MAX {
            let wanted = limit - told;
            let units = if part == 0 { wanted } else { wanted.max(REFILL) };
            let units = self.candidates.take(units).await?;
            if units.is_empty() {
                break;
            }
            let part = Part::load(self, &units, wanted).await?;
            self.candidates.give_back(units, part.used);
            if is_first && self.seen_at.is_none() {
                self.seen_at = part.told.first().map(|told| told.sort_at);
            }
            notifications.extend(part.views(self.app, self.viewer.1, self.seen_at));
            told += part.told.len();
            if told >= limit {
                break;
            }
        }
        Ok(notifications)
    }
}

/// Some of it, with all that its views need.
struct Part {
    told: Vec<Told>,
    /// Units that this is made of.
    used: usize,
    records: Records,
    hidden: Hidden,
    state: State,
    packs: Option<State>,
}

impl Part {
    /// The first `wanted` things that are told of the units and whatever it takes to show them, asked for at once.
    async fn load(list: &List<'_>, units: &[Unit], wanted: usize) -> Result<Self, ViewError> {
        let List { app, caller, viewer, to, .. } = *list;
        let mut hydration = Hydration::new(app, caller);
        for (collection, key) in units.iter().map(Unit::record) {
            hydration.actors.insert(key.0);
            hydration.labelled.push((key.0, collection, key.1));
        }
        let (judge, records, hidden, state) = tokio::try_join!(
            Judge::load(app, to, units),
            Records::load(&app.store, units, viewer),
            Hidden::load(app, viewer.0, units),
            Box::pin(hydration.finish()),
        )?;
        let packs = starter_packs(app, caller, &records).await?;
        let (mut told, mut used) = (Vec::new(), 0);
        while let Some(unit) = units.get(used).filter(|_| told.len() < wanted) {
            told.extend(judge.told(to, unit).filter(|told| records.has_subject(told)));
            used += 1;
        }
        Ok(Self { told, used, records, hidden, state, packs })
    }

    fn views(
        &self,
        app: &AppView,
        recipient: &Did,
        seen_at: Option<Datetime>,
    ) -> Vec<Notification> {
        let seen_at = seen_at.unwrap_or(Datetime::from_ms(i64::MAX));
        let views = app.views(&self.state);
        let packs = self.packs.as_ref().map(|packs| app.views(packs));
        let shown = self.told.iter().filter(|told| self.hidden.shows(app, &views, told));
        let view = |told| view(&views, packs.as_ref(), &self.records, recipient, seen_at, told);
        shown.filter_map(view).collect()
    }
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
