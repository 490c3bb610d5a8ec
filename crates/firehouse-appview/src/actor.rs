//! Who a parameter names: a DID as it is, a handle by the account that goes by it now.

use std::collections::HashMap;

use atrium_api::types::string::AtIdentifier;
use firehouse_types::{AtUri, Did};

use crate::{AppView, ViewError};

/// The account; `None` for a handle of nobody.
pub(crate) async fn resolve(app: &AppView, actor: &AtIdentifier) -> Result<Option<Did>, ViewError> {
    Ok(resolve_all(app, std::slice::from_ref(actor)).await?.pop().flatten())
}

/// The accounts, each `None` where a handle is nobody's. One query for all handles.
pub(crate) async fn resolve_all(
    app: &AppView,
    actors: &[AtIdentifier],
) -> Result<Vec<Option<Did>>, ViewError> {
    let texts: Vec<&str> = actors.iter().map(AtIdentifier::as_ref).collect();
    resolve_texts(app, &texts).await
}

/// As [`resolve_all`], for texts that may be neither. One query for all handles.
pub(crate) async fn resolve_texts(
    app: &AppView,
    actors: &[&str],
) -> Result<Vec<Option<Did>>, ViewError> {
    let named: Vec<_> =
        actors.iter().map(|text| Did::parse(text).map_err(|_| text.to_ascii_lowercase())).collect();
    let handles: Vec<_> =
        named.iter().filter_map(|name| name.as_ref().err()).map(String::as_str).collect();
    let owners = app.store.owners_of_handles(&handles).await?;
    let owners: HashMap<_, _> = owners.iter().map(|row| (&*row.handle, &row.owner)).collect();
    let did = |name: &Result<Did, String>| match name {
        Ok(did) => Some(did.clone()),
        Err(handle) => owners.get(handle.as_str()).map(|&did| did.clone()),
    };
    Ok(named.iter().map(did).collect())
}

/// An AT-URI with a DID in front, where a handle stood; unchanged when the handle is nobody's.
pub(crate) async fn resolve_uri(app: &AppView, uri: &str) -> Result<String, ViewError> {
    let Ok(parts) = AtUri::parse(uri) else { return Ok(uri.to_owned()) };
    if parts.authority.starts_with("did:") {
        return Ok(uri.to_owned());
    }
    let did = resolve_texts(app, &[parts.authority]).await?.pop().flatten();
    Ok(match did {
        Some(did) => AtUri { authority: did.as_str(), ..parts }.to_string(),
        None => uri.to_owned(),
    })
}
