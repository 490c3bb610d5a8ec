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
    let uri = uri.to_owned();
    let resolved = resolve_uris(app, std::slice::from_ref(&uri)).await?.pop();
    Ok(resolved.unwrap_or(uri))
}

/// As [`resolve_uri`], for several. One query for all handles.
pub(crate) async fn resolve_uris(app: &AppView, uris: &[String]) -> Result<Vec<String>, ViewError> {
    let handle_of = |uri| AtUri::parse(uri).ok().map(|parts| parts.authority);
    let handles = uris.iter().map(|uri| handle_of(uri).filter(|name| !name.starts_with("did:")));
    let handles: Vec<Option<&str>> = handles.collect();
    let asked: Vec<&str> = handles.iter().flatten().copied().collect();
    let mut owners = resolve_texts(app, &asked).await?.into_iter();
    let resolved = uris.iter().zip(handles).map(|(uri, handle)| {
        let owner = handle.and_then(|_| owners.next().flatten());
        match (AtUri::parse(uri), owner) {
            (Ok(parts), Some(did)) => AtUri { authority: did.as_str(), ..parts }.to_string(),
            _ => uri.clone(),
        }
    });
    Ok(resolved.collect())
}
