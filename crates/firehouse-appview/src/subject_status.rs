//! com.atproto.admin.getSubjectStatus and updateSubjectStatus: what is taken down by hand.
//!
//! A decision is durable before the answer, and the next answer of any method knows it. It is kept apart from what is indexed, so it also
//! holds for a subject that is not here yet, that goes and comes back, or that is written anew.

use atrium_api::com::atproto::admin::get_subject_status::ParametersData;
use firehouse_schema::{ActorStatus, TakedownRow};
use firehouse_store::read::TakedownSubject;
use firehouse_types::{ActorId, AtUri, Did, RkeyId};
use serde_json::{Value, json};

use crate::{Answer, AppView, Caller, ViewError, actor, clock, uri};

const REPO: &str = "com.atproto.admin.defs#repoRef";
const BLOB: &str = "com.atproto.admin.defs#repoBlobRef";
const RECORD: &str = "com.atproto.repo.strongRef";
/// A takedown that its moderator gave no name.
const UNNAMED: &str = "TAKEDOWN";

/// What a moderator decides. The subject is read after its `$type`, and both go back as they came.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct SubjectStatusInput {
    subject: Value,
    takedown: Option<Value>,
}

/// The output of both methods.
#[derive(Clone, Debug, serde::Serialize)]
pub struct SubjectStatus {
    /// What it is about.
    pub subject: Value,
    /// Whether it is taken down; absent where nothing was said of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub takedown: Option<Value>,
}

/// Whether an account, a record or a blob is taken down. Errors: no subject is named; the account or record is not here.
pub async fn get_subject_status(
    app: &AppView,
    _caller: &Caller,
    parameters: ParametersData,
) -> Result<Answer<SubjectStatus>, ViewError> {
    let (did, uri) = (parameters.did.as_deref(), parameters.uri.as_deref());
    let found = match (parameters.blob, uri, did) {
        (Some(_), _, None) => {
            return Err(ViewError::invalid("Must provide a did to request blob state"));
        }
        (Some(cid), _, Some(did)) => Some(of_blob(app, did, &cid.as_ref().to_string()).await?),
        (None, Some(uri), _) => of_record(app, uri).await?,
        (None, None, Some(did)) => of_account(app, did).await?,
        (None, None, None) => return Err(ViewError::invalid("No provided subject")),
    };
    found.map(Answer::new).ok_or(ViewError::SubjectNotFound)
}

async fn of_blob(app: &AppView, did: &str, cid: &str) -> Result<SubjectStatus, ViewError> {
    let decided = app.store.takedown(&TakedownSubject::blob(actor_of(did)?, cid)).await?;
    let mut takedown = said(decided);
    if let Some(reference) = takedown.get_mut("ref") {
        // The reference tells no names here.
        *reference = UNNAMED.into();
    }
    let subject = json!({ "$type": BLOB, "did": did, "cid": cid });
    Ok(SubjectStatus { subject, takedown: Some(takedown) })
}

async fn of_record(app: &AppView, text: &str) -> Result<Option<SubjectStatus>, ViewError> {
    let Some((key, collection)) = uri::record(text) else { return Ok(None) };
    let subject = TakedownSubject::record(key, collection);
    let (collections, keys) = ([collection], [key]);
    let (heads, decided) = tokio::try_join!(
        app.store.record_heads(&collections, &keys),
        app.store.takedown(&subject)
    )?;
    Ok(heads.first().map(|head| SubjectStatus {
        subject: json!({ "$type": RECORD, "uri": text, "cid": head.cid().to_string() }),
        takedown: Some(said(decided)),
    }))
}

async fn of_account(app: &AppView, did: &str) -> Result<Option<SubjectStatus>, ViewError> {
    let actor = actor_of(did)?;
    let (actors, subject) = ([actor], TakedownSubject::account(actor));
    let (rows, decided) =
        tokio::try_join!(app.store.actors(&actors), app.store.takedown(&subject))?;
    let is_here = |status| !matches!(status, ActorStatus::Mentioned | ActorStatus::Deleted);
    Ok(rows.iter().any(|row| is_here(row.status)).then(|| SubjectStatus {
        subject: json!({ "$type": REPO, "did": did }),
        takedown: Some(said(decided)),
    }))
}

/// com.atproto.admin.defs#statusAttr.
fn said(decided: Option<TakedownRow>) -> Value {
    match decided.filter(|row| row.applied == 1) {
        Some(row) => json!({ "applied": true, "ref": row.reference }),
        None => json!({ "applied": false }),
    }
}

/// Takes something down, or gives it back. Errors: the subject is none of the three kinds, or names nothing.
pub async fn update_subject_status(
    app: &AppView,
    _caller: &Caller,
    input: SubjectStatusInput,
) -> Result<Answer<SubjectStatus>, ViewError> {
    let SubjectStatusInput { subject, takedown } = input;
    if let Some(takedown) = &takedown {
        app.store.save_takedown(decision(app, &subject, takedown).await?).await?;
    }
    let takedown = takedown.map(|takedown| only(&takedown, &["applied", "ref"]));
    Ok(Answer::new(SubjectStatus { subject, takedown }))
}

async fn decision(
    app: &AppView,
    subject: &Value,
    takedown: &Value,
) -> Result<TakedownRow, ViewError> {
    let text = |of: &Value, key: &str| of[key].as_str().unwrap_or_default().to_owned();
    let kind = text(subject, "$type");
    let named = match &*kind {
        RECORD => actor::resolve_uri(app, &text(subject, "uri")).await?,
        REPO | BLOB => text(subject, "did"),
        _ => return Err(ViewError::invalid(format!("Invalid subject type: {kind}"))),
    };
    let (actor, collection, rkey) = match &*kind {
        RECORD => {
            let uri = AtUri::parse(&named).ok().and_then(|uri| uri.record());
            uri.ok_or_else(|| ViewError::invalid("Invalid subject uri"))?
        }
        _ => (actor_of(&named)?, "", RkeyId::from(0)),
    };
    let cid = text(subject, "cid");
    let (blob, cid) = if kind == BLOB { (cid, String::new()) } else { (String::new(), cid) };
    let applied = takedown["applied"].as_bool().unwrap_or_default();
    let mut reference = text(takedown, "ref");
    if reference.is_empty() && applied {
        UNNAMED.clone_into(&mut reference);
    }
    Ok(TakedownRow {
        actor,
        collection: collection.into(),
        rkey,
        blob: blob.into(),
        subject: named.clone().into(),
        cid: cid.into(),
        applied: u8::from(applied),
        reference: reference.into(),
        version: clock::version(),
    })
}

fn actor_of(did: &str) -> Result<ActorId, ViewError> {
    Did::parse(did).map(|did| did.actor()).map_err(|_| ViewError::invalid("Invalid subject did"))
}

/// The fields that a lexicon knows.
fn only(value: &Value, fields: &[&str]) -> Value {
    fields.iter().filter_map(|&field| Some((field, value.get(field)?.clone()))).collect()
}
