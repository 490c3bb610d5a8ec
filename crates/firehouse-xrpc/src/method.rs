//! [`Method`]: one XRPC method as the dispatcher sees it, whatever its parameters and its answer are.

use axum::http::HeaderMap;
use firehouse_appview::{Answer, Caller, ViewError};
use firehouse_types::Rev;
use futures_util::future::BoxFuture;

use crate::auth::Who;
use crate::failure::Failure;
use crate::parameters::Reading;
use crate::server::Services;

/// Its name, its rules, its function.
pub(crate) struct Method {
    pub(crate) nsid: &'static str,
    pub(crate) kind: Kind,
    pub(crate) who: Who,
    pub(crate) headers: Headers,
    pub(crate) run: Run,
    /// Whether it may take longer than other requests: it fetches a whole repo.
    pub(crate) is_lengthy: bool,
    /// Whether it searches in posts, which costs more than most.
    pub(crate) is_search: bool,
}

/// Where a method finds what it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// In the query string; nothing changes.
    Query(Reading),
    /// In the body, which is JSON; something may change.
    Procedure,
}

/// What an answer says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Headers {
    /// Nothing.
    Plain,
    /// Whose labels it holds.
    Labels,
    /// Nothing, although labels are in it.
    LabelsUnsaid,
    /// Whose labels it holds, and how far the viewer's own repo is indexed.
    LabelsAndRev,
}

/// Calls a function with the parameters of a query, or the input of a procedure, and encodes what it gives. Either was checked against the
/// method's lexicon.
pub(crate) type Run = for<'a> fn(
    &'a Services,
    &'a Caller,
    serde_json::Value,
) -> BoxFuture<'a, Result<Ready, Failure>>;

/// An answer, encoded.
#[derive(Default)]
pub(crate) struct Ready {
    /// `None` for a method whose lexicon has no output.
    pub(crate) json: Option<Vec<u8>>,
    pub(crate) repo_rev: Option<Rev>,
    /// What else the answer says about itself.
    pub(crate) headers: HeaderMap,
}

/// A function of `firehouse-appview` as a [`Run`].
macro_rules! run {
    ($function:ident) => {
        |services, caller, asked| {
            Box::pin(async move {
                let (app, asked) = (&services.appview, $crate::parameters::typed(asked)?);
                $crate::method::encode(firehouse_appview::$function(app, caller, asked).await)
            })
        }
    };
}
pub(crate) use run;

/// As [`run!`], for a function that answers nothing but that it is done.
macro_rules! act {
    ($function:ident) => {
        |services, caller, asked| {
            Box::pin(async move {
                let (app, asked) = (&services.appview, $crate::parameters::typed(asked)?);
                firehouse_appview::$function(app, caller, asked).await?;
                Ok($crate::method::Ready::default())
            })
        }
    };
}
pub(crate) use act;

pub(crate) fn encode<T: serde::Serialize>(
    answer: Result<Answer<T>, ViewError>,
) -> Result<Ready, Failure> {
    let Answer { body, repo_rev } = answer?;
    Ok(Ready { json: Some(json(&body)?), repo_rev, ..Ready::default() })
}

pub(crate) fn json(body: &impl serde::Serialize) -> Result<Vec<u8>, Failure> {
    serde_json::to_vec(body).map_err(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "cannot encode an answer");
        Failure::internal()
    })
}
