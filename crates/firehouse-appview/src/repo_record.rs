//! com.atproto.repo.getRecord: one record as its author wrote it.

use atrium_api::com::atproto::repo::get_record::ParametersData;
use firehouse_store::read::RecordRead;
use firehouse_types::{Cid, Did, RkeyId};

use crate::app::is_seen;
use crate::record::written_again;
use crate::{Answer, AppView, Caller, RecordJson, ViewError, actor};

/// The output.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Output {
    /// Which record.
    pub uri: String,
    /// Which version.
    pub cid: String,
    /// The record.
    pub value: RecordJson,
}

/// One record of any collection. Errors: the repo cannot be seen; there is no such record, or not with this CID.
pub async fn get_record(
    app: &AppView,
    caller: &Caller,
    parameters: ParametersData,
) -> Result<Answer<Output>, ViewError> {
    let no_repo =
        || ViewError::invalid(format!("Could not find repo: {}", parameters.repo.as_ref()));
    let did = actor::resolve(app, &parameters.repo).await?.ok_or_else(no_repo)?;
    let (collection, rkey) = (parameters.collection.as_str(), RkeyId::of(parameters.rkey.as_str()));
    let uri = format!("at://{did}/{collection}/{}", parameters.rkey.as_str());
    let (actors, keys, collections) = ([did.actor()], [(did.actor(), rkey)], [collection]);
    let (actors, records, taken_down) = tokio::try_join!(
        app.store.actors(&actors),
        app.store.records(&collections, &keys),
        app.store.taken_down(&actors),
    )?;
    let is_hidden = |of: &str, key: RkeyId| {
        let mut taken_down = taken_down.iter();
        !caller.privileged && taken_down.any(|row| (&*row.collection, row.rkey) == (of, key))
    };
    if is_hidden("", RkeyId::from(0)) {
        return Err(no_repo());
    }
    actors.first().filter(|actor| is_seen(actor.status, caller.privileged)).ok_or_else(no_repo)?;
    let missing = || ViewError::RecordNotFound { uri: uri.clone() };
    let record =
        records.into_iter().next().filter(|_| !is_hidden(collection, rkey)).ok_or_else(missing)?;
    let cid = Cid::dag_cbor(record.cid).to_string();
    if parameters.cid.as_ref().is_some_and(|asked| asked.as_ref().to_string() != cid) {
        return Err(missing());
    }
    let body =
        if record.body.is_empty() { block(app, &did, &record).await? } else { Some(record.body) };
    let value = body.as_deref().and_then(RecordJson::new).ok_or_else(missing)?;
    Ok(Answer::new(Output { uri, cid, value }))
}

/// The block of a record that is stored without one; `None` when a target has no text here any more.
async fn block(
    app: &AppView,
    did: &Did,
    record: &RecordRead,
) -> Result<Option<Vec<u8>>, ViewError> {
    let targets = app.store.link_target(did.actor(), &record.collection, record.rkey).await?;
    let actors: Vec<_> = targets.iter().map(|target| target.target_actor).collect();
    let named = app.store.actors(&actors).await?;
    let name = |actor| {
        let named = named.iter().find(|named| named.actor == actor);
        named.map(|named| named.did.clone())
    };
    Ok(written_again(record, &targets, name))
}
