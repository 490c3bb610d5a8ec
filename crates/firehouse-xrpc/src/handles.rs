//! `dev.firehouse.admin.recheckHandle`: an account's handle, looked up now.

use firehouse_store::StoreError;
use firehouse_types::Did;
use futures_util::future::BoxFuture;
use serde_json::json;

use crate::failure::Failure;
use crate::method::{self, Ready, Run};
use crate::parameters::typed;

/// Looks at handles. The process that writes has this.
pub trait Handles: Send + Sync {
    /// The handle that an account has now, `handle.invalid` without one; the store knows it, too. Errors: calling again is safe.
    fn recheck<'a>(&'a self, did: &'a Did) -> BoxFuture<'a, Result<Box<str>, RecheckError>>;
}

/// Why nothing was looked at.
#[derive(Debug, thiserror::Error)]
pub enum RecheckError {
    /// Nobody here knows the account.
    #[error("nothing is known of this account")]
    Unknown,
    /// The process is about to end.
    #[error("the process is stopping")]
    Stopping,
    /// The store did not answer.
    #[error("what is held of the account")]
    Store(#[from] StoreError),
}

pub(crate) const RECHECK_HANDLE: Run = |services, _, input| {
    Box::pin(async move {
        let message = "This process writes nothing";
        let handles = services.handles.as_deref();
        let handles = handles.ok_or_else(|| Failure::bad_request("NotFollowing", message))?;
        let did = typed::<Named>(input)?.did;
        let handle = handles.recheck(&did).await?;
        let json = method::json(&json!({ "did": did, "handle": handle }))?;
        Ok(Ready { json: Some(json), ..Ready::default() })
    })
};

#[derive(serde::Deserialize)]
struct Named {
    did: Did,
}

impl From<RecheckError> for Failure {
    fn from(error: RecheckError) -> Self {
        let message = error.to_string();
        match error {
            RecheckError::Unknown => Self::bad_request("AccountNotFound", message),
            RecheckError::Stopping => Self::too_many(message),
            RecheckError::Store(error) => error.into(),
        }
    }
}
