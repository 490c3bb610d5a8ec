//! dev.firehouse.admin.setTags and getTags: what moderators' tools say of accounts and records, for rules to look at.

use firehouse_schema::TagsRow;
use firehouse_store::read::LabelledRecord;
use firehouse_types::{ActorId, AtUri, Did, RkeyId};

use crate::{Answer, AppView, Caller, ViewError, clock};

/// About what.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct TagsParameters {
    subject: String,
}

/// The tags of one subject: the input of setTags, the output of getTags.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct TagsView {
    /// A DID or the AT-URI of a record.
    pub subject: String,
    /// All it has.
    pub tags: Vec<Box<str>>,
}

/// Says which tags an account or record has from now on; whatever it had before is gone. Errors: the subject is neither.
pub async fn set_tags(
    app: &AppView,
    _caller: &Caller,
    input: TagsView,
) -> Result<Answer<()>, ViewError> {
    let TagsView { subject, mut tags } = input;
    let (actor, collection, rkey) = key(&subject)?;
    let collection = collection.into();
    tags.sort();
    tags.dedup();
    let (subject, version) = (subject.clone().into(), clock::version());
    let row = TagsRow { actor, collection, rkey, subject, tags, version };
    app.store.save_tags(row).await?;
    Ok(Answer::new(()))
}

/// The tags of an account or record. Errors: the subject is neither.
pub async fn get_tags(
    app: &AppView,
    _caller: &Caller,
    parameters: TagsParameters,
) -> Result<Answer<TagsView>, ViewError> {
    let subject = parameters.subject;
    let (actor, collection, rkey) = key(&subject)?;
    let asked: [LabelledRecord<'_>; 1] = [(actor, collection, rkey)];
    let mut rows = app.store.tags(&[], &asked).await?;
    let tags = rows.pop().map(|row| row.tags).unwrap_or_default();
    Ok(Answer::new(TagsView { subject, tags }))
}

fn key(subject: &str) -> Result<(ActorId, &str, RkeyId), ViewError> {
    if let Ok(did) = Did::parse(subject) {
        return Ok((did.actor(), "", RkeyId::from(0)));
    }
    let uri = AtUri::parse(subject).ok().and_then(|uri| uri.record());
    uri.ok_or_else(|| ViewError::invalid("The subject is neither a DID nor the URI of a record"))
}
