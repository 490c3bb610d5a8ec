//! [`Method`]: one XRPC method as the dispatcher sees it, whatever its parameters and its answer are.

use firehouse_appview::{Answer, AppView, Caller, ViewError};
use firehouse_types::Rev;
use futures_util::future::BoxFuture;

use crate::auth::Who;
use crate::failure::Failure;
use crate::parameters::Reading;

/// A query: its name, its rules, its function.
pub(crate) struct Method {
    pub(crate) nsid: &'static str,
    pub(crate) who: Who,
    pub(crate) reading: Reading,
    pub(crate) headers: Headers,
    pub(crate) run: Run,
}

/// What an answer says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Headers {
    /// Nothing.
    Plain,
    /// Whose labels it holds.
    Labels,
    /// That, and how far the viewer's own repo is indexed.
    LabelsAndRev,
}

/// Calls one of the functions of `firehouse-appview` and encodes what it gives.
pub(crate) type Run =
    for<'a> fn(&'a AppView, &'a Caller, serde_json::Value) -> BoxFuture<'a, Result<Ready, Failure>>;

/// An answer, encoded.
pub(crate) struct Ready {
    pub(crate) json: Vec<u8>,
    pub(crate) repo_rev: Option<Rev>,
}

/// A function of `firehouse-appview` as a [`Run`].
macro_rules! run {
    ($function:ident) => {
        |app, caller, parameters| {
            Box::pin(async move {
                let parameters = $crate::parameters::typed(parameters)?;
                $crate::method::encode(firehouse_appview::$function(app, caller, parameters).await)
            })
        }
    };
}
pub(crate) use run;

pub(crate) fn encode<T: serde::Serialize>(
    answer: Result<Answer<T>, ViewError>,
) -> Result<Ready, Failure> {
    let Answer { body, repo_rev } = answer?;
    let json = serde_json::to_vec(&body).map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "cannot encode an answer");
        Failure::internal()
    })?;
    Ok(Ready { json, repo_rev })
}
