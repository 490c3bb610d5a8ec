//! com.atproto.admin.getAccountInfos: what moderation tools ask of accounts.

use atrium_api::com::atproto::admin::get_account_infos::ParametersData;
use firehouse_schema::ActorStatus;
use firehouse_store::read::RecordKey;
use firehouse_types::{ActorId, Datetime, Did, Handle, RkeyId};

use crate::nsid::PROFILE;
use crate::{Answer, AppView, Caller, RecordJson, ViewError};

/// The output.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Output {
    /// In the order asked for, without accounts that are not here.
    pub infos: Vec<AccountView>,
}

/// com.atproto.admin.defs#accountView, as far as an AppView knows it.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountView {
    /// Who.
    pub did: Did,
    /// `handle.invalid` when none is verified.
    pub handle: Box<str>,
    /// The profile, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub related_records: Option<[RecordJson; 1]>,
    /// When the profile was made; 1970 without one.
    pub indexed_at: String,
}

/// Accounts whatever their state, those that a moderator took down only for privileged callers.
pub async fn get_account_infos(
    app: &AppView,
    caller: &Caller,
    parameters: ParametersData,
) -> Result<Answer<Output>, ViewError> {
    let dids: Vec<Did> =
        parameters.dids.iter().filter_map(|did| Did::parse(did.as_str()).ok()).collect();
    let actors: Vec<ActorId> = dids.iter().map(Did::actor).collect();
    let this = RkeyId::of("self");
    let keys: Vec<RecordKey> = actors.iter().map(|&actor| (actor, this)).collect();
    let (rows, profiles, taken_down) = tokio::try_join!(
        app.store.actors(&actors),
        app.store.records(&[PROFILE], &keys),
        app.store.taken_down(&actors),
    )?;
    let is_hidden = |actor: ActorId, collection: &str, rkey: RkeyId| {
        let is_it = |row: &firehouse_store::read::TakenDown| {
            (row.actor, &*row.collection, row.rkey) == (actor, collection, rkey)
        };
        !caller.privileged && taken_down.iter().any(is_it)
    };
    let info = |did: Did| {
        let actor = did.actor();
        let row = rows.iter().find(|row| row.did == did)?;
        let is_gone = matches!(row.status, ActorStatus::Mentioned | ActorStatus::Deleted);
        if is_gone || is_hidden(actor, "", RkeyId::from(0)) {
            return None;
        }
        let profile = profiles.iter().find(|record| record.actor == actor);
        let profile = profile.filter(|_| !is_hidden(actor, PROFILE, this));
        let sort_at = profile.map_or(Datetime::EPOCH, |record| Datetime::from_ms(record.sort_at));
        let handle = Some(&row.handle).filter(|handle| !handle.is_empty());
        Some(AccountView {
            handle: handle.cloned().unwrap_or_else(|| Handle::INVALID.into()),
            related_records: profile.and_then(|record| RecordJson::new(&record.body)).map(|r| [r]),
            indexed_at: sort_at.to_string(),
            did,
        })
    };
    Ok(Answer::new(Output { infos: dids.into_iter().filter_map(info).collect() }))
}
