//! app.bsky.draft.createDraft, updateDraft and deleteDraft: posts that are not yet written to a repo.

use firehouse_types::Rev;
use serde_json::Value;

use crate::{Answer, AppView, Caller, ViewError};

/// The input of createDraft, checked against its lexicon. Kept as it came, whatever fields it has.
#[derive(Debug, serde::Deserialize)]
pub struct NewDraft {
    /// `app.bsky.draft.defs#draft`.
    pub draft: Value,
}

/// The output of createDraft.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Created {
    /// Its name from now on.
    pub id: String,
}

/// The input of updateDraft.
#[derive(Debug, serde::Deserialize)]
pub struct ChangedDraft {
    /// `app.bsky.draft.defs#draftWithId`.
    pub draft: DraftWithId,
}

/// app.bsky.draft.defs#draftWithId.
#[derive(Debug, serde::Deserialize)]
pub struct DraftWithId {
    /// Its name.
    pub id: String,
    /// `app.bsky.draft.defs#draft`.
    pub draft: Value,
}

/// The input of deleteDraft.
#[derive(Debug, serde::Deserialize)]
pub struct NamedDraft {
    /// Its name.
    pub id: String,
}

/// Keeps a draft of the viewer's, and returns once that is durable. Errors: the viewer has as many as there may be.
pub async fn create_draft(
    app: &AppView,
    caller: &Caller,
    input: NewDraft,
) -> Result<Answer<Created>, ViewError> {
    let viewer = caller.account()?.actor();
    let draft = input.draft.to_string();
    let id = app.store.create_draft(viewer, &draft, app.config.drafts_max).await?;
    let limit_reached =
        || ViewError::Refused { name: "DraftLimitReached", message: "Drafts limit reached".into() };
    Ok(Answer::new(Created { id: id.ok_or_else(limit_reached)?.to_string() }))
}

/// Changes a draft of the viewer's, if there is one of this name: if this made one, it would get past the limit of how many there may be.
pub async fn update_draft(
    app: &AppView,
    caller: &Caller,
    input: ChangedDraft,
) -> Result<(), ViewError> {
    let viewer = caller.account()?.actor();
    let Some(id) = named(&input.draft.id) else { return Ok(()) };
    Ok(app.store.update_draft(viewer, id, &input.draft.draft.to_string()).await?)
}

/// Deletes a draft of the viewer's, if there is one of this name.
pub async fn delete_draft(
    app: &AppView,
    caller: &Caller,
    input: NamedDraft,
) -> Result<(), ViewError> {
    let viewer = caller.account()?.actor();
    let Some(id) = named(&input.id) else { return Ok(()) };
    Ok(app.store.delete_draft(viewer, id).await?)
}

/// Every draft is named by a TID of ours; nothing has another name.
fn named(id: &str) -> Option<Rev> {
    id.parse().ok()
}
