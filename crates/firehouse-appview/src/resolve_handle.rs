//! com.atproto.identity.resolveHandle.

use atrium_api::com::atproto::identity::resolve_handle::ParametersData;
use firehouse_types::{Did, Handle};

use crate::{Answer, AppView, Caller, ViewError};

/// The output.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Output {
    /// Who goes by the handle.
    pub did: Did,
}

/// Who goes by a handle: an account that is here, else whoever DNS or the handle's own host names now.
pub async fn resolve_handle(
    app: &AppView,
    _caller: &Caller,
    parameters: ParametersData,
) -> Result<Answer<Output>, ViewError> {
    let unable = || ViewError::invalid("Unable to resolve handle");
    let handle = Handle::parse(parameters.handle.as_str()).map_err(|_| unable())?;
    let known = app.store.owners_of_handles(&[handle.as_str()]).await?.pop();
    let did = match known {
        Some(row) => row.owner,
        None => live(app, &handle).await.ok_or_else(unable)?,
    };
    Ok(Answer::new(Output { did }))
}

/// What the network says. A look-up that fails is no answer, whatever the reason: the caller asked for a DID.
async fn live(app: &AppView, handle: &Handle) -> Option<Did> {
    match app.resolver.resolve_handle(handle).await {
        Ok(did) => Some(did),
        Err(error) => {
            tracing::debug!(%handle, %error, "handle not resolved");
            None
        }
    }
}
