//! dev.firehouse.admin.putEditorial, removeEditorial and listEditorial: what people suggest by hand, in their order.

use firehouse_schema::{EditorialList, EditorialRow};
use firehouse_types::{AtUri, Did};

use crate::nsid::{GENERATOR, STARTER_PACK};
use crate::{Answer, AppView, Caller, ViewError, clock};

const POSITION_MAX: u64 = 1_000_000_000;

/// Entries of one list or several.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct EditorialInput {
    entries: Vec<EditorialEntry>,
}

/// One entry of one list.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct EditorialEntry {
    /// `accounts`, `feeds`, `starterPacks` or `tagged`.
    pub list: String,
    /// Of an entry of `tagged`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// A DID or an AT-URI.
    pub subject: String,
    /// Lists are in this order. At most a billion, either way.
    #[serde(default)]
    pub position: i64,
}

/// Which list.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct ListEditorialParameters {
    list: String,
}

/// A list in its order.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Editorial {
    /// By position, then tag and subject.
    pub entries: Vec<EditorialEntry>,
}

/// Puts entries on lists, or changes their position. Errors: the subject is not what its list is made of; then nothing is changed.
pub async fn put_editorial(
    app: &AppView,
    _caller: &Caller,
    input: EditorialInput,
) -> Result<Answer<()>, ViewError> {
    save(app, input, 1).await
}

/// Takes entries off lists; those that are not there change nothing. Errors: as [`put_editorial`].
pub async fn remove_editorial(
    app: &AppView,
    _caller: &Caller,
    input: EditorialInput,
) -> Result<Answer<()>, ViewError> {
    save(app, input, 0).await
}

async fn save(app: &AppView, input: EditorialInput, listed: u8) -> Result<Answer<()>, ViewError> {
    let version = clock::version();
    let rows: Result<Vec<_>, _> =
        input.entries.into_iter().map(|entry| row(entry, listed, version)).collect();
    app.store.save_editorial(&rows?).await?;
    Ok(Answer::new(()))
}

/// What is on a list. Errors: there is no such list.
pub async fn list_editorial(
    app: &AppView,
    _caller: &Caller,
    parameters: ListEditorialParameters,
) -> Result<Answer<Editorial>, ViewError> {
    let rows = app.store.editorial(list_of(&parameters.list)?).await?;
    let entry = |row: EditorialRow| EditorialEntry {
        list: parameters.list.clone(),
        tag: Some(row.tag.into_string()).filter(|tag| !tag.is_empty()),
        subject: row.subject.into(),
        position: row.position,
    };
    Ok(Answer::new(Editorial { entries: rows.into_iter().map(entry).collect() }))
}

fn row(entry: EditorialEntry, listed: u8, version: u64) -> Result<EditorialRow, ViewError> {
    let list = list_of(&entry.list)?;
    let tag = entry.tag.unwrap_or_default();
    let subject = entry.subject;
    let is_account = Did::parse(&subject).is_ok();
    let is_of = |collection: &str| {
        let uri = AtUri::parse(&subject).ok().and_then(|uri| uri.record());
        uri.is_some_and(|(_, of, _)| of == collection)
    };
    let fits = match list {
        EditorialList::Accounts | EditorialList::Verifiers => is_account,
        EditorialList::Feeds => is_of(GENERATOR),
        EditorialList::StarterPacks => is_of(STARTER_PACK),
        EditorialList::Tagged => is_account || is_of(GENERATOR),
    };
    if !fits {
        let message = format!("{subject} cannot stand in the list {}", entry.list);
        return Err(ViewError::invalid(message));
    }
    if tag.is_empty() == (list == EditorialList::Tagged) {
        return Err(ViewError::invalid("Entries of the list tagged have a tag, others have none"));
    }
    // Positions stand in cursors, which hold no more.
    if entry.position.unsigned_abs() > POSITION_MAX {
        return Err(ViewError::invalid(format!("position is at most {POSITION_MAX}")));
    }
    let (tag, subject) = (tag.into(), subject.into());
    Ok(EditorialRow { list, tag, subject, position: entry.position, listed, version })
}

fn list_of(name: &str) -> Result<EditorialList, ViewError> {
    match name {
        "accounts" => Ok(EditorialList::Accounts),
        "feeds" => Ok(EditorialList::Feeds),
        "starterPacks" => Ok(EditorialList::StarterPacks),
        "tagged" => Ok(EditorialList::Tagged),
        _ => Err(ViewError::invalid(format!("There is no list {name}"))),
    }
}
